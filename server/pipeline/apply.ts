/** Applying a network and reverting it, as data: the editor makes a WorkspaceEdit of it, onDisk.ts carries it out. */
import { t } from '../../engine/texts.ts';
import type { TargetId } from '../../engine/types.ts';
import type { Config } from '../config.ts';
import type { Failure, Objection } from '../protocol.ts';
import { callFormOf } from '../source/access.ts';
import { loadSource } from '../source/lazy.ts';
import type { SourceEdit } from '../source/types.ts';
import { acceptsNameOf, approxNameOf, moduleText, targetProblem } from './emit.ts';
import { type CodePoint, type Generated, generate } from './generate.ts';
import { belongsTo, importedFile, placeGenerated } from './generated.ts';
import type { RunResult } from './run.ts';
import { appliedName, wholeEdit, withStatements } from './statements.ts';

/** A change to one source file and the generated file beside it. */
export interface SourceChange<Beside extends GeneratedChange = GeneratedChange> {
  readonly kind: 'change';
  readonly file: string;
  readonly edits: readonly SourceEdit[];
  readonly generated: Beside;
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

/** An application that is planned, with the figures of the code that it puts beside the source. */
export interface AppliedChange extends SourceChange<GeneratedFile> {
  readonly point: CodePoint;
  /** What was found when the code ran here, or why it did not. */
  readonly checked: readonly string[];
}

export interface ApplyOptions {
  readonly target: TargetId;
  readonly force: boolean;
  /** As of now, which may differ from that of the run. */
  readonly config: Pick<Config, 'fpga'>;
  /** The code, where it has been generated already. */
  readonly generated?: Generated;
  /** Ends the check of the code; the outcome is then a failure. */
  readonly signal: AbortSignal;
}

/** The change that swaps the body of the run's function for a call to this candidate's network. */
export async function planApply(
  result: RunResult,
  candidateId: string,
  { target, force, config, generated: ready, signal }: ApplyOptions,
  original: string,
): Promise<AppliedChange | Objection | Failure> {
  const { region } = result;
  const guard = result.networks.find(({ id }) => id === candidateId)?.guard;
  const unusable = targetProblem(target);
  if (unusable) return unusable;
  const objection = force ? undefined : objectionOf(result, candidateId);
  if (objection) return objection;
  const { applyEdits, createSourceProject, analyse, editText, findApplied, moduleStyle } = await loadSource();
  const text = await withStatements(region, original);
  const applied = findApplied(text).find(({ name }) => name === region.name);
  const place = placeGenerated(region, { current: applied && importedFile(region.file, applied.importPath) });
  if (place.kind === 'failed') return place;
  const project = createSourceProject();
  project.setOverlay(region.file, text);
  const analysis = analyse(project, { file: region.file, name: region.name });
  if (analysis.kind !== 'region' || analysis.region.sourceHash !== region.sourceHash) {
    return {
      kind: 'failed',
      message: t('{0} has changed since this network was trained.', region.name),
      hint: t('Approximate it again, then apply.'),
    };
  }
  const modules = moduleStyle(project, region.file);
  const generated = ready ?? (await generate(result, { candidateId, target, modules, config, brief: true, signal }));
  if (generated.kind === 'failed') return generated;
  if (generated.objection !== undefined && !force) return { kind: 'objection', message: generated.objection };
  const guardName = guard && acceptsNameOf(region.name, guard);
  const edits = applyEdits(project, region.file, region.name, {
    approxName: approxNameOf(region.name),
    ...(guardName === undefined ? {} : { guardName }),
    generatedFile: place.path,
    form: callFormOf(region.signature),
  });
  if (edits.kind === 'failed') return edits;
  const written = { kind: 'written', path: place.path, text: moduleText(generated.files) } as const;
  const all = text === original ? edits.edits : wholeEdit(original, editText(text, edits.edits));
  const { point, checked } = generated;
  return { kind: 'change', file: region.file, edits: all, generated: written, point, checked };
}

/** Where the network is slower, or not clearly faster, or misses the bound, applying it needs an explicit choice. */
function objectionOf(result: RunResult, candidateId: string): Objection | undefined {
  const point = result.points.find(({ id }) => id === candidateId);
  return point?.objection === undefined ? undefined : { kind: 'objection', message: point.objection };
}

/** The change that puts the exact function back and deletes the generated file, where it belongs to this source. */
export async function planRevert(file: string, wanted: string, text: string): Promise<SourceChange | Failure> {
  const { editText, findApplied, revertEdits, unliftEdits } = await loadSource();
  const name = await appliedName(wanted, text);
  const applied = findApplied(text).find((entry) => entry.name === name);
  if (!applied) {
    return {
      kind: 'failed',
      message: t('{0} is not approximated in {1}.', name, file),
      hint: t('There is nothing to revert.'),
    };
  }
  const edits = revertEdits(text, name);
  if (edits.kind === 'failed') return edits;
  const path = importedFile(file, applied.importPath);
  const generated: GeneratedChange = belongsTo(path, { file, name }) ? { kind: 'deleted', path } : { kind: 'kept' };
  // Statements that were made a function for this go back to where they were.
  const exact = editText(text, edits.edits);
  const back = unliftEdits(exact, name);
  const all = back ? wholeEdit(text, editText(exact, back)) : edits.edits;
  return { kind: 'change', file, edits: all, generated };
}
