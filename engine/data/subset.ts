import type { EncodedSamples } from '../types.ts';
import type { Rows } from './dataset.ts';
import { createRandom, seedOf } from './random.ts';
import { takeRows } from './rows.ts';

/**
 * At most `count` rows, drawn by the seed and kept in their order. Where targets are classes, each class keeps its share
 * to within one row.
 */
export function imageSubset(rows: Rows, count: number, seed: number): Rows {
  return count >= rows.count ? rows : pickRows(rows, drawRows(rows, count, seedOf(seed, 'subset')));
}

/**
 * Takes a fraction of the training rows out for validation, with each class's share to within one row: a search that
 * compared candidates on test rows would fit them. Both parts get at least one row. Throws RangeError below two rows, or
 * where the fraction is not between 0 and 1.
 */
export function splitValidation(rows: Rows, fraction: number, seed: number): { train: Rows; validation: Rows } {
  if (rows.count < 2) throw new RangeError(`${rows.count} rows cannot be split into training and validation rows.`);
  if (!(fraction > 0 && fraction < 1)) throw new RangeError(`A fraction of ${fraction} is not between 0 and 1.`);
  const count = Math.min(rows.count - 1, Math.max(1, Math.round(rows.count * fraction)));
  const chosen = drawRows(rows, count, seedOf(seed, 'validation'));
  const taken = new Uint8Array(rows.count);
  for (const row of chosen) taken[row] = 1;
  const others = Int32Array.from({ length: rows.count }, (_, row) => row).filter((row) => taken[row] === 0);
  return { train: pickRows(rows, others), validation: pickRows(rows, chosen) };
}

/** At most `most` rows, taken evenly from all and kept in their order: sets are often sorted by class. */
export function spreadRows({ count, inputs, targets }: EncodedSamples, most: number): EncodedSamples {
  const taken = Math.min(count, most);
  if (taken === count) return { count, inputs, targets };
  const rows = Array.from({ length: taken }, (_, index) => Math.floor((index * count) / taken));
  const spread = (values: Float32Array) => takeRows(values, values.length / count, rows);
  return { count: taken, inputs: spread(inputs), targets: spread(targets) };
}

/** `count` row numbers in ascending order. */
function drawRows(rows: Rows, count: number, seed: number): Int32Array {
  const random = createRandom(seed);
  const groups = groupRows(rows).map((group) => random.shuffle(group));
  const shares = proportionalShares(
    groups.map((group) => group.length),
    count,
  );
  const drawn = new Int32Array(count);
  let at = 0;
  groups.forEach((group, index) => {
    drawn.set(group.subarray(0, shares[index]), at);
    at += shares[index]!;
  });
  return drawn.sort();
}

/** Row numbers per class, or all of them in one group. */
function groupRows({ count, targets }: Rows): Int32Array[] {
  if (!(targets instanceof Uint16Array)) return [Int32Array.from({ length: count }, (_, row) => row)];
  const groups = new Map<number, number[]>();
  for (const [row, target] of targets.entries()) {
    const group = groups.get(target);
    if (group) group.push(row);
    else groups.set(target, [row]);
  }
  return [...groups.values()].map((rows) => Int32Array.from(rows));
}

/**
 * Parts that sum to `count` in proportion to `sizes`, each within one of its exact share (the method of largest
 * remainders; the first of equals wins).
 */
function proportionalShares(sizes: readonly number[], count: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const exact = sizes.map((size) => (size * count) / total);
  const shares = exact.map(Math.floor);
  const left = count - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = sizes.map((_, index) => index).sort((a, b) => exact[b]! - shares[b]! - (exact[a]! - shares[a]!));
  for (const index of byRemainder.slice(0, left)) shares[index]!++;
  return shares;
}

/** The rows at `indices`, copied, in that order. */
function pickRows({ count, inputs, targets }: Rows, indices: Int32Array): Rows {
  return {
    count: indices.length,
    inputs: takeRows(inputs, inputs.length / count, indices),
    targets: takeRows(targets, targets.length / count, indices),
  };
}
