/** A convolutional network as the quantisers read it: stages in double precision, one for each convolution and the head. */
import { type ChannelLines, channelLines, checkCnnArrays } from '../../nn/cnn/network.ts';
import { type CnnTemplate, cnnTemplate } from '../../nn/cnn/template.ts';
import type { Activation, CnnNetwork } from '../../types.ts';
import type { FloatLayer } from '../layers.ts';

export interface FloatStage {
  /** Of the normalisation before it; absent in the first, which reads the image. */
  readonly lines?: ChannelLines;
  /** weights (filters, kernel, kernel, channels); the bias is 0 but in the head, which is a layer of (outputs, channels). */
  readonly layer: FloatLayer;
}

export interface FloatCnn {
  readonly template: CnnTemplate;
  /** `clip` is what is left of hard-sigmoid, whose line 0.2 x + 0.5 is folded into that of the normalisation. */
  readonly activation: Activation | 'clip';
  /** The template's convolutions, then the head. */
  readonly stages: readonly FloatStage[];
}

/** Throws RangeError where the network's arrays do not fit its topology. */
export function floatCnn(network: CnnNetwork): FloatCnn {
  const { topology, weights } = network;
  checkCnnArrays(topology, network);
  const template = cnnTemplate(topology);
  const isHard = topology.activation === 'hard-sigmoid';
  const linesOf = (normalization: Parameters<typeof channelLines>[1]): ChannelLines => {
    const { scale, shift } = channelLines(network, normalization);
    return isHard
      ? { scale: scale.map((value) => 0.2 * value), shift: shift.map((x) => 0.2 * x + 0.5) }
      : { scale, shift };
  };
  const convolutions = template.convolutions.map((convolution): FloatStage => {
    const { kernel, channels, filters } = convolution;
    const layer = layerOf(weights, convolution.weights, kernel ** 2 * channels, filters);
    return convolution.kind === 'initial' ? { layer } : { lines: linesOf(convolution.normalization), layer };
  });
  const { head } = template;
  const dense = layerOf(weights, head.weights, head.normalization.channels, head.outputs);
  const bias = Float64Array.from(weights.subarray(head.bias, head.bias + head.outputs));
  const last = { lines: linesOf(head.normalization), layer: { ...dense, bias } };
  return { template, activation: isHard ? 'clip' : topology.activation, stages: [...convolutions, last] };
}

/** w (I, O) from an offset on, as rows (O, I) with a bias of 0. */
function layerOf(values: Float32Array, offset: number, inputs: number, outputs: number): FloatLayer {
  const weights = new Float64Array(inputs * outputs);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) weights[o * inputs + i] = values[offset + i * outputs + o]!;
  }
  return { inputs, outputs, weights, bias: new Float64Array(outputs) };
}

/** One row of a layer as a layer of its own: rows have scales of their own. */
export const rowOf = ({ inputs, weights, bias }: FloatLayer, row: number): FloatLayer => ({
  inputs,
  outputs: 1,
  weights: weights.subarray(row * inputs, (row + 1) * inputs),
  bias: bias.subarray(row, row + 1),
});

/** One channel's line as a layer. */
export const lineOf = ({ scale, shift }: ChannelLines, channel: number): FloatLayer => ({
  inputs: 1,
  outputs: 1,
  weights: scale.subarray(channel, channel + 1),
  bias: shift.subarray(channel, channel + 1),
});
