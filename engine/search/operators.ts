/** Draws, crossover and mutation of integer genomes. Real-coded ones are in realSpace.ts. */
import type { Random } from '../data/random.ts';

/** Draws that may be too large in a row, before the last one has to be made to fit. */
const attempts = 100;

/**
 * A genome whose genes are below `sizes`, uniform over those that fit: what does not is drawn again. Where few or none fit,
 * the answer may not.
 */
export function drawFitting(
  sizes: readonly number[],
  fits: (genes: readonly number[]) => boolean,
  random: Random,
): number[] {
  const draw = () => sizes.map((size) => random.integer(size));
  let genes = draw();
  for (let attempt = 1; attempt < attempts && !fits(genes); attempt++) genes = draw();
  return genes;
}

/** Swaps everything from a random cut on, which leaves at least one gene on each side. Genomes of one gene stay as is. */
export function onePointCrossover(
  first: readonly number[],
  second: readonly number[],
  random: Random,
): readonly [number[], number[]] {
  if (first.length < 2) return [[...first], [...second]];
  const cut = 1 + random.integer(first.length - 1);
  return [
    [...first.slice(0, cut), ...second.slice(cut)],
    [...second.slice(0, cut), ...first.slice(cut)],
  ];
}

/**
 * With probability `rate`, gives a gene another one of its `sizes[gene]` values, each equally likely. The old value is
 * left out because a reset to it would be no mutation; a gene of one value stays.
 */
export function uniformReset(
  genes: readonly number[],
  sizes: readonly number[],
  rate: number,
  random: Random,
): number[] {
  return genes.map((value, gene) => {
    const size = sizes[gene]!;
    if (random.next() >= rate || size < 2) return value;
    const other = random.integer(size - 1);
    return other < value ? other : other + 1;
  });
}
