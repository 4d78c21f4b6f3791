/** The search space of multi-layer perceptrons. */

import type { Random } from '../data/random.ts';
import { formatCount } from '../format.ts';
import { parametersOf } from '../nn/models.ts';
import { topologyOf } from '../nn/network.ts';
import { t } from '../texts.ts';
import { activations, type MlpGenome, optimizers } from '../types.ts';
import { drawFitting, onePointCrossover, uniformReset } from './operators.ts';
import type { Genes, NetworkSpace, Recipe, SpaceOutcome } from './types.ts';

const learningRates = [0.01, 0.003, 0.001, 0.0001, 0.00001] as const;
const hiddenWidths = [2, 4, 8, 16, 32, 64, 128, 200] as const;
const maxHiddenLayers = 4;

/**
 * Indices into the tables of values: [activation, optimizer, learning rate, hidden layers - 1, width 1 to width 4].
 * Widths beyond the number of layers are silent: they mean nothing, but travel on to children that have more layers.
 */
export type MlpGenes = Genes;

const layersGene = 3;
const firstWidthGene = layersGene + 1;

/** The number of values of each gene. */
export const geneSizes: readonly number[] = [
  activations.length,
  optimizers.length,
  learningRates.length,
  maxHiddenLayers,
  ...Array.from({ length: maxHiddenLayers }, () => hiddenWidths.length),
];

export function decodeMlp(genes: MlpGenes): MlpGenome {
  return {
    activation: activations[genes[0]!]!,
    optimizer: optimizers[genes[1]!]!,
    learningRate: learningRates[genes[2]!]!,
    hidden: genes.slice(firstWidthGene, silentFrom(genes)).map((width) => hiddenWidths[width]!),
  };
}

/** The gene from which on widths are silent. */
const silentFrom = (genes: MlpGenes): number => firstWidthGene + genes[layersGene]! + 1;

/** Silent widths zeroed: equal exactly for genes of the same network. */
export const canonicalGenes = (genes: MlpGenes): MlpGenes =>
  genes.map((value, gene) => (gene < silentFrom(genes) ? value : 0));

/** For example `3-1-0-1-4-2-0-0`. Stable: journals on disk name genomes by it. */
export const mlpKey = (genes: MlpGenes): string => canonicalGenes(genes).join('-');

export interface MlpSpaceOptions {
  /** The largest number of trainable parameters; no limit where absent. */
  readonly maxParams?: number;
  readonly inputColumns: number;
  readonly outputColumns: number;
}

/**
 * The space of perceptrons with at most `maxParams` parameters; all of them where options are absent. Nothing larger ever
 * leaves it: a draw that is too large is drawn again, so that the first generation is uniform over what fits; a child that
 * is too large keeps its other genes, and randomly chosen layers are narrowed until it fits. Fails where not even one
 * hidden layer of two neurons fits.
 */
export function mlpSpace(options?: MlpSpaceOptions): SpaceOutcome {
  const { maxParams = Infinity, inputColumns = 0, outputColumns = 0 } = options ?? {};
  const recipe = (genes: MlpGenes): Recipe => {
    const genome = decodeMlp(genes);
    const { optimizer, learningRate } = genome;
    return { topology: topologyOf(genome, inputColumns, outputColumns), optimizer, learningRate };
  };
  const params = (genes: MlpGenes) => parametersOf(recipe(genes).topology);
  const smallest = params(geneSizes.map(() => 0));
  if (!(smallest <= maxParams)) {
    return {
      kind: 'failed',
      message: t(
        'No network fits into {0} parameters: with {1} inputs and {2} outputs the smallest one has {3}.',
        formatCount(maxParams),
        formatCount(inputColumns),
        formatCount(outputColumns),
        formatCount(smallest),
      ),
      hint: t('Allow at least {0} parameters.', formatCount(smallest)),
    };
  }
  const fits = (genes: MlpGenes) => params(genes) <= maxParams;
  const space: NetworkSpace = {
    genes: geneSizes.length,
    draw: (random) => narrow(drawFitting(geneSizes, fits, random), fits, random),
    crossover(first, second, random) {
      const [one, other] = onePointCrossover(first, second, random);
      return [narrow(one, fits, random), narrow(other, fits, random)];
    },
    mutate: (genes, rate, random) => narrow(uniformReset(genes, geneSizes, rate, random), fits, random),
    key: mlpKey,
    recipe,
  };
  return { kind: 'space', space };
}

/** Narrows random layers by one step until the network fits; drops the last layer once all are at their narrowest. */
function narrow(genes: MlpGenes, fits: (genes: MlpGenes) => boolean, random: Random): MlpGenes {
  const narrowed = [...genes];
  while (!fits(narrowed)) {
    const wide = narrowed.flatMap((width, gene) =>
      gene >= firstWidthGene && gene < silentFrom(narrowed) && width > 0 ? gene : [],
    );
    const gene = wide.length > 0 ? wide[random.integer(wide.length)]! : layersGene;
    narrowed[gene]!--;
  }
  return narrowed;
}
