/**
 * A convolutional network in integers as a list of steps on one memory of int8 or int16 values, for generated code in any
 * language: the integers of engine/quantise/cnn, step by step.
 *
 * A row is what one value is made of: weights, and how their sum becomes eight or sixteen bits again. A normalised channel
 * is a row of one weight, a filter one of (kernel, kernel, channels). What stands for 0 beyond the edges of an image is
 * written around it, so that no tap is left out, and the zero point's part in every sum of eight bits is in its bias.
 */
import { type CnnTemplate, cnnTemplate } from '../../nn/cnn/template.ts';
import type { QuantisedCnn } from '../../quantise/cnn/quantise.ts';
import { collectRows, type IntegerRows } from './integerRows.ts';
import type { CnnStep } from './plan.ts';

/**
 * Positions in memory and sizes are in values; `weight` and `row` are the first of the step's own. `origin`, for int8
 * alone, stands for 0 in what the rows make.
 */
export type IntegerStep =
  /** Copies an image, with `margin` pixels of `zero` around it. */
  | {
      readonly kind: 'pad';
      readonly from: number;
      readonly height: number;
      readonly width: number;
      readonly channels: number;
      readonly margin: number;
      readonly zero: number;
      readonly to: number;
    }
  /** Normalises and activates maps whose pixels are `stride` values apart, with a margin as `pad`. */
  | {
      readonly kind: 'prepare';
      readonly from: number;
      readonly stride: number;
      readonly height: number;
      readonly width: number;
      readonly channels: number;
      readonly weight: number;
      readonly row: number;
      readonly origin: number;
      /** int8: where the table of 256 values begins; -1: there is none. */
      readonly table: number;
      /** fixed16 without a table: the limits. */
      readonly minimum: number;
      readonly maximum: number;
      readonly margin: number;
      readonly zero: number;
      readonly to: number;
    }
  | Extract<CnnStep, { kind: 'average' | 'largest' }>
  | {
      readonly kind: 'convolve';
      readonly x: number;
      readonly height: number;
      readonly width: number;
      readonly channels: number;
      readonly kernel: number;
      readonly filters: number;
      readonly weight: number;
      readonly row: number;
      readonly origin: number;
      readonly y: number;
      readonly stride: number;
    };

export interface IntegerCnnPlan {
  readonly steps: readonly IntegerStep[];
  readonly rows: IntegerRows;
  /** Where the image goes, (height, width, channels), and where the outputs come out. */
  readonly image: number;
  readonly outputs: number;
  /** Values of memory. */
  readonly size: number;
}

export function planIntegerCnn(network: QuantisedCnn): IntegerCnnPlan {
  const { topology } = network;
  const template = cnnTemplate(topology);
  const { blocks, convolutions, head } = template;
  const places = layOut(network, template);
  const take = collectRows(network);
  const steps: IntegerStep[] = [];
  let maps = { height: topology.height, width: topology.width, stride: topology.channels };
  convolutions.forEach((convolution, index) => {
    const { kind, block, kernel, channels, filters, firstChannel } = convolution;
    const margin = (kernel - 1) / 2;
    const { normalization, rows, zero } = take.stage(index);
    const own = { height: maps.height, width: maps.width, channels, margin, zero, to: places.scratch };
    if (!normalization) steps.push({ kind: 'pad', from: places.image, ...own });
    else {
      const isNarrow = kind === 'dense' && convolution.source === 'bottleneck';
      const source = isNarrow ? { from: places.narrow, stride: channels } : { from: places.maps, stride: maps.stride };
      steps.push({ kind: 'prepare', ...source, ...own, ...normalization });
    }
    if (kind === 'transition') {
      steps.push({ kind: 'average', maps: places.scratch, height: maps.height, width: maps.width, channels });
    }
    const { height, width } = blocks[block]!;
    if (kind === 'initial' || kind === 'transition') maps = { height, width, stride: blocks[block]!.channels };
    const to =
      kind === 'bottleneck'
        ? { y: places.narrow, stride: filters }
        : { y: places.maps + firstChannel, stride: maps.stride };
    steps.push({ kind: 'convolve', x: places.scratch, height, width, channels, kernel, filters, ...rows, ...to });
  });
  const { channels } = head.normalization;
  const { normalization, rows, zero } = take.stage(convolutions.length);
  const { scratch, features, outputs } = places;
  const plain = { margin: 0, zero, to: scratch };
  steps.push(
    { kind: 'prepare', from: places.maps, ...maps, channels, ...normalization!, ...plain },
    { kind: 'largest', maps: scratch, pixels: maps.height * maps.width, channels, to: features },
    {
      ...{ kind: 'convolve', x: features, height: 1, width: 1, channels, kernel: 1, filters: head.outputs },
      ...{ ...rows, y: outputs, stride: head.outputs },
    },
  );
  return { steps, rows: take.rows, image: places.image, outputs, size: places.size };
}

function layOut({ topology }: QuantisedCnn, { blocks, convolutions, head }: CnnTemplate) {
  const area = ({ height, width }: { height: number; width: number }, margin = 0) =>
    (height + 2 * margin) * (width + 2 * margin);
  const read = (index: number) => {
    const { kind, block } = convolutions[index]!;
    if (kind === 'initial') return topology;
    return blocks[kind === 'transition' ? block - 1 : block]!;
  };
  const scratch = convolutions.map(({ kernel, channels }, index) => area(read(index), (kernel - 1) / 2) * channels);
  let size = 0;
  const take = (values: number) => {
    size += values;
    return size - values;
  };
  const image = take(area(topology) * topology.channels);
  // A block is dead once the transition has read it, so the next one takes its place.
  const maps = take(Math.max(...blocks.map((block) => area(block) * block.channels)));
  const narrow = take(Math.max(...blocks.map((block) => area(block) * block.bottleneckChannels)));
  const prepared = take(Math.max(...scratch, area(blocks.at(-1)!) * head.normalization.channels));
  const features = take(head.normalization.channels);
  const outputs = take(topology.outputs);
  return { image, maps, narrow, scratch: prepared, features, outputs, size };
}
