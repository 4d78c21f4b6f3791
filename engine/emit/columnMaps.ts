/** Encoding and decoding as one affine map a column, for formats of files that take raw values in and give them out. */
import type { Encoding, SlotEncoding } from '../types.ts';

/** factor * value + shift of every column. */
export interface ColumnMap {
  readonly factors: Float32Array;
  readonly shifts: Float32Array;
}

/**
 * inputs: from raw values, with one column per value of a category, which is 1 where it holds and 0 elsewhere. outputs: to
 * raw values; the columns of a category stay scores.
 */
export const columnMaps = (encoding: Encoding): { readonly inputs: ColumnMap; readonly outputs: ColumnMap } => ({
  inputs: mapOf(encoding.inputs, encoding.inputColumns, (slot) => {
    if (slot.kind === 'number') return [1 / slot.scale, -slot.offset / slot.scale];
    return slot.kind === 'boolean' ? [2, -1] : [1, 0];
  }),
  outputs: mapOf(encoding.outputs, encoding.outputColumns, (slot) =>
    slot.kind === 'number' ? [slot.scale, slot.offset] : [1, 0],
  ),
});

function mapOf(
  slots: readonly SlotEncoding[],
  count: number,
  of: (slot: SlotEncoding) => readonly [factor: number, shift: number],
): ColumnMap {
  const factors = new Float32Array(count);
  const shifts = new Float32Array(count);
  for (const slot of slots) {
    const [factor, shift] = of(slot);
    const width = slot.kind === 'category' ? slot.values.length : 1;
    factors.fill(factor, slot.column, slot.column + width);
    shifts.fill(shift, slot.column, slot.column + width);
  }
  return { factors, shifts };
}
