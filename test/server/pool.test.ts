/** The worker threads: order of results, cancellation, workers that die. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { pickKernel } from '../../engine/nn/backends/wasm.ts';
import { scoringTask } from '../../engine/nn/models.ts';
import { parameterCount } from '../../engine/nn/network.ts';
import type { Dataset, Encoding, TrainingTask } from '../../engine/types.ts';
import { readKernel } from '../../server/assets.ts';
import type { Evaluator } from '../../server/evaluator.ts';
import { shareSamples, startPool, TrainingPool } from '../../server/pool.ts';
import type { TrainerSetup } from '../../server/trainers.ts';
import { cnnTaskOf, cnnTopologyWith, randomImages } from '../unit/cnnHelpers.ts';

const encoding: Encoding = {
  inputs: [{ kind: 'number', column: 0, offset: 0, scale: 1 }],
  outputs: [{ kind: 'number', column: 0, offset: 0, scale: 1 }],
  inputColumns: 1,
  outputColumns: 1,
  loss: 'mse',
};

function samples(count: number) {
  const inputs = Float64Array.from({ length: count }, (_, row) => (2 * row) / (count - 1) - 1);
  return { count, inputs, outputs: inputs.map((x) => Math.sin(2 * x)) };
}

const dataset: Dataset = {
  inputSlots: [{ path: 'x', kind: 'number' }],
  outputSlots: [{ path: 'result', kind: 'number' }],
  train: samples(2000),
  validation: samples(200),
  test: samples(200),
};

const task = (hidden: number, epochs: number, learningRate = 0.01): TrainingTask => ({
  topology: { widths: [1, hidden, 1], activation: 'tanh' },
  optimizer: 'adam',
  learningRate,
  schedule: 'constant',
  loss: 'mse',
  epochs,
  batchSize: 32,
  seed: hidden,
});

let pool: Evaluator;
const wasm = {
  name: 'wasm',
  kernels: {
    mlp: pickKernel(readKernel('train-relaxed'), readKernel('train')),
    cnn: pickKernel(readKernel('cnn-relaxed'), readKernel('cnn')),
  },
} as const;
const start = (workers: number) => {
  pool = startPool(dataset, encoding, { trainer: wasm, workers });
  return pool;
};

const images = cnnTopologyWith({});
const imageEncoding: Encoding = {
  inputs: [],
  outputs: [{ kind: 'category', column: 0, values: ['a', 'b', 'c'] }],
  inputColumns: 64,
  outputColumns: 3,
  loss: 'softmax-cross-entropy',
};

function startOnImages(workers: number, trainer: TrainerSetup = wasm) {
  const samples = shareSamples(randomImages(40, images, 'softmax-cross-entropy', 2));
  const outputs = Float64Array.from({ length: 40 }, (_, row) =>
    samples.targets.subarray(3 * row, 3 * row + 3).indexOf(1),
  );
  const held = {
    samples,
    outputs,
    encoding: imageEncoding,
    outputSlots: [{ path: 'class', kind: 'category', values: ['a', 'b', 'c'] }] as const,
  };
  const train = shareSamples(randomImages(64, images, 'softmax-cross-entropy'));
  pool = new TrainingPool({ trainer, train, held }, workers);
  return pool;
}
afterEach(() => pool.dispose());

test('results come in the order of the tasks and do not depend on the number of workers', async () => {
  const tasks = [2, 64, 8, 32, 4].map((hidden) => task(hidden, 3));
  const one = await start(1).train(tasks);
  await pool.dispose();
  const three = await start(3).train(tasks);
  for (const [index, result] of one.entries()) {
    assert.equal(result.outcome, 'finished');
    assert.equal(result.network!.weights.length, parameterCount(tasks[index]!.topology));
    assert.equal(result.curve!.validationLoss.length, 3);
    assert.deepEqual(three[index]!.network, result.network);
    assert.deepEqual(three[index]!.error, result.error);
  }
});

test('a network learns', async () => {
  const [result] = await start(1).train([task(16, 60)]);
  assert.ok(result!.error!.nrmse < 0.02, `${result!.error!.nrmse}`);
});

test('a task that diverges has an outcome and no error', async () => {
  const [diverged, fine] = await start(1).train([task(4, 3, 1e30), task(4, 3)]);
  assert.equal(diverged!.outcome, 'diverged');
  assert.equal(diverged!.network, undefined);
  assert.equal(fine!.outcome, 'finished');
});

test('cancelling stops what runs at the end of its epoch, and what waits at once', async () => {
  const training = start(1).train([task(8, 1_000_000), task(4, 1_000_000)]);
  setTimeout(() => pool.cancel(), 300);
  assert.deepEqual(
    (await training).map(({ outcome }) => outcome),
    ['stopped', 'stopped'],
  );
});

test('a task that no trainer can take counts as crashed, and the others are trained', async () => {
  const impossible: TrainingTask = { ...task(4, 1), topology: { widths: [1], activation: 'tanh' } };
  const [bad, good] = await start(1).train([impossible, task(4, 2)]);
  assert.equal(bad!.outcome, 'crashed');
  assert.equal(good!.outcome, 'finished');
});

test('a worker that dies is replaced, and its task tried again with the same result', async () => {
  const deaths = await withWorkers(
    (worker, index) => index === 0 && setTimeout(() => worker.terminate(), 200),
    async () => {
      const [result] = await start(1).train([task(8, 10_000)]);
      assert.equal(result!.outcome, 'finished');
    },
  );
  assert.equal(deaths, 2, 'one that was killed, one that finished');
});

test('a task whose workers die twice counts as crashed', async () => {
  await withWorkers(
    (worker) => worker.terminate(),
    async () => {
      const [result] = await start(1).train([task(8, 10)]);
      assert.equal(result!.outcome, 'crashed');
    },
  );
});

test('withdrawn tasks that nobody has begun answer at once, the others go on to their end', async () => {
  const training = start(1).train([task(8, 400), task(4, 1), task(4, 2)]);
  pool.withdraw();
  assert.deepEqual(
    (await training).map(({ outcome }) => outcome),
    ['finished', 'stopped', 'stopped'],
  );
  const [later] = await pool.train([task(4, 1)]);
  assert.equal(later!.outcome, 'finished', 'the pool takes new tasks');
});

test('perceptrons and convolutional networks are trained by the same workers, with their curves', async () => {
  const perceptron: TrainingTask = { ...task(8, 3), loss: 'softmax-cross-entropy', topology: perceptronOnImages };
  const tasks = [cnnTaskOf({ epochs: 4 }), perceptron, cnnTaskOf({ optimizer: 'sgd', epochs: 2 })];
  const one = await startOnImages(1).train(tasks);
  await pool.dispose();
  const two = await startOnImages(2).train(tasks);
  for (const [index, { outcome, network, error, curve }] of one.entries()) {
    assert.equal(outcome, 'finished');
    assert.deepEqual(two[index]!.network, network);
    assert.deepEqual(two[index]!.curve, curve);
    const { epochs } = tasks[index]!;
    for (const values of Object.values(curve!)) assert.equal(values.length, epochs);
    assert.equal(error!.missRate, Math.min(...curve!.validationError!), 'the epoch with the fewest misses is kept');
  }
});

const perceptronOnImages = { widths: [64, 8, 3], activation: 'tanh' } as const;

test('a network that is only scored keeps its weights and has the error that it was trained to', async () => {
  for (const trained of [cnnTaskOf({ epochs: 2 }), { ...task(8, 3), topology: perceptronOnImages }]) {
    const [first] = await startOnImages(1).train([{ ...trained, loss: 'softmax-cross-entropy' }]);
    const [scored] = await pool.train([scoringTask(first!.network!, 'softmax-cross-entropy')]);
    assert.deepEqual(scored!.network, first!.network);
    assert.deepEqual(scored!.error, first!.error);
    await pool.dispose();
  }
});

test('the reference trains convolutional networks to the same error', async () => {
  const small = cnnTaskOf({ epochs: 1 });
  const [fast] = await startOnImages(1).train([small]);
  await pool.dispose();
  const [exact] = await startOnImages(1, { name: 'reference' }).train([small]);
  assert.equal(exact!.error!.missRate, fast!.error!.missRate);
  assert.deepEqual(exact!.curve!.validationError, fast!.curve!.validationError);
});

test('cancelling stops a convolutional network within its epoch', async () => {
  const training = startOnImages(1).train([cnnTaskOf({ epochs: 1_000_000 })]);
  setTimeout(() => pool.cancel(), 200);
  assert.equal((await training)[0]!.outcome, 'stopped');
});

/** Sees every worker that is started meanwhile, and answers how many there were. */
async function withWorkers(onWorker: (worker: Worker, index: number) => void, body: () => Promise<void>) {
  let count = 0;
  const listener = (worker: Worker) => onWorker(worker, count++);
  process.on('worker', listener);
  try {
    await body();
  } finally {
    process.off('worker', listener);
  }
  return count;
}
