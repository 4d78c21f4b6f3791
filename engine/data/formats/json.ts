/**
 * A pair of inputs and outputs as JSON: `{"inputs": [[1, 2], ...], "outputs": [[3], ...]}` for numbers, or
 * `"outputs": ["cat", ...]` for classes. `"shape": [height, width, channels]` makes images of the inputs.
 */

import { formatAmount, formatCount } from '../../format.ts';
import { t } from '../../texts.ts';
import type { InputShape, OutputShape, Rows } from '../dataset.ts';
import { type Decoded, decoded, type FormatFailure, failed, maxClasses } from './decoded.ts';
import type { Pair } from './pair.ts';

const example = '{"inputs": [[1, 2], [3, 4]], "outputs": [[5], [6]]}';
const layoutHint = () => t('Write it like this: {0}, or with "outputs": ["a", "b"] for classes.', example);

/** `file` is the name that messages use. */
export function decodeJsonPair(text: string, file: string): Decoded<Pair> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return failed(t('{0} is not JSON: {1}.', file, (error as SyntaxError).message), layoutHint());
  }
  if (!isObject(value) || !Array.isArray(value.inputs) || !Array.isArray(value.outputs)) {
    return failed(t('{0} needs the two lists "inputs" and "outputs".', file), layoutHint());
  }
  if (value.inputs.length !== value.outputs.length) {
    return failed(
      t(
        '{0} has {1} and {2}.',
        file,
        formatAmount(value.inputs.length, 'input'),
        formatAmount(value.outputs.length, 'output'),
      ),
      t('Give every row of "inputs" one entry in "outputs".'),
    );
  }
  const inputs = numberRows(value.inputs, file, 'inputs');
  if (inputs.kind === 'failed') return inputs;
  const input = inputShape(value.shape, inputs.value.width, file);
  if (input.kind === 'failed') return input;
  const outputs = decodeOutputs(value.outputs, file);
  if (outputs.kind === 'failed') return outputs;
  const { output, targets } = outputs.value;
  return decoded({
    input: input.value,
    output,
    rows: { count: value.inputs.length, inputs: inputs.value.values, targets },
  });
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface NumberRows {
  readonly width: number;
  readonly values: Float32Array;
}

function numberRows(rows: readonly unknown[], file: string, list: 'inputs' | 'outputs'): Decoded<NumberRows> {
  const width = Array.isArray(rows[0]) ? rows[0].length : 0;
  if (width === 0) return failed(t('{0}: the first entry of "{1}" is no list of numbers.', file, list), layoutHint());
  for (const [row, numbers] of rows.entries()) {
    if (!Array.isArray(numbers) || numbers.length !== width) {
      const place = t('{0}: row {1} of "{2}"', file, formatCount(row + 1), list);
      return failed(
        Array.isArray(numbers)
          ? t('{0} has {1}, the first has {2}.', place, formatAmount(numbers.length, 'number'), String(width))
          : t('{0} is no list; the first has {1}.', place, formatAmount(width, 'number')),
        t('Give all rows the same length.'),
      );
    }
  }
  const values = new Float32Array(rows.length * width);
  for (const [row, numbers] of (rows as readonly (readonly unknown[])[]).entries()) {
    for (const [column, number] of numbers.entries()) {
      if (typeof number !== 'number' || !Number.isFinite(Math.fround(number))) {
        return failed(
          t(
            '{0}: row {1} of "{2}" holds {3}, not a finite 32-bit number.',
            file,
            formatCount(row + 1),
            list,
            describe(number),
          ),
          t('Replace or leave out such rows.'),
        );
      }
      values[row * width + column] = number;
    }
  }
  return decoded({ width, values });
}

/** A JSON value in a message. Lists and objects may be of any size and depth. */
function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? t('a list') : t('an object');
}

function inputShape(shape: unknown, width: number, file: string): Decoded<InputShape> {
  if (shape === undefined) return decoded({ kind: 'columns', count: width });
  const sizes = Array.isArray(shape) && shape.length === 3 ? (shape as readonly unknown[]) : [];
  const [height, imageWidth, channels] = sizes
    .filter((size) => Number.isSafeInteger(size) && Number(size) > 0)
    .map(Number);
  if (height === undefined || imageWidth === undefined || channels === undefined) {
    return failed(
      t('{0}: "shape" is {1}, not three positive integers.', file, describe(shape)),
      t('Write "shape": [height, width, channels], or leave it out.'),
    );
  }
  if (height * imageWidth * channels !== width) {
    return failed(
      t(
        '{0}: images of {1} x {2} x {3} have {4} values, the rows of "inputs" have {5}.',
        file,
        String(height),
        String(imageWidth),
        String(channels),
        formatCount(height * imageWidth * channels),
        String(width),
      ),
      t('Write "shape": [height, width, channels] as the rows are.'),
    );
  }
  return decoded({ kind: 'image', height, width: imageWidth, channels });
}

interface Outputs {
  readonly output: OutputShape;
  readonly targets: Rows['targets'];
}

function decodeOutputs(outputs: readonly unknown[], file: string): Decoded<Outputs> {
  if (typeof outputs[0] !== 'string') {
    const numbers = numberRows(outputs, file, 'outputs');
    if (numbers.kind === 'failed') return numbers;
    return decoded({ output: { kind: 'values', count: numbers.value.width }, targets: numbers.value.values });
  }
  const other = outputs.findIndex((label) => typeof label !== 'string');
  if (other >= 0) {
    return failed(
      t(
        '{0}: entry {1} of "outputs" is {2}, the first is a label.',
        file,
        formatCount(other + 1),
        describe(outputs[other]),
      ),
      t('Give every row a label, or every row a list of numbers.'),
    );
  }
  const labels = outputs as readonly string[];
  // Sorted, so that a class has the same index whatever the order of the rows.
  const names = [...new Set(labels)].sort();
  if (names.length > maxClasses) return tooManyClasses(file, names.length);
  const indices = new Map(names.map((name, index) => [name, index]));
  return decoded({
    output: { kind: 'classes', names },
    targets: Uint16Array.from(labels, (label) => indices.get(label)!),
  });
}

const tooManyClasses = (file: string, count: number): FormatFailure =>
  failed(
    t(
      '{0} has {1} different labels; at most {2} classes can be learnt.',
      file,
      formatCount(count),
      formatCount(maxClasses),
    ),
    t('Write numbers as lists, for example [5], and leave out labels that name single rows.'),
  );
