/**
 * A convolutional network as a list of steps on one memory of float32 values, for generated code in any language: batch
 * normalisation is folded to a scale and a shift per channel, a dense block is one buffer that its layers append to, and
 * nothing is left to decide while it runs. engine/emit/kernels/cnn.ts says what each step does.
 */
import { checkCnnArrays } from '../../nn/cnn/network.ts';
import { type BlockShape, type CnnTemplate, type Convolution, cnnTemplate } from '../../nn/cnn/template.ts';
import type { Activation, CnnNetwork } from '../../types.ts';
import { packParameters, padded, vectorSize } from './parameters.ts';

/** Positions and sizes are in values. The fields are in the order of the kernel's arguments. */
export type CnnStep =
  | {
      readonly kind: 'normalize';
      readonly source: number;
      readonly stride: number;
      readonly height: number;
      readonly width: number;
      readonly channels: number;
      readonly table: number;
      readonly activation: Activation;
      readonly margin: number;
      readonly to: number;
    }
  | {
      readonly kind: 'average';
      readonly maps: number;
      readonly height: number;
      readonly width: number;
      readonly channels: number;
    }
  | {
      readonly kind: 'largest';
      readonly maps: number;
      readonly pixels: number;
      readonly channels: number;
      readonly to: number;
    }
  | {
      readonly kind: 'convolve';
      readonly x: number;
      readonly weights: number;
      readonly y: number;
      readonly stride: number;
      readonly height: number;
      readonly width: number;
      readonly channels: number;
      readonly kernel: number;
      readonly filters: number;
    };

export interface CnnPlan {
  /** The memory's first values; the rest may hold any finite ones. */
  readonly parameters: Float32Array;
  /** Where the image goes, (height, width, channels), and where the linear outputs come out. */
  readonly image: number;
  readonly outputs: number;
  /** Values of memory in all. */
  readonly size: number;
  /** What lies behind the parameters, without gaps: the image first, the outputs last. */
  readonly regions: readonly Region[];
  readonly steps: readonly CnnStep[];
}

export interface Region {
  readonly start: number;
  readonly size: number;
}

/** Maps in memory: pixels are `stride` values apart. */
interface Source {
  readonly source: number;
  readonly stride: number;
  readonly height: number;
  readonly width: number;
}

/** Throws RangeError where the network's arrays do not fit its topology. */
export function planCnn(network: CnnNetwork): CnnPlan {
  const { topology } = network;
  checkCnnArrays(topology, network);
  const template = cnnTemplate(topology);
  const { blocks, convolutions } = template;
  const parameters = packParameters(network, template);
  const memory = layOut(network, template, parameters.values.length);

  const steps: CnnStep[] = [];
  const { activation, height, width, channels } = topology;
  const sourceOf = (block: number): Source => {
    const { height, width } = blocks[block]!;
    return { source: memory.maps, stride: memory.strides[block]!, height, width };
  };
  convolutions.forEach((convolution, index) => {
    const { table, weights } = parameters.convolutions[index]!;
    const { kernel, filters, block } = convolution;
    const own = { channels: convolution.channels, table, margin: (kernel - 1) / 2, to: memory.scratch };
    if (convolution.kind === 'initial') {
      const image = { source: memory.image, stride: channels, height, width };
      steps.push({ kind: 'normalize', ...image, ...own, activation: 'linear' });
    } else {
      const narrow = convolution.kind === 'dense' && convolution.source === 'bottleneck';
      const from = sourceOf(sourceBlock(convolution));
      const source = narrow ? { ...from, source: memory.narrow, stride: padded(own.channels) } : from;
      steps.push({ kind: 'normalize', ...source, ...own, activation });
      // Pooling and a 1x1 convolution are both linear: in this order the convolution has a quarter to do.
      if (convolution.kind === 'transition') {
        const { height, width } = from;
        steps.push({ kind: 'average', maps: memory.scratch, height, width, channels: own.channels });
      }
    }
    const to =
      convolution.kind === 'bottleneck'
        ? { y: memory.narrow, stride: padded(filters) }
        : { y: memory.maps + convolution.firstChannel, stride: memory.strides[block]! };
    const size = convolvedSize(kernel, blocks[block]!);
    steps.push({
      kind: 'convolve',
      x: memory.scratch,
      weights,
      ...to,
      ...size,
      channels: own.channels,
      kernel,
      filters,
    });
  });

  const last = sourceOf(blocks.length - 1);
  const { table, weights } = parameters.head;
  const head = { channels: template.head.normalization.channels };
  const { scratch, features, outputs } = memory;
  steps.push(
    { kind: 'normalize', ...last, ...head, table, activation, margin: 0, to: scratch },
    { kind: 'largest', maps: scratch, pixels: last.height * last.width, ...head, to: features },
    { kind: 'convolve', x: features, weights, y: outputs, ...head, ...denseSize(topology.outputs) },
  );
  const { image, size, regions } = memory;
  return { parameters: Float32Array.from(parameters.values, normal), image, outputs, size, regions, steps };
}

/** What NEON on 32-bit ARM takes for 0 is 0 everywhere, so that all targets have the same numbers. */
const normal = (value: number): number => (Math.abs(value) < 2 ** -126 ? 0 : value);

/** The block that a convolution reads, or that its bottleneck has read. */
const sourceBlock = ({ kind, block }: Convolution): number => (kind === 'transition' ? block - 1 : block);

/** Without a kernel's reach, rows do not matter: one long row has fewer ends. */
const convolvedSize = (kernel: number, { height, width }: BlockShape) =>
  kernel === 1 ? { height: 1, width: height * width } : { height, width };

/** A dense layer is a convolution of one pixel. */
const denseSize = (outputs: number) => ({ stride: padded(outputs), height: 1, width: 1, kernel: 1, filters: outputs });

/** Positions of the regions behind the parameters. Each has room for a vector that reaches past its last value. */
function layOut({ topology }: CnnNetwork, template: CnnTemplate, parameters: number) {
  const { blocks, convolutions, head } = template;
  const strides = blocks.map((_, block) => blockStride(template, block));
  const area = ({ height, width }: { height: number; width: number }) => height * width;
  const scratch = convolutions.map((convolution) => {
    const { height, width } = convolution.kind === 'initial' ? topology : blocks[sourceBlock(convolution)]!;
    const margin = (convolution.kernel - 1) / 2;
    return (height * (width + 2 * margin) + margin) * convolution.channels;
  });
  const headScratch = area(blocks.at(-1)!) * head.normalization.channels;
  let end = parameters;
  const regions: Region[] = [];
  const take = (values: number) => {
    const region = { start: end, size: padded(values) + vectorSize };
    regions.push(region);
    end += region.size;
    return region.start;
  };
  const places = {
    image: take(area(topology) * topology.channels),
    // A block is dead once the transition has read it, so the next one takes its place.
    maps: take(Math.max(...blocks.map((block, index) => area(block) * strides[index]!))),
    narrow: take(Math.max(...blocks.map((block) => area(block) * padded(block.bottleneckChannels)))),
    scratch: take(Math.max(...scratch, headScratch)),
    features: take(head.normalization.channels),
    outputs: take(topology.outputs),
  };
  return { strides, ...places, size: end, regions };
}

/** Values from pixel to pixel of a block: its channels, and room for the padding of every convolution's filters. */
function blockStride({ convolutions }: CnnTemplate, block: number): number {
  const ends = convolutions
    .filter((convolution) => convolution.block === block && convolution.kind !== 'bottleneck')
    .map(({ firstChannel, filters }) => firstChannel + padded(filters));
  return padded(Math.max(...ends));
}
