/** Writers of the formats that engine/data/formats reads, and what most of its tests say. */
import assert from 'node:assert/strict';
import type { Decoded } from '../../engine/data/formats/decoded.ts';

export function encodeIdx(shape: readonly number[], values: Iterable<number>, type = 8): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint8(2, type);
  header.setUint8(3, shape.length);
  for (const [dimension, length] of shape.entries()) header.setUint32(4 + 4 * dimension, length);
  return Uint8Array.of(...new Uint8Array(header.buffer), ...values);
}

export interface NpyOptions {
  readonly fortran?: boolean;
  readonly version?: number;
  /** Spaces after the dictionary, which move the values in memory. */
  readonly padding?: number;
}

/** `values` are in the order of the file. */
export function encodeNpy(
  descr: string,
  shape: readonly number[],
  values: ArrayBufferView,
  { fortran = false, version = 1, padding = 0 }: NpyOptions = {},
): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${sizes}), }`;
  return npyFile(`${dictionary}${' '.repeat(padding)}\n`, values, version);
}

/** A file with any text as its header. */
export function npyFile(header: string, values: ArrayBufferView, version = 1): Uint8Array {
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUIntLE(header.length, 0, length.length);
  const data = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const magic = Buffer.from([0x93, ...Buffer.from('NUMPY'), version, 0]);
  return new Uint8Array(Buffer.concat([magic, length, Buffer.from(header, 'latin1'), data]));
}

/** The value of a file that can be read. */
export function valueIn<T>(result: Decoded<T>): T {
  if (result.kind === 'failed') assert.fail(`${result.message} ${result.hint}`);
  return result.value;
}

/** Exactly what a user reads. */
export function fails(result: Decoded<unknown>, message: string, hint: string): void {
  assert.deepEqual(result, { kind: 'failed', message, hint });
}
