/**
 * NumPy's .npy, versions 1.0 and 2.0 (numpy.lib.format): a magic string, the version, the header's length, a header that
 * is a Python dictionary, and the values. Little-endian numbers and booleans are read, in C or Fortran order.
 */

import { formatCount } from '../../format.ts';
import { t } from '../../texts.ts';
import { checkLength, type Decoded, decoded, type FormatFailure, failed, shapeSize } from './decoded.ts';

export type NpyValues =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** values: the product of `shape`, last dimension fastest. 64-bit integers are doubles, booleans are bytes 0 and 1. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly kind: 'float' | 'integer' | 'boolean';
  readonly values: NpyValues;
}

type Numbers = NpyValues | BigInt64Array | BigUint64Array;

interface NumberType {
  readonly kind: NpyArray['kind'];
  readonly array: {
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): Numbers;
    readonly BYTES_PER_ELEMENT: number;
  };
}

const numberTypes: ReadonlyMap<string, NumberType> = new Map([
  ['<f4', { kind: 'float', array: Float32Array }],
  ['<f8', { kind: 'float', array: Float64Array }],
  ['|i1', { kind: 'integer', array: Int8Array }],
  ['|u1', { kind: 'integer', array: Uint8Array }],
  ['<i2', { kind: 'integer', array: Int16Array }],
  ['<u2', { kind: 'integer', array: Uint16Array }],
  ['<i4', { kind: 'integer', array: Int32Array }],
  ['<u4', { kind: 'integer', array: Uint32Array }],
  ['<i8', { kind: 'integer', array: BigInt64Array }],
  ['<u8', { kind: 'integer', array: BigUint64Array }],
  ['|b1', { kind: 'boolean', array: Uint8Array }],
]);

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** `file` is the name that messages use. Values may be a view of `bytes`. */
export function decodeNpy(bytes: Uint8Array, file: string): Decoded<NpyArray> {
  const header = readHeader(bytes, file);
  if (header.kind === 'failed') return header;
  const { descr, fortranOrder, shape, start } = header.value;
  const type = numberTypes.get(descr);
  if (!type) return unknownType(file, descr);
  const size = shapeSize(shape);
  const itemBytes = type.array.BYTES_PER_ELEMENT;
  const wrongLength = checkLength(file, size * itemBytes, bytes.length - start);
  if (wrongLength) return wrongLength;

  // A typed array starts at a multiple of its item's size; a header of another length makes a copy necessary. (The slice
  // of a Node Buffer would be a view.)
  const data = bytes.subarray(start);
  const aligned = data.byteOffset % itemBytes === 0 ? data : new Uint8Array(data);
  const values = toDoubles(new type.array(aligned.buffer, aligned.byteOffset, size), file);
  if (values.kind === 'failed') return values;
  const ordered = fortranOrder ? toRowMajor(values.value, shape) : values.value;
  return decoded({ shape, kind: type.kind, values: ordered });
}

interface Header {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the values start. */
  readonly start: number;
}

function readHeader(bytes: Uint8Array, file: string): Decoded<Header> {
  if (bytes.length < magic.length || magic.some((byte, at) => bytes[at] !== byte)) {
    return failed(t('{0} is not an .npy file.', file), t('Write it with numpy.save.'));
  }
  const version = bytes[6];
  if (version !== undefined && version !== 1 && version !== 2) {
    return failed(
      t('{0} has version {1} of the .npy format; 1 and 2 are read.', file, String(version)),
      t('Save plain numbers with numpy.save.'),
    );
  }
  const lengthBytes = version === 1 ? 2 : 4;
  const textStart = 8 + lengthBytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < textStart) return truncatedHeader(file);
  const start = textStart + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (bytes.length < start) return truncatedHeader(file);

  // Every header of numbers is far shorter; a longer one is a structure with named fields, or garbage.
  const text = String.fromCharCode(...bytes.subarray(textStart, Math.min(start, textStart + 4096)));
  const descr = /'descr':\s*(?:'([^']*)'|\[)/.exec(text);
  const order = /'fortran_order':\s*(True|False)/.exec(text);
  const shape = /'shape':\s*\(((?:\d+\s*,\s*)*(?:\d+)?\s*)\)/.exec(text);
  const lengths = shape?.[1]
    ?.split(',')
    .map((length) => length.trim())
    .filter((length) => length !== '')
    .map(Number);
  if (!descr || !order || !lengths?.every(Number.isSafeInteger)) {
    return failed(t('{0} has a header that cannot be read.', file), t('Save plain numbers with numpy.save.'));
  }
  return decoded({ descr: descr[1] ?? 'fields', fortranOrder: order[1] === 'True', shape: lengths, start });
}

const truncatedHeader = (file: string): FormatFailure =>
  failed(t('{0} is truncated: it ends within its header.', file), t('Download or copy it again.'));

function unknownType(file: string, descr: string): FormatFailure {
  if (descr === 'fields') {
    return failed(t('{0} holds records with named fields, not numbers.', file), t('Save one plain array of numbers.'));
  }
  if (descr.startsWith('>')) {
    return failed(
      t('{0} holds big-endian numbers ({1}).', file, descr),
      t("Save it as little-endian: numpy.save(file, array.astype('<{0}')).", descr.slice(1)),
    );
  }
  if (descr.startsWith('|O')) {
    return failed(t('{0} holds Python objects, which are not read.', file), t('Save one plain array of numbers.'));
  }
  return failed(
    t(
      '{0} holds values of the type {1}; numbers of 1 to 8 bytes (floats of 4 or 8) and booleans are read.',
      file,
      descr,
    ),
    t("Convert it: numpy.save(file, array.astype('<f4'))."),
  );
}

/** 64-bit integers as doubles, refused where a double would be another number. */
function toDoubles(numbers: Numbers, file: string): Decoded<NpyValues> {
  if (!(numbers instanceof BigInt64Array || numbers instanceof BigUint64Array)) return decoded(numbers);
  const doubles = new Float64Array(numbers.length);
  for (let at = 0; at < numbers.length; at++) {
    doubles[at] = Number(numbers[at]);
    if (!Number.isSafeInteger(doubles[at])) {
      return failed(
        t(
          '{0} holds {1} at position {2}, beyond the 53 bits that numbers keep exactly.',
          file,
          String(numbers[at]),
          formatCount(at),
        ),
        t("Convert it: numpy.save(file, array.astype('<f8'))."),
      );
    }
  }
  return decoded(doubles);
}

/** Fortran order has the first dimension fastest; the last is fastest here. */
function toRowMajor<T extends NpyValues>(values: T, shape: readonly number[]): T {
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, length) => product * length, 1));
  const ordered = values.slice() as T;
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < values.length; to++) {
    ordered[to] = values[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return ordered;
}
