/** The parameters of a convolutional network in the form in which generated code uses them. */
import { channelLines } from '../../nn/cnn/network.ts';
import type { CnnTemplate, Convolution, Normalization } from '../../nn/cnn/template.ts';
import type { CnnNetwork } from '../../types.ts';

/** Filters whose weights lie together: the kernel sums them at a time. */
export const groupSize = 12;
/** Values of a vector, of which rows of tables and groups of filters are multiples. */
export const vectorSize = 4;

export const padded = (values: number): number => Math.ceil(values / vectorSize) * vectorSize;

/** Where the table and the weights of one convolution begin. */
export interface ParameterPositions {
  readonly table: number;
  readonly weights: number;
}

export interface PackedParameters {
  readonly values: readonly number[];
  readonly convolutions: readonly ParameterPositions[];
  readonly head: ParameterPositions;
}

/** A table is a scale and a shift for each channel: of the normalisation before, or 1 and 0 before the first one. */
export function packParameters(network: CnnNetwork, { convolutions, head }: CnnTemplate): PackedParameters {
  const { topology, weights } = network;
  const values: number[] = [];
  const append = (own: readonly number[]) => {
    const position = values.length;
    for (const value of own) values.push(value);
    return position;
  };
  const identity = [...paddedTo(topology.channels, () => 1), ...paddedTo(topology.channels, () => 0)];
  const { channels } = head.normalization;
  return {
    convolutions: convolutions.map((convolution) => ({
      table: append(convolution.kind === 'initial' ? identity : foldNormalization(network, convolution.normalization)),
      weights: append(packWeights(weights, convolution)),
    })),
    head: {
      table: append(foldNormalization(network, head.normalization)),
      weights: append(packWeights(weights, { ...head, kernel: 1, channels, filters: head.outputs })),
    },
    values,
  };
}

/** `count` values, and zeros up to a whole vector. */
const paddedTo = (count: number, value: (index: number) => number): number[] =>
  Array.from({ length: padded(count) }, (_, index) => (index < count ? value(index) : 0));

/** All scales, then all shifts. */
function foldNormalization(network: CnnNetwork, normalization: Normalization): number[] {
  const { scale, shift } = channelLines(network, normalization);
  const { channels } = normalization;
  return [...paddedTo(channels, (c) => scale[c]!), ...paddedTo(channels, (c) => shift[c]!)];
}

/** Offsets in the network's weights: of w (kernel, kernel, C, filters), and of the bias where there is one. */
interface Packable extends Pick<Convolution, 'kernel' | 'channels' | 'filters' | 'weights'> {
  readonly bias?: number;
}

/** Groups of up to twelve filters, padded to whole vectors: bias, then w (kernel, kernel, C, lanes). */
function packWeights(values: Float32Array, { kernel, channels, filters, weights, bias }: Packable): number[] {
  const packed: number[] = [];
  for (let first = 0; first < filters; first += groupSize) {
    const count = Math.min(groupSize, filters - first);
    packed.push(...paddedTo(count, (f) => (bias === undefined ? 0 : values[bias + first + f]!)));
    for (let tap = 0; tap < kernel * kernel * channels; tap++) {
      const at = weights + tap * filters + first;
      packed.push(...paddedTo(count, (f) => values[at + f]!));
    }
  }
  return packed;
}
