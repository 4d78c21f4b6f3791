/** Measures an approximation against the exact function: its results, and how long one call of each takes. */

import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { inputSlots } from '../../engine/data/slots.ts';
import { t } from '../../engine/texts.ts';
import type { Signature } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import { rowStatus, type TimedBlocks } from './messages.ts';
import type { Sandbox } from './sandbox.ts';

export interface MeasureOptions {
  /** Ids under which the sandbox holds the exact function and the emitted one. */
  readonly exactId: string;
  readonly approxId: string;
  readonly signature: Signature;
  /** (count, inputSlots) raw slot values, row-major, on which the exact function returns; at least one row. */
  readonly inputs: Float64Array;
  readonly count: number;
  /** Time to spend on timing; a slow exact function takes at least seven blocks of one call. Default 1000. */
  readonly timeBudgetMs?: number;
  /** Bound on one call. Default: the sandbox's. */
  readonly timeLimitMs?: number;
}

/** How long one call takes, against the exact function. */
export interface Timing {
  /** Nanoseconds per call, medians over blocks of about 1 ms. */
  readonly exactNs: number;
  readonly approxNs: number;
  /** exactNs / approxNs. */
  readonly speedup: number;
  /** Bootstrap 95 % interval of the speedup. */
  readonly interval: readonly [low: number, high: number];
  /** Pairs of blocks behind the figures. */
  readonly blocks: number;
}

export interface Measurement extends Timing {
  readonly kind: 'measured';
  /** (count, outputSlots) raw results of the emitted code on all rows. */
  readonly approxOutputs: Float64Array;
}

/** Enough that data-dependent cost averages out, few enough that the argument lists stay in the processor's cache. */
const timedRows = 256;

export async function measure(sandbox: Sandbox, options: MeasureOptions): Promise<Measurement | Failure> {
  const { exactId, approxId, signature, inputs, count, timeBudgetMs = 1000 } = options;
  const limits = options.timeLimitMs === undefined ? {} : { timeLimitMs: options.timeLimitMs };
  const evaluated = await sandbox.evaluate(approxId, signature, inputs, count, limits);
  if (evaluated.kind === 'failed') return evaluated;
  if (evaluated.statuses.includes(rowStatus.thrown)) {
    return {
      kind: 'failed',
      message: t('The generated code failed: {0}.', String(evaluated.firstProblem?.message)),
      hint: t('Report this as a bug of DeepMaker.'),
    };
  }
  const rows = spreadRows(inputs, inputSlots(signature).length, count);
  const timed = await sandbox.time({ exactId, approxId, signature, ...rows, budgetMs: timeBudgetMs, ...limits });
  if (timed.kind === 'failed') return timed;
  return { kind: 'measured', ...timingOf(timed), approxOutputs: evaluated.outputs };
}

/** Times a batch function, loaded under `approxId`, per row, against the exact function called row by row. */
export async function measureBatch(
  sandbox: Sandbox,
  { exactId, approxId, signature, inputs, count, timeBudgetMs = 1000 }: MeasureOptions,
): Promise<({ readonly kind: 'measured' } & Timing) | Failure> {
  const rows = spreadRows(inputs, inputSlots(signature).length, count);
  const timed = await sandbox.time({ exactId, approxId, batch: true, signature, ...rows, budgetMs: timeBudgetMs });
  return timed.kind === 'failed' ? timed : { kind: 'measured', ...timingOf(timed) };
}

function timingOf(timed: TimedBlocks): Timing {
  const exactNs = median(timed.exactNs);
  const approxNs = median(timed.approxNs);
  const interval = speedupInterval(timed);
  return { exactNs, approxNs, speedup: exactNs / approxNs, interval, blocks: timed.exactNs.length };
}

/** At most `timedRows` rows, taken evenly from all. */
function spreadRows(inputs: Float64Array, width: number, count: number): { inputs: Float64Array; count: number } {
  const taken = Math.min(count, timedRows);
  const spread = new Float64Array(taken * width);
  for (let index = 0; index < taken; index++) {
    const row = Math.floor((index * count) / taken);
    spread.set(inputs.subarray(row * width, (row + 1) * width), index * width);
  }
  return { inputs: spread, count: taken };
}

const resamples = 1000;

/**
 * Percentile bootstrap of the ratio of medians. Pairs are drawn, not single blocks, so that what slowed both functions of
 * a pair at the same moment does not widen the interval; and runs of about sqrt(n) neighbouring pairs at a time (moving
 * block bootstrap, Künsch 1989), as neighbours are alike and single draws would make the interval too narrow. Seeded: the
 * same blocks give the same interval. It covers the variation within one process, not between two.
 */
export function speedupInterval({ exactNs, approxNs }: TimedBlocks): readonly [low: number, high: number] {
  const random = xoroshiro128plus(1);
  const count = exactNs.length;
  const runLength = Math.ceil(Math.sqrt(count));
  const exact = new Float64Array(count);
  const approx = new Float64Array(count);
  const ratios = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    let pair = 0;
    for (let index = 0; index < count; index++) {
      pair = index % runLength === 0 ? (random.next() >>> 0) % count : (pair + 1) % count;
      exact[index] = exactNs[pair]!;
      approx[index] = approxNs[pair]!;
    }
    ratios[resample] = median(exact) / median(approx);
  }
  ratios.sort();
  return [ratios[Math.floor(resamples * 0.025)]!, ratios[Math.ceil(resamples * 0.975) - 1]!];
}

export function median(values: Float64Array): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
