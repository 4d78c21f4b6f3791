/**
 * IDX, the format of MNIST and Fashion-MNIST (LeCun, "The MNIST database", section "File formats"): two zero bytes, the
 * type of the values, the number of dimensions, each dimension as a big-endian 32-bit number, then the values, last
 * dimension fastest. Only unsigned bytes are read, which is what images and labels are.
 */

import { formatAmount } from '../../format.ts';
import { t } from '../../texts.ts';
import { checkLength, type Decoded, decoded, type FormatFailure, failed, shapeSize } from './decoded.ts';

/** values: the product of `shape`, last dimension fastest; a view of the file's bytes. */
export interface ByteArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

/** pixels: (count, height, width, channels), channels fastest. */
export interface ByteImages {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly pixels: Uint8Array;
}

const unsignedByte = 0x08;

const otherTypes = (): Readonly<Record<number, string>> => ({
  9: t('signed bytes'),
  11: t('16-bit integers'),
  12: t('32-bit integers'),
  13: t('32-bit floats'),
  14: t('64-bit floats'),
});

/** An array of unsigned bytes with any number of dimensions. `file` is the name that messages use. */
export function decodeIdx(bytes: Uint8Array, file: string): Decoded<ByteArray> {
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0) return noIdx(file);
  const type = bytes[2]!;
  if (type !== unsignedByte) {
    const name = otherTypes()[type];
    if (name === undefined) return noIdx(file);
    return failed(
      t('{0} holds {1}; only unsigned bytes are read from IDX files.', file, name),
      t('Save other numbers as .npy.'),
    );
  }
  const dimensions = bytes[3]!;
  if (dimensions === 0) return noIdx(file);
  const start = 4 + 4 * dimensions;
  if (bytes.length < start) {
    return failed(t('{0} is truncated: it ends within its header.', file), t('Download or copy it again.'));
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, start);
  const shape = Array.from({ length: dimensions }, (_, dimension) => header.getUint32(4 + 4 * dimension));
  return checkLength(file, shapeSize(shape), bytes.length - start) ?? decoded({ shape, values: bytes.subarray(start) });
}

/** Images of one channel in three dimensions, or of one to four channels in four. */
export function decodeIdxImages(bytes: Uint8Array, file: string): Decoded<ByteImages> {
  const array = decodeIdx(bytes, file);
  if (array.kind === 'failed') return array;
  const { shape, values } = array.value;
  if (shape.length === 1) {
    return failed(
      t('{0} holds {1} where images are expected.', file, formatAmount(shape[0]!, 'label')),
      t('Check whether the files of images and labels are exchanged.'),
    );
  }
  const [count, height, width, channels = 1] = shape;
  if (shape.length < 3 || shape.length > 4 || !(height! > 0 && width! > 0 && channels > 0 && channels <= 4)) {
    return failed(
      t('{0} holds an array of {1} bytes, which is no list of images.', file, shape.join(' x ')),
      t('Images have three dimensions (count, height, width), or four with 1 to 4 channels last.'),
    );
  }
  return decoded({ count: count!, height: height!, width: width!, channels, pixels: values });
}

/** One class index per image. */
export function decodeIdxLabels(bytes: Uint8Array, file: string): Decoded<Uint8Array> {
  const array = decodeIdx(bytes, file);
  if (array.kind === 'failed') return array;
  const { shape, values } = array.value;
  if (shape.length === 1) return decoded(values);
  return failed(
    t('{0} holds images or another array ({1}) where labels are expected.', file, shape.join(' x ')),
    t('Check whether the files of images and labels are exchanged.'),
  );
}

const noIdx = (file: string): FormatFailure =>
  failed(
    t('{0} is not an IDX file.', file),
    t('An IDX file of bytes starts with the bytes 0, 0, 8 and its number of dimensions.'),
  );
