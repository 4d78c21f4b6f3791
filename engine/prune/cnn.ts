/**
 * Pruning filters of a convolutional network. With a filter go the feature map that it writes and all that reads that map:
 * its entry in the BatchNorm of every later layer of the dense block, of the transition or of the last BatchNorm, and its
 * input channel in their convolutions or the dense layer. Works on any template, bottlenecks included.
 */
import { type CnnTemplate, type Convolution, cnnTemplate, type Normalization } from '../nn/cnn/template.ts';
import type { CnnNetwork } from '../types.ts';
import type { Points } from './clusters.ts';
import { concatenate } from './mlp.ts';
import type { Prunable } from './prune.ts';
import type { Heir, Survivors } from './select.ts';

/** Units are the filters of every convolution of the template, in its order. */
export const prunableCnn: Prunable<CnnNetwork> = {
  parameters: ({ weights }) => weights.length,
  units: ({ topology }) => cnnTemplate(topology).convolutions.map(({ filters }) => filters),
  turns: ({ topology }) => cnnTemplate(topology).convolutions.map(() => 1),
  points: filtersOf,
  keep: keepFilters,
};

/** A filter is all its weights (kernel, kernel, channels); there are no biases. */
function filtersOf({ topology, weights }: CnnNetwork, layer: number): Points {
  const { kernel, channels, filters, weights: offset } = cnnTemplate(topology).convolutions[layer]!;
  const size = kernel ** 2 * channels;
  const values = new Float64Array(filters * size);
  for (let tap = 0; tap < size; tap++) {
    for (let f = 0; f < filters; f++) values[f * size + tap] = weights[offset + tap * filters + f]!;
  }
  return { count: filters, size, values };
}

function keepFilters(network: CnnNetwork, layer: number, survivors: Survivors): CnnNetwork {
  const template = cnnTemplate(network.topology);
  const { convolutions, head } = template;
  const weights: Float32Array[] = [];
  const statistics: Float32Array[] = [];
  const keepNormalization = ({ gamma, beta, mean, variance }: Normalization, { kept }: Survivors) => {
    weights.push(pick(network.weights, gamma, kept), pick(network.weights, beta, kept));
    statistics.push(pick(network.statistics, mean, kept), pick(network.statistics, variance, kept));
  };
  convolutions.forEach((convolution, index) => {
    const read = survivingChannels(convolution.channels, firstMapRead(template, layer, index), survivors);
    const written = index === layer ? survivors.kept : range(convolution.filters);
    if (convolution.kind !== 'initial') keepNormalization(convolution.normalization, read);
    weights.push(keepChannels(network.weights, convolution, read, written));
  });
  const { channels } = head.normalization;
  const read = survivingChannels(channels, firstMapRead(template, layer, convolutions.length), survivors);
  keepNormalization(head.normalization, read);
  const dense = { kernel: 1, channels, filters: head.outputs, weights: head.weights };
  weights.push(keepChannels(network.weights, dense, read, range(head.outputs)));
  weights.push(network.weights.subarray(head.bias, head.bias + head.outputs));
  const filters = convolutions.map((own, index) => (index === layer ? survivors.kept.length : own.filters));
  return {
    topology: { ...network.topology, filters },
    weights: concatenate(weights),
    statistics: concatenate(statistics),
  };
}

/**
 * The input channel at which `reader`, a convolution or, one past the last, the head, finds the first map that convolution
 * `writer` writes; undefined where it does not read it.
 */
function firstMapRead({ convolutions, blocks }: CnnTemplate, writer: number, reader: number): number | undefined {
  if (reader <= writer) return undefined;
  const { kind, block, firstChannel } = convolutions[writer]!;
  const by = convolutions[reader];
  if (kind === 'bottleneck') return reader === writer + 1 ? 0 : undefined;
  return by ? channelOf(by, block, firstChannel) : block === blocks.length - 1 ? firstChannel : undefined;
}

function channelOf(reader: Convolution, block: number, channel: number): number | undefined {
  switch (reader.kind) {
    case 'initial':
      return undefined;
    case 'transition':
      return reader.block === block + 1 ? channel : undefined;
    case 'bottleneck':
      return reader.block === block ? channel : undefined;
    case 'dense':
      return reader.block === block && reader.source === 'block' ? channel : undefined;
  }
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** The survivors among a reader's channels, of which those from `first` on are the filters in question. */
function survivingChannels(channels: number, first: number | undefined, { kept, heirs }: Survivors): Survivors {
  const itself = (channel: number): Heir => ({ unit: channel, share: 1 });
  if (first === undefined) return { kept: range(channels), heirs: range(channels).map(itself) };
  const after = first + heirs.length;
  const stays = range(channels).filter((channel) => channel < first || channel >= after);
  return {
    kept: [...stays, ...kept.map((unit) => first + unit)].sort((a, b) => a - b),
    heirs: range(channels).map((channel) => {
      if (channel < first || channel >= after) return itself(channel);
      const { unit, share } = heirs[channel - first]!;
      return { unit: first + unit, share };
    }),
  };
}

const pick = (values: Float32Array, offset: number, kept: readonly number[]): Float32Array =>
  Float32Array.from(kept, (channel) => values[offset + channel]!);

/** w (kernel, kernel, channels, filters) with some of the channels, which stand in for others, and some of the filters. */
function keepChannels(
  values: Float32Array,
  { kernel, channels, filters, weights }: Pick<Convolution, 'kernel' | 'channels' | 'filters' | 'weights'>,
  { kept, heirs }: Survivors,
  written: readonly number[],
): Float32Array {
  const result = new Float32Array(kernel ** 2 * kept.length * written.length);
  const placeOf = new Map(kept.map((channel, place) => [channel, place]));
  for (let tap = 0; tap < kernel ** 2; tap++) {
    for (let channel = 0; channel < channels; channel++) {
      const { unit, share } = heirs[channel]!;
      const place = placeOf.get(unit);
      if (place === undefined) continue;
      const from = weights + (tap * channels + channel) * filters;
      const to = (tap * kept.length + place) * written.length;
      written.forEach((filter, index) => {
        result[to + index]! += share * values[from + filter]!;
      });
    }
  }
  return result;
}
