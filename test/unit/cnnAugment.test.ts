/** Augmentation: what is drawn, what happens to an image, and that all trainers show the same images. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs';
import { createCnnTrainer } from '../../engine/nn/backends/cnn.ts';
import { createTensorflowCnnTrainer } from '../../engine/nn/backends/tensorflowCnn.ts';
import { changeImage, drawChange } from '../../engine/nn/cnn/augment.ts';
import { cnnReferenceTrainer } from '../../engine/nn/cnn/reference.ts';
import type { Augmentation } from '../../engine/types.ts';
import { cnnKernel, cnnTaskOf, cnnTopologyWith, randomImages } from './cnnHelpers.ts';
import { relativeDifference } from './nnHelpers.ts';

before(() => tf.setBackend('cpu'));

const augment: Augmentation = { maxShift: 2, flip: true, black: [-0.5] };

test('an image moves, mirrors, and black comes in', () => {
  const still = { right: 0, down: 0, mirrored: false };
  const image = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  const cases = [
    [{}, image],
    [
      { right: 1 },
      [
        [0, 1, 2],
        [0, 4, 5],
      ],
    ],
    [
      { right: -2 },
      [
        [3, 0, 0],
        [6, 0, 0],
      ],
    ],
    [
      { down: 1 },
      [
        [0, 0, 0],
        [1, 2, 3],
      ],
    ],
    [
      { down: -1 },
      [
        [4, 5, 6],
        [0, 0, 0],
      ],
    ],
    [
      { down: 3 },
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    ],
    [
      { mirrored: true },
      [
        [3, 2, 1],
        [6, 5, 4],
      ],
    ],
    [
      { mirrored: true, right: 1, down: 1 },
      [
        [0, 0, 0],
        [0, 3, 2],
      ],
    ],
  ] as const;
  for (const [change, expected] of cases) {
    const to = new Float32Array(6);
    const size = { height: 2, width: 3, channels: 1 };
    changeImage(Float32Array.from(image.flat()), size, { ...still, ...change }, [0], to);
    assert.deepEqual([...to], expected.flat(), JSON.stringify(change));
  }
  const pixels = new Float32Array(4);
  const size = { height: 1, width: 2, channels: 2 };
  changeImage(Float32Array.of(1, 2, 3, 4), size, { ...still, right: 1 }, [-1, -2], pixels);
  assert.deepEqual([...pixels], [-1, -2, 1, 2], 'channels stay together, each with its own black');
});

test('every shift and both directions are equally likely, and differ by sample, update and seed', () => {
  const draws = Array.from({ length: 10_000 }, (_, sample) => drawChange(augment, { seed: 1, update: 3, sample }));
  const counts = new Map<string, number>();
  for (const { right, down, mirrored } of draws) {
    const key = `${right} ${down} ${mirrored}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  assert.equal(counts.size, 5 * 5 * 2);
  // Six standard deviations of a count whose mean is 200.
  for (const [key, count] of counts) assert.ok(Math.abs(count - 200) < 6 * Math.sqrt(200), `${key}: ${count}`);
  const key = { seed: 1, update: 3, sample: 5 };
  assert.deepEqual(drawChange(augment, key), draws[5]);
  const different = [{ seed: 2 }, { update: 4 }, { sample: 6 }].map((change) =>
    Array.from({ length: 20 }, (_, k) =>
      drawChange(augment, { ...key, ...change, sample: 100 * k + (change.sample ?? 5) }),
    ),
  );
  const base = Array.from({ length: 20 }, (_, k) => drawChange(augment, { ...key, sample: 100 * k + 5 }));
  for (const other of different) assert.notDeepEqual(other, base);
  assert.deepEqual(drawChange({ maxShift: 0, flip: false, black: [0] }, key), { right: 0, down: 0, mirrored: false });
});

const topology = cnnTopologyWith({ height: 6, width: 5, dropout: 0.2, channels: 2 });
const task = cnnTaskOf({
  ...{ topology, optimizer: 'sgd', learningRate: 0.05, epochs: 3, batchSize: 16 },
  augment: { ...augment, black: [-0.5, 0.25] },
});
const train = randomImages(41, topology, task.loss);
const validation = randomImages(12, topology, task.loss, 2);
const wasm = createCnnTrainer(cnnKernel('cnn-relaxed'));

test('every trainer shows the same images', async () => {
  const untouched = train.inputs.slice();
  const exact = await cnnReferenceTrainer.train(task, train, validation);
  for (const trainer of [wasm, createTensorflowCnnTrainer(tf, 'tensorflow')]) {
    const { network } = await trainer.train(task, train, validation);
    assert.ok(relativeDifference(network.weights, exact.network.weights) < 2e-5, trainer.name);
    assert.ok(relativeDifference(network.statistics, exact.network.statistics) < 1e-5, trainer.name);
  }
  assert.deepEqual(train.inputs, untouched, 'the samples themselves are left alone');
});

test('the same seed shows the same images, and augmentation is not nothing', async () => {
  const first = await wasm.train(task, train, validation);
  assert.deepEqual(await wasm.train(task, train, validation), first);
  const { augment: _, ...plain } = task;
  assert.notDeepEqual((await wasm.train(plain, train, validation)).network.weights, first.network.weights);
  const none = { ...task, augment: { maxShift: 0, flip: false, black: [0, 0] } };
  assert.deepEqual(await wasm.train(none, train, validation), await wasm.train(plain, train, validation));
});

test('a shift or black that does not fit is refused', async () => {
  const refused = (own: Partial<Augmentation>, message: RegExp) =>
    assert.rejects(wasm.train({ ...task, augment: { ...task.augment!, ...own } }, train, validation), { message });
  await refused({ maxShift: -1 }, /cannot be shifted by up to -1 pixels/);
  await refused({ maxShift: 1.5 }, /1\.5 pixels/);
  await refused({ black: [0] }, /2 channels have as many black values, not 1/);
});
