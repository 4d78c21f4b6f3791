/** What the trainer of convolutional networks promises: seeds, the best epoch, stopping, divergence, and that it learns. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs';
import { createCnnTrainer, predictCnn } from '../../engine/nn/backends/cnn.ts';
import { createTensorflowCnnTrainer } from '../../engine/nn/backends/tensorflowCnn.ts';
import { initialiseCnn } from '../../engine/nn/cnn/network.ts';
import { cnnReferenceTrainer } from '../../engine/nn/cnn/reference.ts';
import { cnnParameterCount } from '../../engine/nn/cnn/template.ts';
import { activations, type CnnTopology, type EncodedSamples } from '../../engine/types.ts';
import { cnnKernel, cnnTaskOf, cnnTopologyWith, randomImages } from './cnnHelpers.ts';
import { bestEpoch, randomValues, relativeDifference } from './nnHelpers.ts';

const kernel = cnnKernel('cnn-relaxed');
const wasmTrainer = createCnnTrainer(kernel);
const topology = cnnTopologyWith({ height: 5, width: 4, dropout: 0.2, layers: 6 });
const train = randomImages(40, topology, 'softmax-cross-entropy');
const validation = randomImages(12, topology, 'softmax-cross-entropy', 2);

before(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

for (const trainer of [wasmTrainer, cnnReferenceTrainer, createTensorflowCnnTrainer(tf, 'tensorflow')]) {
  const { name } = trainer;

  test(`${name}: the same seed gives the same bits, another seed does not`, async () => {
    const task = cnnTaskOf({ topology, epochs: 2 });
    const first = await trainer.train(task, train, validation);
    assert.equal(first.outcome, 'finished');
    assert.deepEqual(await trainer.train(task, train, validation), first);
    // The seed also orders the samples and picks what is dropped, whatever the initial weights are.
    const initial = initialiseCnn(topology, 1);
    const [a, b] = [1, 2].map((seed) =>
      trainer.train(cnnTaskOf({ topology, epochs: 2, seed, initial }), train, validation),
    );
    assert.notDeepEqual((await a!).network.weights, (await b!).network.weights);
    assert.deepEqual(initial, initialiseCnn(topology, 1), 'initial arrays are not written to');
  });

  test(`${name}: keeps weights and statistics of the epoch with the fewest misses, and the lowest loss among these`, async () => {
    const task = cnnTaskOf({ topology, epochs: 8, learningRate: 0.1 });
    const { network, trainLoss, epochs, ...curve } = await trainer.train(task, train, validation);
    assert.deepEqual([epochs, curve.validationLoss.length, trainLoss.length], [8, 8, 8]);
    const best = bestEpoch(curve);
    assert.notEqual(best, 7, 'the case must tell the best from the last');
    const short = await trainer.train({ ...task, epochs: best + 1 }, train, validation);
    assert.deepEqual(network, short.network);
  });

  test(`${name}: a learning rate that explodes is an outcome`, async () => {
    const task = cnnTaskOf({ topology, optimizer: 'sgd', loss: 'mse', learningRate: 1e12, epochs: 30 });
    const { outcome, epochs, trainLoss, validationLoss, network } = await trainer.train(task, train, validation);
    assert.equal(outcome, 'diverged');
    assert.ok(epochs < 30);
    assert.ok([...trainLoss, ...validationLoss, ...network.weights, ...network.statistics].every(Number.isFinite));
  });

  test(`${name}: images with NaN diverge instead of hiding it`, async () => {
    for (const activation of activations) {
      const inputs = train.inputs.slice();
      inputs[33] = Number.NaN;
      const own = { ...topology, activation };
      const result = await trainer.train(cnnTaskOf({ topology: own, epochs: 1 }), { ...train, inputs }, validation);
      assert.equal(result.outcome, 'diverged', activation);
      assert.deepEqual(result.network, initialiseCnn(own, 7), 'the initial network is what is left');
    }
  });

  test(`${name}: stops between epochs and keeps what it has`, async () => {
    const none = await trainer.train(cnnTaskOf({ topology }), train, validation, () => true);
    assert.equal(none.outcome, 'stopped');
    assert.deepEqual(none.network, initialiseCnn(topology, 7));
  });

  test(`${name}: mistakes of the caller are refused before any work`, async () => {
    const refused = (changes: Parameters<typeof cnnTaskOf>[0], message: RegExp, samples = train) =>
      assert.rejects(trainer.train(cnnTaskOf({ topology, ...changes }), samples, validation), {
        name: 'RangeError',
        message,
      });
    await refused({ batchSize: 0 }, /batch size is 0/);
    await refused({ epochs: 1.5 }, /1.5 is not a number of epochs/);
    await refused({ learningRate: Number.NaN }, /learning rate is NaN/);
    await refused({ topology: { ...topology, blocks: 4, layers: 8 } }, /5x4 image allows at most 3 blocks/);
    await refused({ topology: { ...topology, height: 6 } }, /40 training samples of 6x4x1 L6 B2 3x3 k4 do not fit 800/);
    await refused({ initial: { weights: new Float32Array(3), statistics: new Float32Array(2) } }, /not 3 and 2/);
    await refused({}, /0 training samples; at least one/, { ...train, count: 0 });
  });
}

test('stops within an epoch, before the next layer', async () => {
  let asked = 0;
  // An epoch of three batches asks before each of four convolutions, forward and backward, and there is one validation.
  const perEpoch = 1 + 3 * 8 + 2 * 4;
  const stopAfter = (limit: number) => {
    asked = 0;
    return wasmTrainer.train(cnnTaskOf({ topology, epochs: 3 }), train, validation, () => ++asked > limit);
  };
  const one = await wasmTrainer.train(cnnTaskOf({ topology, epochs: 1 }), train, validation);
  for (const [limit, epochs] of [
    [1, 0],
    [12, 0],
    [perEpoch - 1, 0],
    [perEpoch, 1],
    [perEpoch + 5, 1],
  ] as const) {
    const result = await stopAfter(limit);
    assert.equal(result.outcome, 'stopped');
    assert.equal(result.epochs, epochs, `asked ${limit} times`);
    assert.equal(asked, limit + 1, 'no work after the answer');
    assert.deepEqual(result.network, epochs === 1 ? one.network : initialiseCnn(topology, 7));
  }
});

test('both trainers end at the same network', async () => {
  const task = cnnTaskOf({ topology, optimizer: 'sgd', learningRate: 0.05, schedule: 'cosine', epochs: 3 });
  const [fast, exact] = await Promise.all(
    [wasmTrainer, cnnReferenceTrainer].map((t) => t.train(task, train, validation)),
  );
  assert.ok(relativeDifference(fast!.network.weights, exact!.network.weights) < 2e-5);
  assert.ok(relativeDifference(fast!.network.statistics, exact!.network.statistics) < 1e-5);
});

test('dropout works in training only', async () => {
  const noise = cnnTaskOf({ topology: { ...topology, dropout: 0.9 }, epochs: 1, learningRate: 0 });
  const without = { ...noise, topology: { ...topology, dropout: 0 } };
  const [a, b] = await Promise.all([noise, without].map((task) => wasmTrainer.train(task, train, validation)));
  assert.notEqual(a!.trainLoss[0], b!.trainLoss[0]);
  // With statistics given, nothing but dropout could tell two inference passes apart.
  const { weights, statistics } = initialiseCnn(topology, 7);
  const [y, z] = [noise, without].map((task) =>
    predictCnn(kernel, { topology: task.topology, weights, statistics }, validation.inputs, 12),
  );
  assert.deepEqual(y, z);
});

test('the largest network of the search space takes a step', async () => {
  for (const [size, channels] of [
    [28, 1],
    [32, 3],
  ] as const) {
    const large: CnnTopology = {
      ...cnnTopologyWith({ height: size, width: size, channels, outputs: 10, blocks: 4, layers: 52, growth: 12 }),
      ...{ initialFilters: 24, dropout: 0.2 },
    };
    assert.equal(cnnParameterCount(large), channels === 1 ? 1_958_482 : 1_958_914);
    const few = randomImages(2, large, 'softmax-cross-entropy');
    const task = cnnTaskOf({ topology: large, epochs: 1, batchSize: 128, learningRate: 0.001 });
    const { outcome, network } = await wasmTrainer.train(task, few, few);
    assert.equal(outcome, 'finished');
    assert.ok(network.weights.every(Number.isFinite));
  }
});

/** Stripes of random direction, width, phase and contrast in noise; class 0 lies, class 1 stands. */
function stripes(count: number, size: number, seed: number): EncodedSamples {
  const noise = randomValues(count * (size * size + 4), seed);
  const inputs = new Float32Array(count * size * size);
  const targets = new Float32Array(count * 2);
  for (let sample = 0; sample < count; sample++) {
    const at = sample * (size * size + 4);
    const [direction, frequency, phase, contrast] = noise.subarray(at, at + 4);
    const standing = direction! > 0;
    for (let pixel = 0; pixel < size * size; pixel++) {
      const position = standing ? pixel % size : Math.floor(pixel / size);
      const wave = Math.sin((1.6 + 0.5 * frequency!) * position + Math.PI * phase!);
      inputs[sample * size * size + pixel] = (1 + 0.5 * contrast!) * wave + noise[at + 4 + pixel]!;
    }
    targets[2 * sample + Number(standing)] = 1;
  }
  return { count, inputs, targets };
}

test('learns to tell lying stripes from standing ones', async () => {
  const own = cnnTopologyWith({ height: 12, width: 12, outputs: 2, layers: 8, dropout: 0.2, activation: 'relu' });
  const held = stripes(500, 12, 2);
  const task = cnnTaskOf({ topology: own, epochs: 5, learningRate: 0.01, schedule: 'cosine' });
  const { network, outcome } = await wasmTrainer.train(task, stripes(1000, 12, 1), held);
  assert.equal(outcome, 'finished');
  const logits = predictCnn(kernel, network, held.inputs, held.count);
  let right = 0;
  for (let sample = 0; sample < held.count; sample++) {
    right += Number(logits[2 * sample]! > logits[2 * sample + 1]! === held.targets[2 * sample]! > 0);
  }
  assert.ok(right / held.count > 0.95, `${right} of ${held.count} are right`);
});

/** Noise with one bright or dark spot of 2x2 pixels; the target is its brightness. */
function spots(count: number, size: number, seed: number): EncodedSamples {
  const noise = randomValues(count * (size * size + 3), seed);
  const inputs = new Float32Array(count * size * size);
  const targets = new Float32Array(count);
  for (let sample = 0; sample < count; sample++) {
    const own = noise.subarray(sample * (size * size + 3), (sample + 1) * (size * size + 3));
    const place = (value: number) => Math.floor(((value + 1) / 2) * (size - 1));
    const [row, column] = [place(own[1]!), place(own[2]!)];
    const image = inputs.subarray(sample * size * size, (sample + 1) * size * size);
    for (let pixel = 0; pixel < image.length; pixel++) {
      const inside = [row, row + 1].includes(Math.floor(pixel / size)) && [column, column + 1].includes(pixel % size);
      image[pixel] = 0.1 * own[3 + pixel]! + (inside ? own[0]! : 0);
    }
    targets[sample] = own[0]!;
  }
  return { count, inputs, targets };
}

test('learns a regression: the brightness of a spot', async () => {
  const own = cnnTopologyWith({ outputs: 1, blocks: 1, layers: 6, activation: 'elu' });
  const held = spots(300, 8, 2);
  const task = cnnTaskOf({ topology: own, loss: 'mse', epochs: 12, learningRate: 0.01, schedule: 'cosine' });
  const { network } = await wasmTrainer.train(task, spots(1500, 8, 1), held);
  const y = predictCnn(kernel, network, held.inputs, held.count);
  const mse = held.targets.reduce((sum, target, k) => sum + (target - y[k]!) ** 2, 0) / held.count;
  // The variance of the targets is a third.
  assert.ok(mse < 0.05, `mean squared error ${mse}`);
});
