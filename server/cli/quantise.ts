/** `deepmaker quantise RUN`. */
import type { ParseArgsConfig } from 'node:util';
import { formatBytes, formatCount, formatPercent, formatVariant } from '../../engine/format.ts';
import { integerFormats } from '../../engine/quantise/quantise.ts';
import type { DatasetPoint } from '../pipeline/datasetRun.ts';
import type { PruneHooks } from '../pipeline/pruneRequest.ts';
import {
  type QuantisedPoint,
  type QuantiseOutcome,
  type QuantiseRequest,
  quantiseDataset,
} from '../pipeline/quantiseDataset.ts';
import type { StoredRun } from '../pipeline/readRun.ts';
import type { Failure } from '../protocol.ts';
import type { ExitCode } from './common.ts';
import { oneRun, parseFlags } from './flags.ts';
import { formatTable } from './report.ts';
import { formatsOf, runVariants, type VariantCommand, type Variants } from './variants.ts';

const options = {
  format: { type: 'string', default: integerFormats.join(',') },
  candidate: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const satisfies ParseArgsConfig['options'];

export const runQuantise = (args: readonly string[]): Promise<ExitCode> =>
  runVariants(parse(args), { make: quantiseRun, toJson: quantiseJson, toTable: quantiseTable });

async function quantiseRun(stored: StoredRun, request: QuantiseRequest, hooks: PruneHooks): Promise<QuantiseOutcome> {
  if (stored.kind === 'dataset') return quantiseDataset(stored.result, stored.folder, request, hooks);
  return {
    kind: 'failed',
    message: `${stored.result.runId} is the run of a function, which has its networks in integers already.`,
    hint: 'deepmaker approximate lists them; deepmaker export RUN --candidate ID --out DIR writes one as code.',
  };
}

function parse(args: readonly string[]): VariantCommand<QuantiseRequest> | Failure {
  const flags = parseFlags(args, options, []);
  if (flags.kind === 'failed') return flags;
  const { format = '', candidate, json = false } = flags.values;
  const named = oneRun(flags.positionals, 'deepmaker quantise RUN');
  if (named.kind === 'failed') return named;
  const { run } = named;
  const wanted = formatsOf(format);
  if (wanted.kind === 'failed') return wanted;
  return {
    kind: 'parsed',
    run,
    request: { formats: wanted.formats, ...(candidate !== undefined && { candidateId: candidate }) },
    json,
  };
}

type Quantised = Variants<DatasetPoint, QuantisedPoint>;

/** The stable object that `--json` prints; scripts depend on it. `rows` are those that errors in integers are from. */
function quantiseJson({ before, made }: Quantised, _: QuantiseRequest, runId: string): string {
  const figures = (point: DatasetPoint) => {
    const { id, variant, variantOf, topology, activation, params, bytes, macs } = point;
    const { error, validationError, testError } = point;
    return {
      ...{ id, variant, variantOf, topology, activation, params, bytes, macs },
      error,
      validationError,
      testError,
    };
  };
  const rows = made.map(({ point, rows: scored }) => ({ ...figures(point), rows: scored }));
  return JSON.stringify({ runId, before: before.map(figures), quantised: rows });
}

function quantiseTable({ before, made }: Quantised, { result: { samples } }: StoredRun): string {
  const rowOf = (point: DatasetPoint, rows: QuantisedPoint['rows'] = samples) => [
    point.id,
    point.topology,
    formatVariant(point.variant, point.alpha),
    formatBytes(point.bytes),
    formatPercent(point.validationError ?? Number.NaN),
    formatPercent(point.testError ?? Number.NaN),
    formatCount(rows.test),
  ];
  const header = ['id', 'network', 'numbers', 'size', 'validation error', 'test error', 'test rows'];
  const rows = before.flatMap((point) => [
    rowOf(point),
    ...made.filter((own) => own.point.variantOf === point.id).map((own) => rowOf(own.point, own.rows)),
  ]);
  return formatTable([header, ...rows], 3).join('\n');
}
