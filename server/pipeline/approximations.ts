/**
 * `.deepmaker/approximations.json`: which network stands where, and the figures that were measured when it was applied.
 * The source itself says what is applied; this file adds what lens and hover show. It is meant for version control.
 */
import { join } from 'node:path';
import type { ErrorFigures, TargetId } from '../../engine/types.ts';
import { formatVersion, readJson, storeFolder, writeAtomically } from '../store.ts';

export interface Approximation {
  /** Relative to the project's root, with forward slashes. */
  readonly file: string;
  readonly name: string;
  readonly runId: string;
  readonly candidateId: string;
  readonly target: TargetId;
  /** Relative to the project's root, with forward slashes. */
  readonly generatedFile: string;
  readonly sourceHash: string;
  readonly topology: string;
  readonly params: number;
  readonly error: ErrorFigures;
  readonly speedup: number;
  readonly exactNs: number;
  readonly latencyNs: number;
}

interface ApproximationsFile {
  readonly version: number;
  readonly approximations: readonly Approximation[];
}

const pathOf = (root: string) => join(storeFolder(root), 'approximations.json');

export const readApproximations = (root: string): readonly Approximation[] =>
  readJson<ApproximationsFile>(pathOf(root))?.approximations ?? [];

/** Adds the approximation, in place of an earlier one of the same function. */
export function recordApproximation(root: string, added: Approximation): void {
  const others = readApproximations(root).filter(({ file, name }) => file !== added.file || name !== added.name);
  write(root, [...others, added]);
}

export function forgetApproximation(root: string, file: string, name: string): void {
  write(
    root,
    readApproximations(root).filter((entry) => entry.file !== file || entry.name !== name),
  );
}

/** Sorted, so that the file's history shows what changed and nothing else. */
function write(root: string, approximations: readonly Approximation[]): void {
  const key = ({ file, name }: Approximation) => `${file}#${name}`;
  const sorted = [...approximations].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const content: ApproximationsFile = { version: formatVersion, approximations: sorted };
  writeAtomically(pathOf(root), `${JSON.stringify(content, null, 2)}\n`);
}
