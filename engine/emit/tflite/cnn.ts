/** A convolutional network as operators of TensorFlow Lite, whose maps are (1, height, width, channels) as ours. */
import { type CnnTemplate, type Convolution, cnnTemplate } from '../../nn/cnn/template.ts';
import type { CnnTopology } from '../../types.ts';
import { concatenationOptions, poolOptions, type TfliteGraph } from './graph.ts';

/** What differs from format to format. Tensors of maps in, tensors of maps out; a stage is a convolution, or the head. */
export interface CnnOperators {
  /** The normalisation before a stage, and the activation. */
  prepare(maps: number, stage: number): number;
  convolve(maps: number, convolution: Convolution, stage: number): number;
  /** From the largest value of each map, (1, 1, 1, channels), to the linear outputs (1, outputs). */
  head(features: number, head: CnnTemplate['head'], stage: number): number;
}

/** From rows of (height, width, channels) values to the linear outputs. A transition pools first: both are linear. */
export function cnnNodes(graph: TfliteGraph, topology: CnnTopology, operators: CnnOperators, columns: number): number {
  const { convolutions, head } = cnnTemplate(topology);
  const { height, width, channels } = topology;
  let maps = graph.reshape(columns, [1, height, width, channels], 'image');
  let narrow = maps;
  convolutions.forEach((convolution, stage) => {
    const { kind } = convolution;
    const source = kind === 'dense' && convolution.source === 'bottleneck' ? narrow : maps;
    const read = kind === 'initial' ? source : operators.prepare(source, stage);
    const convolved = operators.convolve(kind === 'transition' ? pool(graph, read) : read, convolution, stage);
    if (kind === 'bottleneck') narrow = convolved;
    else maps = kind === 'dense' ? joined(graph, maps, convolved) : convolved;
  });
  const last = operators.prepare(maps, convolutions.length);
  const size = sizeOf(graph, last);
  const features = graph.like(last, [1, 1, 1, size.channels], 'features');
  graph.node('max-pool', [last], features, poolOptions(size.height, size.width));
  return operators.head(features, head, convolutions.length);
}

function sizeOf(graph: TfliteGraph, maps: number) {
  const [, height, width, channels] = graph.shapeOf(maps) as [number, number, number, number];
  return { height, width, channels };
}

/** Means of 2x2 pixels. */
function pool(graph: TfliteGraph, maps: number): number {
  const { height, width, channels } = sizeOf(graph, maps);
  const pooled = graph.like(maps, [1, Math.floor(height / 2), Math.floor(width / 2), channels], 'pooled');
  return graph.node('average-pool', [maps], pooled, poolOptions(2, 2));
}

function joined(graph: TfliteGraph, maps: number, more: number): number {
  const { height, width, channels } = sizeOf(graph, maps);
  const block = graph.like(maps, [1, height, width, channels + sizeOf(graph, more).channels], 'block');
  return graph.node('concatenation', [maps, more], block, concatenationOptions(3));
}
