/** Pruning hidden neurons of a multi-layer perceptron: which numbers a neuron consists of, and how it is taken out. */
import { activationFunctions } from '../nn/activations.ts';
import { type LayerSlice, layerSlices, layerSums, parameterCount } from '../nn/network.ts';
import type { Network } from '../types.ts';
import type { Points } from './clusters.ts';
import type { Prunable } from './prune.ts';
import type { Heir, Survivors } from './select.ts';

export const prunableMlp: Prunable<Network> = {
  parameters: ({ topology }) => parameterCount(topology),
  units: ({ topology }) => topology.widths.slice(1, -1),
  // In proportion to the widths, which differ by up to a hundred times: in plain turns a narrow layer would be down to its
  // last neuron, and all accuracy gone, while a wide one has hardly lost any.
  turns: ({ topology }) => topology.widths.slice(1, -1),
  points: neurons,
  keep: keepNeurons,
};

/** Neurons of hidden layer `layer`, counted from 0: incoming weights, then the bias. */
function neurons({ topology, weights }: Network, layer: number): Points {
  const { inputs, outputs, offset } = layerSlices(topology)[layer]!;
  const values = new Float64Array(outputs * (inputs + 1));
  for (let o = 0; o < outputs; o++) {
    // The bias is row I of the layer's (I + 1, O) numbers.
    for (let i = 0; i <= inputs; i++) values[o * (inputs + 1) + i] = weights[offset + i * outputs + o]!;
  }
  return { count: outputs, size: inputs + 1, values };
}

/** The network with only these neurons in hidden layer `layer`; heirs take over what those that go leave them. */
function keepNeurons({ topology, weights }: Network, layer: number, { kept, heirs }: Survivors): Network {
  const slices = layerSlices(topology);
  const parts = slices.map((slice, index) => {
    const own = weights.subarray(slice.offset, slice.offset + (slice.inputs + 1) * slice.outputs);
    if (index === layer) return keepOutputs(own, slice, kept);
    if (index === layer + 1) return keepInputs(own, slice, kept, heirs);
    return own;
  });
  const widths = topology.widths.map((width, index) => (index === layer + 1 ? kept.length : width));
  return { topology: { ...topology, widths }, weights: concatenate(parts) };
}

/** w (I, O) and bias (O) with some of the columns. */
function keepOutputs(own: Float32Array, { inputs, outputs }: LayerSlice, kept: readonly number[]): Float32Array {
  const result = new Float32Array((inputs + 1) * kept.length);
  for (let i = 0; i <= inputs; i++) {
    kept.forEach((unit, o) => {
      result[i * kept.length + o] = own[i * outputs + unit]!;
    });
  }
  return result;
}

/** w (I, O) with some of the rows, each of which stands in for the rows whose heir it is; bias (O) as it is. */
function keepInputs(
  own: Float32Array,
  { inputs, outputs }: LayerSlice,
  kept: readonly number[],
  heirs: readonly Heir[],
): Float32Array {
  const result = new Float32Array((kept.length + 1) * outputs);
  const rowOf = new Map(kept.map((unit, row) => [unit, row]));
  for (let i = 0; i < inputs; i++) {
    const { unit, share } = heirs[i]!;
    const row = rowOf.get(unit);
    if (row === undefined) continue;
    for (let o = 0; o < outputs; o++) result[row * outputs + o]! += share * own[i * outputs + o]!;
  }
  result.set(own.subarray(inputs * outputs), kept.length * outputs);
  return result;
}

export function concatenate(parts: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/**
 * The average percentage of zeros (Hu et al., 2016) as a fraction: for each hidden layer, the share of samples at which
 * each neuron's output is exactly 0. A diagnostic: it says which neurons look idle, and nothing is pruned by it, since
 * only activations that clip reach 0 at all.
 */
export function averageZeros(network: Network, inputs: Float32Array, count: number): Float64Array[] {
  const { widths, activation } = network.topology;
  const { value } = activationFunctions[activation];
  const hidden = layerSums(network, inputs, count).slice(0, -1);
  return hidden.map((sums, layer) => {
    const neurons = widths[layer + 1]!;
    const zeros = new Float64Array(neurons);
    sums.forEach((sum, k) => {
      if (value(sum) === 0) zeros[k % neurons]!++;
    });
    return zeros.map((samples) => samples / count);
  });
}
