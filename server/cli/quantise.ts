/** `deepmaker quantise RUN`. */
import { resolve } from 'node:path';
import type { ParseArgsConfig } from 'node:util';
import { formatBytes, formatCount, formatPercent, formatVariant } from '../../engine/format.ts';
import { type IntegerFormat, integerFormats } from '../../engine/quantise/quantise.ts';
import type { DatasetPoint } from '../pipeline/datasetRun.ts';
import { type QuantiseOutcome, type QuantiseRequest, quantiseDataset } from '../pipeline/quantiseDataset.ts';
import { readRun } from '../pipeline/readRun.ts';
import type { Failure } from '../protocol.ts';
import { projectRoot } from '../store.ts';
import { type ExitCode, printFailure } from './common.ts';
import { abortOnInterrupt, oneRun, optionsHint, parseFlags } from './flags.ts';
import { createProgress } from './progress.ts';
import { formatTable } from './report.ts';

const options = {
  format: { type: 'string', default: integerFormats.join(',') },
  candidate: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const satisfies ParseArgsConfig['options'];

export async function runQuantise(args: readonly string[]): Promise<ExitCode> {
  const parsed = parse(args);
  if (parsed.kind === 'failed') return fail(parsed);
  const stored = readRun(projectRoot(resolve('package.json')), parsed.run);
  if (stored.kind === 'failed') return fail(stored);
  const { runId } = stored.result;
  if (stored.kind === 'function') {
    const message = `${runId} is the run of a function, which has its networks in integers already.`;
    return fail({
      kind: 'failed',
      message,
      hint: 'deepmaker approximate lists them; deepmaker export RUN --candidate ID --out DIR writes one as code.',
    });
  }
  const progress = createProgress();
  const hooks = { signal: abortOnInterrupt(), onProgress: progress.show };
  const outcome = await quantiseDataset(stored.result, stored.folder, parsed.request, hooks);
  progress.end();
  switch (outcome.kind) {
    case 'quantised':
      console.log(parsed.json ? quantiseJson(runId, outcome) : quantiseTable(stored.result.samples, outcome));
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
  readonly request: QuantiseRequest;
  readonly json: boolean;
}

function parse(args: readonly string[]): Parsed | Failure {
  const flags = parseFlags(args, options, []);
  if (flags.kind === 'failed') return flags;
  const { format = '', candidate, json = false } = flags.values;
  const named = oneRun(flags.positionals, 'deepmaker quantise RUN');
  if (named.kind === 'failed') return named;
  const { run } = named;
  const names = format.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !integerFormats.some((known) => known === name));
  if (unknown !== undefined) {
    const message = `there is no integer format "${unknown}".`;
    return { kind: 'failed', message, hint: `Formats: ${integerFormats.join(', ')}. ${optionsHint}` };
  }
  const formats = integerFormats.filter((known): known is IntegerFormat => names.includes(known));
  return {
    kind: 'parsed',
    run,
    request: { formats, ...(candidate !== undefined && { candidateId: candidate }) },
    json,
  };
}

type Quantised = Extract<QuantiseOutcome, { kind: 'quantised' }>;

/** The stable object that `--json` prints; scripts depend on it. `rows` are those that errors in integers are from. */
function quantiseJson(runId: string, { before, quantised }: Quantised): string {
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
  const rows = quantised.map(({ point, rows: scored }) => ({ ...figures(point), rows: scored }));
  return JSON.stringify({ runId, before: before.map(figures), quantised: rows });
}

function quantiseTable(samples: Quantised['quantised'][number]['rows'], { before, quantised }: Quantised): string {
  const rowOf = (point: DatasetPoint, rows = samples) => [
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
    ...quantised.filter((own) => own.point.variantOf === point.id).map((own) => rowOf(own.point, own.rows)),
  ]);
  return formatTable([header, ...rows], 3).join('\n');
}

function fail(failure: Failure): ExitCode {
  printFailure(failure);
  return 2;
}
