/**
 * What `prune` and `quantise` share: a finished run is read, variants of its networks are made, and they are shown. `search`
 * makes them too, and reads the same flags.
 */
import { resolve } from 'node:path';
import { type IntegerFormat, integerFormats } from '../../engine/quantise/quantise.ts';
import type { PruneHooks, VariantsOutcome } from '../pipeline/pruneRequest.ts';
import { readRun, type StoredRun } from '../pipeline/readRun.ts';
import type { Failure } from '../protocol.ts';
import { projectRoot } from '../store.ts';
import { type ExitCode, printFailure } from './common.ts';
import { abortOnInterrupt, optionsHint } from './flags.ts';
import { createProgress } from './progress.ts';

/** A command line that names a run. */
export interface VariantCommand<Request> {
  readonly kind: 'parsed';
  readonly run: string;
  readonly request: Request;
  readonly json: boolean;
}

export interface VariantSteps<Request, Point, Made> {
  readonly make: (stored: StoredRun, request: Request, hooks: PruneHooks) => Promise<VariantsOutcome<Point, Made>>;
  readonly toJson: (variants: Variants<Point, Made>, request: Request, runId: string) => string;
  readonly toTable: (variants: Variants<Point, Made>, stored: StoredRun) => string;
}

export type Variants<Point, Made> = Extract<VariantsOutcome<Point, Made>, { readonly kind: 'made' }>;

export async function runVariants<Request, Point, Made>(
  parsed: VariantCommand<Request> | Failure,
  { make, toJson, toTable }: VariantSteps<Request, Point, Made>,
): Promise<ExitCode> {
  if (parsed.kind === 'failed') return fail(parsed);
  const { request } = parsed;
  const stored = readRun(projectRoot(resolve('package.json')), parsed.run);
  if (stored.kind === 'failed') return fail(stored);
  const progress = createProgress();
  const outcome = await make(stored, request, { signal: abortOnInterrupt(), onProgress: progress.show });
  progress.end();
  switch (outcome.kind) {
    case 'made':
      console.log(parsed.json ? toJson(outcome, request, stored.result.runId) : toTable(outcome, stored));
      return 0;
    case 'cancelled':
      console.error('Cancelled; the run is as it was.');
      return 130;
    case 'failed':
      return fail(outcome);
  }
}

function fail(failure: Failure): ExitCode {
  printFailure(failure);
  return 2;
}

/** `10,20` -> [0.1, 0.2], ascending and without repetitions. */
export function alphasOf(text: string): { readonly kind: 'alphas'; readonly alphas: readonly number[] } | Failure {
  const percents = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (!percents.every((percent) => percent >= 1 && percent <= 99)) {
    const message = `--alpha needs percentages from 1 to 99, separated by commas, not "${text}".`;
    return { kind: 'failed', message, hint: 'Write --alpha 10,20,30.' };
  }
  const ascending = [...new Set(percents)].sort((a, b) => a - b);
  return { kind: 'alphas', alphas: ascending.map((percent) => percent / 100) };
}

/** `fixed16,int8` -> both, in the order that they have everywhere. */
export function formatsOf(text: string): { readonly kind: 'formats'; readonly formats: IntegerFormat[] } | Failure {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !integerFormats.some((known) => known === name));
  if (unknown !== undefined) {
    const message = `there is no integer format "${unknown}".`;
    return { kind: 'failed', message, hint: `Formats: ${integerFormats.join(', ')}. ${optionsHint}` };
  }
  return { kind: 'formats', formats: integerFormats.filter((known) => names.includes(known)) };
}
