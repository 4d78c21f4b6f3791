/** Applying a network and reverting it: the change as data for the editor, and carried out on disk for the command line. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { formatDuration, formatPercent } from '../../engine/format.ts';
import type { TargetId } from '../../engine/types.ts';
import type { Failure, FrontPoint } from '../protocol.ts';
import type { ModuleStyle } from '../source/index.ts';
import { loadSource } from '../source/lazy.ts';
import type { SourceEdit } from '../source/types.ts';
import { writeAtomically } from '../store.ts';
import { type Approximation, forgetApproximation, readApproximations, recordApproximation } from './approximations.ts';
import { approxNameOf, emitNetwork, generatedFileOf } from './emit.ts';
import { decodeWeights, type RunResult, readResult } from './run.ts';

/** A change to one source file and the generated file beside it. */
export interface SourceChange {
  readonly kind: 'change';
  readonly file: string;
  readonly edits: readonly SourceEdit[];
  readonly generated: GeneratedChange;
}

/** 'kept': reverting leaves alone what is not there, or what another source's code is in. */
export type GeneratedChange =
  | { readonly kind: 'written'; readonly path: string; readonly text: string }
  | { readonly kind: 'deleted'; readonly path: string }
  | { readonly kind: 'kept' };

/** The change that swaps the body of the run's function for a call to this candidate's network. */
export async function planApply(
  result: RunResult,
  candidateId: string,
  target: TargetId,
  text: string,
): Promise<SourceChange | Failure> {
  const { region } = result;
  const { applyEdits, createSourceProject, analyse, findApplied, moduleStyle } = await loadSource();
  const applied = findApplied(text).find(({ name }) => name === region.name);
  const place = placeGenerated(region, { current: applied && importedFile(region.file, applied.importPath) });
  if (place.kind === 'failed') return place;
  const project = createSourceProject();
  project.setOverlay(region.file, text);
  const analysis = analyse(project, { file: region.file, name: region.name });
  if (analysis.kind !== 'region' || analysis.region.sourceHash !== region.sourceHash) {
    return {
      kind: 'failed',
      message: `${region.name} has changed since this network was trained.`,
      hint: 'Approximate it again, then apply.',
    };
  }
  const generated = generate(result, candidateId, target, moduleStyle(project, region.file));
  if (generated.kind === 'failed') return generated;
  const edits = applyEdits(project, region.file, region.name, {
    approxName: approxNameOf(region.name),
    generatedFile: place.path,
  });
  if (edits.kind === 'failed') return edits;
  const { text: generatedText } = generated;
  return {
    kind: 'change',
    file: region.file,
    edits: edits.edits,
    generated: { kind: 'written', path: place.path, text: generatedText },
  };
}

type Generated = { readonly kind: 'generated'; readonly text: string } | Failure;

function generate(result: RunResult, candidateId: string, target: TargetId, modules: ModuleStyle): Generated {
  const stored = result.networks.find(({ id }) => id === candidateId);
  const point = result.points.find(({ id }) => id === candidateId);
  if (!stored || !point) {
    return {
      kind: 'failed',
      message: `The run ${result.runId} holds no trained network ${candidateId}.`,
      hint: `Choose one of ${result.networks.map(({ id }) => id).join(', ')}.`,
    };
  }
  const network = {
    topology: { widths: stored.widths, activation: stored.activation },
    weights: decodeWeights(stored.weights),
  };
  const text = emitNetwork({ ...result, target, modules }, network, headerFigures(result, point));
  return { kind: 'generated', text };
}

function headerFigures(result: RunResult, { error, latencyNs }: FrontPoint): string[] {
  return [
    `Measured on ${result.samples.test} samples it was not trained on: NRMSE ${formatPercent(error.nrmse)}, ` +
      `p99 ${formatPercent(error.p99)}, largest error ${formatPercent(error.max)} of the output's range.`,
    `${formatDuration(latencyNs!)} per call; the exact function takes ${formatDuration(result.exactNs)}.`,
  ];
}

/** The change that puts the exact function back and deletes the generated file, where it belongs to this source. */
export async function planRevert(file: string, name: string, text: string): Promise<SourceChange | Failure> {
  const { findApplied, revertEdits } = await loadSource();
  const applied = findApplied(text).find((entry) => entry.name === name);
  if (!applied) {
    return { kind: 'failed', message: `${name} is not approximated in ${file}.`, hint: 'There is nothing to revert.' };
  }
  const edits = revertEdits(text, name);
  if (edits.kind === 'failed') return edits;
  const path = importedFile(file, applied.importPath);
  const generated: GeneratedChange = belongsTo(path, { file, name }) ? { kind: 'deleted', path } : { kind: 'kept' };
  return { kind: 'change', file, edits: edits.edits, generated };
}

const relativePath = (root: string, path: string) => relative(root, path).split(sep).join('/');

/** Remembers what was applied, for lens, hover and later checks. */
export function recordApplied(
  root: string,
  result: RunResult,
  { candidateId, target, generatedFile }: Pick<Approximation, 'candidateId' | 'target' | 'generatedFile'>,
): void {
  const point = result.points.find(({ id }) => id === candidateId)!;
  const approximation: Approximation = {
    file: relativePath(root, result.region.file),
    name: result.region.name,
    runId: result.runId,
    candidateId,
    target,
    generatedFile: relativePath(root, generatedFile),
    sourceHash: result.region.sourceHash,
    topology: point.topology,
    params: point.params,
    error: point.error,
    speedup: point.speedup!,
    exactNs: result.exactNs,
    latencyNs: point.latencyNs!,
  };
  recordApproximation(root, approximation);
}

export const forgetApplied = (root: string, file: string, name: string): void =>
  forgetApproximation(root, relativePath(root, file), name);

export const approximationsIn = (root: string, file: string): readonly Approximation[] =>
  readApproximations(root).filter((entry) => entry.file === relativePath(root, file));

/** Applies on disk: the generated file first, so that a kill in between leaves a source that still compiles. */
export async function applyToDisk(
  root: string,
  runId: string,
  candidateId: string,
  target: TargetId,
): Promise<SourceChange | Failure> {
  const result = readResult(root, runId);
  if (!result) return { kind: 'failed', message: `The run ${runId} is no longer stored.` };
  const text = readFileSync(result.region.file, 'utf8');
  const change = await planApply(result, candidateId, target, text);
  if (change.kind === 'failed') return change;
  const { editText } = await loadSource();
  writeAtomically(change.generatedFile, change.generatedText!);
  writeAtomically(change.file, editText(text, change.edits));
  recordApplied(root, result, candidateId, target);
  return change;
}

/** Reverts on disk: the source first, for the same reason. `deleted` is the generated file, where it was ours. */
export async function revertOnDisk(
  root: string,
  file: string,
  name: string,
): Promise<{ kind: 'reverted'; deleted?: string } | Failure> {
  const text = readFileSync(file, 'utf8');
  const change = await planRevert(file, name, text);
  if (change.kind === 'failed') return change;
  const { editText } = await loadSource();
  writeAtomically(file, editText(text, change.edits));
  forgetApplied(root, file, name);
  if (!isGenerated(change.generatedFile)) return { kind: 'reverted' };
  rmSync(change.generatedFile);
  return { kind: 'reverted', deleted: change.generatedFile };
}

/** Writes the chosen network's code to a folder, leaving the source alone. */
export async function exportArtifacts(
  result: RunResult,
  folder: string,
): Promise<{ kind: 'written'; files: string[] } | Failure> {
  const { createSourceProject, moduleStyle } = await loadSource();
  const modules = moduleStyle(createSourceProject(), result.region.file);
  const generated = generate(result, result.chosen, result.target, modules);
  if (generated.kind === 'failed') return generated;
  const path = join(folder, basename(generatedFileOf(result.region)));
  writeAtomically(path, generated.text);
  return { kind: 'written', files: [path] };
}
