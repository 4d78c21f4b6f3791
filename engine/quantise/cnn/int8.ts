/**
 * Convolutional networks in eight bits, and exactly what such a network computes. Code for other targets must give the
 * same integers. Grids and rounding are TensorFlow Lite's, as in ../int8.ts, so that the same integers can be a file for it.
 *
 * There a tensor has one grid, but maps differ in range. So every map is stretched to the whole grid by the convolution
 * that makes it, and back by the normalisation behind it, which treats channels one by one anyway: maps are integers as
 * they are (scale 1, zero 0), and lie side by side in a block without conversion.
 *
 * A stage is a convolution, or the head. All but the first read maps m[c], and begin with normalisation and activation:
 *
 *   acc  = bias[c] + m[c] * weights[c]                                exact in an int32
 *   sum  = saturate8(sums.zero + rescale(acc, { multipliers[c], shifts[c] }))             see ../integers.ts
 *   x[c] = table ? table[sum + 128] : sum                             stands for (x - input.zero) * input.scale
 *
 * The first stage's x is the image. Before a transition's convolution x is pooled, before the head's the largest x of
 * each channel is taken:
 *
 *   pooled = (a + b + c + d) / 4 to the nearest, halves away from zero
 *
 * Then the convolution, or the head's dense layer, gives the map of each filter f; beyond the edges x is input.zero:
 *
 *   acc  = bias[f] + sum over taps and c of (x[c] - input.zero) * weights[f]              exact in an int32
 *   y[f] = saturate8(output.zero + rescale(acc, { multipliers[f], shifts[f] }))
 *
 * Activations are as in ../int8.ts: a saturating grid, or the table. As TensorFlow Lite's operators a normalisation is a
 * DEPTHWISE_CONV_2D of one tap, and a convolution is CONV_2D, weights quantised per channel in both.
 */

import type { ChannelLines } from '../../nn/cnn/network.ts';
import type { CnnNetwork, CnnTopology } from '../../types.ts';
import { type Grid, grid8, type Range } from '../grid.ts';
import { hiddenGrids, type LayerGrids, quantiseLayer } from '../int8.ts';
import { type Rescale, rescale, roundAway, saturate8 } from '../integers.ts';
import type { FloatLayer } from '../layers.ts';
import type { CnnCalibration } from './calibrate.ts';
import { floatCnn, lineOf, rowOf } from './floats.ts';
import { type CnnArithmetic, type StageArithmetic, tapsOf } from './walk.ts';

/** Rows of weights, one for each output, and how a row's sum becomes eight bits again. */
export interface Int8Rows {
  /** (outputs, taps) row-major, -127 to 127. */
  readonly weights: Int8Array;
  /** real = weights * weightScales of the row. */
  readonly weightScales: Float32Array;
  readonly bias: Int32Array;
  readonly multipliers: Int32Array;
  readonly shifts: Int8Array;
}

export interface Int8Normalization extends Int8Rows {
  readonly sums: Grid;
  /** The activation of every int8 sum, at sum + 128, on the stage's input grid. */
  readonly table?: Int8Array;
}

export interface Int8Stage {
  readonly normalization?: Int8Normalization;
  /** Of what the convolution reads. */
  readonly input: Grid;
  /** Taps are (kernel, kernel, channels). */
  readonly rows: Int8Rows;
  /** Of the maps, `mapGrid`; of the head, that of the network's outputs. */
  readonly output: Grid;
}

export interface Int8Cnn {
  readonly kind: 'int8';
  /** Of the network that was quantised. */
  readonly topology: CnnTopology;
  readonly stages: readonly Int8Stage[];
  readonly input: Grid;
  readonly output: Grid;
}

/** Of all maps. */
export const mapGrid: Grid = { scale: 1, zero: 0, minimum: -128, maximum: 127 };

/** How a map's values become those of its grid: (value - offset) / scale. */
interface Stretch {
  readonly offset: number;
  readonly scale: number;
}

/** The ends of the range become those of the grid. */
function stretchOf({ min, max }: Range): Stretch {
  const scale = (max - min) / 255 || 1;
  return { scale, offset: min + 128 * scale };
}

/** `calibration` comes from images like those that the network will see, training images for example. */
export function quantiseCnnInt8(network: CnnNetwork, calibration: CnnCalibration): Int8Cnn {
  const { template, activation, stages } = floatCnn(network);
  const input = grid8(calibration.inputs);
  const output = grid8(calibration.outputs);
  /** Of the maps that lie in the current block so far, and of the last bottleneck's. */
  let maps: Stretch[] = [];
  let narrow: Stretch[] = [];
  const quantised = stages.map(({ lines, layer }, index): Int8Stage => {
    const convolution = template.convolutions[index];
    const isNarrow = convolution?.kind === 'dense' && convolution.source === 'bottleneck';
    const read = isNarrow ? narrow : maps;
    const made = convolution && calibration.maps[index]!.map(stretchOf);
    if (made && convolution.kind === 'bottleneck') narrow = made;
    else if (made) maps = convolution.kind === 'dense' ? [...maps, ...made] : made;
    const stretched = made ? stretchRows(layer, made) : layer;
    const to = made ? mapGrid : output;
    if (!lines) return { input, rows: rowsOf(stretched, input, to), output: to };
    const grids = hiddenGrids(calibration.normalized[index - 1]!, activation);
    const normalization = normalizationOf(lines, read, grids);
    return { normalization, input: grids.output, rows: rowsOf(stretched, grids.output, to), output: to };
  });
  return { kind: 'int8', topology: network.topology, stages: quantised, input, output };
}

/** The layer whose outputs are stretched. */
const stretchRows = (layer: FloatLayer, made: readonly Stretch[]): FloatLayer => ({
  ...layer,
  weights: layer.weights.map((weight, k) => weight / made[Math.floor(k / layer.inputs)]!.scale),
  bias: layer.bias.map((bias, f) => (bias - made[f]!.offset) / made[f]!.scale),
});

function normalizationOf({ scale, shift }: ChannelLines, read: readonly Stretch[], grids: LayerGrids) {
  const own = {
    scale: scale.map((factor, c) => factor * read[c]!.scale),
    shift: shift.map((value, c) => value + scale[c]! * read[c]!.offset),
  };
  const rows = joined(read.map((_, c) => quantiseLayer(lineOf(own, c), mapGrid, grids)));
  return { ...rows, sums: grids.sums, ...(grids.table && { table: grids.table }) };
}

const rowsOf = (layer: FloatLayer, input: Grid, output: Grid): Int8Rows =>
  joined(Array.from(layer.bias, (_, row) => quantiseLayer(rowOf(layer, row), input, { sums: output, output })));

const joined = (rows: readonly Int8Rows[]): Int8Rows => ({
  weights: Int8Array.from(rows.flatMap(({ weights }) => [...weights])),
  weightScales: Float32Array.from(rows.flatMap(({ weightScales }) => [...weightScales])),
  bias: Int32Array.from(rows.flatMap(({ bias }) => [...bias])),
  multipliers: Int32Array.from(rows.flatMap(({ multipliers }) => [...multipliers])),
  shifts: Int8Array.from(rows.flatMap(({ shifts }) => [...shifts])),
});

/** The interpreter's arithmetic. */
export function int8Arithmetic(
  { topology, stages }: Int8Cnn,
  template: CnnArithmetic['template'],
  round: Rescale = rescale,
): CnnArithmetic {
  /** What a row's sum of products becomes on a grid with this zero. */
  const requantise = ({ bias, multipliers, shifts }: Int8Rows, row: number, sum: number, zero: number): number =>
    saturate8(zero + round(bias[row]! + sum, { multiplier: multipliers[row]!, shift: shifts[row]! }));
  const own = stages.map(({ normalization, input, rows, output }): StageArithmetic => {
    const finish = (sum: number, filter: number) => requantise(rows, filter, sum, output.zero);
    const convolution = { zero: input.zero, weights: tapsOf(rows.weights, rows.bias.length), finish };
    if (!normalization) return convolution;
    const { weights, sums, table } = normalization;
    // A map's value is one of 256, so that each channel's results are known beforehand.
    const results = Int8Array.from({ length: weights.length * 256 }, (_, k) => {
      const [c, value] = [Math.floor(k / 256), (k % 256) - 128];
      const sum = requantise(normalization, c, value * weights[c]!, sums.zero);
      return table ? table[sum + 128]! : sum;
    });
    return { ...convolution, prepare: (value, channel) => results[channel * 256 + value + 128]! };
  });
  return { topology, template, stages: own, mean: (sum) => roundAway(sum / 4) };
}

/** 1 a weight, 9 a filter or an output (bias, multiplier, shift), 10 a normalised channel, which is one weight, 256 a table. */
export function int8CnnBytes({ stages }: Int8Cnn): number {
  return stages.reduce((bytes, { normalization, rows }) => {
    const before = normalization ? 10 * normalization.weights.length + (normalization.table?.length ?? 0) : 0;
    return bytes + before + rows.weights.length + 9 * rows.bias.length;
  }, 0);
}
