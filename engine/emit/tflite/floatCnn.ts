/** The operators of a convolutional network in float32. */
import { type ChannelLines, channelLines } from '../../nn/cnn/network.ts';
import { type Convolution, cnnTemplate } from '../../nn/cnn/template.ts';
import type { CnnNetwork } from '../../types.ts';
import { activate } from './activation.ts';
import type { CnnOperators } from './cnn.ts';
import { addOptions, convolutionOptions, fullyConnectedOptions, mulOptions, type TfliteGraph } from './graph.ts';

export function floatOperators(graph: TfliteGraph, network: CnnNetwork): CnnOperators {
  const { topology, weights } = network;
  const { convolutions, head } = cnnTemplate(topology);
  const normalizations = [...convolutions.map((own) => (own.kind === 'initial' ? undefined : own.normalization))];
  return {
    prepare(maps, stage) {
      const normalized = normalize(graph, maps, channelLines(network, normalizations[stage] ?? head.normalization));
      return activate(graph, normalized, graph.shapeOf(maps), topology.activation);
    },
    convolve: (maps, convolution) => convolve(graph, weights, maps, convolution),
    head(features, { normalization: { channels }, outputs, weights: at, bias }) {
      const inputs = [
        graph.reshape(features, [1, channels], 'row'),
        graph.floats('weights', [outputs, channels], rowsOf(weights, at, channels, outputs)),
        graph.floats('bias', [outputs], weights.subarray(bias, bias + outputs)),
      ];
      const sums = graph.like(features, [1, outputs], 'sums');
      return graph.node('fully-connected', inputs, sums, fullyConnectedOptions('none'));
    },
  };
}

/** scale * x + shift of every channel, from the running moments. */
function normalize(graph: TfliteGraph, maps: number, { scale, shift }: ChannelLines): number {
  const shape = graph.shapeOf(maps);
  const constant = (name: string, values: Float64Array) => graph.floats(name, [1, 1, 1, values.length], values);
  const scaled = graph.like(maps, shape, 'scaled');
  graph.node('mul', [maps, constant('scale', scale)], scaled, mulOptions);
  const inputs = [scaled, constant('shift', shift)];
  return graph.node('add', inputs, graph.like(maps, shape, 'normalized'), addOptions);
}

/** The format has w as (filters, kernel, kernel, channels). There is no bias; not every runtime can do without one. */
function convolve(graph: TfliteGraph, values: Float32Array, maps: number, convolution: Convolution): number {
  const { kernel, channels, filters, weights } = convolution;
  const [, height, width] = graph.shapeOf(maps) as [number, number, number, number];
  const w = rowsOf(values, weights, kernel * kernel * channels, filters);
  const inputs = [
    maps,
    graph.floats('filters', [filters, kernel, kernel, channels], w),
    graph.floats('none', [filters], new Float32Array(filters)),
  ];
  return graph.node('convolution', inputs, graph.like(maps, [1, height, width, filters], 'maps'), convolutionOptions);
}

/** w (I, O) from an offset on as rows (O, I). */
export function rowsOf(values: Float32Array, offset: number, inputs: number, outputs: number): Float32Array {
  const rows = new Float32Array(inputs * outputs);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) rows[o * inputs + i] = values[offset + i * outputs + o]!;
  }
  return rows;
}
