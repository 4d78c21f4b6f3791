/** A convolutional network as operators of TensorFlow Lite, whose maps are (1, height, width, channels) as ours. */
import { channelLines } from '../../nn/cnn/network.ts';
import { type Convolution, cnnTemplate, type Normalization } from '../../nn/cnn/template.ts';
import type { CnnNetwork } from '../../types.ts';
import { activate } from './activation.ts';
import {
  addOptions,
  concatenationOptions,
  convolutionOptions,
  fullyConnectedOptions,
  mulOptions,
  poolOptions,
  reshapeOptions,
  type TfliteGraph,
} from './graph.ts';

/** Maps in the graph. */
interface Maps {
  readonly tensor: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

const shapeOf = ({ height, width, channels }: Omit<Maps, 'tensor'>) => [1, height, width, channels];

/** From rows of (height, width, channels) values to the linear outputs. A transition pools first: both are linear. */
export function cnnNodes(graph: TfliteGraph, network: CnnNetwork, columns: number): number {
  const { topology, weights } = network;
  const { convolutions, head } = cnnTemplate(topology);
  const { height, width, channels } = topology;
  let maps = reshaped(graph, columns, { height, width, channels });
  let narrow = maps;
  for (const convolution of convolutions) {
    const { kind } = convolution;
    const source = kind === 'dense' && convolution.source === 'bottleneck' ? narrow : maps;
    const read = kind === 'initial' ? source : normalize(graph, network, source, convolution.normalization);
    const convolved = convolve(graph, weights, kind === 'transition' ? pool(graph, read) : read, convolution);
    if (kind === 'bottleneck') narrow = convolved;
    else maps = kind === 'dense' ? joined(graph, maps, convolved) : convolved;
  }
  const last = normalize(graph, network, maps, head.normalization);
  const features = graph.tensor({
    type: 'float32',
    shape: shapeOf({ ...last, height: 1, width: 1 }),
    name: 'features',
  });
  graph.node('max-pool', [last.tensor], features, poolOptions(last.height, last.width));
  return dense(graph, weights, flat(graph, features, last.channels), head);
}

function reshaped(graph: TfliteGraph, columns: number, size: Omit<Maps, 'tensor'>): Maps {
  const shape = shapeOf(size);
  const image = graph.tensor({ type: 'float32', shape, name: 'image' });
  return { ...size, tensor: graph.node('reshape', [columns, shapeTensor(graph, shape)], image, reshapeOptions(shape)) };
}

function flat(graph: TfliteGraph, features: number, count: number): number {
  const shape = [1, count];
  const row = graph.tensor({ type: 'float32', shape, name: 'row' });
  return graph.node('reshape', [features, shapeTensor(graph, shape)], row, reshapeOptions(shape));
}

const shapeTensor = (graph: TfliteGraph, shape: readonly number[]): number =>
  graph.integers('shape', [shape.length], shape);

/** scale * x + shift of every channel, from the running moments, then the activation. */
function normalize(graph: TfliteGraph, network: CnnNetwork, from: Maps, normalization: Normalization): Maps {
  const { scale, shift } = channelLines(network, normalization);
  const shape = shapeOf(from);
  const value = (name: string) => graph.tensor({ type: 'float32', shape, name });
  const constant = (name: string, values: Float64Array) => graph.floats(name, [1, 1, 1, from.channels], values);
  const scaled = graph.node('mul', [from.tensor, constant('scale', scale)], value('scaled'), mulOptions);
  const sums = graph.node('add', [scaled, constant('shift', shift)], value('normalized'), addOptions);
  return { ...from, tensor: activate(graph, sums, shape, network.topology.activation) };
}

/** Means of 2x2 pixels. */
function pool(graph: TfliteGraph, from: Maps): Maps {
  const size = { ...from, height: Math.floor(from.height / 2), width: Math.floor(from.width / 2) };
  const tensor = graph.tensor({ type: 'float32', shape: shapeOf(size), name: 'pooled' });
  return { ...size, tensor: graph.node('average-pool', [from.tensor], tensor, poolOptions(2, 2)) };
}

/** The format has w as (filters, kernel, kernel, channels). There is no bias; not every runtime can do without one. */
function convolve(graph: TfliteGraph, values: Float32Array, from: Maps, convolution: Convolution): Maps {
  const { kernel, channels, filters, weights } = convolution;
  const taps = kernel * kernel * channels;
  const w = new Float32Array(taps * filters);
  for (let tap = 0; tap < taps; tap++) {
    for (let f = 0; f < filters; f++) w[f * taps + tap] = values[weights + tap * filters + f]!;
  }
  const size = { ...from, channels: filters };
  const inputs = [
    from.tensor,
    graph.floats('filters', [filters, kernel, kernel, channels], w),
    graph.floats('none', [filters], new Float32Array(filters)),
  ];
  const tensor = graph.tensor({ type: 'float32', shape: shapeOf(size), name: 'maps' });
  return { ...size, tensor: graph.node('convolution', inputs, tensor, convolutionOptions) };
}

function joined(graph: TfliteGraph, maps: Maps, more: Maps): Maps {
  const size = { ...maps, channels: maps.channels + more.channels };
  const tensor = graph.tensor({ type: 'float32', shape: shapeOf(size), name: 'block' });
  return { ...size, tensor: graph.node('concatenation', [maps.tensor, more.tensor], tensor, concatenationOptions(3)) };
}

function dense(
  graph: TfliteGraph,
  values: Float32Array,
  row: number,
  { normalization: { channels }, outputs, weights, bias }: ReturnType<typeof cnnTemplate>['head'],
): number {
  const transposed = new Float32Array(channels * outputs);
  for (let c = 0; c < channels; c++) {
    for (let o = 0; o < outputs; o++) transposed[o * channels + c] = values[weights + c * outputs + o]!;
  }
  const inputs = [
    row,
    graph.floats('weights', [outputs, channels], transposed),
    graph.floats('bias', [outputs], values.subarray(bias, bias + outputs)),
  ];
  const sums = graph.tensor({ type: 'float32', shape: [1, outputs], name: 'sums' });
  return graph.node('fully-connected', inputs, sums, fullyConnectedOptions('none'));
}
