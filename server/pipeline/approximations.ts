/**
 * `.deepmaker/approximations.json`: which network stands where, and the figures that were measured when it was applied.
 * The source itself says what is applied; this file adds what lens and hover
 * show, and what `deepmaker check` needs. It is meant for version control.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorObjective } from '../../engine/data/metrics.ts';
import { inEnglish, t } from '../../engine/texts.ts';
import type { Certificate } from '../../engine/trust/certificate.ts';
import { whereText } from '../../engine/trust/explain.ts';
import type { Domain, ErrorFigures, GuardMode, TargetId } from '../../engine/types.ts';
import { productVersion } from '../assets.ts';
import type { Failure } from '../protocol.ts';
import { forgetInputs, keepInputs } from '../record/keptInputs.ts';
import { recordedInputs } from '../record/use.ts';
import { readJson, relativePath, storeFolder, writeAtomically } from '../store.ts';
import type { FreshPlan } from './fresh.ts';
import type { CodePoint } from './generate.ts';
import type { RunResult } from './run.ts';
import { hashOfText } from './stale.ts';

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
  /** SHA-256 of the generated file's text, with line feeds. */
  readonly generatedHash: string;
  readonly topology: string;
  readonly params: number;
  readonly error: ErrorFigures;
  readonly speedup: number;
  /** Absent where the network was measured alone, and not in turns with the exact function. */
  readonly speedupInterval?: readonly [number, number];
  readonly exactNs: number;
  readonly latencyNs: number;
  readonly guard: GuardMode;
  /** Share of inputs that the guard's error predictor leaves to the exact function. */
  readonly fallbacks?: number;
  readonly certificate?: Certificate;
  /** What the error on the fresh inputs may be: the bound, or what it was where somebody applied a worse one. */
  readonly maxError: number;
  /** What is known about where the error is large. */
  readonly where?: string;
  /** Everything that `check` needs on a machine that has never seen the run. */
  readonly domain: Domain;
  readonly fresh: FreshPlan;
  readonly data: { readonly samples: number; readonly seed: number; readonly hash: string };
  readonly versions: { readonly deepmaker: string; readonly node: string };
}

interface ApproximationsFile {
  readonly version: number;
  readonly approximations: readonly Approximation[];
}

/** Of this list alone: it is committed, and outlives the formats of runs. */
const listVersion = 1;

const pathOf = (root: string) => join(storeFolder(root), 'approximations.json');

/** Every record of a project; undefined where the list cannot be read. */
export function readApproximations(root: string): readonly Approximation[] | undefined {
  const path = pathOf(root);
  if (!existsSync(path)) return [];
  const approximations = readJson<ApproximationsFile>(path, listVersion)?.approximations;
  return Array.isArray(approximations) ? approximations : undefined;
}

/** Why the list cannot be added to. It is under version control, so it may hold the marks of a merge. */
export function approximationsProblem(root: string): Failure | undefined {
  if (readApproximations(root)) return undefined;
  return {
    kind: 'failed',
    message: t("{0} cannot be read as this version's list of approximations.", pathOf(root)),
    hint: t('Resolve its merge conflict, or delete it, then run again.'),
  };
}

/** What is recorded for a source file; nothing where the list cannot be read. */
export function approximationsIn(root: string, file: string): readonly Approximation[] {
  const path = relativePath(root, file);
  return readApproximations(root)?.filter((entry) => entry.file === path) ?? [];
}

export interface AppliedNetwork {
  readonly target: TargetId;
  /** With the figures of the generated code. */
  readonly point: CodePoint;
  /** Its path is absolute. */
  readonly generated: { readonly path: string; readonly text: string };
}

/** Remembers what was applied, in place of an earlier network of the same function. */
export function recordApplied(root: string, result: RunResult, { target, point, generated }: AppliedNetwork): void {
  const { runId, region, networks, exactNs, config, domain, fresh, data, maxError } = result;
  const {
    id: candidateId,
    topology,
    params,
    error,
    speedup,
    speedupInterval,
    latencyNs,
    certificate,
    fallbacks,
  } = point;
  const where = point.explanation && inEnglish(() => whereText(point.explanation!));
  const added: Approximation = {
    file: relativePath(root, region.file),
    name: region.name,
    runId,
    candidateId,
    target,
    generatedFile: relativePath(root, generated.path),
    sourceHash: region.sourceHash,
    generatedHash: hashOfText(generated.text),
    topology,
    params,
    error,
    speedup,
    ...(speedupInterval && { speedupInterval }),
    exactNs,
    latencyNs,
    guard: networks.find(({ id }) => id === candidateId)!.guard.mode,
    ...(fallbacks === undefined ? {} : { fallbacks }),
    ...(certificate ? { certificate } : {}),
    ...(where === undefined ? {} : { where }),
    maxError: Math.max(maxError, point.freshError ?? errorObjective(error)),
    domain,
    fresh,
    data: { samples: result.samples.train, seed: config.seed, hash: data },
    versions: { deepmaker: productVersion(), node: process.versions.node },
  };
  keepFresh(root, result);
  replace(root, added.file, added.name, [added]);
}

/** A record is too large for version control; the inputs that were set apart of it are not. */
function keepFresh(root: string, { record, region, domain, fresh }: RunResult): void {
  if (!record || fresh.recorded === undefined) return;
  const recorded = recordedInputs(root, record.id, region, domain);
  if (recorded.kind === 'inputs') keepInputs(root, fresh.recorded, recorded.fresh.inputs, domain.length);
}

export const forgetApplied = (root: string, file: string, name: string): void =>
  replace(root, relativePath(root, file), name, []);

/** A list that cannot be read is left as it is, for someone to mend. */
function replace(root: string, file: string, name: string, by: readonly Approximation[]): void {
  const all = readApproximations(root);
  if (!all) return;
  const others = all.filter((entry) => entry.file !== file || entry.name !== name);
  const kept = new Set([...others, ...by].map(({ fresh }) => fresh.recorded));
  for (const { fresh } of all) {
    if (fresh.recorded !== undefined && !kept.has(fresh.recorded)) forgetInputs(root, fresh.recorded);
  }
  if (others.length < all.length || by.length > 0) write(root, [...others, ...by]);
}

/** Sorted, so that the file's history shows what changed and nothing else. */
function write(root: string, approximations: readonly Approximation[]): void {
  const key = ({ file, name }: Approximation) => `${file}#${name}`;
  const sorted = [...approximations].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const content: ApproximationsFile = { version: listVersion, approximations: sorted };
  writeAtomically(pathOf(root), `${JSON.stringify(content, null, 2)}\n`);
}
