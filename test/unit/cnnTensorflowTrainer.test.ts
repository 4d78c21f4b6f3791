/** The CNN trainer on TensorFlow.js against the reference, through the library's pure JavaScript backend. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs';
import { createTensorflowCnnSession, createTensorflowCnnTrainer } from '../../engine/nn/backends/tensorflowCnn.ts';
import { placesOf } from '../../engine/nn/backends/tensorflowCnnArrays.ts';
import { tensorflowCnnBytes } from '../../engine/nn/backends/tensorflowCnnMemory.ts';
import { initialiseCnn } from '../../engine/nn/cnn/network.ts';
import { cnnReferenceTrainer, createCnnReferenceSession } from '../../engine/nn/cnn/reference.ts';
import { cnnName, cnnTemplate } from '../../engine/nn/cnn/template.ts';
import { runSchedule } from '../../engine/nn/epochs.ts';
import { activations, type CnnTopology, type CnnTrainingTask, optimizers } from '../../engine/types.ts';
import { cnnTaskOf, cnnTopologyWith, layersOf, randomImages } from './cnnHelpers.ts';
import { relativeDifference } from './nnHelpers.ts';

const trainer = createTensorflowCnnTrainer(tf, 'tensorflow');
const small = cnnTopologyWith({ height: 5, width: 4, dropout: 0.25 });
const train = randomImages(20, small, 'softmax-cross-entropy');
const validation = randomImages(12, small, 'softmax-cross-entropy', 2);

before(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

interface Case extends Partial<CnnTrainingTask> {
  readonly count?: number;
  readonly subBatch?: number;
}

/** How far each array of the weights moved apart, on the scale of how far it moved, or at least a hundredth of all of them. */
function arrayDifferences(
  topology: CnnTopology,
  start: Float32Array,
  found: Float32Array,
  exact: Float32Array,
): number[] {
  const moves = exact.map((value, k) => Math.abs(value - start[k]!));
  const least = Math.max(...moves) / 100;
  return placesOf(cnnTemplate(topology)).map(({ offset, shape }) => {
    const end = offset + shape.reduce((a, b) => a * b);
    const differences = exact.slice(offset, end).map((value, k) => Math.abs(found[offset + k]! - value));
    return Math.max(...differences) / Math.max(least, ...moves.slice(offset, end));
  });
}

/**
 * Trains both and compares every loss, every array of the weights, and the statistics. Single precision has steps of 6e-8,
 * and gradients that nearly cancel lose digits; a wrong constant or a missing term shows as 1e-2 and more.
 */
async function assertParity(name: string, { count = 13, subBatch, ...changes }: Case, tolerance = 5e-4): Promise<void> {
  const task = cnnTaskOf({ epochs: 1, batchSize: 5, optimizer: 'sgd', learningRate: 0.05, ...changes });
  const samples = randomImages(count, task.topology, task.loss);
  const held = randomImages(9, task.topology, task.loss, 2);
  const reference = createCnnReferenceSession(task, samples, held, subBatch);
  const session = createTensorflowCnnSession(tf, task, samples, held, subBatch ? { subBatch } : {});
  const start = reference.snapshot();
  const [exactLosses, foundLosses] = [await runSchedule(task, reference), await runSchedule(task, session)];
  const [exact, found] = [reference.snapshot(), await session.snapshot()];
  session.dispose();
  for (const key of ['trainLoss', 'validationLoss'] as const) {
    const difference = relativeDifference(Float64Array.from(foundLosses[key]), Float64Array.from(exactLosses[key]));
    assert.ok(difference < 5e-6, `${name}: ${key} differs by ${difference}`);
  }
  const difference = Math.max(...arrayDifferences(task.topology, start.weights, found.weights, exact.weights));
  assert.ok(difference < tolerance, `${name}: weights differ by ${difference}`);
  const moved = (values: Float32Array) => values.map((value, k) => value - start.statistics[k]!);
  const statisticDifference = relativeDifference(moved(found.statistics), moved(exact.statistics));
  assert.ok(statisticDifference < 1e-5, `${name}: statistics differ by ${statisticDifference}`);
}

test('every activation follows the reference with both losses, 3x3 and 5x5, in one block and two', async () => {
  for (const [index, activation] of activations.entries()) {
    for (const [other, loss] of (['mse', 'softmax-cross-entropy'] as const).entries()) {
      const kernel = (index + other) % 2 === 0 ? 3 : 5;
      const blocks = 1 + ((index + other + (index >> 1)) % 2);
      const layers = layersOf({ blocks, perBlock: 2 });
      const topology = cnnTopologyWith({ activation, height: 5, width: 4, dropout: 0.25, kernel, blocks, layers });
      await assertParity(`${activation}, ${loss}, ${cnnName(topology)}`, { topology, loss });
    }
  }
});

test('every optimiser follows the reference', async () => {
  const topology = cnnTopologyWith({ height: 3, width: 4, blocks: 1, layers: 5 });
  for (const optimizer of optimizers) {
    const learningRate = { sgd: 0.1, adagrad: 0.1, adadelta: 10 }[optimizer as string] ?? 0.01;
    // Adam and its kin divide small gradients by their own size, which makes rounding errors as large.
    await assertParity(optimizer, { topology, optimizer, learningRate }, 5e-3);
  }
});

test('any number of blocks, layers, channels and filters, and images of any size', async () => {
  const cases: Partial<CnnTopology>[] = [
    { blocks: 1, layers: 4 },
    { blocks: 3, layers: 7, height: 9, width: 11 },
    { height: 1, width: 1, blocks: 1, layers: 6 },
    { channels: 3, growth: 1, initialFilters: 1, outputs: 1 },
    { bottleneck: true, compression: 0.5, layers: 12, kernel: 5 },
    { bottleneck: true, filters: [7, 5, 3, 6, 13, 2] },
    { filters: [3, 2, 5, 4, 1, 6], layers: 8, height: 5, width: 4 },
  ];
  for (const changes of cases) {
    const topology = cnnTopologyWith({ height: 6, width: 5, dropout: 0.2, ...changes });
    await assertParity(cnnName(topology), { topology, loss: 'mse', learningRate: 0.02 }, 2e-3);
  }
});

test('parts of a batch are normalised by their own moments, and their gradients add up', async () => {
  await assertParity('parts', { topology: small, batchSize: 24, count: 41, subBatch: 16 });
});

test('ends at the network of the reference, by the same schedule', async () => {
  const task = cnnTaskOf({ topology: small, optimizer: 'sgd', learningRate: 0.05, schedule: 'cosine', epochs: 3 });
  const [found, exact] = [
    await trainer.train(task, train, validation),
    await cnnReferenceTrainer.train(task, train, validation),
  ];
  assert.equal(found.outcome, 'finished');
  assert.ok(relativeDifference(found.network.weights, exact.network.weights) < 2e-5);
  assert.ok(relativeDifference(found.network.statistics, exact.network.statistics) < 1e-5);
});

test('samples in shared memory are read like any others', async () => {
  const inputs = new Float32Array(new SharedArrayBuffer(train.inputs.byteLength));
  inputs.set(train.inputs);
  const task = cnnTaskOf({ topology: small, epochs: 1 });
  const plain = await trainer.train(task, train, validation);
  assert.deepEqual(await trainer.train(task, { ...train, inputs }, validation), plain);
});

test('stops within an epoch, before the next layer', async () => {
  // An epoch of two batches asks before each of six convolutions, forward and backward, and there is one validation.
  const perEpoch = 1 + 2 * 12 + 6;
  for (const [limit, epochs] of [
    [1, 0],
    [9, 0],
    [perEpoch - 1, 0],
    [perEpoch, 1],
    [perEpoch + 5, 1],
  ] as const) {
    let asked = 0;
    const task = cnnTaskOf({ topology: small, epochs: 3 });
    const result = await trainer.train(task, train, validation, () => ++asked > limit);
    assert.deepEqual([result.outcome, result.epochs, asked], ['stopped', epochs, limit + 1]);
    if (epochs === 0) assert.deepEqual(result.network, initialiseCnn(small, task.seed));
  }
});

test('leaves no tensor behind, however a training ends', async () => {
  const before = tf.memory().numTensors;
  const task = cnnTaskOf({ topology: small, epochs: 1 });
  await trainer.train(task, train, validation);
  await trainer.train({ ...task, topology: { ...small, bottleneck: true } }, train, validation);
  const diverged = { ...task, optimizer: 'sgd', loss: 'mse', learningRate: 1e30, epochs: 9 } as const;
  assert.equal((await trainer.train(diverged, train, validation)).outcome, 'diverged');
  for (const limit of [1, 9, 20, 28]) {
    let asked = 0;
    await trainer.train(task, train, validation, () => ++asked > limit);
    asked = 0;
    const gone = new Error('the caller is gone');
    const failing = trainer.train(task, train, validation, () => {
      if (++asked > limit) throw gone;
      return false;
    });
    await assert.rejects(failing, gone);
  }
  await assert.rejects(trainer.train({ ...task, batchSize: 0 }, train, validation), RangeError);
  assert.equal(tf.memory().numTensors, before);
});

test('takes at most the memory that is estimated, and a good part of it', async () => {
  const cases: Partial<CnnTopology>[] = [
    { blocks: 1, activation: 'hard-sigmoid' },
    { blocks: 1, layers: 16, growth: 3 },
    { blocks: 2, growth: 8, initialFilters: 12 },
    { blocks: 2, layers: 12, height: 7, width: 9, bottleneck: true },
    { blocks: 3, layers: 7, kernel: 5 },
  ];
  for (const changes of cases) {
    const topology = cnnTopologyWith({ dropout: 0.2, activation: 'relu', ...changes });
    const samples = randomImages(8, topology, 'mse');
    const own = tf.memory().numBytes;
    const session = createTensorflowCnnSession(tf, cnnTaskOf({ topology, loss: 'mse' }), samples, samples);
    session.order.forEach((_, row, order) => {
      order[row] = row;
    });
    const { peakBytes } = await tf.profile(async () => {
      await session.trainEpoch(0.01);
      return [];
    });
    session.dispose();
    const share = (peakBytes - own) / tensorflowCnnBytes(topology, 8);
    assert.ok(share > 0.4 && share <= 1, `${cnnName(topology)} takes ${share} of what is estimated`);
  }
});

test('a batch that takes too much memory passes in parts; where not even eight samples fit, that is said', async () => {
  const task = cnnTaskOf({ topology: small, epochs: 1 });
  const parts = createTensorflowCnnTrainer(tf, 'tensorflow', tensorflowCnnBytes(small, 8));
  let asked = 0;
  await parts.train(task, train, validation, () => ++asked < 0);
  // Batches of 16 and 4 samples pass in three parts, the twelve validation samples in two.
  assert.equal(asked, 1 + 3 * 12 + 2 * 6);
  const none = createTensorflowCnnTrainer(tf, 'tensorflow', tensorflowCnnBytes(small, 8) - 1);
  await assert.rejects(none.train(task, train, validation), {
    name: 'RangeError',
    message: /on 8 samples at a time needs/,
  });
});
