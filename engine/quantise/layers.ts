/** A network as the quantisers read it. */
import { layerSlices } from '../nn/network.ts';
import type { Activation, Network } from '../types.ts';

/** One layer in double precision, weights (outputs, inputs). */
export interface FloatLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

/** The layers as the quantisers read them, and the activation that is left once hard-sigmoid's slope is folded away. */
export function floatLayers(network: Network): { activation: Activation | 'clip'; layers: FloatLayer[] } {
  const { activation } = network.topology;
  const slices = layerSlices(network.topology);
  const layers = slices.map(({ inputs, outputs, offset }, index) => {
    const weights = new Float64Array(inputs * outputs);
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) weights[o * inputs + i] = network.weights[offset + i * outputs + o]!;
    }
    const at = offset + inputs * outputs;
    const layer = { inputs, outputs, weights, bias: Float64Array.from(network.weights.subarray(at, at + outputs)) };
    return activation === 'hard-sigmoid' && index < slices.length - 1 ? foldHardSigmoid(layer) : layer;
  });
  return { activation: activation === 'hard-sigmoid' ? 'clip' : activation, layers };
}

/** clip(0.2 x + 0.5, 0, 1) needs no arithmetic of its own: it is a clip once the line is part of the layer. */
const foldHardSigmoid = (layer: FloatLayer): FloatLayer => ({
  ...layer,
  weights: layer.weights.map((weight) => 0.2 * weight),
  bias: layer.bias.map((bias) => 0.2 * bias + 0.5),
});
