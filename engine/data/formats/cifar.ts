/**
 * The binary version of CIFAR-10 and CIFAR-100 (Krizhevsky, "The CIFAR-10 dataset"): records without a header, each one
 * label (CIFAR-10) or a coarse and a fine label (CIFAR-100), then 32 x 32 reds, greens and blues, plane after plane.
 */

import { formatAmount, formatCount } from '../../format.ts';
import { t } from '../../texts.ts';
import type { Rows } from '../dataset.ts';
import { type Decoded, decoded, type FormatFailure, failed, maxDecodedBytes, oversized } from './decoded.ts';
import type { ByteImages } from './idx.ts';

export type CifarKind = 'cifar10' | 'cifar100';

const cifarSide = 32;
const area = cifarSide * cifarSide;
const channels = 3;
const imageBytes = area * channels;

/** The numbers of classes of each label of a record; the last label is the one that is learnt. */
const labelClasses: Readonly<Record<CifarKind, readonly number[]>> = { cifar10: [10], cifar100: [20, 100] };
const titles: Readonly<Record<CifarKind, string>> = { cifar10: 'CIFAR-10', cifar100: 'CIFAR-100' };

/** labels: one class index per image; CIFAR-100's are the 100 fine classes. */
export interface LabelledImages extends ByteImages {
  readonly labels: Uint8Array;
}

const recordBytes = (kind: CifarKind): number => labelClasses[kind].length + imageBytes;

/**
 * Images as (count, 32, 32, 3), channels fastest, which take less than the file itself. `file` is the name that messages
 * use.
 */
export function decodeCifar(bytes: Uint8Array, file: string, kind: CifarKind): Decoded<LabelledImages> {
  const record = recordBytes(kind);
  const count = bytes.length / record;
  if (!Number.isInteger(count) || count === 0) return wrongLength(bytes.length, file, kind);

  const labelBytes = record - imageBytes;
  const labels = new Uint8Array(count);
  const pixels = new Uint8Array(count * imageBytes);
  for (let image = 0; image < count; image++) {
    const start = image * record;
    for (const [label, classes] of labelClasses[kind].entries()) {
      const found = bytes[start + label]!;
      if (found >= classes) return wrongLabel(file, kind, image, found, classes);
    }
    labels[image] = bytes[start + labelBytes - 1]!;
    planesToPixels(bytes, start + labelBytes, pixels, image * imageBytes);
  }
  return decoded({ count, height: cifarSide, width: cifarSide, channels, pixels, labels });
}

/** All batches as one list of rows, in order. `source` is the name that messages use. */
export function joinBatches(batches: readonly LabelledImages[], source: string): Decoded<Rows> {
  const sizeBytes = batches.reduce((total, { pixels }) => total + pixels.length, 0);
  if (sizeBytes > maxDecodedBytes) return oversized(source, sizeBytes);
  const count = batches.reduce((total, batch) => total + batch.count, 0);
  const inputs = new Uint8Array(sizeBytes);
  const targets = new Uint16Array(count);
  let row = 0;
  for (const { pixels, labels } of batches) {
    inputs.set(pixels, row * imageBytes);
    targets.set(labels, row);
    row += labels.length;
  }
  return decoded({ count, inputs, targets });
}

/** CIFAR-10 records of images (count, 32, 32, 3), channels fastest, and their labels. */
export function encodeCifar10(pixels: Uint8Array, labels: ArrayLike<number>): Uint8Array {
  const record = recordBytes('cifar10');
  const bytes = new Uint8Array(labels.length * record);
  for (let image = 0; image < labels.length; image++) {
    bytes[image * record] = labels[image]!;
    for (let value = 0; value < imageBytes; value++) {
      const plane = value % channels;
      const pixel = (value - plane) / channels;
      bytes[image * record + 1 + plane * area + pixel] = pixels[image * imageBytes + value]!;
    }
  }
  return bytes;
}

function planesToPixels(planes: Uint8Array, from: number, pixels: Uint8Array, to: number): void {
  for (let channel = 0; channel < channels; channel++) {
    const plane = from + channel * area;
    for (let pixel = 0; pixel < area; pixel++) pixels[to + pixel * channels + channel] = planes[plane + pixel]!;
  }
}

function wrongLength(length: number, file: string, kind: CifarKind): FormatFailure {
  const other = kind === 'cifar10' ? 'cifar100' : 'cifar10';
  const size = t('{0} has {1}', file, formatAmount(length, 'byte'));
  if (length > 0 && length % recordBytes(other) === 0) {
    return failed(
      t(
        '{0}, which is a whole number of {1} records ({2} bytes), not of {3} records ({4} bytes).',
        size,
        titles[other],
        formatCount(recordBytes(other)),
        titles[kind],
        formatCount(recordBytes(kind)),
      ),
      t('Load it as {0}.', other),
    );
  }
  return failed(
    t(
      '{0}, which is not a whole number of {1} records of {2} bytes.',
      size,
      titles[kind],
      formatCount(recordBytes(kind)),
    ),
    t('The file is truncated or another format: take the binary version of {0}.', titles[kind]),
  );
}

const wrongLabel = (file: string, kind: CifarKind, image: number, label: number, classes: number): FormatFailure =>
  failed(
    t(
      "{0} gives image {1} the label {2}; {3}'s are 0 to {4}.",
      file,
      formatCount(image + 1),
      String(label),
      titles[kind],
      formatCount(classes - 1),
    ),
    t('The file is damaged or another format: take the binary version of {0}.', titles[kind]),
  );
