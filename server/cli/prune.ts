/** `deepmaker prune RUN`. */
import { resolve } from 'node:path';
import type { ParseArgsConfig } from 'node:util';
import { formatBound, formatBytes, formatCount, formatDuration, formatPercent } from '../../engine/format.ts';
import { type PruningMethod, pruningMethods } from '../../engine/prune/select.ts';
import type { PruneOutcome, PruneRequest } from '../pipeline/pruneRequest.ts';
import { pruneRun } from '../pipeline/pruneRun.ts';
import { readRun } from '../pipeline/readRun.ts';
import type { Failure, FrontPoint } from '../protocol.ts';
import { projectRoot } from '../store.ts';
import { type ExitCode, printFailure } from './common.ts';
import { abortOnInterrupt, oneRun, optionsHint, parseFlags } from './flags.ts';
import { createProgress } from './progress.ts';
import { formatTable } from './report.ts';

const options = {
  alpha: { type: 'string', default: '10,20,30,40,50,60,70' },
  candidate: { type: 'string' },
  method: { type: 'string', default: 'similarity' },
  json: { type: 'boolean', default: false },
} as const satisfies ParseArgsConfig['options'];

export async function runPrune(args: readonly string[]): Promise<ExitCode> {
  const parsed = parse(args);
  if (parsed.kind === 'failed') return fail(parsed);
  const stored = readRun(projectRoot(resolve('package.json')), parsed.run);
  if (stored.kind === 'failed') return fail(stored);
  const progress = createProgress();
  const outcome = await pruneRun(stored, parsed.request, { signal: abortOnInterrupt(), onProgress: progress.show });
  progress.end();
  switch (outcome.kind) {
    case 'pruned':
      console.log(parsed.json ? pruneJson(parsed, stored.result.runId, outcome) : pruneTable(outcome));
      return 0;
    case 'cancelled':
      console.error('Cancelled; the run is as it was.');
      return 130;
    case 'failed':
      return fail(outcome);
  }
}

interface Parsed {
  readonly kind: 'parsed';
  readonly run: string;
  readonly request: PruneRequest;
  readonly json: boolean;
}

function parse(args: readonly string[]): Parsed | Failure {
  const flags = parseFlags(args, options, []);
  if (flags.kind === 'failed') return flags;
  const { alpha = '', candidate, method, json = false } = flags.values;
  const named = oneRun(flags.positionals, 'deepmaker prune RUN --alpha 10,20');
  if (named.kind === 'failed') return named;
  const { run } = named;
  const alphas = alphasOf(alpha);
  if (!alphas) {
    const message = `--alpha needs percentages from 1 to 99, separated by commas, not "${alpha}".`;
    return { kind: 'failed', message, hint: 'Write --alpha 10,20,30.' };
  }
  const known = pruningMethods.find((name): name is PruningMethod => name === method);
  if (!known) {
    const message = `there is no method "${method}".`;
    return { kind: 'failed', message, hint: `Methods: ${pruningMethods.join(', ')}. ${optionsHint}` };
  }
  return {
    kind: 'parsed',
    run,
    request: { alphas, method: known, ...(candidate === undefined ? {} : { candidateId: candidate }) },
    json,
  };
}

/** `10,20` -> [0.1, 0.2], ascending and without repetitions. */
function alphasOf(text: string): number[] | undefined {
  const percents = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (!percents.every((percent) => percent >= 1 && percent <= 99)) return undefined;
  return [...new Set(percents)].sort((a, b) => a - b).map((percent) => percent / 100);
}

type Pruned = Extract<PruneOutcome, { kind: 'pruned' }>;

/** The stable object that `--json` prints; scripts depend on it. `alpha` and `rate` are fractions, of parameters removed. */
function pruneJson({ request }: Parsed, runId: string, { before, pruned }: Pruned): string {
  const figures = ({ id, topology, activation, params, bytes, macs, variantOf, error, latencyNs }: FrontPoint) => ({
    ...{ id, variantOf, topology, activation, params, bytes, macs, error, latencyNs },
  });
  const rows = pruned.map(({ point, rate }) => ({
    ...figures(point),
    alpha: point.alpha,
    rate,
    onFront: point.onFront,
  }));
  return JSON.stringify({ runId, method: request.method, before: before.map(figures), pruned: rows });
}

function pruneTable({ before, pruned }: Pruned): string {
  const rowOf = (point: FrontPoint, alpha: string, rate: string) => [
    point.id,
    point.topology,
    alpha,
    rate,
    formatCount(point.params),
    formatBytes(point.bytes),
    formatCount(point.macs),
    formatPercent(point.error.nrmse),
    point.latencyNs === undefined ? '' : formatDuration(point.latencyNs),
    point.onFront ? 'on the front' : '',
  ];
  const header = ['id', 'network', 'alpha', 'removed', 'params', 'size', 'MACs', 'error', 'per call', ''];
  const rows = before.flatMap((point) => [
    rowOf(point, '', ''),
    ...pruned
      .filter((own) => own.point.variantOf === point.id)
      .map((own) => rowOf(own.point, formatBound(own.point.alpha!), formatPercent(own.rate))),
  ]);
  return formatTable([header, ...rows], 2).join('\n');
}

function fail(failure: Failure): ExitCode {
  printFailure(failure);
  return 2;
}
