/** Samples a region: draws inputs, calls the function on them in a sandbox, and keeps the rows that gave a result. */
import { t } from '../../engine/texts.ts';
import type { Samples } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import type { Region } from '../source/types.ts';
import { describeRow, percent } from './describe.ts';
import { type RowProblem, rowStatus, unavailable } from './messages.ts';
import type { Sandbox } from './sandbox.ts';

export interface SamplingOptions {
  readonly sandbox: Sandbox;
  /** The id under which the sandbox holds the region's function. */
  readonly id: string;
  readonly region: Region;
  /** Draws `count` rows of raw input slots, (count, inputSlots) row-major; any prefix must cover the domain too. */
  readonly draw: (count: number, seed: number) => Float64Array;
  /** Rows wanted. */
  readonly count: number;
  readonly seed: number;
  /** Share of rows that may throw or give NaN or Infinity. Default 0.2. */
  readonly maxRejected?: number;
  /** Fewer rows are taken, though not below 500, where all would take longer. Default 20000. */
  readonly timeBudgetMs?: number;
  /** Bound on one call. Default: the sandbox's. */
  readonly timeLimitMs?: number;
  /** Share of the rows that are done, 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

export interface SampledRegion {
  readonly kind: 'sampled';
  readonly samples: Samples;
  /** Which of the drawn rows the samples are, in their order. */
  readonly rows: readonly number[];
  /** Rows asked for; more than were evaluated where the function is slow. */
  readonly requested: number;
  /** Rows on which the function was called. */
  readonly evaluated: number;
  readonly rejected: Rejected;
  /** Calls of `console` that were swallowed. */
  readonly consoleCalls: number;
}

export interface Rejected {
  /** Calls that threw, or whose result did not have the declared shape. */
  readonly thrown: number;
  /** Calls whose result holds NaN or Infinity. */
  readonly notFinite: number;
  readonly firstMessage?: string;
}

const defaultBudgetMs = 20_000;
/** Rows that are evaluated before it is decided how many more the time allows: the fewest that are of any use. */
const pilotRows = 500;
/** Rows that are evaluated a second time, or as many as a tenth of the time budget allows, but not fewer than 20. */
const repeatedRows = 200;

/**
 * Inputs that throw or give NaN or Infinity are dropped and counted. Fails where that is too many of them, where the same
 * input gives two results, where no result ever changes, and where the sandbox fails.
 */
export async function sampleRegion(options: SamplingOptions): Promise<SampledRegion | Failure> {
  const rows = await evaluateAffordable(options);
  if (rows.kind === 'failed') return rows;
  return (
    tooManyRejected(options, rows) ??
    (await differsWhenRepeated(options, rows)) ??
    neverChanges(options, rows) ??
    keepAccepted(options, rows)
  );
}

interface Rows {
  readonly kind: 'rows';
  readonly count: number;
  readonly inputs: Float64Array;
  readonly outputs: Float64Array;
  readonly statuses: Uint8Array;
  readonly msPerRow: number;
  readonly consoleCalls: number;
  readonly firstProblem?: RowProblem;
}

async function evaluateAffordable(options: SamplingOptions): Promise<Rows | Failure> {
  const { count, timeBudgetMs = defaultBudgetMs } = options;
  const drawn = options.draw(count, options.seed);
  const pilotCount = Math.min(count, pilotRows);
  const pilot = await evaluate(options, { inputs: drawn, from: 0, to: pilotCount, total: count });
  if (pilot.kind === 'failed') return pilot;
  const msPerRow = pilot.elapsedMs / pilotCount;
  const affordable = affordableCount(count, msPerRow, timeBudgetMs);
  const rest = await evaluate(options, { inputs: drawn, from: pilotCount, to: affordable, total: affordable });
  if (rest.kind === 'failed') return rest;

  const firstProblem = pilot.firstProblem ?? rest.firstProblem;
  return {
    kind: 'rows',
    count: affordable,
    inputs: drawn.subarray(0, affordable * options.region.inputSlots.length),
    outputs: concatenate(Float64Array, pilot.outputs, rest.outputs),
    statuses: concatenate(Uint8Array, pilot.statuses, rest.statuses),
    msPerRow,
    consoleCalls: rest.consoleCalls,
    ...(firstProblem ? { firstProblem } : {}),
  };
}

/**
 * Halves the count until it fits the budget. Steps this coarse give the same count, and so the same front, on a machine
 * that is a little slower.
 */
function affordableCount(count: number, msPerRow: number, budgetMs: number): number {
  let affordable = count;
  while (affordable > pilotRows && affordable * msPerRow > budgetMs) affordable = Math.ceil(affordable / 2);
  return Math.max(affordable, Math.min(count, pilotRows));
}

interface Part {
  readonly inputs: Float64Array;
  readonly from: number;
  readonly to: number;
  /** Rows that count as all of them for the progress. */
  readonly total: number;
}

/** Calls the function on rows [from, to) of `inputs`; `firstProblem.row` counts from the first row of `inputs`. */
async function evaluate(options: SamplingOptions, part: Part) {
  const { inputs, from, to, total } = part;
  const { sandbox, id, region, timeLimitMs, onProgress } = options;
  const width = region.inputSlots.length;
  const evaluated = await sandbox.evaluate(id, region.signature, inputs.subarray(from * width, to * width), to - from, {
    ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
    onProgress: (done) => onProgress?.((from + done) / total),
  });
  if (evaluated.kind === 'failed' || !evaluated.firstProblem) return evaluated;
  const { row, message } = evaluated.firstProblem;
  return { ...evaluated, firstProblem: { row: row + from, message } };
}

function tooManyRejected({ region, maxRejected = 0.2 }: SamplingOptions, rows: Rows): Failure | undefined {
  const { thrown, notFinite } = rejectedOf(rows);
  const share = (thrown + notFinite) / rows.count;
  if (!rows.firstProblem || (share <= maxRejected && share < 1)) return undefined;
  const { row, message } = rows.firstProblem;
  const input = describeRow(region.inputSlots, rows.inputs, row * region.inputSlots.length);
  return {
    kind: 'failed',
    message: t(
      '`{0}` gave no usable result for {1} of the sampled inputs, for example {2}: {3}.',
      region.name,
      percent(share),
      input,
      message,
    ),
    hint: message.includes(unavailable)
      ? t('Pick a function that computes its result from its arguments alone.')
      : t('Narrow the @range of its inputs to values for which it returns finite results.'),
  };
}

/** Repeats some rows, last one first: a result that depends on the clock, on chance or on earlier calls then changes. */
async function differsWhenRepeated(options: SamplingOptions, rows: Rows): Promise<Failure | undefined> {
  const { sandbox, id, region, timeLimitMs, timeBudgetMs = defaultBudgetMs } = options;
  const width = region.inputSlots.length;
  const affordable = Math.max(20, Math.floor(timeBudgetMs / 10 / Math.max(rows.msPerRow, 1e-9)));
  const count = Math.min(repeatedRows, rows.count, affordable);
  const picked = Array.from({ length: count }, (_, index) => Math.floor(((count - 1 - index) * rows.count) / count));
  const inputs = new Float64Array(count * width);
  for (const [index, row] of picked.entries()) {
    inputs.set(rows.inputs.subarray(row * width, (row + 1) * width), index * width);
  }
  const limits = timeLimitMs === undefined ? {} : { timeLimitMs };
  const again = await sandbox.evaluate(id, region.signature, inputs, count, limits);
  if (again.kind === 'failed') return again;

  const outputWidth = region.outputSlots.length;
  const resultOf = (outputs: Float64Array, row: number) => outputs.subarray(row * outputWidth, (row + 1) * outputWidth);
  const index = picked.findIndex((row, position) => {
    const first = resultOf(rows.outputs, row);
    return resultOf(again.outputs, position).some((value, slot) => !Object.is(value, first[slot]));
  });
  if (index < 0) return undefined;
  const describe = (outputs: Float64Array, row: number, status: number) =>
    status === rowStatus.thrown ? t('an error') : describeRow(region.outputSlots, outputs, row * outputWidth);
  const row = picked[index]!;
  const first = describe(rows.outputs, row, rows.statuses[row]!);
  const second = describe(again.outputs, index, again.statuses[index]!);
  const input = describeRow(region.inputSlots, rows.inputs, row * width);
  return {
    kind: 'failed',
    message: t(
      '`{0}` gives different results for the same input; for {1} it gave {2}, then {3}.',
      region.name,
      input,
      first,
      second,
    ),
    hint: t('Pass what it depends on (the time, random numbers, earlier calls) as arguments.'),
  };
}

function neverChanges({ region }: SamplingOptions, { count, outputs, statuses }: Rows): Failure | undefined {
  const width = region.outputSlots.length;
  const first = statuses.indexOf(rowStatus.ok);
  for (let row = first + 1; row < count; row++) {
    if (statuses[row] !== rowStatus.ok) continue;
    for (let slot = 0; slot < width; slot++) {
      if (outputs[row * width + slot] !== outputs[first * width + slot]) return undefined;
    }
  }
  return {
    kind: 'failed',
    message: t(
      '`{0}` gave the same result for every sampled input: {1}.',
      region.name,
      describeRow(region.outputSlots, outputs, first * width),
    ),
    hint: t('Widen the @range of its inputs, or replace the function with a constant.'),
  };
}

function keepAccepted({ region, count: requested }: SamplingOptions, rows: Rows): SampledRegion {
  const inputWidth = region.inputSlots.length;
  const outputWidth = region.outputSlots.length;
  const rejected = rejectedOf(rows);
  const count = rows.count - rejected.thrown - rejected.notFinite;
  const inputs = new Float64Array(count * inputWidth);
  const outputs = new Float64Array(count * outputWidth);
  const kept: number[] = [];
  for (let row = 0; row < rows.count; row++) {
    if (rows.statuses[row] !== rowStatus.ok) continue;
    inputs.set(rows.inputs.subarray(row * inputWidth, (row + 1) * inputWidth), kept.length * inputWidth);
    outputs.set(rows.outputs.subarray(row * outputWidth, (row + 1) * outputWidth), kept.length * outputWidth);
    kept.push(row);
  }
  const { consoleCalls, count: evaluated } = rows;
  return {
    kind: 'sampled',
    samples: { count, inputs, outputs },
    rows: kept,
    requested,
    evaluated,
    rejected,
    consoleCalls,
  };
}

function rejectedOf({ statuses, firstProblem }: Rows): Rejected {
  const countOf = (wanted: number) => statuses.reduce((sum, status) => sum + (status === wanted ? 1 : 0), 0);
  return {
    thrown: countOf(rowStatus.thrown),
    notFinite: countOf(rowStatus.notFinite),
    ...(firstProblem ? { firstMessage: firstProblem.message } : {}),
  };
}

function concatenate<T extends Float64Array | Uint8Array>(Container: new (length: number) => T, a: T, b: T): T {
  const joined = new Container(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
