/** Which epoch's weights are kept: all trainers of perceptrons judge classes by misses, and numbers by loss. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs';
import { createTensorflowTrainer } from '../../engine/nn/backends/tensorflow.ts';
import { createWasmTrainer } from '../../engine/nn/backends/wasm.ts';
import { type EpochSession, runSchedule } from '../../engine/nn/epochs.ts';
import { countMisses } from '../../engine/nn/losses.ts';
import { referenceTrainer } from '../../engine/nn/reference.ts';
import { bestEpoch, kernelBytes, randomSamples, taskOf } from './nnHelpers.ts';

before(() => tf.setBackend('cpu'));

/** Losses and misses of each epoch, and which one is to be kept. */
const schedules: readonly (readonly [losses: number[], misses: number[] | undefined, kept: number])[] = [
  [[3, 1, 2], undefined, 1],
  [[3, 1, 2], [0.3, 0.2, 0.1], 2],
  [[3, 1, 2], [0.1, 0.2, 0.2], 0],
  [[3, 2, 1], [0.1, 0.1, 0.1], 2],
  [[1, 2, 1], [0.1, 0.1, 0.1], 0],
];
for (const [losses, misses, kept] of schedules) {
  test(`losses ${losses} and misses ${misses} keep epoch ${kept}`, async () => {
    let epoch = -1;
    const session: EpochSession<number> = {
      order: new Uint32Array(1),
      trainEpoch: () => ++epoch,
      validationLoss: () => losses[epoch]!,
      ...(misses && { missRate: () => misses[epoch]! }),
      snapshot: () => epoch,
    };
    const task = { epochs: losses.length, learningRate: 1, schedule: 'constant', seed: 1 } as const;
    const { best, validationError } = await runSchedule(task, session);
    assert.deepEqual([best, validationError], [kept, misses]);
  });
}

for (const [losses, validation] of [
  [
    [2, Infinity],
    [2, 1],
  ],
  [
    [2, 1],
    [2, Number.NaN],
  ],
] as const) {
  test(`losses ${losses} and ${validation} of validation samples end as diverged, with the first epoch's network`, async () => {
    let epoch = -1;
    const session: EpochSession<number> = {
      order: new Uint32Array(1),
      trainEpoch: () => losses[++epoch]!,
      validationLoss: () => validation[epoch]!,
      snapshot: () => epoch,
    };
    const task = { epochs: 2, learningRate: 1, schedule: 'constant', seed: 1 } as const;
    const result = await runSchedule(task, session);
    assert.deepEqual(result, { best: 0, epochs: 1, trainLoss: [2], validationLoss: [2], outcome: 'diverged' });
  });
}

test('a miss is a largest output elsewhere than the largest target, the first of equals', () => {
  const targets = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  assert.equal(countMisses(Float32Array.of(5, 5, 1, 5, 5, 1, 0, -1, 2), targets, 3), 1);
});

const train = randomSamples(100, [3, 3], 'softmax-cross-entropy');
const validation = randomSamples(40, [3, 3], 'softmax-cross-entropy', 2);
const trainers = [
  createWasmTrainer(new WebAssembly.Module(kernelBytes('train'))),
  referenceTrainer,
  createTensorflowTrainer(tf, 'tensorflow'),
];

test('every trainer counts the same misses, and keeps the network of the same epoch', async () => {
  const task = taskOf({
    ...{ topology: { widths: [3, 5, 3], activation: 'tanh' }, loss: 'softmax-cross-entropy' },
    ...{ epochs: 20, learningRate: 0.2, seed: 2 },
  });
  const exact = await referenceTrainer.train(task, train, validation);
  const best = bestEpoch(exact);
  const { validationError: _, ...byLoss } = exact;
  assert.notEqual(best, bestEpoch(byLoss), 'the case must tell misses from losses');
  for (const trainer of trainers) {
    const { network, validationError } = await trainer.train(task, train, validation);
    assert.deepEqual(validationError, exact.validationError, trainer.name);
    const upTo = (epochs: number) => trainer.train({ ...task, epochs }, train, validation);
    assert.deepEqual(network, (await upTo(best + 1)).network, trainer.name);
  }
});
