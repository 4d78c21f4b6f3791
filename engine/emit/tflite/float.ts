/**
 * A network as a `.tflite` file in float32.
 *
 * Input (1, columns): raw values in slot order; a boolean is 0 or 1, a category one column per value, 1 where it holds and 0
 * elsewhere. First output (1, columns): numbers as they are; a category one column per value, the largest of which wins.
 * The second is there where the only result is a category: softmax of the first.
 */

import { isCnnNetwork } from '../../nn/models.ts';
import { layerSlices } from '../../nn/network.ts';
import type { AnyNetwork, Encoding, Network } from '../../types.ts';
import { columnMaps } from '../columnMaps.ts';
import { activate } from './activation.ts';
import { cnnNodes } from './cnn.ts';
import { floatOperators, rowsOf } from './floatCnn.ts';
import { addOptions, fullyConnectedOptions, mulOptions, softmaxOptions, TfliteGraph } from './graph.ts';

export function floatTflite(description: string, network: AnyNetwork, encoding: Encoding): Uint8Array {
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
  const columns = affine(input, encoding.inputColumns, 'columns', maps.inputs);
  const linear = isCnnNetwork(network)
    ? cnnNodes(graph, network.topology, floatOperators(graph, network), columns)
    : layers(graph, network, columns);
  const result = affine(linear, encoding.outputColumns, 'outputs', maps.outputs);
  if (encoding.loss !== 'softmax-cross-entropy') return graph.finish(description, [input], [result]);
  const probabilities = value(encoding.outputColumns, 'probabilities');
  graph.node('softmax', [result], probabilities, softmaxOptions);
  return graph.finish(description, [input], [result, probabilities]);
}

/** From network columns to the linear outputs; relu is part of the operator before it. */
function layers(graph: TfliteGraph, { topology, weights }: Network, columns: number): number {
  let current = columns;
  const slices = layerSlices(topology);
  slices.forEach(({ inputs, outputs, offset }, layer) => {
    const bias = offset + inputs * outputs;
    const w = graph.floats(`weights_${layer}`, [outputs, inputs], rowsOf(weights, offset, inputs, outputs));
    const b = graph.floats(`bias_${layer}`, [outputs], weights.subarray(bias, bias + outputs));
    const hidden = layer < slices.length - 1;
    const fused = hidden && topology.activation === 'relu' ? 'relu' : 'none';
    const sums = graph.tensor({ type: 'float32', shape: [1, outputs], name: `sums_${layer}` });
    graph.node('fully-connected', [current, w, b], sums, fullyConnectedOptions(fused));
    current = hidden && fused === 'none' ? activate(graph, sums, [1, outputs], topology.activation) : sums;
  });
  return current;
}
