/** The trainer on TensorFlow.js against the reference, through the library's pure JavaScript backend. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs';
import { createTensorflowSession, createTensorflowTrainer } from '../../engine/nn/backends/tensorflow.ts';
import { initialise } from '../../engine/nn/network.ts';
import { referenceTrainer } from '../../engine/nn/reference.ts';
import { activations, type EncodedSamples, type Loss, optimizers, type TrainingTask } from '../../engine/types.ts';
import { compareWithReference, randomSamples, relativeDifference, taskOf } from './nnHelpers.ts';

const losses: readonly Loss[] = ['mse', 'softmax-cross-entropy'];
const trainer = createTensorflowTrainer(tf, 'tensorflow');
const widths = [3, 5, 2];
const train = randomSamples(100, widths, 'mse');
const validation = randomSamples(30, widths, 'mse', 2);

before(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

/** Disposes of the session's tensors, which no garbage collector does. */
async function compare(task: TrainingTask, count: number) {
  const sessions: { dispose(): void }[] = [];
  const create = (samples: EncodedSamples, held: EncodedSamples) => {
    const session = createTensorflowSession(tf, task, samples, held);
    sessions.push(session);
    return session;
  };
  try {
    return await compareWithReference(create, task, count);
  } finally {
    for (const session of sessions) session.dispose();
  }
}

for (const optimizer of optimizers) {
  test(`${optimizer} follows the reference for every activation and loss`, async () => {
    for (const loss of losses) {
      for (const activation of activations) {
        const learningRate = { sgd: 0.1, adagrad: 0.1, adadelta: 10 }[optimizer as string] ?? 0.01;
        const topology = { widths: [3, 7, 5, 2], activation };
        // 45 samples in batches of 16: the last batch is short.
        const task = taskOf({ topology, optimizer, loss, learningRate, epochs: 3 });
        const { weightDifference, lossDifference } = await compare(task, 45);
        // Nine updates in single precision; a wrong constant or a missing term shows as 1e-3 and more.
        assert.ok(weightDifference < 1e-5, `${activation}, ${loss}: weights differ by ${weightDifference}`);
        assert.ok(lossDifference < 2e-6, `${activation}, ${loss}: losses differ by ${lossDifference}`);
      }
    }
  });
}

test('any width, batch size and number of samples', async () => {
  for (const widths of [
    [1, 1, 1],
    [1, 2],
    [9, 6, 3, 11, 4],
  ]) {
    for (const [batchSize, count] of [
      [1, 3],
      [7, 8],
      [128, 20],
    ] as const) {
      const task = taskOf({ topology: { widths, activation: 'tanh' }, batchSize, optimizer: 'sgd', epochs: 1 });
      const { weightDifference } = await compare(task, count);
      assert.ok(weightDifference < 1e-4, `${widths.join('-')}, batch ${batchSize}, ${count}: ${weightDifference}`);
    }
  }
});

test('ends at the network of the reference, by the same schedule and with the same losses', async () => {
  const task = taskOf({ epochs: 8, schedule: 'cosine' });
  const [found, exact] = await Promise.all([trainer, referenceTrainer].map((t) => t.train(task, train, validation)));
  assert.equal(found!.outcome, 'finished');
  assert.ok(relativeDifference(found!.network.weights, exact!.network.weights) < 1e-5);
  assert.ok(relativeDifference(Float64Array.from(found!.trainLoss), Float64Array.from(exact!.trainLoss)) < 2e-6);
  assert.ok(
    relativeDifference(Float64Array.from(found!.validationLoss), Float64Array.from(exact!.validationLoss)) < 2e-6,
  );
});

test('the same seed gives the same bits, another seed does not', async () => {
  const first = await trainer.train(taskOf({ seed: 7 }), train, validation);
  assert.deepEqual(await trainer.train(taskOf({ seed: 7 }), train, validation), first);
  const other = await trainer.train(taskOf({ seed: 8 }), train, validation);
  assert.notDeepEqual(other.network.weights, first.network.weights);
});

test('samples in shared memory and initial weights are read, not written to', async () => {
  const inputs = new Float32Array(new SharedArrayBuffer(train.inputs.byteLength));
  inputs.set(train.inputs);
  const initial = initialise({ widths, activation: 'tanh' }, 3);
  const plain = await trainer.train(taskOf({ initial }), train, validation);
  assert.deepEqual(await trainer.train(taskOf({ initial }), { ...train, inputs }, validation), plain);
  assert.deepEqual(inputs, new Float32Array(train.inputs));
  assert.deepEqual(initial, initialise({ widths, activation: 'tanh' }, 3));
});

test('keeps the weights of the epoch with the lowest validation loss', async () => {
  const task = taskOf({ epochs: 12, learningRate: 0.3 });
  const { validationLoss, network } = await trainer.train(task, train, validation);
  const best = validationLoss.indexOf(Math.min(...validationLoss));
  assert.ok(best < 11, 'the case must tell the best from the last');
  const upToBest = await trainer.train({ ...task, epochs: best + 1 }, train, validation);
  assert.deepEqual(network.weights, upToBest.network.weights);
});

test('divergence is an outcome and keeps the initial weights', async () => {
  const topology = { widths, activation: 'linear' as const };
  const exploding = taskOf({ topology, optimizer: 'sgd', learningRate: 1e6, epochs: 50 });
  const result = await trainer.train(exploding, train, validation);
  assert.equal(result.outcome, 'diverged');
  assert.ok(result.epochs < 50);
  assert.ok([...result.trainLoss, ...result.validationLoss, ...result.network.weights].every(Number.isFinite));

  const inputs = train.inputs.slice();
  inputs[4] = Number.NaN;
  for (const activation of activations) {
    const task = taskOf({ topology: { widths, activation }, epochs: 1 });
    const { outcome, network } = await trainer.train(task, { ...train, inputs }, validation);
    assert.equal(outcome, 'diverged', activation);
    assert.deepEqual(network.weights, initialise(task.topology, task.seed));
  }
});

test('stops between epochs and keeps what it has', async () => {
  let asked = 0;
  const result = await trainer.train(taskOf({ epochs: 10 }), train, validation, () => ++asked > 2);
  assert.equal(result.outcome, 'stopped');
  assert.equal(result.epochs, 2);
  const two = await trainer.train(taskOf({ epochs: 2 }), train, validation);
  assert.deepEqual(result.network.weights, two.network.weights);
});

test('leaves no tensor behind, however a training ends', async () => {
  const before = tf.memory().numTensors;
  const linear = { widths, activation: 'linear' as const };
  for (const optimizer of optimizers) await trainer.train(taskOf({ optimizer, epochs: 1 }), train, validation);
  await trainer.train(taskOf({ topology: linear, optimizer: 'sgd', learningRate: 1e9 }), train, validation);
  await trainer.train(taskOf({}), train, validation, () => true);
  await assert.rejects(trainer.train(taskOf({ batchSize: 0 }), train, validation), RangeError);
  const stopped = new Error('the caller is gone');
  const failing = trainer.train(taskOf({}), train, validation, () => {
    throw stopped;
  });
  await assert.rejects(failing, stopped);
  assert.equal(tf.memory().numTensors, before);
});
