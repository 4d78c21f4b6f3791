/**
 * An int8 network as a `.tflite` file: 8-bit inputs and outputs, weights quantised per channel, the interpreter's scales.
 *
 * Input and output (1, columns) are integers on the network's grids, which the file holds as scale and zero point: real =
 * scale * (integer - zero point) is a network column, encoded as in training.
 */
import type { Int8Layer, Int8Network } from '../../quantise/int8.ts';
import type { Activation } from '../../types.ts';
import { addOptions, castOptions, fullyConnectedOptions, gatherOptions, type Operator, TfliteGraph } from './graph.ts';

/** Operators whose int8 kernels look a table up that is the interpreter's. */
const tableOperators: Readonly<Partial<Record<Activation, Operator>>> = {
  tanh: 'tanh',
  sigmoid: 'logistic',
  elu: 'elu',
};

/** `ports`: float32 ones are network columns, between which the same operators compute in integers. */
export function int8Tflite(
  description: string,
  { topology, layers, input }: Int8Network,
  ports: 'int8' | 'float32' = 'int8',
): Uint8Array {
  const graph = new TfliteGraph();
  const value = (columns: number, name: string, quantisation: Int8Layer['input']) =>
    graph.tensor({ type: 'int8', shape: [1, columns], name, quantisation });
  const first = value(topology.widths[0]!, 'inputs', input);
  let current = first;
  layers.forEach((layer, index) => {
    const { inputs, outputs, weights, weightScales, bias } = layer;
    const last = index === layers.length - 1;
    const w = graph.tensor({
      type: 'int8',
      shape: [outputs, inputs],
      name: `weights_${index}`,
      quantisation: { scales: weightScales },
      content: new Uint8Array(weights.buffer, weights.byteOffset, weights.length),
    });
    const scales = weightScales.map((scale) => layer.input.scale * scale);
    const b = graph.integers(`bias_${index}`, [outputs], bias, { scales });
    const sums = value(outputs, last ? 'outputs' : `sums_${index}`, layer.sums);
    const fused = !last && topology.activation === 'relu' ? 'relu' : 'none';
    graph.node('fully-connected', [current, w, b], sums, fullyConnectedOptions(fused));
    current = layer.table ? lookUp(graph, layer, layer.table, sums, topology.activation) : sums;
  });
  if (ports === 'int8') return graph.finish(description, [first], [current]);
  const port = (columns: number, name: string) => graph.tensor({ type: 'float32', shape: [1, columns], name });
  const columns = port(topology.widths[0]!, 'columns');
  graph.node('quantize', [columns], first, undefined, 'first');
  const results = port(topology.widths.at(-1)!, 'results');
  graph.node('dequantize', [current], results);
  return graph.finish(description, [columns], [results]);
}

function lookUp(graph: TfliteGraph, layer: Int8Layer, table: Int8Array, sums: number, activation: Activation): number {
  const { outputs, output } = layer;
  const result = graph.tensor({ type: 'int8', shape: [1, outputs], name: activation, quantisation: output });
  const operator = tableOperators[activation];
  if (operator) return graph.node(operator, [sums], result);
  // The table itself, indexed by sum + 128.
  const plain = (name: string) => graph.tensor({ type: 'int32', shape: [1, outputs], name });
  const wide = graph.node('cast', [sums], plain('wide'), castOptions('int8', 'int32'));
  const index = graph.node('add', [wide, graph.integers('half', [1], [128])], plain('index'), addOptions);
  const entries = graph.tensor({
    type: 'int8',
    shape: [256],
    name: 'table',
    quantisation: output,
    content: new Uint8Array(table.buffer, table.byteOffset, table.length),
  });
  return graph.node('gather', [entries, index], result, gatherOptions);
}
