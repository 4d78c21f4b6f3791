/**
 * An int8 network as a `.tflite` file: 8-bit inputs and outputs, weights quantised per channel, the interpreter's scales.
 * Layers are CONV_2D on one pixel: FULLY_CONNECTED takes a scale per channel in recent runtimes alone.
 *
 * Input and output (1, columns) are integers on the network's grids, which the file holds as scale and zero point: real =
 * scale * (integer - zero point) is a network column, encoded as in training.
 *
 * TensorFlow Lite's reference kernels give the interpreter's integers. Optimised ones round sums otherwise where they lie
 * halfway or nearly so, see docs/targets/arm.md.
 */
import { isCnn } from '../../nn/models.ts';
import type { Int8Cnn, Int8Rows } from '../../quantise/cnn/int8.ts';
import type { Grid } from '../../quantise/grid.ts';
import type { Int8Network } from '../../quantise/int8.ts';
import { isQuantisedCnn } from '../../quantise/models.ts';
import type { Activation, AnyTopology } from '../../types.ts';
import { type CnnOperators, cnnNodes } from './cnn.ts';
import {
  addOptions,
  castOptions,
  convolutionOptions,
  depthwiseOptions,
  gatherOptions,
  type Operator,
  TfliteGraph,
} from './graph.ts';

/** Operators whose int8 kernels look a table up that is the interpreter's. */
const tableOperators: Readonly<Partial<Record<Activation, Operator>>> = {
  tanh: 'tanh',
  sigmoid: 'logistic',
  elu: 'elu',
};

/** `ports`: float32 ones are network columns, between which the same operators compute in integers. */
export function int8Tflite(
  description: string,
  network: Int8Network | Int8Cnn,
  ports: 'int8' | 'float32' = 'int8',
): Uint8Array {
  const graph = new TfliteGraph();
  const { input } = network;
  const inputs = inputsOf(network.topology);
  const first = graph.tensor({ type: 'int8', shape: [1, inputs], name: 'inputs', quantisation: input });
  const last = isQuantisedCnn(network)
    ? cnnNodes(graph, network.topology, integerOperators(graph, network), first)
    : perceptronNodes(graph, network, first);
  if (ports === 'int8') return graph.finish(description, [first], [last]);
  const port = (of: number, name: string) => graph.tensor({ type: 'float32', shape: graph.shapeOf(of), name });
  const columns = port(first, 'columns');
  graph.node('quantize', [columns], first, undefined, 'first');
  const results = port(last, 'results');
  graph.node('dequantize', [last], results);
  return graph.finish(description, [columns], [results]);
}

function perceptronNodes(graph: TfliteGraph, { topology, layers }: Int8Network, columns: number): number {
  let current = graph.reshape(columns, [1, 1, 1, topology.widths[0]!], 'columns');
  for (const layer of layers) {
    const { inputs, outputs, sums, output, table } = layer;
    const made = convolve(graph, current, layer, [outputs, 1, 1, inputs], layer.input, sums);
    current = table ? lookUp(graph, made, table, output, topology.activation) : made;
  }
  return graph.reshape(current, [1, topology.widths.at(-1)!], 'outputs');
}

function integerOperators(graph: TfliteGraph, { topology, stages }: Int8Cnn): CnnOperators {
  return {
    prepare(maps, stage) {
      const { normalization, input } = stages[stage]!;
      const { sums, table, ...rows } = normalization!;
      const made = normalize(graph, maps, rows, sums);
      return table ? lookUp(graph, made, table, input, topology.activation) : made;
    },
    convolve(maps, { kernel, channels, filters }, stage) {
      const { rows, input, output } = stages[stage]!;
      return convolve(graph, maps, rows, [filters, kernel, kernel, channels], input, output);
    },
    head(features, { normalization: { channels }, outputs }, stage) {
      const { rows, input, output } = stages[stage]!;
      const made = convolve(graph, features, rows, [outputs, 1, 1, channels], input, output);
      return graph.reshape(made, [1, outputs], 'outputs');
    },
  };
}

type Rows = Pick<Int8Rows, 'weights' | 'weightScales' | 'bias'>;

/** `shape`: (filters, kernel, kernel, channels) */
function convolve(
  graph: TfliteGraph,
  maps: number,
  { weights, weightScales, bias }: Rows,
  shape: readonly [number, number, number, number],
  input: Grid,
  output: Grid,
): number {
  const [, height, width] = graph.shapeOf(maps) as [number, number, number, number];
  const w = { type: 'int8', shape, name: 'filters', quantisation: { scales: weightScales } } as const;
  const inputs = [
    maps,
    graph.tensor({ ...w, content: bytesOf(weights) }),
    graph.integers('bias', [shape[0]], bias, { scales: weightScales.map((scale) => input.scale * scale) }),
  ];
  const sums = graph.tensor({ type: 'int8', shape: [1, height, width, shape[0]], name: 'sums', quantisation: output });
  return graph.node('convolution', inputs, sums, convolutionOptions);
}

/** One weight and one bias for each channel of maps, whose scale is 1. */
function normalize(graph: TfliteGraph, maps: number, { weights, weightScales, bias }: Rows, output: Grid): number {
  const shape = graph.shapeOf(maps);
  const w = { type: 'int8', shape: [1, 1, 1, bias.length], name: 'scale' } as const;
  const inputs = [
    maps,
    graph.tensor({ ...w, quantisation: { scales: weightScales, dimension: 3 }, content: bytesOf(weights) }),
    graph.integers('shift', [bias.length], bias, { scales: weightScales }),
  ];
  const sums = graph.tensor({ type: 'int8', shape, name: 'normalized', quantisation: output });
  return graph.node('depthwise-convolution', inputs, sums, depthwiseOptions);
}

function lookUp(graph: TfliteGraph, sums: number, table: Int8Array, output: Grid, activation: Activation): number {
  const shape = graph.shapeOf(sums);
  const result = graph.tensor({ type: 'int8', shape, name: activation, quantisation: output });
  const operator = tableOperators[activation];
  if (operator) return graph.node(operator, [sums], result);
  // The table itself, indexed by sum + 128.
  const plain = (name: string) => graph.tensor({ type: 'int32', shape, name });
  const wide = graph.node('cast', [sums], plain('wide'), castOptions('int8', 'int32'));
  const index = graph.node('add', [wide, graph.integers('half', [1], [128])], plain('index'), addOptions);
  const content = bytesOf(table);
  const entries = graph.tensor({ type: 'int8', shape: [256], name: 'table', quantisation: output, content });
  return graph.node('gather', [entries, index], result, gatherOptions);
}

const inputsOf = (topology: AnyTopology): number =>
  isCnn(topology) ? topology.height * topology.width * topology.channels : topology.widths[0]!;

const bytesOf = (values: Int8Array): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.length);
