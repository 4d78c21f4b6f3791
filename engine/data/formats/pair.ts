/** Inputs and outputs that belong together, from two files or one. */

import { formatAmount, formatCount } from '../../format.ts';
import { t } from '../../texts.ts';
import type { InputShape, OutputShape, Rows } from '../dataset.ts';
import {
  type Decoded,
  decoded,
  type FormatFailure,
  failed,
  maxClasses,
  maxDecodedBytes,
  oversized,
} from './decoded.ts';
import type { ByteImages } from './idx.ts';
import type { NpyArray } from './npy.ts';

/** One list of rows with what its values mean. */
export interface Pair {
  readonly input: InputShape;
  readonly output: OutputShape;
  readonly rows: Rows;
}

/** What was decoded from a file, and the name that messages use for it. */
export interface Named<T> {
  readonly file: string;
  readonly value: T;
}

/**
 * Images with one label each, which must be below `classes`. Counts that differ and labels out of range are failures.
 */
export function labelImages(
  { file: imageFile, value: images }: Named<ByteImages>,
  { file, value: labels }: Named<Uint8Array>,
  classes: number,
): Decoded<Rows> {
  if (images.count !== labels.length) {
    return failed(
      t(
        '{0} holds {1}, but {2} {3}.',
        imageFile,
        formatAmount(images.count, 'image'),
        file,
        formatAmount(labels.length, 'label'),
      ),
      t('Take both files from the same set.'),
    );
  }
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    return failed(
      t(
        '{0} gives image {1} the label {2}; the classes are 0 to {3}.',
        file,
        formatCount(wrong + 1),
        String(labels[wrong]),
        formatCount(classes - 1),
      ),
      t('Check that the file belongs to this set.'),
    );
  }
  return decoded({ count: images.count, inputs: images.pixels, targets: Uint16Array.from(labels) });
}

/**
 * inputs: (count), (count, columns), (count, height, width) or (count, height, width, channels).
 * outputs: integers or booleans (count) are classes; floats (count) and all numbers (count, values) are values.
 */
export function pairArrays(inputs: Named<NpyArray>, outputs: Named<NpyArray>): Decoded<Pair> {
  const input = inputShape(inputs);
  if (input.kind === 'failed') return input;
  const counts = [inputs, outputs].map(({ value }) => value.shape[0] ?? 0);
  if (outputs.value.shape.length === 0 || outputs.value.shape.length > 2 || outputs.value.shape[1] === 0) {
    return failed(
      t('{0} has the shape ({1}), which is no list of outputs.', outputs.file, outputs.value.shape.join(', ')),
      t('Outputs have the shape (count) or (count, values).'),
    );
  }
  if (counts[0] !== counts[1]) {
    return failed(
      t(
        '{0} holds {1}, but {2} {3}.',
        inputs.file,
        formatAmount(counts[0]!, 'row'),
        outputs.file,
        formatAmount(counts[1]!, 'row'),
      ),
      t('Give every row of inputs one row of outputs.'),
    );
  }
  const columns = toInputs(inputs);
  if (columns.kind === 'failed') return columns;
  const targets = toTargets(outputs);
  if (targets.kind === 'failed') return targets;
  return decoded({
    input: input.value,
    output: targets.value.output,
    rows: { count: counts[0]!, inputs: columns.value, targets: targets.value.targets },
  });
}

function inputShape({ file, value: { shape } }: Named<NpyArray>): Decoded<InputShape> {
  const [, height = 1, width, channels = 1] = shape;
  if (shape.length === 0 || shape.length > 4 || shape.slice(1).includes(0)) {
    return failed(
      t('{0} has the shape ({1}), which is no list of inputs.', file, shape.join(', ')),
      t('Inputs have the shape (count, columns), or (count, height, width, channels) for images.'),
    );
  }
  if (width === undefined) return decoded({ kind: 'columns', count: height });
  return decoded({ kind: 'image', height, width, channels });
}

/** Bytes stay bytes: a set of images is four times as large as floats. */
const toInputs = ({ file, value }: Named<NpyArray>): Decoded<Uint8Array | Float32Array> =>
  value.values instanceof Uint8Array ? decoded(value.values) : toFloats({ file, value });

function toFloats({ file, value: { values, shape } }: Named<NpyArray>): Decoded<Float32Array> {
  const sizeBytes = values.length * Float32Array.BYTES_PER_ELEMENT;
  if (sizeBytes > maxDecodedBytes) return oversized(file, sizeBytes);
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  const wrong = floats.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return decoded(floats);
  const row = Math.floor((wrong * shape[0]!) / values.length);
  return failed(
    t('{0}: row {1} holds {2}, not a finite 32-bit number.', file, formatCount(row + 1), String(values[wrong])),
    t('Replace or leave out such rows.'),
  );
}

function toTargets({ file, value }: Named<NpyArray>): Decoded<{ output: OutputShape; targets: Rows['targets'] }> {
  const { shape, kind, values } = value;
  if (shape.length === 2 || kind === 'float') {
    const floats = toFloats({ file, value });
    return floats.kind === 'failed'
      ? floats
      : decoded({ output: { kind: 'values', count: shape[1] ?? 1 }, targets: floats.value });
  }
  let classes = 0;
  for (const [row, label] of values.entries()) {
    if (label < 0 || label >= maxClasses) return noLabel(file, row, label);
    classes = Math.max(classes, label + 1);
  }
  return decoded({ output: { kind: 'classes', names: classNumbers(classes) }, targets: Uint16Array.from(values) });
}

/** Names of classes that no file names: `0`, `1` and so on. */
export const classNumbers = (count: number): string[] => Array.from({ length: count }, (_, index) => `${index}`);

const noLabel = (file: string, row: number, label: number): FormatFailure =>
  failed(
    t(
      '{0}: row {1} has the label {2}; classes are 0 to {3}.',
      file,
      formatCount(row + 1),
      String(label),
      formatCount(maxClasses - 1),
    ),
    t('Integers in one dimension are classes: save numbers as floats, or with the shape (count, 1).'),
  );
