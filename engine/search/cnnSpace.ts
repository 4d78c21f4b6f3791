/** The search space of densely connected convolutional networks: Table 1 of the paper. */

import type { Random } from '../data/random.ts';
import { formatCount } from '../format.ts';
import { cnnMemoryBytes, cnnMemoryLimitBytes } from '../nn/cnn/memory.ts';
import { type CnnSizes, cnnTopologyOf } from '../nn/cnn/network.ts';
import { cnnParameterCount, cnnProblem } from '../nn/cnn/template.ts';
import { t } from '../texts.ts';
import { activations, type CnnGenome, optimizers } from '../types.ts';
import { drawFitting, onePointCrossover, uniformReset } from './operators.ts';
import type { Genes, NetworkSpace, SpaceOutcome } from './types.ts';

/** The values of each gene, in the order of the genome. */
export type CnnGeneTable = { readonly [Gene in keyof CnnGenome]: readonly Required<CnnGenome>[Gene][] };

/** The paper's six genes in its order: 5,376 networks. Values that change the size come smallest first. */
export const tableOne: CnnGeneTable = {
  activation: activations,
  blocks: [1, 2, 3, 4],
  layers: [16, 28, 40, 52],
  learningRate: [0.001, 0.0001, 0.00001],
  kernel: [3, 5],
  optimizer: optimizers,
};

/** Eight times as many networks: each also with other growth rates than 12, and as DenseNet-BC. */
export const extendedTable: CnnGeneTable = { ...tableOne, growth: [8, 12, 16, 24], bottleneck: [true, false] };

/**
 * Small networks, whose calls take microseconds: two to eight convolutions after the first, of two to eight maps each.
 * They are for functions, which have to be beaten in time.
 */
export const smallTable: CnnGeneTable = {
  ...tableOne,
  blocks: [1, 2],
  layers: [6, 8, 12],
  learningRate: [0.01, 0.003, 0.001],
  growth: [2, 4, 8],
};

/** The genes that make a network larger or smaller. */
const sizeGenes: readonly (keyof CnnGenome)[] = ['blocks', 'layers', 'kernel', 'growth', 'bottleneck'];

export const decodeCnn = (genes: Genes, table: CnnGeneTable = tableOne): CnnGenome =>
  Object.fromEntries(
    Object.entries(table).map(([name, values], gene) => [name, values[genes[gene]!]]),
  ) as unknown as CnnGenome;

/** For example `3-1-0-2-0-6`, or `3-1-0-2-0-6-1-0` in the extended space. Stable: journals on disk name genomes by it. */
export const cnnKey = (genes: Genes): string => genes.join('-');

export interface CnnSpaceOptions {
  /** The largest number of trainable parameters; no limit where absent. */
  readonly maxParams?: number;
  readonly sizes: CnnSizes;
  /** The paper's where absent. */
  readonly table?: CnnGeneTable;
}

/** Trainers pass at least this many samples through a network together. */
const leastSamples = 8;

/**
 * The space of networks with at most `maxParams` parameters for images of one size. Nothing larger ever leaves it, nor
 * what takes more memory than training has: as in `mlpSpace`, a draw that is too large is drawn again, and a child that is
 * keeps its other genes while random ones of its size are lowered. Numbers of blocks that the image cannot be halved for
 * are left out of the table. Fails where not even the smallest network fits.
 */
export function cnnSpace({ maxParams = Infinity, sizes, table = tableOne }: CnnSpaceOptions): SpaceOutcome {
  const names = Object.keys(table) as (keyof CnnGenome)[];
  const decode = (genes: Genes) => decodeCnn(genes, table);
  const topology = (genes: Genes) => cnnTopologyOf(decode(genes), sizes);
  const first = names.map(() => 0);
  const problem = cnnProblem(topology(first));
  if (problem) {
    return { kind: 'failed', message: t('No network fits these images: {0}', problem), hint: t('Use --model mlp.') };
  }
  // Blocks come smallest first, so what an image has no room for is the end of the list, and keys stay as they are.
  const blocksGene = names.indexOf('blocks');
  const blockCounts = table.blocks.filter((_, value) => !cnnProblem(topology(first.with(blocksGene, value))));
  const geneSizes = names.map((name) => (name === 'blocks' ? blockCounts : table[name]!).length);
  const sizing = sizeGenes.map((name) => names.indexOf(name)).filter((gene) => gene >= 0);
  const params = (genes: Genes) => cnnParameterCount(topology(genes));
  // More blocks make a compressed network smaller, so the one with the first value of each gene need not be it.
  const smallest = combinations(first, sizing, geneSizes).reduce((a, b) => (params(b) < params(a) ? b : a));
  const least = params(smallest);
  const { height, width, channels, outputs } = sizes;
  const images = t(
    'images of {0} x {1} x {2} and {3} outputs',
    String(height),
    String(width),
    String(channels),
    formatCount(outputs),
  );
  if (!(least <= maxParams)) {
    return {
      kind: 'failed',
      message: t(
        'No network fits into {0} parameters: for {1} the smallest one has {2}.',
        formatCount(maxParams),
        images,
        formatCount(least),
      ),
      hint: t('Allow at least {0} parameters.', formatCount(least)),
    };
  }
  const trainable = (genes: Genes) => cnnMemoryBytes(topology(genes), leastSamples) <= cnnMemoryLimitBytes;
  if (!trainable(smallest)) {
    return {
      kind: 'failed',
      message: t(
        'No network can be trained on {0}: not even the smallest one fits into {1} MiB.',
        images,
        formatCount(cnnMemoryLimitBytes / 2 ** 20),
      ),
      hint: t('Use smaller images.'),
    };
  }
  const fits = (genes: Genes) => params(genes) <= maxParams && trainable(genes);
  const shrink = (genes: Genes, random: Random): Genes => {
    const smaller = [...genes];
    while (!fits(smaller)) {
      const large = sizing.filter((gene) => smaller[gene]! > 0);
      if (large.length === 0) return genes.map((value, gene) => (sizing.includes(gene) ? smallest[gene]! : value));
      smaller[large[random.integer(large.length)]!]!--;
    }
    return smaller;
  };
  const space: NetworkSpace = {
    genes: geneSizes.length,
    draw: (random) => shrink(drawFitting(geneSizes, fits, random), random),
    crossover(first, second, random) {
      const [one, other] = onePointCrossover(first, second, random);
      return [shrink(one, random), shrink(other, random)];
    },
    mutate: (genes, rate, random) => shrink(uniformReset(genes, geneSizes, rate, random), random),
    key: cnnKey,
    recipe(genes) {
      const { optimizer, learningRate } = decode(genes);
      return { topology: topology(genes), optimizer, learningRate };
    },
  };
  return { kind: 'space', space };
}

/** Genomes with every combination of values of the genes in `varied`, and the others as in `base`. */
const combinations = (base: Genes, varied: readonly number[], sizes: readonly number[]): Genes[] =>
  varied.reduce<Genes[]>(
    (all, gene) => all.flatMap((genes) => Array.from({ length: sizes[gene]! }, (_, value) => genes.with(gene, value))),
    [base],
  );
