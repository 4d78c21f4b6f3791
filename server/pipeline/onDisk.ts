/** Applying, reverting and exporting on disk: what the command line does where an editor would make an edit. */

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { t } from '../../engine/texts.ts';
import type { TargetId } from '../../engine/types.ts';
import type { Config } from '../config.ts';
import type { Failure, Objection } from '../protocol.ts';
import { loadSource } from '../source/lazy.ts';
import { guardDisk, writeAtomically } from '../store.ts';
import { planApply, planRevert, type SourceChange } from './apply.ts';
import { approximationsProblem, forgetApplied, recordApplied } from './approximations.ts';
import { targetProblem } from './emit.ts';
import { type Generated, generate } from './generate.ts';
import { placeGenerated } from './generated.ts';
import { type RunResult, readResult } from './run.ts';
import { appliedName } from './statements.ts';

export interface ApplyRequest {
  readonly runId: string;
  readonly candidateId: string;
  readonly target: TargetId;
  /** Apply it although it does not pay, or misses the bound. */
  readonly force: boolean;
  /** As of now, which may differ from that of the run. */
  readonly config: Pick<Config, 'fpga'>;
  /** Its code for this target, where an export has generated it already. */
  readonly generated?: Generated;
  readonly signal: AbortSignal;
}

export interface AppliedToDisk {
  readonly kind: 'applied';
  /** The generated one. */
  readonly file: string;
  /** What was found when the code ran here, or why it did not. */
  readonly checked: readonly string[];
}

/** Applies a network; the generated file is written first, so that a kill in between breaks nothing. */
export function applyToDisk(
  root: string,
  { runId, candidateId, ...options }: ApplyRequest,
): Promise<AppliedToDisk | Objection | Failure> {
  return guardDisk(async () => {
    const result = readResult(root, runId);
    if (!result)
      return { kind: 'failed', message: t('The run {0} is no longer stored.', runId), hint: t('Run it again.') };
    const problem = approximationsProblem(root);
    if (problem) return problem;
    const source = readSource(result.region.file);
    if (source.kind === 'failed') return source;
    const change = await planApply(result, candidateId, options, source.text);
    if (change.kind !== 'change') return change;
    const { generated, point, checked } = change;
    writeAtomically(generated.path, generated.text);
    const failure = await writeSource(change, source.text);
    if (failure) return failure;
    recordApplied(root, result, { target: options.target, generated, point });
    return { kind: 'applied', file: generated.path, checked };
  });
}

/** Puts the exact function back, the source first for the same reason; `deleted` is the generated file, where it went. */
export function revertOnDisk(
  root: string,
  file: string,
  name: string,
): Promise<{ readonly kind: 'reverted'; readonly deleted?: string } | Failure> {
  return guardDisk(async () => {
    const problem = approximationsProblem(root);
    if (problem) return problem;
    const source = readSource(file);
    if (source.kind === 'failed') return source;
    const change = await planRevert(file, name, source.text);
    if (change.kind === 'failed') return change;
    const failure = await writeSource(change, source.text);
    if (failure) return failure;
    forgetApplied(root, file, await appliedName(name, source.text));
    const { generated } = change;
    if (generated.kind !== 'deleted') return { kind: 'reverted' };
    rmSync(generated.path);
    return { kind: 'reverted', deleted: generated.path };
  });
}

export interface ExportChoice {
  /** The chosen one where absent. */
  readonly candidateId?: string;
  /** That of the run where absent. */
  readonly target?: TargetId;
  /** As of now, which may differ from that of the run. */
  readonly config: Pick<Config, 'fpga'>;
  /** Ends the check of the code; the outcome is then a failure. */
  readonly signal: AbortSignal;
}

export interface ExportedFiles {
  readonly kind: 'written';
  readonly files: readonly string[];
  /** What was found when the code ran here, or why it did not. */
  readonly figures: readonly string[];
  readonly generated: Generated;
}

/** Writes a network's code to a folder, leaving the source alone. */
export function exportArtifacts(
  result: RunResult,
  folder: string,
  { candidateId = result.chosen, target = result.target, config, signal }: ExportChoice,
): Promise<ExportedFiles | Failure> {
  return guardDisk(async () => {
    const unusable = targetProblem(target);
    if (unusable) return unusable;
    const { createSourceProject, moduleStyle } = await loadSource();
    const place = placeGenerated(result.region, { folder });
    if (place.kind === 'failed') return place;
    const modules = moduleStyle(createSourceProject(), result.region.file);
    const generated = await generate(result, { candidateId, target, modules, config, signal });
    if (generated.kind === 'failed') return generated;
    const [module, ...others] = generated.files;
    const files = [
      { path: place.path, content: module.content },
      ...others.map(({ suffix, content }) => ({ path: join(folder, `${result.region.name}${suffix}`), content })),
    ];
    for (const { path, content } of files) writeAtomically(path, content);
    const { checked, objection } = generated;
    const figures = objection === undefined ? checked : [...checked, objection];
    return { kind: 'written', files: files.map(({ path }) => path), figures, generated };
  });
}

/** Fails where the bytes are not UTF-8: writing the text back would change what it could not read. */
function readSource(file: string): { readonly kind: 'source'; readonly text: string } | Failure {
  const bytes = readFileSync(file);
  try {
    return { kind: 'source', text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { kind: 'failed', message: t('{0} is not UTF-8 text.', file), hint: t('Save it as UTF-8, then run again.') };
  }
}

/** Planning takes a second or two, in which someone may have saved the file: their text is not overwritten. */
async function writeSource(change: SourceChange, before: string): Promise<Failure | undefined> {
  const { editText } = await loadSource();
  const now = readSource(change.file);
  if (now.kind === 'failed') return now;
  if (now.text !== before) {
    return {
      kind: 'failed',
      message: t('{0} was changed at the same moment.', change.file),
      hint: t('Run the command again.'),
    };
  }
  writeAtomically(change.file, editText(before, change.edits));
  return undefined;
}
