/**
 * The paper's template (Fig. 3) as data: which convolution reads and writes which feature maps, and where its
 * parameters lie. Trainers, memory estimates and exports walk this list, so that none of them knows the template's rules.
 *
 * first:    3x3 convolution
 * B blocks: (L - 4) / B layers of BatchNorm, activation, convolution and dropout, each of whose outputs joins all earlier
 *           maps of the block; between two blocks BatchNorm, activation, 1x1 convolution and 2x2 average pooling
 * last:     BatchNorm, activation, global max pooling, dense
 *
 * Convolutions keep the size ("same" padding) and have no bias. Pooling rounds down, as Keras's "valid": 28, 14, 7, 3;
 * an odd size loses its last row and column.
 */
import type { CnnTopology } from '../../types.ts';

/** The feature maps of one dense block, `channels` once all its layers have added theirs. */
export interface BlockShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Offsets of a batch normalisation: gamma and beta in the weights, mean and variance in the statistics. */
export interface Normalization {
  readonly channels: number;
  readonly gamma: number;
  readonly beta: number;
  readonly mean: number;
  readonly variance: number;
}

/** Writes `filters` feature maps into `block`, from channel `firstChannel` on. */
interface ConvolutionBase {
  readonly block: number;
  readonly firstChannel: number;
  readonly filters: number;
  /** It reads the first `channels` maps of its source. */
  readonly channels: number;
  readonly kernel: number;
  /** Offset of w (kernel, kernel, channels, filters). */
  readonly weights: number;
}

export type Convolution =
  /** Reads the image. */
  | (ConvolutionBase & { readonly kind: 'initial' })
  /** Reads the maps before its own in the same block; its output passes dropout. */
  | (ConvolutionBase & { readonly kind: 'dense'; readonly normalization: Normalization })
  /** Reads the whole block before; its output is pooled. */
  | (ConvolutionBase & { readonly kind: 'transition'; readonly normalization: Normalization });

/** Reads all maps of the last block. */
export interface Head {
  readonly normalization: Normalization;
  readonly outputs: number;
  /** Offsets of w (channels, outputs) and bias (outputs). */
  readonly weights: number;
  readonly bias: number;
}

export interface CnnTemplate {
  readonly blocks: readonly BlockShape[];
  /** In the order of the forward pass. */
  readonly convolutions: readonly Convolution[];
  readonly head: Head;
  /** Lengths of CnnNetwork's two arrays. */
  readonly weightCount: number;
  readonly statisticCount: number;
}

/** Throws RangeError where `cnnProblem` finds one. */
export function cnnTemplate(topology: CnnTopology): CnnTemplate {
  const problem = cnnProblem(topology);
  if (problem) throw new RangeError(problem);

  let weightCount = 0;
  let statisticCount = 0;
  const takeWeights = (count: number) => {
    weightCount += count;
    return weightCount - count;
  };
  const takeStatistics = (count: number) => {
    statisticCount += count;
    return statisticCount - count;
  };
  const normalize = (channels: number): Normalization => ({
    channels,
    gamma: takeWeights(channels),
    beta: takeWeights(channels),
    mean: takeStatistics(channels),
    variance: takeStatistics(channels),
  });

  const blocks: BlockShape[] = [];
  const convolutions: Convolution[] = [];
  let { height, width } = topology;
  let channels = topology.initialFilters;
  const weights = takeWeights(9 * topology.channels * channels);
  const first = { block: 0, firstChannel: 0, filters: channels, channels: topology.channels, kernel: 3, weights };
  convolutions.push({ kind: 'initial', ...first });
  for (let block = 0; block < topology.blocks; block++) {
    if (block > 0) {
      const normalization = normalize(channels);
      const own = {
        firstChannel: 0,
        filters: channels,
        channels,
        kernel: 1,
        weights: takeWeights(channels * channels),
      };
      convolutions.push({ kind: 'transition', block, normalization, ...own });
      height = Math.floor(height / 2);
      width = Math.floor(width / 2);
    }
    for (let layer = 0; layer < layersPerBlock(topology); layer++) {
      const { kernel, growth: filters } = topology;
      const normalization = normalize(channels);
      const own = { firstChannel: channels, filters, channels, kernel };
      const weights = takeWeights(kernel * kernel * channels * filters);
      convolutions.push({ kind: 'dense', block, normalization, weights, ...own });
      channels += filters;
    }
    blocks.push({ height, width, channels });
  }
  const { outputs } = topology;
  const normalization = normalize(channels);
  const head = { normalization, outputs, weights: takeWeights(channels * outputs), bias: takeWeights(outputs) };
  return { blocks, convolutions, head, weightCount, statisticCount };
}

/** Trainable parameters: all weights, without the statistics. */
export const cnnParameterCount = (topology: CnnTopology): number => cnnTemplate(topology).weightCount;

export const layersPerBlock = ({ layers, blocks }: CnnTopology): number => (layers - 4) / blocks;

/** For example `28x28x1 L16 B2 3x3`. */
export const cnnName = ({ height, width, channels, layers, blocks, kernel }: CnnTopology): string =>
  `${height}x${width}x${channels} L${layers} B${blocks} ${kernel}x${kernel}`;

/** Why this is no network, as a sentence; undefined where it is one. */
export function cnnProblem(topology: CnnTopology): string | undefined {
  const { height, width, channels, outputs, blocks, layers, kernel, growth, initialFilters, dropout } = topology;
  const sizes = { height, width, channels, outputs, blocks, layers, growth, initialFilters };
  for (const [name, size] of Object.entries(sizes)) {
    if (!Number.isInteger(size) || size < 1) return `"${name}" is ${size}; it must be a positive integer.`;
  }
  if (kernel !== 3 && kernel !== 5) return `The kernel is ${kernel}x${kernel}; it must be 3x3 or 5x5.`;
  if (!(dropout >= 0 && dropout < 1)) return `The dropout rate is ${dropout}; it must be at least 0 and below 1.`;
  if (layers < 4 || !Number.isInteger(layersPerBlock(topology))) {
    return `${layers} layers do not make ${blocks} blocks: less 4, they must be a multiple of the blocks.`;
  }
  const smallest = Math.min(height, width);
  const largest = 1 + Math.floor(Math.log2(smallest));
  if (blocks > largest) {
    return `A ${height}x${width} image allows at most ${largest} blocks, because pooling halves it between blocks.`;
  }
  return undefined;
}
