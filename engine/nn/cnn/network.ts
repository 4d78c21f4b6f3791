/** Convolutional networks as values: initial weights, and whether arrays fit a topology. */
import type { CnnGenome, CnnNetwork, CnnTopology } from '../../types.ts';
import { symmetric, trainingStreams } from '../random.ts';
import { normalizationEpsilon } from './layers.ts';
import { cnnName, cnnTemplate, type Normalization, paperGrowth } from './template.ts';

/** What a genome leaves open: the shape of the images and of the outputs, and the rate of dropout. */
export type CnnSizes = Pick<CnnTopology, 'height' | 'width' | 'channels' | 'outputs' | 'dropout'>;

/**
 * The network of a genome: the paper's, with twice as many initial filters as growth, or its DenseNet-BC. A depth that
 * bottlenecks do not divide is rounded down to one that they do.
 */
export function cnnTopologyOf(genome: CnnGenome, sizes: CnnSizes): CnnTopology {
  const { activation, blocks, layers, kernel, growth = paperGrowth, bottleneck = false } = genome;
  const paper = { kind: 'cnn', ...sizes, activation, blocks, kernel, growth, initialFilters: 2 * growth } as const;
  if (!bottleneck) return { ...paper, layers };
  const whole = Math.floor((layers - 4) / (2 * blocks));
  return { ...paper, layers: 4 + 2 * blocks * whole, bottleneck, compression: 0.5 };
}

/**
 * Glorot uniform weights, in +-sqrt(6 / (values into + values out of a unit)) of each convolution and the dense layer;
 * gamma 1 and beta 0, running means 0 and variances 1, as Keras.
 */
export function initialiseCnn(topology: CnnTopology, seed: number): CnnNetwork {
  const { convolutions, head, weightCount, statisticCount } = cnnTemplate(topology);
  const { weights: random } = trainingStreams(seed);
  const weights = new Float32Array(weightCount);
  const statistics = new Float32Array(statisticCount);
  const fill = (offset: number, kernelArea: number, inputs: number, outputs: number) => {
    const limit = Math.sqrt(6 / (kernelArea * (inputs + outputs)));
    const length = kernelArea * inputs * outputs;
    for (let k = 0; k < length; k++) weights[offset + k] = symmetric(random, limit);
  };
  for (const convolution of convolutions) {
    fill(convolution.weights, convolution.kernel ** 2, convolution.channels, convolution.filters);
  }
  fill(head.weights, 1, head.normalization.channels, head.outputs);
  const normalizations = convolutions.flatMap((step) => (step.kind === 'initial' ? [] : [step.normalization]));
  for (const { gamma, variance, channels } of [...normalizations, head.normalization]) {
    weights.fill(1, gamma, gamma + channels);
    statistics.fill(1, variance, variance + channels);
  }
  return { topology, weights, statistics };
}

/** Throws RangeError where the arrays are not as long as the topology asks for. */
export function checkCnnArrays(topology: CnnTopology, arrays: Pick<CnnNetwork, 'weights' | 'statistics'>): void {
  const { weightCount, statisticCount } = cnnTemplate(topology);
  const { weights, statistics } = arrays;
  if (weights.length === weightCount && statistics.length === statisticCount) return;
  throw new RangeError(
    `${cnnName(topology)} has ${weightCount} weights and ${statisticCount} statistics, ` +
      `not ${weights.length} and ${statistics.length}.`,
  );
}

/** A normalisation as it is after training: gamma * (x - mean) / sqrt(variance + epsilon) + beta = scale * x + shift */
export interface ChannelLines {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** One line per channel, in double precision. */
export function channelLines(
  { weights, statistics }: CnnNetwork,
  { channels, gamma, beta, mean, variance }: Normalization,
): ChannelLines {
  const perChannel = (value: (c: number) => number) => Float64Array.from({ length: channels }, (_, c) => value(c));
  const scale = perChannel((c) => weights[gamma + c]! / Math.sqrt(statistics[variance + c]! + normalizationEpsilon));
  return { scale, shift: perChannel((c) => weights[beta + c]! - scale[c]! * statistics[mean + c]!) };
}
