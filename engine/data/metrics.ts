/** How far an approximation is from the exact function. */
import type { ErrorFigures, Slot } from '../types.ts';

/**
 * The error figures of `approx` against `exact`, both raw outputs (count, slots) row-major; see ErrorFigures for their
 * definitions. Edge cases:
 * - An exact output that never changes has no range: its errors are divided by its magnitude, or by 1 where it is 0.
 * - The relative error of an exact 0 is 0 where the approximation is 0 too, and 1 elsewhere.
 * - A NaN or infinite approximation of a number counts as an infinite error, and as a relative error of 1; of a category,
 *   as a miss.
 * - A sample with several categories is a miss where any of them is wrong.
 * - Without numeric outputs every sample's error is 1 for a miss and 0 for a hit, and all figures follow from that.
 * p99 is the nearest-rank percentile over all numeric values. Throws RangeError without samples.
 */
export function errorFigures(
  exact: Float64Array,
  approx: Float64Array,
  count: number,
  outputSlots: readonly Slot[],
): ErrorFigures {
  const stride = outputSlots.length;
  if (count < 1 || stride < 1) throw new RangeError('There is no error without samples and outputs.');
  if (exact.length < count * stride || approx.length < count * stride) {
    throw new RangeError(`${count} samples of ${stride} outputs need ${count * stride} values.`);
  }
  const numeric = slotsWhere(outputSlots, (slot) => slot.kind === 'number');
  const misses = missed(exact, approx, count, outputSlots);
  const missRate = mean(misses);
  if (numeric.length === 0) return { nrmse: missRate, meanRelative: missRate, ...tailOf(misses), missRate };

  const normalised = new Float64Array(count * numeric.length);
  let relativeSum = 0;
  numeric.forEach((index, position) => {
    const unit = unitOf(exact, count, stride, index);
    for (let row = 0; row < count; row++) {
      const expected = exact[row * stride + index]!;
      const distance = distanceOf(expected, approx[row * stride + index]!);
      normalised[position * count + row] = distance / unit;
      relativeSum += distance === 0 ? 0 : Math.min(1, distance / Math.abs(expected));
    }
  });
  const perOutput = numeric.map((_, position) =>
    rootMeanSquare(normalised.subarray(position * count, (position + 1) * count)),
  );
  return { nrmse: mean(perOutput), meanRelative: relativeSum / normalised.length, ...tailOf(normalised), missRate };
}

const slotsWhere = (slots: readonly Slot[], wanted: (slot: Slot) => boolean): number[] =>
  slots.flatMap((slot, index) => (wanted(slot) ? index : []));

const distanceOf = (expected: number, actual: number): number =>
  Number.isFinite(actual) ? Math.abs(actual - expected) : Infinity;

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]!;
  return sum / values.length;
}

const rootMeanSquare = (values: Float64Array): number => Math.sqrt(mean(values.map((value) => value * value)));

/** What an output's errors are divided by: its range, else its magnitude, else 1. */
function unitOf(exact: Float64Array, count: number, stride: number, index: number): number {
  let min = Infinity;
  let max = -Infinity;
  for (let row = 0; row < count; row++) {
    min = Math.min(min, exact[row * stride + index]!);
    max = Math.max(max, exact[row * stride + index]!);
  }
  return Math.min(max - min, Number.MAX_VALUE) || Math.abs(max) || 1;
}

/**
 * One error per sample: the largest of its outputs' errors as shares of `units`, and 1 at least where a category or
 * boolean is wrong. `units` has one entry per output slot; see `outputUnits`.
 */
export function sampleErrors(
  exact: Float64Array,
  approx: Float64Array,
  outputSlots: readonly Slot[],
  units: readonly number[],
): Float64Array {
  const stride = outputSlots.length;
  return Float64Array.from({ length: exact.length / stride }, (_, row) =>
    outputSlots.reduce((largest, slot, index) => {
      const [expected, actual] = [exact[row * stride + index]!, approx[row * stride + index]!];
      const error = slot.kind === 'number' ? distanceOf(expected, actual) / units[index]! : expected === actual ? 0 : 1;
      return Math.max(largest, error);
    }, 0),
  );
}

/** What `errorFigures` divides each output's errors by, 1 for categories and booleans: one entry per output slot. */
export const outputUnits = (exact: Float64Array, count: number, outputSlots: readonly Slot[]): number[] =>
  outputSlots.map((slot, index) => (slot.kind === 'number' ? unitOf(exact, count, outputSlots.length, index) : 1));

/** 1 for every sample with a wrong category or boolean, 0 for the others. */
function missed(exact: Float64Array, approx: Float64Array, count: number, slots: readonly Slot[]): Float64Array {
  const categorical = slotsWhere(slots, (slot) => slot.kind !== 'number');
  return Float64Array.from({ length: count }, (_, row) =>
    categorical.some((index) => exact[row * slots.length + index] !== approx[row * slots.length + index]) ? 1 : 0,
  );
}

/** The nearest-rank 99th percentile and the maximum. */
function tailOf(values: Float64Array): { p99: number; max: number } {
  const sorted = values.toSorted();
  return { p99: sorted[Math.ceil(0.99 * sorted.length) - 1]!, max: sorted.at(-1)! };
}

/**
 * The error that a search minimises and a bound is compared with: NRMSE, or the miss rate where that is larger, so that a
 * network cannot pass by getting the numbers of a mixed result right and its categories wrong.
 */
export const errorObjective = ({ nrmse, missRate }: ErrorFigures): number => Math.max(nrmse, missRate);
