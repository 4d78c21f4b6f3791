/** What happens to rows between a file and a trainer: subsets, the validation split, normalisation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { channelCount, classCounts, inputSize, outputSize, type Rows } from '../../engine/data/dataset.ts';
import { channelMoments, fitNormalization, toEncodedSamples } from '../../engine/data/normalization.ts';
import { imageSubset, splitValidation } from '../../engine/data/subset.ts';

/** Rows whose two inputs are their number and its negative, with these classes. */
const classRows = (labels: readonly number[]): Rows => ({
  count: labels.length,
  inputs: Float32Array.from(labels.flatMap((_, row) => [row, -row])),
  targets: Uint16Array.from(labels),
});

const numbersOf = ({ inputs }: Rows): number[] => [...inputs].filter((_, at) => at % 2 === 0);

const labelLists = fc.array(fc.nat(5), { minLength: 2, maxLength: 60 });

test('a subset has as many rows as asked for, in order, each class with its share to within one row', () => {
  fc.assert(
    fc.property(labelLists, fc.integer({ min: 1, max: 60 }), fc.nat(), (labels, count, seed) => {
      const rows = classRows(labels);
      const subset = imageSubset(rows, count, seed);
      const size = Math.min(count, rows.count);
      assert.equal(subset.count, size);
      const numbers = numbersOf(subset);
      assert.deepEqual(
        numbers,
        [...new Set(numbers)].sort((a, b) => a - b),
      );
      assert.deepEqual(
        [...subset.targets],
        numbers.map((row) => labels[row]),
      );
      assert.deepEqual(
        [...subset.inputs],
        numbers.flatMap((row) => [row, -row]),
      );
      const all = classCounts(rows, 6)!;
      for (const [label, found] of classCounts(subset, 6)!.entries()) {
        assert.ok(
          Math.abs(found - (all[label]! * size) / rows.count) < 1,
          `class ${label} has ${found} of ${all[label]}`,
        );
      }
    }),
  );
});

test('the same seed draws the same rows, another seed others', () => {
  const rows = classRows(Array.from({ length: 200 }, (_, row) => row % 10));
  assert.deepEqual(imageSubset(rows, 50, 1), imageSubset(rows, 50, 1));
  assert.notDeepEqual(numbersOf(imageSubset(rows, 50, 1)), numbersOf(imageSubset(rows, 50, 2)));
  const heldBy = (seed: number) => numbersOf(splitValidation(rows, 0.1, seed).validation);
  assert.deepEqual(heldBy(1), heldBy(1));
  assert.notDeepEqual(heldBy(1), heldBy(2));
  // A subset and a split of the same seed must not pick the same rows.
  assert.notDeepEqual(numbersOf(imageSubset(rows, 20, 1)), numbersOf(splitValidation(rows, 0.1, 1).validation));
});

test('validation rows are a tenth of every class, and none of them is left in training', () => {
  const rows = classRows(Array.from({ length: 200 }, (_, row) => (row < 120 ? 0 : 1)));
  const { train, validation } = splitValidation(rows, 0.1, 3);
  assert.deepEqual(
    [classCounts(train, 2), classCounts(validation, 2)],
    [
      [108, 72],
      [12, 8],
    ],
  );
  const numbers = [...numbersOf(train), ...numbersOf(validation)].sort((a, b) => a - b);
  assert.deepEqual(numbers, numbersOf(rows));
});

test('rows with values instead of classes are split at random', () => {
  const rows: Rows = { ...classRows(Array(10).fill(0)), targets: Float32Array.from({ length: 20 }, (_, at) => at) };
  const { train, validation } = splitValidation(rows, 0.3, 1);
  assert.deepEqual([train.count, validation.count, train.targets.length, validation.targets.length], [7, 3, 14, 6]);
  for (const part of [train, validation]) {
    assert.deepEqual(
      [...part.targets],
      numbersOf(part).flatMap((row) => [2 * row, 2 * row + 1]),
    );
  }
  assert.equal(classCounts(rows, 2), undefined);
});

test('a split leaves a row in both parts, and refuses what cannot be split', () => {
  const two = classRows([0, 1]);
  for (const fraction of [0.01, 0.99]) {
    const { train, validation } = splitValidation(two, fraction, 1);
    assert.deepEqual([train.count, validation.count], [1, 1]);
  }
  assert.throws(() => splitValidation(classRows([0]), 0.1, 1), {
    name: 'RangeError',
    message: '1 rows cannot be split into training and validation rows.',
  });
  for (const fraction of [0, 1, NaN]) {
    assert.throws(() => splitValidation(two, fraction, 1), {
      name: 'RangeError',
      message: `A fraction of ${fraction} is not between 0 and 1.`,
    });
  }
});

const image = { kind: 'image', height: 1, width: 2, channels: 2 } as const;
const classes = { kind: 'classes', names: ['a', 'b', 'c'] } as const;

test('a shape has its values, columns and channels', () => {
  assert.deepEqual([inputSize(image), channelCount(image), outputSize(classes)], [4, 2, 3]);
  const columns = { kind: 'columns', count: 3 } as const;
  assert.deepEqual([inputSize(columns), channelCount(columns)], [3, 3]);
  assert.equal(outputSize({ kind: 'values', count: 2 }), 2);
});

test('moments are those of each channel over all pixels, and a constant channel keeps its scale', () => {
  // Channel 0 is 0, 2, 4, 6; channel 1 is always 9.
  const rows: Rows = { count: 2, inputs: Uint8Array.of(0, 9, 2, 9, 4, 9, 6, 9), targets: Uint16Array.of(2, 0) };
  assert.deepEqual(channelMoments(rows, 2), {
    mean: Float64Array.of(3, 9),
    deviation: Float64Array.of(Math.sqrt(5), 1),
  });
  // 0.1 summed up three times is not 0.3, which must not become a deviation.
  const constant: Rows = { count: 3, inputs: new Float32Array(3).fill(0.1), targets: new Uint16Array(3) };
  assert.deepEqual(channelMoments(constant, 1).deviation, Float64Array.of(1));
});

test('encoded images have mean 0 and deviation 1 per channel, and classes are one-hot', () => {
  const rows: Rows = { count: 2, inputs: Uint8Array.of(0, 9, 2, 1, 4, 5, 6, 3), targets: Uint16Array.of(2, 0) };
  const encoded = toEncodedSamples(rows, classes, fitNormalization(rows, { input: image, output: classes }));
  assert.equal(encoded.count, 2);
  assert.deepEqual(encoded.targets, Float32Array.of(0, 0, 1, 1, 0, 0));
  const { mean, deviation } = channelMoments({ ...rows, inputs: encoded.inputs }, 2);
  for (const channel of [0, 1]) {
    assert.ok(Math.abs(mean[channel]!) < 1e-7 && Math.abs(deviation[channel]! - 1) < 1e-7, `channel ${channel}`);
  }
});

test('other rows are encoded with the moments of the training rows', () => {
  const input = { kind: 'columns', count: 1 } as const;
  const output = { kind: 'values', count: 1 } as const;
  const train: Rows = { count: 2, inputs: Float32Array.of(0, 4), targets: Float32Array.of(10, 30) };
  const test: Rows = { count: 1, inputs: Float32Array.of(8), targets: Float32Array.of(0) };
  const encoded = toEncodedSamples(test, output, fitNormalization(train, { input, output }));
  assert.deepEqual(encoded, { count: 1, inputs: Float32Array.of(3), targets: Float32Array.of(-2) });
});
