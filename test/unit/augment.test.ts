/** Augmentation: what is drawn, what happens to an image, and that all trainers show the same images. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs';
import { augmentEpoch, augmentImages, changeImage, drawChange } from '../../engine/nn/augment.ts';
import { createCnnTrainer } from '../../engine/nn/backends/cnn.ts';
import { createTensorflowTrainer } from '../../engine/nn/backends/tensorflow.ts';
import { createTensorflowCnnTrainer } from '../../engine/nn/backends/tensorflowCnn.ts';
import { createWasmTrainer } from '../../engine/nn/backends/wasm.ts';
import { cnnReferenceTrainer } from '../../engine/nn/cnn/reference.ts';
import { referenceTrainer } from '../../engine/nn/reference.ts';
import type { Augmentation } from '../../engine/types.ts';
import { cnnKernel, cnnTaskOf, cnnTopologyWith, randomImages } from './cnnHelpers.ts';
import { kernelBytes, randomValues, relativeDifference, taskOf } from './nnHelpers.ts';

before(() => tf.setBackend('cpu'));

const size = { height: 6, width: 5, channels: 2 };
const augment: Augmentation = { ...size, maxShift: 2, flip: true, black: [-0.5, 0.25] };

test('the parts of a batch, and an epoch as a whole, show the same images', () => {
  const task = { seed: 3, augment, batchSize: 4 };
  const images = randomValues(6 * 60, 1);
  const changed = (update: number, firstSample: number, from: number, to: number) => {
    const part = images.slice(from * 60, to * 60);
    augmentImages(task, { update, firstSample }, part);
    return [...part];
  };
  const batch = changed(8, 0, 0, 4);
  assert.notDeepEqual(batch, [...images.subarray(0, 4 * 60)]);
  assert.deepEqual([...changed(8, 0, 0, 3), ...changed(8, 3, 3, 4)], batch);
  const shown = new Float32Array(images.length);
  augmentEpoch(task, { update: 8, order: Uint32Array.of(0, 1, 2, 3, 4, 5) }, images, shown);
  assert.deepEqual([...shown], [...batch, ...changed(9, 0, 4, 6)]);
});

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
  assert.deepEqual(drawChange({ ...augment, maxShift: 0, flip: false }, key), { right: 0, down: 0, mirrored: false });
});

const topology = cnnTopologyWith({ ...size, dropout: 0.2 });
const task = cnnTaskOf({
  ...{ topology, optimizer: 'sgd', learningRate: 0.05, epochs: 3, batchSize: 16 },
  augment,
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

const columns = size.height * size.width * size.channels;
const perceptronTask = taskOf({
  ...{ topology: { widths: [columns, 6, 3], activation: 'tanh' }, loss: 'softmax-cross-entropy' },
  ...{ optimizer: 'sgd', learningRate: 0.1, epochs: 3, batchSize: 16, augment },
});
const wasmPerceptrons = createWasmTrainer(new WebAssembly.Module(kernelBytes('train-relaxed')));

test('perceptrons are shown the same images by every trainer, where the order puts them', async () => {
  const untouched = train.inputs.slice();
  const exact = await referenceTrainer.train(perceptronTask, train, validation);
  for (const trainer of [wasmPerceptrons, createTensorflowTrainer(tf, 'tensorflow')]) {
    const { network } = await trainer.train(perceptronTask, train, validation);
    assert.ok(relativeDifference(network.weights, exact.network.weights) < 2e-5, trainer.name);
  }
  assert.deepEqual(train.inputs, untouched, 'the samples themselves are left alone');
  const { augment: _, ...plain } = perceptronTask;
  const none = { ...perceptronTask, augment: { ...augment, maxShift: 0, flip: false } };
  const unchanged = await wasmPerceptrons.train(plain, train, validation);
  assert.notDeepEqual(unchanged.network.weights, exact.network.weights);
  assert.deepEqual(await wasmPerceptrons.train(none, train, validation), unchanged);
  const wrong = { ...perceptronTask, augment: { ...augment, width: 4 } };
  await assert.rejects(wasmPerceptrons.train(wrong, train, validation), { message: /6x4x2 do not fit 60 inputs/ });
});

test('the same seed shows the same images, and augmentation is not nothing', async () => {
  const first = await wasm.train(task, train, validation);
  assert.deepEqual(await wasm.train(task, train, validation), first);
  const { augment: _, ...plain } = task;
  assert.notDeepEqual((await wasm.train(plain, train, validation)).network.weights, first.network.weights);
  const none = { ...task, augment: { ...augment, maxShift: 0, flip: false } };
  assert.deepEqual(await wasm.train(none, train, validation), await wasm.train(plain, train, validation));
});

test('a shift or black that does not fit is refused', async () => {
  const refused = (own: Partial<Augmentation>, message: RegExp) =>
    assert.rejects(wasm.train({ ...task, augment: { ...task.augment!, ...own } }, train, validation), { message });
  await refused({ maxShift: -1 }, /cannot be shifted by up to -1 pixels/);
  await refused({ maxShift: 1.5 }, /1\.5 pixels/);
  await refused({ width: 4 }, /6x4x2 do not fit 60 inputs/);
  await refused({ black: [0] }, /2 channels have as many black values, not 1/);
});
