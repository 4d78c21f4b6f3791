/** Where real numbers and integers meet: at the inputs and outputs of a quantised network. */
import type { Encoding, SlotEncoding } from '../types.ts';
import { clamp } from './integers.ts';

/** real = (integer - zero) * scale, for integers from minimum to maximum. */
export interface Grid {
  readonly scale: number;
  readonly zero: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** A range of real values; both ends are included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Where the values of a range end up that are clamped to bounds. */
export const boundedBy = ({ min, max }: Range, bounds: Range): Range => ({
  min: clamp(min, bounds.min, bounds.max),
  max: clamp(max, bounds.min, bounds.max),
});

/**
 * The grid of 256 steps over a range, which is widened to contain 0, so that 0 is a step. Its scale is a float32, as files
 * for TensorFlow Lite hold it. A range of 0 alone gets the scale 1.
 */
export function grid8({ min, max }: Range): Grid {
  const [low, high] = [Math.min(0, min), Math.max(0, max)];
  const scale = Math.fround((high - low) / 255) || 1;
  const zero = clamp(Math.round(-128 - low / scale), -128, 127);
  return { scale, zero, minimum: -128, maximum: 127 };
}

/** 16 bits of which `bits` are fraction: Q(15 - bits).(bits). */
export const grid16 = (bits: number): Grid => ({ scale: 2 ** -bits, zero: 0, minimum: -32768, maximum: 32767 });

/** How a real value becomes an integer: floor((value - offset) * factor + 1/2) + zero, saturated, in double precision. */
export interface Entry {
  readonly offset: number;
  readonly factor: number;
}

/** The entry of values that are encoded as (value - offset) / scale before they meet the grid. */
export const entryOf = (grid: Grid, { offset, scale }: { readonly offset: number; readonly scale: number }): Entry => ({
  offset,
  factor: 1 / (scale * grid.scale),
});

const plain = { offset: 0, scale: 1 };

export const enter = (value: number, { offset, factor }: Entry, { zero, minimum, maximum }: Grid): number =>
  clamp(Math.floor((value - offset) * factor + 0.5) + zero, minimum, maximum);

/** The integer of a network column. */
export const enterColumn = (column: number, grid: Grid): number => enter(column, entryOf(grid, plain), grid);

/** What an integer stands for after decoding: (integer - zero) * factor + offset, in double precision. */
export const leave = (integer: number, grid: Grid, { offset, scale } = plain): number =>
  (integer - grid.zero) * (grid.scale * scale) + offset;

/** Network columns (count, columns) as integers. */
export const enterColumns = (columns: ArrayLike<number>, grid: Grid): Int16Array =>
  Int16Array.from(columns, (column) => enterColumn(column, grid));

/** Raw input slots (count, inputs) as integers (count, inputColumns): the encoding and the grid in one step. */
export function enterRows(raw: Float64Array, count: number, encoding: Encoding, grid: Grid): Int16Array {
  const integers = new Int16Array(count * encoding.inputColumns);
  const [zero, one, minus] = [0, 1, -1].map((column) => enterColumn(column, grid)) as [number, number, number];
  integers.fill(zero);
  encoding.inputs.forEach((slot, index) => {
    const entry = slot.kind === 'number' ? entryOf(grid, slot) : undefined;
    for (let row = 0; row < count; row++) {
      const value = raw[row * encoding.inputs.length + index]!;
      const at = row * encoding.inputColumns + slot.column;
      if (entry) integers[at] = enter(value, entry, grid);
      else if (slot.kind === 'boolean') integers[at] = value >= 0.5 ? one : minus;
      else integers[at + value] = one;
    }
  });
  return integers;
}

/**
 * Output integers (count, outputColumns) as raw output slots (count, outputs). Categories are decided on the integers: the
 * largest, the first of equals.
 */
export function leaveRows(integers: ArrayLike<number>, count: number, encoding: Encoding, grid: Grid): Float64Array {
  const { outputs, outputColumns } = encoding;
  const raw = new Float64Array(count * outputs.length);
  for (let row = 0; row < count; row++) {
    outputs.forEach((slot, index) => {
      raw[row * outputs.length + index] = leaveSlot(integers, row * outputColumns + slot.column, slot, grid);
    });
  }
  return raw;
}

function leaveSlot(integers: ArrayLike<number>, at: number, slot: SlotEncoding, grid: Grid): number {
  if (slot.kind === 'number') return leave(integers[at]!, grid, slot);
  if (slot.kind === 'boolean') return integers[at]! > grid.zero ? 1 : 0;
  let best = 0;
  for (let value = 1; value < slot.values.length; value++)
    if (integers[at + value]! > integers[at + best]!) best = value;
  return best;
}
