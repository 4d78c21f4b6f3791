/** `deepmaker prune RUN`. */
import type { ParseArgsConfig } from 'node:util';
import { formatBound, formatBytes, formatCount, formatDuration, formatPercent } from '../../engine/format.ts';
import { type PruningMethod, pruningMethods } from '../../engine/prune/select.ts';
import type { PrunedPoint, PruneRequest } from '../pipeline/pruneRequest.ts';
import { pruneRun } from '../pipeline/pruneRun.ts';
import type { Failure, FrontPoint } from '../protocol.ts';
import type { ExitCode } from './common.ts';
import { oneRun, optionsHint, parseFlags } from './flags.ts';
import { formatTable } from './report.ts';
import { alphasOf, runVariants, type VariantCommand, type Variants } from './variants.ts';

const options = {
  alpha: { type: 'string', default: '10,20,30,40,50,60,70' },
  candidate: { type: 'string' },
  method: { type: 'string', default: 'similarity' },
  json: { type: 'boolean', default: false },
} as const satisfies ParseArgsConfig['options'];

export const runPrune = (args: readonly string[]): Promise<ExitCode> =>
  runVariants(parse(args), { make: pruneRun, toJson: pruneJson, toTable: pruneTable });

function parse(args: readonly string[]): VariantCommand<PruneRequest> | Failure {
  const flags = parseFlags(args, options, []);
  if (flags.kind === 'failed') return flags;
  const { alpha = '', candidate, method, json = false } = flags.values;
  const named = oneRun(flags.positionals, 'deepmaker prune RUN --alpha 10,20');
  if (named.kind === 'failed') return named;
  const { run } = named;
  const rates = alphasOf(alpha);
  if (rates.kind === 'failed') return rates;
  const known = pruningMethods.find((name): name is PruningMethod => name === method);
  if (!known) {
    const message = `there is no method "${method}".`;
    return { kind: 'failed', message, hint: `Methods: ${pruningMethods.join(', ')}. ${optionsHint}` };
  }
  return {
    kind: 'parsed',
    run,
    request: { alphas: rates.alphas, method: known, ...(candidate === undefined ? {} : { candidateId: candidate }) },
    json,
  };
}

type Pruned = Variants<FrontPoint, PrunedPoint>;

/** The stable object that `--json` prints; scripts depend on it. `alpha` and `rate` are fractions, of parameters removed. */
function pruneJson({ before, made }: Pruned, { method }: PruneRequest, runId: string): string {
  const figures = ({ id, topology, activation, params, bytes, macs, variantOf, error, latencyNs }: FrontPoint) => ({
    ...{ id, variantOf, topology, activation, params, bytes, macs, error, latencyNs },
  });
  const rows = made.map(({ point, rate }) => ({
    ...figures(point),
    alpha: point.alpha,
    rate,
    onFront: point.onFront,
  }));
  return JSON.stringify({ runId, method, before: before.map(figures), pruned: rows });
}

function pruneTable({ before, made }: Pruned): string {
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
    ...made
      .filter((own) => own.point.variantOf === point.id)
      .map((own) => rowOf(own.point, formatBound(own.point.alpha!), formatPercent(own.rate))),
  ]);
  return formatTable([header, ...rows], 2).join('\n');
}
