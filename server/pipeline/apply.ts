/** Applying a network and reverting it, as data: the editor makes a WorkspaceEdit of it, onDisk.ts carries it out. */
import type { EmittedFiles } from '../../engine/emit/target.ts';
import { formatCertificate, formatDuration, formatPercent } from '../../engine/format.ts';
import type { TargetId } from '../../engine/types.ts';
import type { Failure, FrontPoint, Objection } from '../protocol.ts';
import { loadSource } from '../source/lazy.ts';
import type { SourceEdit } from '../source/types.ts';
import { acceptsNameOf, approxNameOf, emitNetwork, moduleText, targetProblem } from './emit.ts';
import { belongsTo, importedFile, placeGenerated } from './generated.ts';
import { type RunResult, readStored } from './run.ts';

/** A change to one source file and the generated file beside it. */
export interface SourceChange<Generated extends GeneratedChange = GeneratedChange> {
  readonly kind: 'change';
  readonly file: string;
  readonly edits: readonly SourceEdit[];
  readonly generated: Generated;
}

/** 'kept': reverting leaves alone what is not there, or what another source's code is in. */
export type GeneratedChange =
  | GeneratedFile
  | { readonly kind: 'deleted'; readonly path: string }
  | { readonly kind: 'kept' };

export interface GeneratedFile {
  readonly kind: 'written';
  readonly path: string;
  readonly text: string;
}

/** The change that swaps the body of the run's function for a call to this candidate's network. */
export async function planApply(
  result: RunResult,
  candidateId: string,
  { target, force }: { readonly target: TargetId; readonly force: boolean },
  text: string,
): Promise<SourceChange<GeneratedFile> | Objection | Failure> {
  const { region } = result;
  const guard = result.networks.find(({ id }) => id === candidateId)?.guard;
  const unusable = targetProblem(target);
  if (unusable) return unusable;
  const objection = force ? undefined : objectionOf(result, candidateId);
  if (objection) return objection;
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
  const guardName = guard && acceptsNameOf(region.name, guard);
  const edits = applyEdits(project, region.file, region.name, {
    approxName: approxNameOf(region.name),
    ...(guardName === undefined ? {} : { guardName }),
    generatedFile: place.path,
  });
  if (edits.kind === 'failed') return edits;
  const written = { kind: 'written', path: place.path, text: moduleText(generated.files) } as const;
  return { kind: 'change', file: region.file, edits: edits.edits, generated: written };
}

/** Where the network is slower, or not clearly faster, or misses the bound, applying it needs an explicit choice. */
function objectionOf(result: RunResult, candidateId: string): Objection | undefined {
  const point = result.points.find(({ id }) => id === candidateId);
  return point?.objection === undefined ? undefined : { kind: 'objection', message: point.objection };
}

export type Generated = { readonly kind: 'generated'; readonly files: EmittedFiles } | Failure;

/** The generated files for one network of a run, with the figures that the run measured. */
export function generate(
  result: RunResult,
  candidateId: string,
  target: TargetId,
  modules: 'esm' | 'commonjs',
): Generated {
  const stored = result.networks.find(({ id }) => id === candidateId);
  const point = result.points.find(({ id }) => id === candidateId);
  if (!stored || !point) {
    return {
      kind: 'failed',
      message: `The run ${result.runId} holds no trained network ${candidateId}.`,
      hint: `Choose one of ${result.networks.map(({ id }) => id).join(', ')}.`,
    };
  }
  const { network, ...integers } = readStored(stored);
  const context = { ...result, ...integers, target, modules, guard: stored.guard };
  return { kind: 'generated', files: emitNetwork(context, network, headerFigures(result, point)) };
}

function headerFigures(result: RunResult, { error, latencyNs, certificate, fallbacks }: FrontPoint): string[] {
  return [
    `Measured on ${result.samples.test} samples it was not trained on: NRMSE ${formatPercent(error.nrmse)}, ` +
      `p99 ${formatPercent(error.p99)}, largest error ${formatPercent(error.max)} of the output's range.`,
    `${formatDuration(latencyNs!)} per call, guard included; the exact function takes ${formatDuration(result.exactNs)}.`,
    ...(certificate ? [`Certified: ${formatCertificate(certificate)}, from ${certificate.samples} fresh inputs.`] : []),
    ...(fallbacks === undefined
      ? []
      : [`Its guard leaves ${formatPercent(fallbacks)} of inputs to the exact function.`]),
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
