/**
 * A perceptron as a `.tflite` file in float32.
 *
 * Input (1, columns): raw values in slot order; a boolean is 0 or 1, a category one column per value, 1 where it holds and 0
 * elsewhere. First output (1, columns): numbers as they are; a category one column per value, the largest of which wins.
 * The second is there where the only result is a category: softmax of the first.
 */
import { layerSlices } from '../../nn/network.ts';
import type { Activation, Encoding, Network } from '../../types.ts';
import { columnMaps } from '../columnMaps.ts';
import {
  addOptions,
  fullyConnectedOptions,
  mulOptions,
  type Operator,
  type Options,
  softmaxOptions,
  TfliteGraph,
} from './graph.ts';

export function floatTflite(description: string, { topology, weights }: Network, encoding: Encoding): Uint8Array {
  const graph = new TfliteGraph();
  const value = (columns: number, name: string) => graph.tensor({ type: 'float32', shape: [1, columns], name });
  const input = value(encoding.inputColumns, 'inputs');
  const maps = columnMaps(encoding);
  const affine = (from: number, columns: number, name: string, { factors, shifts }: typeof maps.inputs) => {
    const scaled = value(columns, `${name}_scaled`);
    graph.node('mul', [from, graph.floats(`${name}_factors`, [1, columns], factors)], scaled, mulOptions);
    const shift = graph.floats(`${name}_shifts`, [1, columns], shifts);
    return graph.node('add', [scaled, shift], value(columns, name), addOptions);
  };
  let current = affine(input, encoding.inputColumns, 'columns', maps.inputs);
  const slices = layerSlices(topology);
  slices.forEach(({ inputs, outputs, offset }, layer) => {
    const transposed = new Float32Array(inputs * outputs);
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) transposed[o * inputs + i] = weights[offset + i * outputs + o]!;
    }
    const bias = offset + inputs * outputs;
    const w = graph.floats(`weights_${layer}`, [outputs, inputs], transposed);
    const b = graph.floats(`bias_${layer}`, [outputs], weights.subarray(bias, bias + outputs));
    const hidden = layer < slices.length - 1;
    const fused = hidden && topology.activation === 'relu' ? 'relu' : 'none';
    const sums = value(outputs, `sums_${layer}`);
    graph.node('fully-connected', [current, w, b], sums, fullyConnectedOptions(fused));
    current = hidden ? activate(graph, sums, outputs, topology.activation) : sums;
  });
  const result = affine(current, encoding.outputColumns, 'outputs', maps.outputs);
  if (encoding.loss !== 'softmax-cross-entropy') return graph.finish(description, [input], [result]);
  const probabilities = value(encoding.outputColumns, 'probabilities');
  graph.node('softmax', [result], probabilities, softmaxOptions);
  return graph.finish(description, [input], [result, probabilities]);
}

/** Activations without an operator of their own are made of several. */
function activate(graph: TfliteGraph, sums: number, count: number, activation: Activation): number {
  const step = (operator: Operator, inputs: readonly number[], options?: Options) =>
    graph.node(operator, inputs, graph.tensor({ type: 'float32', shape: [1, count], name: operator }), options);
  const all = (constant: number) => graph.floats('constant', [1, count], new Float32Array(count).fill(constant));
  const plus = (value: number, constant: number) => step('add', [value, all(constant)], addOptions);
  const times = (value: number, constant: number) => step('mul', [value, all(constant)], mulOptions);
  switch (activation) {
    case 'relu':
    case 'linear':
      return sums;
    case 'tanh':
      return step('tanh', [sums]);
    case 'sigmoid':
      return step('logistic', [sums]);
    case 'elu':
      return step('elu', [sums]);
    case 'hard-sigmoid':
      return step('minimum', [step('maximum', [plus(times(sums, 0.2), 0.5), all(0)]), all(1)]);
    case 'softplus': {
      // max(x, 0) + log(1 + exp(-|x|)), in which nothing overflows.
      const tail = step('log', [plus(step('exp', [step('neg', [step('abs', [sums])])]), 1)]);
      return step('add', [step('relu', [sums]), tail], addOptions);
    }
    case 'selu': {
      // scale * (max(x, 0) + alpha * elu(min(x, 0)))
      const [scale, alpha] = [1.0507009873554805, 1.6732632423543772];
      const negative = times(step('elu', [step('minimum', [sums, all(0)])]), scale * alpha);
      return step('add', [times(step('relu', [sums]), scale), negative], addOptions);
    }
  }
}
