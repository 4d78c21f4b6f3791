/**
 * A convolutional network as steps of one loop nest, for a circuit that has no more than a pointer, six counters and a few
 * multipliers. Each convolution and the head are one step: for every pixel, group of filters and tap it reads maps,
 * normalises what it read, and multiplies that by a weight for each filter of the group. Transitions and the head read
 * several values for a tap, whose mean or maximum it is.
 */
import { type CnnTemplate, type Convolution, cnnTemplate } from '../../../nn/cnn/template.ts';
import type { CnnTopology } from '../../../types.ts';

/** From the innermost level outwards. The fourth is over groups of filters, the last two over the pixels written. */
export type Levels = readonly [number, number, number, number, number, number];

export interface CnnStep {
  /** What becomes of the values read for a tap, over the two innermost levels: nothing (a tap is one value), or these. */
  readonly reduces?: 'mean' | 'largest';
  /** Of the levels. */
  readonly counts: Levels;
  /** Where the first value is read; below 0 where that is beyond the edge. */
  readonly read: number;
  /** What the address grows by from one value to the next of a level. */
  readonly strides: Levels;
  /** Pixels that the kernel reaches beyond the edges. */
  readonly pad: number;
  readonly filters: number;
  /** Where the first filter of the first pixel goes; others follow, and pixels are `stride` apart. */
  readonly write: number;
  readonly stride: number;
  /** Values that are normalised, each with constants of its own: those of one pixel. */
  readonly channels: number;
  /** Reads the image, which is not normalised. */
  readonly raw: boolean;
}

export interface CnnSteps {
  readonly steps: readonly CnnStep[];
  /** Where the image goes and the outputs come out. */
  readonly image: number;
  readonly outputs: number;
  /** Words of the memory of maps. */
  readonly words: number;
}

/** Values read for a group of filters. */
export const readsOf = ({ counts: [inner, middle, outer] }: CnnStep): number => inner * middle * outer;

/** Products of each filter and pixel. */
export const tapsOf = (step: CnnStep): number => (step.reduces ? step.counts[2] : readsOf(step));

export const groupsOf = ({ counts }: CnnStep): number => counts[3];

export const pixelsOf = ({ counts }: CnnStep): number => counts[4] * counts[5];

/** Maps of a block, or an image, in memory. */
interface Source {
  readonly at: number;
  readonly height: number;
  readonly width: number;
  readonly stride: number;
}

/** `macs`: filters of a group. */
export function cnnSteps(topology: CnnTopology, macs: number): CnnSteps {
  const template = cnnTemplate(topology);
  const { blocks, convolutions, head } = template;
  const memory = layOut(topology, template);
  const maps = blocks.map(({ height, width, channels }, block): Source => {
    return { at: memory.block(block), height, width, stride: channels };
  });
  const { height, width, channels } = topology;
  const image = { at: memory.image, height, width, stride: channels };
  /** Of the last bottleneck. */
  let narrow = image;
  const steps = convolutions.map((convolution): CnnStep => {
    const { kind, block, filters, firstChannel } = convolution;
    const to = maps[block]!;
    const shape = { filters, groups: Math.ceil(filters / macs), write: to.at + firstChannel, stride: to.stride };
    if (kind === 'initial') return { ...direct(image, convolution, shape), raw: true };
    if (kind === 'transition') return mean(maps[block - 1]!, to, convolution.channels, shape);
    if (kind === 'bottleneck') {
      narrow = { ...to, at: memory.narrow, stride: filters };
      return direct(to, convolution, { ...shape, write: narrow.at, stride: filters });
    }
    return direct(convolution.source === 'bottleneck' ? narrow : to, convolution, shape);
  });
  const outputs = { filters: head.outputs, groups: Math.ceil(head.outputs / macs), write: memory.outputs };
  steps.push(largest(maps.at(-1)!, { ...outputs, stride: head.outputs }));
  return { steps, image: memory.image, outputs: memory.outputs, words: memory.words };
}

interface Written extends Pick<CnnStep, 'filters' | 'write' | 'stride'> {
  readonly groups: number;
}

function direct(
  { at, height, width, stride }: Source,
  { kernel, channels }: Convolution,
  { groups, ...written }: Written,
): CnnStep {
  const pad = (kernel - 1) / 2;
  const line = width * stride;
  const counts = [channels, kernel, kernel, groups, width, height] as const;
  const strides = [1, stride, line, 0, stride, line] as const;
  return { counts, strides, read: at - pad * (line + stride), pad, channels, raw: false, ...written };
}

/** An odd last row or column has no part in any mean. */
function mean({ at, width, stride }: Source, to: Source, channels: number, { groups, ...written }: Written): CnnStep {
  const line = width * stride;
  const counts = [2, 2, channels, groups, to.width, to.height] as const;
  const strides = [stride, line, 1, 0, 2 * stride, 2 * line] as const;
  return { reduces: 'mean', counts, strides, read: at, pad: 0, channels, raw: false, ...written };
}

function largest({ at, height, width, stride }: Source, { groups, ...written }: Written): CnnStep {
  const counts = [height * width, 1, stride, groups, 1, 1] as const;
  const strides = [stride, 0, 1, 0, 0, 0] as const;
  return { reduces: 'largest', counts, strides, read: at, pad: 0, channels: stride, raw: false, ...written };
}

/**
 * Two regions that blocks take in turns, as a transition reads one while it writes the next, and one for bottlenecks. The
 * image lies where the second block will, the outputs where the last block does not.
 */
function layOut({ height, width, channels, outputs }: CnnTopology, { blocks }: CnnTemplate) {
  const area = (block: { height: number; width: number }) => block.height * block.width;
  const last = (blocks.length - 1) % 2;
  const sizes = [0, 1].map((parity) =>
    Math.max(
      parity === 1 ? height * width * channels : 0,
      parity !== last ? outputs : 0,
      ...blocks.filter((_, index) => index % 2 === parity).map((block) => area(block) * block.channels),
    ),
  ) as [number, number];
  const narrow = sizes[0] + sizes[1];
  const block = (index: number) => (index % 2 === 0 ? 0 : sizes[0]);
  return {
    block,
    image: sizes[0],
    outputs: block(last + 1),
    narrow,
    words: narrow + Math.max(...blocks.map((own) => area(own) * own.bottleneckChannels)),
  };
}
