/** What the setting `augment` means for a dataset. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LabelledSet } from '../../engine/data/dataset.ts';
import { augmentationOf, prepareData } from '../../server/pipeline/datasetData.ts';

/** Ten images of two channels: the first is 2 or 4, the second 10 or 30. */
function setOf(height: number, width: number): LabelledSet {
  const count = 10;
  const inputs = Float32Array.from({ length: count * height * width * 2 }, (_, at) => {
    const odd = (at >> 1) % 2;
    return at % 2 === 0 ? 2 + 2 * odd : 10 + 20 * odd;
  });
  const targets = Uint16Array.from({ length: count }, (_, row) => row % 2);
  const input = { kind: 'image', height, width, channels: 2 } as const;
  return { name: 'two', input, output: { kind: 'classes', names: ['a', 'b'] }, train: { count, inputs, targets } };
}

test('black is what the raw value 0 became, channel by channel', () => {
  const data = prepareData(setOf(16, 24), 1);
  const augment = augmentationOf(data, 'shift+flip')!;
  // Means 3 and 20, deviations 1 and 10.
  assert.deepEqual(
    augment.black.map((value) => Number(value.toFixed(9))),
    [-3, -2],
  );
  assert.deepEqual([augment.maxShift, augment.flip], [2, true]);
  assert.equal(augmentationOf(data, 'shift')!.flip, false);
  assert.equal(augmentationOf(data, 'none'), undefined);
});

test('the shift is an eighth of the shorter side, and at least a pixel', () => {
  for (const [height, width, shift] of [
    [28, 28, 3],
    [32, 32, 4],
    [6, 40, 1],
  ] as const) {
    assert.equal(augmentationOf(prepareData(setOf(height, width), 1), 'shift')!.maxShift, shift);
  }
});
