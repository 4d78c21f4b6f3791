/**
 * The paper's template (Fig. 3) as data: which convolution reads and writes which feature maps, and where its
 * parameters lie. Trainers, memory estimates and exports walk this list, so that none of them knows the template's rules.
 *
 * first:    3x3 convolution
 * B blocks: (L - 4) / B layers of BatchNorm, activation, convolution and dropout, each of whose outputs joins all earlier
 *           maps of the block; between two blocks BatchNorm, activation, 1x1 convolution and 2x2 average pooling
 * last:     BatchNorm, activation, global max pooling, dense
 *
 * With bottlenecks a block has (L - 4) / 2B layers, each of two convolutions: BatchNorm, activation, 1x1 convolution and
 * dropout, then BatchNorm, activation, convolution and dropout. Any convolution may have lost filters to pruning.
 *
 * Convolutions keep the size ("same" padding) and have no bias. Pooling rounds down, as Keras's "valid": 28, 14, 7, 3;
 * an odd size loses its last row and column.
 */

import { formatCount } from '../../format.ts';
import { t } from '../../texts.ts';
import type { CnnTopology } from '../../types.ts';

/** The feature maps of one dense block, `channels` once all its layers have added theirs. */
export interface BlockShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The most maps that one of its bottlenecks writes; 0 where there are none. */
  readonly bottleneckChannels: number;
}

/** Offsets of a batch normalisation: gamma and beta in the weights, mean and variance in the statistics. */
export interface Normalization {
  readonly channels: number;
  readonly gamma: number;
  readonly beta: number;
  readonly mean: number;
  readonly variance: number;
}

/** Writes `filters` feature maps into `block`, from channel `firstChannel` on; a bottleneck's are not the block's. */
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
  /** Reads the maps of its block so far. The next convolution, and no other, reads its output, which passes dropout. */
  | (ConvolutionBase & { readonly kind: 'bottleneck'; readonly normalization: Normalization })
  /**
   * Reads all maps of its block before its own, or those of the bottleneck before it where there is one; its output passes
   * dropout.
   */
  | (ConvolutionBase & {
      readonly kind: 'dense';
      readonly source: 'block' | 'bottleneck';
      readonly normalization: Normalization;
    })
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
  /** The filters of the next convolution: as many as the rule says, unless the topology names them one by one. */
  const filtersOf = (rule: number) => topology.filters?.[convolutions.length] ?? rule;
  const takeKernel = (own: { kernel: number; channels: number; filters: number }) => ({
    ...own,
    weights: takeWeights(own.kernel ** 2 * own.channels * own.filters),
  });
  let { height, width } = topology;
  let channels = filtersOf(topology.initialFilters);
  const initial = takeKernel({ kernel: 3, channels: topology.channels, filters: channels });
  convolutions.push({ kind: 'initial', block: 0, firstChannel: 0, ...initial });
  for (let block = 0; block < topology.blocks; block++) {
    if (block > 0) {
      const filters = filtersOf(Math.max(1, Math.floor((topology.compression ?? 1) * channels)));
      const normalization = normalize(channels);
      const own = takeKernel({ kernel: 1, channels, filters });
      convolutions.push({ kind: 'transition', block, firstChannel: 0, normalization, ...own });
      channels = filters;
      height = Math.floor(height / 2);
      width = Math.floor(width / 2);
    }
    let bottleneckChannels = 0;
    for (let layer = 0; layer < layersPerBlock(topology); layer++) {
      const { kernel, growth, bottleneck = false } = topology;
      let read = channels;
      if (bottleneck) {
        const filters = filtersOf(bottleneckFactor * growth);
        const normalization = normalize(channels);
        const own = takeKernel({ kernel: 1, channels, filters });
        convolutions.push({ kind: 'bottleneck', block, firstChannel: 0, normalization, ...own });
        bottleneckChannels = Math.max(bottleneckChannels, filters);
        read = filters;
      }
      const filters = filtersOf(growth);
      const source = bottleneck ? 'bottleneck' : 'block';
      const normalization = normalize(read);
      const own = takeKernel({ kernel, channels: read, filters });
      convolutions.push({ kind: 'dense', block, firstChannel: channels, source, normalization, ...own });
      channels += filters;
    }
    blocks.push({ height, width, channels, bottleneckChannels });
  }
  const { outputs } = topology;
  const normalization = normalize(channels);
  const head = { normalization, outputs, weights: takeWeights(channels * outputs), bias: takeWeights(outputs) };
  return { blocks, convolutions, head, weightCount, statisticCount };
}

/** A bottleneck's maps, as a multiple of the growth (Huang et al., 2017). */
const bottleneckFactor = 4;

/** Trainable parameters: all weights, without the statistics. */
export const cnnParameterCount = (topology: CnnTopology): number => cnnTemplate(topology).weightCount;

/**
 * Multiply-accumulates of one forward pass of one image, without normalisations. A transition counts as the template has
 * it; pooling before its convolution gives the same maps for a quarter of that.
 */
export function cnnMultiplyAccumulates(topology: CnnTopology): number {
  const { blocks, convolutions, head } = cnnTemplate(topology);
  const convolved = convolutions.reduce((sum, { kind, block, kernel, channels, filters }) => {
    const { height, width } = blocks[kind === 'transition' ? block - 1 : block]!;
    return sum + height * width * kernel ** 2 * channels * filters;
  }, 0);
  return convolved + head.normalization.channels * head.outputs;
}

export const layersPerBlock = ({ layers, blocks, bottleneck }: CnnTopology): number =>
  (layers - 4) / (bottleneck ? 2 * blocks : blocks);

/** For example `28x28x1 L16 B2 3x3`; what differs from the paper's template follows: `28x28x1 L100 B3 3x3 BC k24 pruned`. */
export function cnnName(topology: CnnTopology): string {
  const { height, width, channels, layers, blocks, kernel, growth, bottleneck, compression = 1, filters } = topology;
  const variant = `${bottleneck ? 'B' : ''}${compression < 1 ? 'C' : ''}`;
  return [
    ...[`${height}x${width}x${channels}`, `L${layers}`, `B${blocks}`, `${kernel}x${kernel}`],
    ...(variant === '' ? [] : [variant]),
    ...(growth === paperGrowth ? [] : [`k${growth}`]),
    ...(filters ? ['pruned'] : []),
  ].join(' ');
}

/** Feature maps that each layer of the paper's networks adds. */
export const paperGrowth = 12;

/** Why this is no network, as a sentence; undefined where it is one. */
export function cnnProblem(topology: CnnTopology): string | undefined {
  const { height, width, channels, outputs, blocks, layers, kernel, growth, initialFilters, dropout } = topology;
  const { bottleneck = false, compression = 1, filters } = topology;
  const sizes = { height, width, channels, outputs, blocks, layers, growth, initialFilters };
  for (const [name, size] of Object.entries(sizes)) {
    if (!isPositiveInteger(size)) return t('"{0}" is {1}; it must be a positive integer.', name, String(size));
  }
  if (kernel !== 3 && kernel !== 5) return t('The kernel is {0}x{0}; it must be 3x3 or 5x5.', String(kernel));
  if (!(dropout >= 0 && dropout < 1))
    return t('The dropout rate is {0}; it must be at least 0 and below 1.', String(dropout));
  if (!(compression > 0 && compression <= 1)) {
    return t('The compression is {0}; it must be above 0 and at most 1.', formatCount(compression));
  }
  if (layers < 4 || !Number.isInteger(layersPerBlock(topology))) {
    const multiple = bottleneck ? t('twice the blocks, as a bottleneck counts as a layer') : t('the blocks');
    return t(
      '{0} layers do not make {1} blocks: less 4, they must be a multiple of {2}.',
      formatCount(layers),
      formatCount(blocks),
      multiple,
    );
  }
  const smallest = Math.min(height, width);
  const largest = 1 + Math.floor(Math.log2(smallest));
  if (blocks > largest) {
    return t(
      'A {0}x{1} image allows at most {2} blocks, because pooling halves it between blocks.',
      String(height),
      String(width),
      formatCount(largest),
    );
  }
  const convolutions = layers - 4 + blocks;
  if (filters && filters.length !== convolutions) {
    return t(
      'There are {0} filter counts; the network has {1} convolutions.',
      formatCount(filters.length),
      formatCount(convolutions),
    );
  }
  const wrong = filters?.findIndex((count) => !isPositiveInteger(count)) ?? -1;
  if (wrong >= 0)
    return t('Convolution {0} has {1} filters; it must have at least one.', String(wrong), String(filters![wrong]));
  return undefined;
}

const isPositiveInteger = (value: number): boolean => Number.isInteger(value) && value > 0;
