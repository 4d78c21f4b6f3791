/**
 * A network as an ONNX file (operator set 13), for ONNX Runtime and whatever else reads the format.
 *
 * Input `inputs` (rows, columns): raw values in slot order; a boolean is 0 or 1, a category one column per value, 1 where
 * it holds and 0 elsewhere. Output `outputs` (rows, columns): numbers as they are; a category one column per value, the
 * largest of which wins. `probabilities` is there where the only result is a category: softmax of `outputs`.
 */
import { normalizationEpsilon } from '../../nn/cnn/layers.ts';
import { type Convolution, cnnTemplate, type Normalization } from '../../nn/cnn/template.ts';
import { isCnnNetwork, networkName } from '../../nn/models.ts';
import { layerSlices } from '../../nn/network.ts';
import type { Activation, AnyNetwork, CnnNetwork, Encoding, Network } from '../../types.ts';
import { type ColumnMap, columnMaps } from '../columnMaps.ts';
import { type Attribute, GraphBuilder } from './graph.ts';

export interface OnnxInput {
  /** What it approximates. */
  readonly name: string;
  readonly network: AnyNetwork;
  readonly encoding: Encoding;
}

export function onnxModel({ name, network, encoding }: OnnxInput): Uint8Array {
  const graph = new GraphBuilder();
  const { inputColumns, outputColumns, loss } = encoding;
  const maps = columnMaps(encoding);
  const columns = affine(graph, 'inputs', maps.inputs);
  const linear = isCnnNetwork(network) ? cnnNodes(graph, network, columns) : perceptronNodes(graph, network, columns);
  const result = affine(graph, linear, maps.outputs);
  graph.node('Identity', [result], {}, 'outputs');
  const scored = loss === 'softmax-cross-entropy';
  if (scored) graph.node('Softmax', [result], { axis: 1 }, 'probabilities');
  const outputs = ['outputs', ...(scored ? ['probabilities'] : [])];
  return graph.finish(
    name,
    `Approximates ${name}: ${networkName(network.topology)}, ${network.topology.activation}.`,
    { name: 'inputs', columns: inputColumns },
    outputs.map((port) => ({ name: port, columns: outputColumns })),
  );
}

/** An affine map of each column; nothing where all are the identity. */
function affine(graph: GraphBuilder, value: string, { factors, shifts }: ColumnMap): string {
  const count = factors.length;
  if (factors.every((factor) => factor === 1) && shifts.every((shift) => shift === 0)) return value;
  const scaled = graph.node('Mul', [value, graph.floats([count], factors)]);
  return graph.node('Add', [scaled, graph.floats([count], shifts)]);
}

function perceptronNodes(graph: GraphBuilder, { topology, weights }: Network, columns: string): string {
  const slices = layerSlices(topology);
  return slices.reduce((value, { inputs, outputs, offset }, layer) => {
    const sum = dense(graph, value, { inputs, outputs, weights: offset, bias: offset + inputs * outputs }, weights);
    return layer < slices.length - 1 ? activate(graph, sum, topology.activation) : sum;
  }, columns);
}

interface Dense {
  readonly inputs: number;
  readonly outputs: number;
  /** Offsets of w (inputs, outputs) and bias (outputs). */
  readonly weights: number;
  readonly bias: number;
}

function dense(graph: GraphBuilder, value: string, of: Dense, values: Float32Array): string {
  const w = graph.floats([of.inputs, of.outputs], values.subarray(of.weights, of.weights + of.inputs * of.outputs));
  return graph.node('Gemm', [value, w, graph.floats([of.outputs], values.subarray(of.bias, of.bias + of.outputs))]);
}

const operators: Readonly<Record<Activation, readonly [operator: string, Record<string, Attribute>] | undefined>> = {
  'hard-sigmoid': ['HardSigmoid', { alpha: { float: 0.2 }, beta: { float: 0.5 } }],
  relu: ['Relu', {}],
  elu: ['Elu', { alpha: { float: 1 } }],
  tanh: ['Tanh', {}],
  sigmoid: ['Sigmoid', {}],
  softplus: ['Softplus', {}],
  linear: undefined,
  selu: ['Selu', { alpha: { float: 1.6732632423543772 }, gamma: { float: 1.0507009873554805 } }],
};

function activate(graph: GraphBuilder, value: string, activation: Activation): string {
  const operator = operators[activation];
  return operator ? graph.node(operator[0], [value], operator[1]) : value;
}

/** From rows of (height, width, channels) values to the linear outputs. */
function cnnNodes(graph: GraphBuilder, network: CnnNetwork, rows: string): string {
  const { topology, weights } = network;
  const { convolutions, head } = cnnTemplate(topology);
  const { height, width, channels } = topology;
  const images = graph.node('Reshape', [rows, graph.integers([0, height, width, channels])]);
  let maps = graph.node('Transpose', [images], { perm: [0, 3, 1, 2] });
  let narrow = '';
  for (const convolution of convolutions) {
    const source = convolution.kind === 'dense' && convolution.source === 'bottleneck' ? narrow : maps;
    const input =
      convolution.kind === 'initial' ? source : normalize(graph, network, source, convolution.normalization);
    const convolved = convolve(graph, weights, input, convolution);
    if (convolution.kind === 'bottleneck') narrow = convolved;
    else if (convolution.kind === 'dense') maps = graph.node('Concat', [maps, convolved], { axis: 1 });
    else if (convolution.kind === 'initial') maps = convolved;
    else maps = graph.node('AveragePool', [convolved], { kernel_shape: [2, 2], strides: [2, 2] });
  }
  const pooled = graph.node('GlobalMaxPool', [normalize(graph, network, maps, head.normalization)]);
  return dense(graph, graph.node('Flatten', [pooled]), { ...head, inputs: head.normalization.channels }, weights);
}

/** BatchNorm by the running moments, then the activation. */
function normalize(
  graph: GraphBuilder,
  { topology, weights, statistics }: CnnNetwork,
  value: string,
  { channels, gamma, beta, mean, variance }: Normalization,
): string {
  const part = (values: Float32Array, offset: number) =>
    graph.floats([channels], values.subarray(offset, offset + channels));
  const parameters = [part(weights, gamma), part(weights, beta), part(statistics, mean), part(statistics, variance)];
  const normalized = graph.node('BatchNormalization', [value, ...parameters], {
    epsilon: { float: normalizationEpsilon },
  });
  return activate(graph, normalized, topology.activation);
}

/** ONNX has w as (filters, channels, kernel, kernel). */
function convolve(graph: GraphBuilder, values: Float32Array, value: string, convolution: Convolution): string {
  const { kernel, channels, filters, weights } = convolution;
  const taps = kernel * kernel;
  const w = new Float32Array(taps * channels * filters);
  for (let tap = 0; tap < taps; tap++) {
    for (let c = 0; c < channels; c++) {
      for (let f = 0; f < filters; f++) {
        w[(f * channels + c) * taps + tap] = values[weights + (tap * channels + c) * filters + f]!;
      }
    }
  }
  const margin = (kernel - 1) / 2;
  return graph.node('Conv', [value, graph.floats([filters, channels, kernel, kernel], w)], {
    kernel_shape: [kernel, kernel],
    pads: [margin, margin, margin, margin],
  });
}
