/**
 * Convolutional networks in 16-bit fixed point, and exactly what such a network computes. Code for other targets must give
 * the same integers. As in ../fixed16.ts formats are powers of two and rescaling is a shift; every map has a format of its
 * own, since the normalisation behind it treats channels one by one anyway.
 *
 * A stage is a convolution, or the head. All but the first read maps m[c], and begin with normalisation and activation:
 *
 *   acc  = bias[c] + m[c] * weights[c]                                exact
 *   sum  = saturate16((acc + 2^(shifts[c] - 1)) >> shifts[c])         acc << -shifts[c] where that is 0 or less
 *   x[c] = table ? interpolate(table, sum) : clamp(sum, minimum, maximum)                 see ../fixed16.ts
 *
 * The first stage's x is the image. Before a transition's convolution x is pooled, before the head's the largest x of
 * each channel is taken:
 *
 *   pooled = (a + b + c + d + 2) >> 2
 *
 * Then the convolution, or the head's dense layer, gives the map of each filter f; beyond the edges x is 0:
 *
 *   acc  = bias[f] + sum over taps and c of x[c] * weights[f]         exact: 48 bits are enough for 32,768 taps
 *   y[f] = saturate16((acc + 2^(shifts[f] - 1)) >> shifts[f])
 *
 * where only the head has a bias. One table serves all normalisations of a network.
 */
import type { ChannelLines } from '../../nn/cnn/network.ts';
import type { Activation, CnnNetwork, CnnTopology } from '../../types.ts';
import {
  bitsFor,
  boundsOf,
  type Fixed16Table,
  interpolate,
  largestOf,
  limitsOf,
  quantiseLayer,
  tableFor,
} from '../fixed16.ts';
import { boundedBy, type Grid, grid16, type Range } from '../grid.ts';
import { clamp, saturate16, shiftRight } from '../integers.ts';
import type { CnnCalibration } from './calibrate.ts';
import { floatCnn, lineOf, rowOf } from './floats.ts';
import { type CnnArithmetic, type StageArithmetic, tapsOf } from './walk.ts';

/** Rows of weights, one for each output, and how a row's sum becomes sixteen bits again. */
export interface Fixed16Rows {
  /** (outputs, taps) row-major. */
  readonly weights: Int16Array;
  readonly bias: Int32Array;
  readonly shifts: Int8Array;
  /** Fraction bits of each output. */
  readonly bits: readonly number[];
}

export interface Fixed16Normalization extends Fixed16Rows {
  readonly minimum: number;
  readonly maximum: number;
}

export interface Fixed16Stage {
  readonly normalization?: Fixed16Normalization;
  /** Taps are (kernel, kernel, channels). */
  readonly rows: Fixed16Rows;
}

export interface Fixed16Cnn {
  readonly kind: 'fixed16';
  /** Of the network that was quantised. */
  readonly topology: CnnTopology;
  readonly stages: readonly Fixed16Stage[];
  /** Where the activation is more than a clamp. */
  readonly table?: Fixed16Table;
  readonly input: Grid;
  readonly output: Grid;
}

/** `calibration` comes from images like those that the network will see, training images for example. */
export function quantiseCnnFixed16(network: CnnNetwork, calibration: CnnCalibration): Fixed16Cnn {
  const { template, activation, stages } = floatCnn(network);
  const bounds = boundsOf(activation);
  const tabled = bounds ? undefined : tableFor(activation as Activation, calibration.normalized);
  const input = bitsFor(largestOf(calibration.inputs));
  const wantedBits = (range: Range) => bitsFor(largestOf(range));
  /** Of the maps that lie in the current block so far, and of the last bottleneck's. */
  let maps: readonly number[] = [];
  let narrow: readonly number[] = [];
  let output = 0;
  const quantised = stages.map(({ lines, layer }, index): Fixed16Stage => {
    const convolution = template.convolutions[index];
    const isNarrow = convolution?.kind === 'dense' && convolution.source === 'bottleneck';
    const before =
      lines && normalizationOf(lines, isNarrow ? narrow : maps, sumBitsOf(calibration.normalized[index - 1]!));
    const inputBits = before ? (tabled?.table.bits ?? before.bits[0]!) : input;
    const normalization = before && { ...before, ...(bounds ? limitsOf(bounds, inputBits) : unlimited) };
    if (!convolution) {
      const { weights, bias, shift, sumBits } = quantiseLayer(layer, inputBits, wantedBits(calibration.outputs), false);
      output = sumBits;
      const shifts = new Int8Array(layer.outputs).fill(shift);
      return {
        ...(normalization && { normalization }),
        rows: { weights, bias, shifts, bits: [...shifts].fill(sumBits) },
      };
    }
    const ranges = calibration.maps[index]!;
    const rows = joined(ranges.map((range, f) => quantiseLayer(rowOf(layer, f), inputBits, wantedBits(range), false)));
    if (convolution.kind === 'bottleneck') narrow = rows.bits;
    else maps = convolution.kind === 'dense' ? [...maps, ...rows.bits] : rows.bits;
    return { ...(normalization && { normalization }), rows };
  });
  function sumBitsOf(range: Range): number {
    return tabled?.sumBits ?? (activation === 'clip' ? 14 : wantedBits(boundedBy(range, bounds!)));
  }
  const grids = { input: grid16(input), output: grid16(output) };
  return {
    kind: 'fixed16',
    topology: network.topology,
    stages: quantised,
    ...(tabled && { table: tabled.table }),
    ...grids,
  };
}

const unlimited = { minimum: -32768, maximum: 32767 };

const normalizationOf = (lines: ChannelLines, read: readonly number[], bits: number): Fixed16Rows =>
  joined(read.map((inputBits, c) => quantiseLayer(lineOf(lines, c), inputBits, bits, true)));

type QuantisedRow = ReturnType<typeof quantiseLayer>;

const joined = (rows: readonly QuantisedRow[]): Fixed16Rows => ({
  weights: Int16Array.from(rows.flatMap(({ weights }) => [...weights])),
  bias: Int32Array.from(rows.flatMap(({ bias }) => [...bias])),
  shifts: Int8Array.from(rows, ({ shift }) => shift),
  bits: rows.map(({ sumBits }) => sumBits),
});

const requantise = ({ bias, shifts }: Fixed16Rows, row: number, sum: number): number =>
  saturate16(shiftRight(bias[row]! + sum, shifts[row]!));

/** The interpreter's arithmetic. */
export function fixed16Arithmetic(
  { topology, stages, table }: Fixed16Cnn,
  template: CnnArithmetic['template'],
): CnnArithmetic {
  const own = stages.map(({ normalization, rows }): StageArithmetic => {
    const finish = (sum: number, filter: number) => requantise(rows, filter, sum);
    const convolution = { zero: 0, weights: tapsOf(rows.weights, rows.shifts.length), finish };
    if (!normalization) return convolution;
    const { weights, minimum, maximum } = normalization;
    const prepare = (value: number, channel: number) => {
      const sum = requantise(normalization, channel, value * weights[channel]!);
      return table ? interpolate(table.values, sum) : clamp(sum, minimum, maximum);
    };
    return { ...convolution, prepare };
  });
  return { topology, template, stages: own, mean: (sum) => shiftRight(sum, 2) };
}

/** 2 a weight, 1 a filter (shift), 4 an output, 7 a normalised channel (weight, bias, shift), 514 for the table. */
export function fixed16CnnBytes({ stages, table }: Fixed16Cnn): number {
  const own = stages.reduce((bytes, { normalization, rows }, index) => {
    const isHead = index === stages.length - 1;
    const before = 7 * (normalization?.weights.length ?? 0);
    return bytes + before + 2 * rows.weights.length + (isHead ? 4 : 1) * rows.shifts.length;
  }, 0);
  return own + 2 * (table?.values.length ?? 0);
}
