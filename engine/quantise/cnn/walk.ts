/**
 * The template's forward pass on one image, with arithmetic that is given: that of a format in integers, or plain numbers
 * where a network is calibrated. All formats walk this way, so that they differ in their arithmetic alone.
 *
 * Sums of products of integers stay below 2^53 and are thus exact in doubles. A transition pools before its convolution,
 * as generated code does: both are linear.
 */
import type { CnnTemplate, Convolution } from '../../nn/cnn/template.ts';
import type { CnnTopology } from '../../types.ts';

export interface StageArithmetic {
  /** A map's value to what the convolution reads: normalisation and activation. Absent in the first, which reads the image. */
  readonly prepare?: (value: number, channel: number) => number;
  /** What stands for 0 in what the convolution reads, also beyond the image's edges. */
  readonly zero: number;
  /** (kernel, kernel, channels, filters); of the head (channels, outputs). */
  readonly weights: Float64Array;
  /** The exact sum over the taps of (x - zero) * weight, to the value of a filter's map. */
  readonly finish: (sum: number, filter: number) => number;
}

export interface CnnArithmetic {
  readonly topology: CnnTopology;
  readonly template: CnnTemplate;
  /** One for each convolution, then the head's. */
  readonly stages: readonly StageArithmetic[];
  /** The mean of four values, from their sum. */
  readonly mean: (sum: number) => number;
}

/** Values of (pixels, channels); pixels are `stride` values apart. */
interface Plane {
  readonly values: Float64Array;
  readonly height: number;
  readonly width: number;
  readonly stride: number;
}

/** The outputs for one image (height, width, channels). */
export function walkCnn({ topology, template, stages, mean }: CnnArithmetic, image: Float64Array): Float64Array {
  const { blocks, convolutions, head } = template;
  let maps: Plane = { values: image, height: topology.height, width: topology.width, stride: topology.channels };
  let narrow = maps;
  convolutions.forEach((convolution, index) => {
    const { kind, block, channels, filters, firstChannel } = convolution;
    const stage = stages[index]!;
    const source = kind === 'dense' && convolution.source === 'bottleneck' ? narrow : maps;
    const read = prepared(source, channels, stage.prepare);
    const x = kind === 'transition' ? pooled(read, mean) : read;
    if (kind === 'bottleneck') {
      narrow = planeOf(x, filters);
      convolve(x, convolution, stage, narrow, 0);
      return;
    }
    if (kind !== 'dense') maps = planeOf(x, blocks[block]!.channels);
    convolve(x, convolution, stage, maps, firstChannel);
  });
  const last = stages.at(-1)!;
  const { channels } = head.normalization;
  const outputs = planeOf({ height: 1, width: 1 }, head.outputs);
  const features = largest(prepared(maps, channels, last.prepare));
  convolve(features, { kernel: 1, channels, filters: head.outputs }, last, outputs, 0);
  return outputs.values;
}

const planeOf = ({ height, width }: Pick<Plane, 'height' | 'width'>, stride: number): Plane => ({
  values: new Float64Array(height * width * stride),
  height,
  width,
  stride,
});

/** The first `channels` values of each pixel, prepared and side by side. */
function prepared(source: Plane, channels: number, prepare: StageArithmetic['prepare']): Plane {
  if (!prepare) return source;
  const to = planeOf(source, channels);
  for (let pixel = 0; pixel < source.height * source.width; pixel++) {
    for (let c = 0; c < channels; c++) {
      to.values[pixel * channels + c] = prepare(source.values[pixel * source.stride + c]!, c);
    }
  }
  return to;
}

/** Means of 2x2 pixels; an odd last row or column has no part in any. */
function pooled(x: Plane, mean: CnnArithmetic['mean']): Plane {
  const { stride, width, values } = x;
  const to = planeOf({ height: Math.floor(x.height / 2), width: Math.floor(width / 2) }, stride);
  for (let row = 0; row < to.height; row++) {
    for (let column = 0; column < to.width; column++) {
      for (let c = 0; c < stride; c++) {
        const at = (2 * row * width + 2 * column) * stride + c;
        const below = at + width * stride;
        const sum = values[at]! + values[at + stride]! + values[below]! + values[below + stride]!;
        to.values[(row * to.width + column) * stride + c] = mean(sum);
      }
    }
  }
  return to;
}

/** The largest value of each map, as one pixel. */
function largest({ values, stride }: Plane): Plane {
  const to = planeOf({ height: 1, width: 1 }, stride);
  to.values.fill(Number.NEGATIVE_INFINITY);
  for (let k = 0; k < values.length; k++) to.values[k % stride] = Math.max(to.values[k % stride]!, values[k]!);
  return to;
}

/** Writes `filters` maps into `to`, from channel `first` on; nothing beyond the edges has a part in a sum. */
function convolve(
  x: Plane,
  { kernel, channels, filters }: Pick<Convolution, 'kernel' | 'channels' | 'filters'>,
  { zero, weights, finish }: StageArithmetic,
  to: Plane,
  first: number,
): void {
  const pad = (kernel - 1) / 2;
  const sums = new Float64Array(filters);
  for (let row = 0; row < x.height; row++) {
    for (let column = 0; column < x.width; column++) {
      sums.fill(0);
      for (let ky = Math.max(0, pad - row); ky < Math.min(kernel, x.height + pad - row); ky++) {
        for (let kx = Math.max(0, pad - column); kx < Math.min(kernel, x.width + pad - column); kx++) {
          const from = ((row + ky - pad) * x.width + column + kx - pad) * channels;
          const tap = (ky * kernel + kx) * channels;
          for (let c = 0; c < channels; c++) {
            const value = x.values[from + c]! - zero;
            if (value === 0) continue;
            const w = (tap + c) * filters;
            for (let f = 0; f < filters; f++) sums[f]! += value * weights[w + f]!;
          }
        }
      }
      const at = (row * x.width + column) * to.stride + first;
      for (let f = 0; f < filters; f++) to.values[at + f] = finish(sums[f]!, f);
    }
  }
}

/** Rows (filters, taps) of integers or floats as the walk reads them, (taps, filters). */
export function tapsOf(rows: ArrayLike<number>, filters: number): Float64Array {
  const taps = rows.length / filters;
  return Float64Array.from({ length: rows.length }, (_, k) => rows[(k % filters) * taps + Math.floor(k / filters)]!);
}
