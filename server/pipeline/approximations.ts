/**
 * `.deepmaker/approximations.json`: which network stands where, and the figures that were measured when it was applied.
 * The source itself says what is applied; this file adds what lens and hover show. It is meant for version control.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorFigures, TargetId } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import { formatVersion, readJson, relativePath, storeFolder, writeAtomically } from '../store.ts';
import type { RunResult } from './run.ts';

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

function readApproximations(root: string): readonly Approximation[] | undefined {
  const path = pathOf(root);
  if (!existsSync(path)) return [];
  const approximations = readJson<ApproximationsFile>(path)?.approximations;
  return Array.isArray(approximations) ? approximations : undefined;
}

/** Why the list cannot be added to. It is under version control, so it may hold the marks of a merge. */
export function approximationsProblem(root: string): Failure | undefined {
  if (readApproximations(root)) return undefined;
  return {
    kind: 'failed',
    message: `${pathOf(root)} cannot be read as this version's list of approximations.`,
    hint: 'Resolve its merge conflict, or delete it, then run again.',
  };
}

/** What is recorded for a source file; nothing where the list cannot be read. */
export function approximationsIn(root: string, file: string): readonly Approximation[] {
  const path = relativePath(root, file);
  return readApproximations(root)?.filter((entry) => entry.file === path) ?? [];
}

/** Remembers what was applied, in place of an earlier network of the same function. `generatedFile` is absolute. */
export function recordApplied(
  root: string,
  { runId, region, points, exactNs }: RunResult,
  { candidateId, target, generatedFile }: Pick<Approximation, 'candidateId' | 'target' | 'generatedFile'>,
): void {
  const { topology, params, error, speedup, latencyNs } = points.find(({ id }) => id === candidateId)!;
  const added: Approximation = {
    file: relativePath(root, region.file),
    name: region.name,
    runId,
    candidateId,
    target,
    generatedFile: relativePath(root, generatedFile),
    sourceHash: region.sourceHash,
    topology,
    params,
    error,
    speedup: speedup!,
    exactNs,
    latencyNs: latencyNs!,
  };
  replace(root, added.file, added.name, [added]);
}

export const forgetApplied = (root: string, file: string, name: string): void =>
  replace(root, relativePath(root, file), name, []);

/** A list that cannot be read is left as it is, for someone to mend. */
function replace(root: string, file: string, name: string, by: readonly Approximation[]): void {
  const all = readApproximations(root);
  if (!all) return;
  const others = all.filter((entry) => entry.file !== file || entry.name !== name);
  if (others.length < all.length || by.length > 0) write(root, [...others, ...by]);
}

/** Sorted, so that the file's history shows what changed and nothing else. */
function write(root: string, approximations: readonly Approximation[]): void {
  const key = ({ file, name }: Approximation) => `${file}#${name}`;
  const sorted = [...approximations].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const content: ApproximationsFile = { version: formatVersion, approximations: sorted };
  writeAtomically(pathOf(root), `${JSON.stringify(content, null, 2)}\n`);
}
