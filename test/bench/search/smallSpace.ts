/**
 * A space small enough to be trained as a whole: perceptrons of one or two hidden layers, 2,016 of them. Its genes are a
 * choice of those of the real space, in the same order, with the same operators.
 */
import { decodeMlp, geneSizes, type MlpGenes, mlpKey } from '../../../engine/search/genome.ts';
import { onePointCrossover, uniformReset } from '../../../engine/search/operators.ts';
import type { Variation } from '../../../engine/search/types.ts';
import type { MlpGenome } from '../../../engine/types.ts';

/** Which values each gene of the real space takes: all activations and optimisers, three learning rates and widths. */
const values: readonly (readonly number[])[] = [
  ...geneSizes.slice(0, 2).map((size) => Array.from({ length: size }, (_, value) => value)),
  [0, 2, 3],
  [0, 1],
  [1, 3, 5],
  [1, 3, 5],
];
const sizes = values.map(({ length }) => length);

/** The real space's genes; widths that this space has not are silent. */
const widen = (genes: MlpGenes): MlpGenes => geneSizes.map((_, gene) => values[gene]?.[genes[gene]!] ?? 0);

export const smallKey = (genes: MlpGenes): string => mlpKey(widen(genes));
export const decodeSmall = (genes: MlpGenes): MlpGenome => decodeMlp(widen(genes));

export const smallSpace: Variation<MlpGenes> = {
  genes: sizes.length,
  draw: (random) => sizes.map((size) => random.integer(size)),
  crossover: onePointCrossover,
  mutate: (genes, rate, random) => uniformReset(genes, sizes, rate, random),
  key: smallKey,
};

/** Every network once, by key. */
export function allOfSmallSpace(): ReadonlyMap<string, MlpGenes> {
  let all: MlpGenes[] = [[]];
  for (const size of sizes) all = all.flatMap((genes) => Array.from({ length: size }, (_, value) => [...genes, value]));
  return new Map(all.map((genes) => [smallKey(genes), genes]));
}
