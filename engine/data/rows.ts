/** Arrays that hold rows of numbers end to end. */
type RowValues = Float64Array | Float32Array | Uint16Array | Uint8Array;

/** The rows at `indices`, each of `width` values, copied one after another in that order. */
export function takeRows<T extends RowValues>(values: T, width: number, indices: ArrayLike<number>): T {
  const taken = new (values.constructor as new (length: number) => T)(indices.length * width);
  for (let row = 0; row < indices.length; row++) {
    const from = indices[row]! * width;
    taken.set(values.subarray(from, from + width), row * width);
  }
  return taken;
}
