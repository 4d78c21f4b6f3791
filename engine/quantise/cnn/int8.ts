/**
 * Convolutional networks in eight bits, and exactly what such a network computes. Code for other targets must give the
 * same integers. Rounding is TensorFlow Lite's, as in ../int8.ts; a grid of its own for every map is ours, since the
 * normalisation behind it treats channels one by one anyway, so that maps lie side by side in a block without conversion.
 *
 * A stage is a convolution, or the head. All but the first read maps m[c], and begin with normalisation and activation:
 *
 *   acc  = bias[c] + m[c] * weights[c]                                exact in an int32; the map's zero is in the bias
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
 *   y[f] = saturate8(outputs[f].zero + rescale(acc, { multipliers[f], shifts[f] }))
 *
 * where only the head has a bias. Activations are as in ../int8.ts: a saturating grid, or the table.
 */

import type { ChannelLines } from '../../nn/cnn/network.ts';
import type { CnnNetwork, CnnTopology } from '../../types.ts';
import { type Grid, grid8 } from '../grid.ts';
import { hiddenGrids, type LayerGrids, quantiseLayer } from '../int8.ts';
import { rescale, roundAway, saturate8, saturate32 } from '../integers.ts';
import type { CnnCalibration } from './calibrate.ts';
import { type FloatStage, floatCnn, lineOf, rowOf } from './floats.ts';
import { type CnnArithmetic, type StageArithmetic, tapsOf } from './walk.ts';

/** Rows of weights, one for each output, and how a row's sum becomes eight bits again. */
export interface Int8Rows {
  /** (outputs, taps) row-major, -127 to 127. */
  readonly weights: Int8Array;
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
  /** Of each filter's map; one and the same for all outputs of the head. */
  readonly outputs: readonly Grid[];
}

export interface Int8Cnn {
  readonly kind: 'int8';
  /** Of the network that was quantised. */
  readonly topology: CnnTopology;
  readonly stages: readonly Int8Stage[];
  readonly input: Grid;
  readonly output: Grid;
}

/** `calibration` comes from images like those that the network will see, training images for example. */
export function quantiseCnnInt8(network: CnnNetwork, calibration: CnnCalibration): Int8Cnn {
  const { template, activation, stages } = floatCnn(network);
  const input = grid8(calibration.inputs);
  const output = grid8(calibration.outputs);
  /** Of the maps that lie in the current block so far, and of the last bottleneck's. */
  let maps: Grid[] = [];
  let narrow: Grid[] = [];
  const quantised = stages.map((stage, index): Int8Stage => {
    const convolution = template.convolutions[index];
    const outputs = convolution ? calibration.maps[index]!.map(grid8) : Array.from(stage.layer.bias, () => output);
    const isNarrow = convolution?.kind === 'dense' && convolution.source === 'bottleneck';
    const read = isNarrow ? narrow : maps;
    if (convolution?.kind === 'bottleneck') narrow = outputs;
    else maps = convolution?.kind === 'dense' ? [...maps, ...outputs] : outputs;
    if (!stage.lines) return { input, rows: rowsOf(stage, input, outputs), outputs };
    const grids = hiddenGrids(calibration.normalized[index - 1]!, activation);
    const normalization = normalizationOf(stage.lines, read, grids);
    return { normalization, input: grids.output, rows: rowsOf(stage, grids.output, outputs), outputs };
  });
  return { kind: 'int8', topology: network.topology, stages: quantised, input, output };
}

function normalizationOf(lines: ChannelLines, read: readonly Grid[], grids: LayerGrids): Int8Normalization {
  const rows = joined(read.map((grid, c) => quantiseLayer(lineOf(lines, c), grid, grids)));
  const bias = rows.bias.map((value, c) => saturate32(value - read[c]!.zero * rows.weights[c]!));
  return { ...rows, bias, sums: grids.sums, ...(grids.table && { table: grids.table }) };
}

const rowsOf = ({ layer }: FloatStage, input: Grid, outputs: readonly Grid[]): Int8Rows =>
  joined(outputs.map((output, f) => quantiseLayer(rowOf(layer, f), input, { sums: output, output })));

const joined = (rows: readonly Int8Rows[]): Int8Rows => ({
  weights: Int8Array.from(rows.flatMap(({ weights }) => [...weights])),
  bias: Int32Array.from(rows.flatMap(({ bias }) => [...bias])),
  multipliers: Int32Array.from(rows.flatMap(({ multipliers }) => [...multipliers])),
  shifts: Int8Array.from(rows.flatMap(({ shifts }) => [...shifts])),
});

/** What a row's sum of products becomes on a grid with this zero. */
function requantise({ bias, multipliers, shifts }: Int8Rows, row: number, sum: number, zero: number): number {
  return saturate8(zero + rescale(bias[row]! + sum, { multiplier: multipliers[row]!, shift: shifts[row]! }));
}

/** The interpreter's arithmetic. */
export function int8Arithmetic({ topology, stages }: Int8Cnn, template: CnnArithmetic['template']): CnnArithmetic {
  const own = stages.map(({ normalization, input, rows, outputs }): StageArithmetic => {
    const finish = (sum: number, filter: number) => requantise(rows, filter, sum, outputs[filter]!.zero);
    const convolution = { zero: input.zero, weights: tapsOf(rows.weights, outputs.length), finish };
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

/** 1 a weight, 6 a filter (multiplier, shift, zero) or 9 an output, 10 a normalised channel, 256 a table. */
export function int8CnnBytes({ stages }: Int8Cnn): number {
  return stages.reduce((bytes, { normalization, rows, outputs }, index) => {
    const isHead = index === stages.length - 1;
    const before = normalization ? 10 * normalization.weights.length + (normalization.table?.length ?? 0) : 0;
    return bytes + before + rows.weights.length + (isHead ? 9 : 6) * outputs.length;
  }, 0);
}
