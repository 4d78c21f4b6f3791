/** Fine-tuning with int8's rounding in the loop: it undoes most of what quantisation costs where that is much. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialise } from '../../engine/nn/network.ts';
import { referenceTrainer } from '../../engine/nn/reference.ts';
import { fineTuneAware } from '../../engine/quantise/aware.ts';
import { calibrate } from '../../engine/quantise/calibrate.ts';
import { enterColumns, leave } from '../../engine/quantise/grid.ts';
import { quantiseInt8, runInt8 } from '../../engine/quantise/int8.ts';
import { type Activation, activations, type EncodedSamples, type Network } from '../../engine/types.ts';
import { randomSamples, taskOf } from './nnHelpers.ts';

/** A network with one weight so large that the others of its neuron have few of the 127 steps. */
async function hardToQuantise(activation: Activation, train: EncodedSamples): Promise<Network> {
  const topology = { widths: [3, 6, 2], activation };
  const task = taskOf({ topology, epochs: 6, learningRate: 0.01, initial: initialise(topology, 5) });
  const { network } = await referenceTrainer.train(task, train, train);
  const weights = network.weights.slice();
  for (let o = 0; o < 6; o++) weights[o] = weights[o]! * 25;
  return { topology, weights };
}

function mseOf(
  network: Network,
  calibration: ReturnType<typeof calibrate>,
  { inputs, targets, count }: EncodedSamples,
) {
  const quantised = quantiseInt8(network, calibration);
  const outputs = runInt8(quantised, enterColumns(inputs, quantised.input), count);
  const squares = Array.from(outputs, (integer, k) => (leave(integer, quantised.output) - targets[k]!) ** 2);
  return squares.reduce((a, b) => a + b) / squares.length;
}

const train = randomSamples(400, [3, 2], 'mse');
const held = randomSamples(200, [3, 2], 'mse', 2);

for (const activation of activations) {
  test(`${activation}: the error of the integers falls`, async () => {
    const network = await hardToQuantise(activation, train);
    const calibration = calibrate(network, train.inputs, train.count);
    const task = taskOf({ topology: network.topology, epochs: 8, learningRate: 0.01, schedule: 'cosine' });
    const tuned = await fineTuneAware({ ...task, initial: network.weights }, calibration, train, held);
    const [before, after] = [mseOf(network, calibration, held), mseOf(tuned, calibration, held)];
    assert.ok(after < 0.9 * before, `${before} to ${after}`);
  });
}

test('a weight learns nothing from where a grid saturates', async () => {
  const topology = { widths: [1, 1], activation: 'linear' } as const;
  const calibration = { inputs: { min: -1, max: 1 }, sums: [{ min: -1, max: 1 }] };
  const rows = { count: 8, inputs: new Float32Array(8).fill(0.9), targets: new Float32Array(8) };
  const tuned = async (weight: number) => {
    const task = { ...taskOf({ topology, epochs: 1, optimizer: 'sgd', learningRate: 0.1 }), batchSize: 8 };
    const initial = Float32Array.of(weight, 0);
    return (await fineTuneAware({ ...task, initial }, calibration, rows, rows)).weights[0]!;
  };
  assert.equal(await tuned(10), 10, 'nine is far beyond the grid, whose end is 1');
  // dw = 2 (0.45 - 0) 0.9, but for a step of the grids.
  assert.ok(Math.abs((await tuned(0.5)) - (0.5 - 0.1 * 2 * 0.45 * 0.9)) < 0.005);
});

test('fine-tuning that is stopped leaves the network as it was', async () => {
  const network = await hardToQuantise('relu', train);
  const calibration = calibrate(network, train.inputs, train.count);
  const task = { ...taskOf({ topology: network.topology, epochs: 5 }), initial: network.weights };
  assert.deepEqual(await fineTuneAware(task, calibration, train, held, () => true), network);
});

test('without epochs the network stays as it is, and the loss that it is judged by is that of its integers', async () => {
  const network = await hardToQuantise('tanh', train);
  const calibration = calibrate(network, train.inputs, train.count);
  const task = { ...taskOf({ topology: network.topology, epochs: 0 }), initial: network.weights };
  assert.deepEqual(await fineTuneAware(task, calibration, train, held), network);
});
