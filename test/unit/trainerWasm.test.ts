/** What every trainer promises: seeds, schedules, the best epoch's weights, stopping, divergence, and that it learns. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createWasmTrainer, pickKernel } from '../../engine/nn/backends/wasm.ts';
import { lossAndGradients } from '../../engine/nn/backpropagation.ts';
import { learningRateAt } from '../../engine/nn/epochs.ts';
import { initialise, parameterCount, predict } from '../../engine/nn/network.ts';
import { referenceTrainer } from '../../engine/nn/reference.ts';
import { activations, type EncodedSamples, type Network, optimizers } from '../../engine/types.ts';
import { kernelBytes, randomSamples, relativeDifference, taskOf } from './nnHelpers.ts';

const wasmTrainer = createWasmTrainer(pickKernel(kernelBytes('train-relaxed'), kernelBytes('train')));
const plainTrainer = createWasmTrainer(new WebAssembly.Module(kernelBytes('train')));
const widths = [3, 5, 2];
const train = randomSamples(100, widths, 'mse');
const validation = randomSamples(30, widths, 'mse', 2);

const lossOf = ({ topology, weights }: Network, { count, inputs, targets }: EncodedSamples) =>
  lossAndGradients(
    topology,
    Float64Array.from(weights),
    { count, inputs: Float64Array.from(inputs), targets: Float64Array.from(targets) },
    'mse',
  );

test('pickKernel takes the plain kernel where relaxed SIMD is refused', async () => {
  const notWasm = new Uint8Array(8);
  const trainer = createWasmTrainer(pickKernel(notWasm, kernelBytes('train')));
  assert.deepEqual(
    await trainer.train(taskOf({}), train, validation),
    await plainTrainer.train(taskOf({}), train, validation),
  );
  assert.throws(() => pickKernel(notWasm, notWasm), /CompileError|magic/);
});

for (const trainer of [wasmTrainer, referenceTrainer]) {
  const { name } = trainer;

  test(`${name}: the same seed gives the same bits, another seed does not`, async () => {
    const first = await trainer.train(taskOf({ seed: 7 }), train, validation);
    // Work in between must not leave anything behind.
    await trainer.train(
      taskOf({ topology: { widths: [3, 40, 2], activation: 'relu' }, optimizer: 'adagrad' }),
      train,
      validation,
    );
    assert.deepEqual(await trainer.train(taskOf({ seed: 7 }), train, validation), first);
    const other = await trainer.train(taskOf({ seed: 8 }), train, validation);
    assert.notDeepEqual(other.network.weights, first.network.weights);
    // The seed also orders the samples, whatever the initial weights are.
    const initial = initialise({ widths, activation: 'tanh' }, 1);
    const [a, b] = [1, 2].map((seed) => trainer.train(taskOf({ seed, initial }), train, validation));
    assert.notDeepEqual((await a!).network.weights, (await b!).network.weights);
    assert.deepEqual(initial, initialise({ widths, activation: 'tanh' }, 1), 'initial weights are not written to');
  });

  test(`${name}: keeps the weights of the epoch with the lowest validation loss`, async () => {
    // So high a rate makes the loss jump about; the last epoch is then not the best one.
    const task = taskOf({ epochs: 25, learningRate: 0.3, optimizer: 'adam' });
    const result = await trainer.train(task, train, validation);
    const best = Math.min(...result.validationLoss);
    assert.equal(result.outcome, 'finished');
    assert.equal(result.epochs, 25);
    assert.equal(result.validationLoss.length, 25);
    assert.equal(result.trainLoss.length, 25);
    assert.notEqual(result.validationLoss.at(-1), best, 'the case must tell the best from the last');
    assert.ok(Math.abs(lossOf(result.network, validation) - best) < 1e-5 * best);
  });

  test(`${name}: a learning rate that explodes is an outcome`, async () => {
    const linear = { widths, activation: 'linear' as const };
    const task = taskOf({ topology: linear, optimizer: 'sgd', learningRate: 1e6, epochs: 50 });
    const result = await trainer.train(task, train, validation);
    assert.equal(result.outcome, 'diverged');
    assert.ok(result.epochs < 50);
    assert.ok([...result.trainLoss, ...result.validationLoss].every(Number.isFinite));
    assert.equal(result.trainLoss.length, result.epochs);
    assert.ok(result.network.weights.every(Number.isFinite));
  });

  test(`${name}: samples with NaN diverge instead of hiding it`, async () => {
    for (const activation of activations) {
      const inputs = train.inputs.slice();
      inputs[4] = Number.NaN;
      const topology = { widths, activation };
      const result = await trainer.train(taskOf({ topology }), { ...train, inputs }, validation);
      assert.equal(result.outcome, 'diverged', activation);
      assert.deepEqual(result.network.weights, initialise(topology, 7), 'the initial weights are what is left');
    }
  });

  test(`${name}: stops between epochs and keeps what it has`, async () => {
    let asked = 0;
    const result = await trainer.train(taskOf({ epochs: 10 }), train, validation, () => ++asked > 3);
    assert.equal(result.outcome, 'stopped');
    assert.equal(result.epochs, 3);
    const three = await trainer.train(taskOf({ epochs: 3 }), train, validation);
    assert.deepEqual(result.network.weights, three.network.weights);
    const none = await trainer.train(taskOf({ epochs: 10 }), train, validation, () => true);
    assert.deepEqual(none.network.weights, initialise({ widths, activation: 'tanh' }, 7));
  });

  test(`${name}: mistakes of the caller are refused before any work`, async () => {
    const refused = (changes: Parameters<typeof taskOf>[0], message: RegExp, samples = train) =>
      assert.rejects(trainer.train(taskOf(changes), samples, validation), { name: 'RangeError', message });
    await refused({ batchSize: 0 }, /batch size is 0/);
    await refused({ batchSize: 1.5 }, /batch size is 1.5/);
    await refused({ epochs: -1 }, /-1 is not a number of epochs/);
    await refused({ learningRate: Number.NaN }, /learning rate is NaN/);
    await refused({ initial: new Float32Array(3) }, /3-5-2 has 32 weights; 3 initial ones/);
    await refused({ topology: { widths: [3], activation: 'relu' } }, /"3" is not a network/);
    await refused({ topology: { widths: [3, 0, 2], activation: 'relu' } }, /"3-0-2" is not a network/);
    await refused(
      { topology: { widths: [4, 5, 2], activation: 'relu' } },
      /100 training samples of 4-5-2 do not fit 300/,
    );
    await refused({}, /0 training samples; at least one/, { ...train, count: 0 });
  });
}

test('both trainers end at the same network', async () => {
  for (const optimizer of optimizers) {
    const task = taskOf({
      optimizer,
      epochs: 8,
      schedule: 'cosine',
      learningRate: optimizer === 'adadelta' ? 1 : 0.01,
    });
    const [fast, exact] = await Promise.all(
      [wasmTrainer, referenceTrainer].map((t) => t.train(task, train, validation)),
    );
    const difference = relativeDifference(fast!.network.weights, exact!.network.weights);
    assert.ok(difference < 1e-5, `${optimizer}: ${difference}`);
    assert.ok(relativeDifference(Float64Array.from(fast!.trainLoss), Float64Array.from(exact!.trainLoss)) < 2e-6);
    assert.ok(
      relativeDifference(Float64Array.from(fast!.validationLoss), Float64Array.from(exact!.validationLoss)) < 2e-6,
    );
  }
});

test('the cosine schedule falls from the learning rate to almost nothing', () => {
  const task = taskOf({ schedule: 'cosine', learningRate: 0.02, epochs: 10 });
  const rates = Array.from({ length: 10 }, (_, epoch) => learningRateAt(task, epoch));
  assert.equal(rates[0], 0.02);
  assert.ok(Math.abs(rates[5]! - 0.01) < 1e-15);
  assert.ok(rates.every((rate, epoch) => epoch === 0 || rate < rates[epoch - 1]!));
  assert.ok(rates[9]! > 0 && rates[9]! < 0.001);
  assert.equal(learningRateAt({ ...task, schedule: 'constant' }, 9), 0.02);
});

test('any task gives finite, well-formed results', async () => {
  const width = fc.integer({ min: 1, max: 20 });
  const tasks = fc.record({
    hidden: fc.array(width, { maxLength: 4 }),
    inputs: width,
    outputs: width,
    activation: fc.constantFrom(...activations),
    optimizer: fc.constantFrom(...optimizers),
    loss: fc.constantFrom('mse' as const, 'softmax-cross-entropy' as const),
    batchSize: fc.integer({ min: 1, max: 1000 }),
    count: fc.integer({ min: 1, max: 60 }),
    seed: fc.integer(),
  });
  await fc.assert(
    fc.asyncProperty(tasks, async ({ hidden, inputs, outputs, count, activation, ...rest }) => {
      const topology = { widths: [inputs, ...hidden, outputs], activation };
      const samples = randomSamples(count, topology.widths, rest.loss);
      const result = await wasmTrainer.train(taskOf({ ...rest, topology, epochs: 2 }), samples, samples);
      assert.equal(result.outcome, 'finished');
      assert.equal(result.network.weights.length, parameterCount(topology));
      assert.ok(result.network.weights.every(Number.isFinite));
    }),
    { numRuns: 100, seed: 1 },
  );
});

test('learns y = sin(x) on [-pi, pi] to an error of 0.5 % of the range', async () => {
  const sine = (count: number, shift: number): EncodedSamples => {
    const inputs = Float32Array.from({ length: count }, (_, k) => (2 * (k + shift)) / count - 1);
    return { count, inputs, targets: inputs.map((x) => Math.sin(Math.PI * x)) };
  };
  const task = taskOf({
    topology: { widths: [1, 16, 16, 1], activation: 'tanh' },
    schedule: 'cosine',
    learningRate: 0.01,
    epochs: 200,
    batchSize: 16,
  });
  const held = sine(500, 0.25);
  const { network, outcome } = await wasmTrainer.train(task, sine(1000, 0.5), held);
  const y = predict(network, held.inputs, held.count);
  const rmse = Math.sqrt(y.reduce((sum, value, k) => sum + (value - held.targets[k]!) ** 2, 0) / held.count);
  assert.equal(outcome, 'finished');
  assert.ok(rmse / 2 < 0.005, `NRMSE ${rmse / 2}`);
});

test('learns to tell the inside of a circle from the outside', async () => {
  const circle = (count: number, seed: number): EncodedSamples => {
    const { inputs } = randomSamples(count, [2, 2], 'mse', seed);
    const targets = new Float32Array(2 * count);
    for (let row = 0; row < count; row++) {
      targets[2 * row + Number(Math.hypot(inputs[2 * row]!, inputs[2 * row + 1]!) < 0.8)] = 1;
    }
    return { count, inputs, targets };
  };
  const topology = { widths: [2, 16, 2], activation: 'relu' as const };
  const task = taskOf({ topology, loss: 'softmax-cross-entropy', epochs: 60, learningRate: 0.01, schedule: 'cosine' });
  const held = circle(1000, 2);
  const { network } = await wasmTrainer.train(task, circle(2000, 1), held);
  const logits = predict(network, held.inputs, held.count);
  let wrong = 0;
  for (let row = 0; row < held.count; row++) {
    wrong += Number(logits[2 * row]! > logits[2 * row + 1]! !== held.targets[2 * row]! > 0);
  }
  assert.ok(wrong / held.count < 0.03, `${wrong} of ${held.count} are wrong`);
});

test('a batch that cannot fit into memory is refused with the way out', async () => {
  const count = 3_000_000;
  const many = { count, inputs: new Float32Array(count), targets: new Float32Array(count) };
  const task = taskOf({ topology: { widths: [1, 200, 1], activation: 'relu' }, batchSize: count });
  await assert.rejects(wasmTrainer.train(task, many, many), {
    name: 'RangeError',
    message: /MiB and has 4096.*smaller batches/,
  });
});
