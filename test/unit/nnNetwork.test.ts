import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  initialise,
  layerSlices,
  parameterCount,
  predict,
  softmax,
  topologyName,
  topologyOf,
} from '../../engine/nn/network.ts';
import { shuffle, trainingStreams } from '../../engine/nn/random.ts';
import type { MlpGenome, Topology } from '../../engine/types.ts';

const tanh = (...widths: number[]): Topology => ({ widths, activation: 'tanh' });

test('parameters are the weights and biases of every layer', () => {
  assert.equal(parameterCount(tanh(784, 200, 200, 10)), 199_210, "the paper's MNIST MLP of 0.19M");
  assert.equal(parameterCount(tanh(3072, 200, 200, 10)), 656_810, "the paper's CIFAR-10 MLP of 0.66M");
  assert.equal(parameterCount(tanh(4, 1)), 5);
});

test('a genome becomes a topology with the columns at both ends', () => {
  const genome: MlpGenome = { activation: 'selu', optimizer: 'adam', learningRate: 0.01, hidden: [8, 2] };
  const topology = topologyOf(genome, 4, 1);
  assert.deepEqual(topology, { widths: [4, 8, 2, 1], activation: 'selu' });
  assert.equal(topologyName(topology), '4-8-2-1');
});

test('initial weights are Glorot uniform with zero biases, and neighbouring seeds do not start alike', () => {
  const topology = tanh(30, 40, 5);
  const weights = initialise(topology, 1);
  for (const { inputs, outputs, offset } of layerSlices(topology)) {
    const limit = Math.sqrt(6 / (inputs + outputs));
    const w = weights.subarray(offset, offset + inputs * outputs);
    const variance = w.reduce((sum, value) => sum + value * value, 0) / w.length;
    assert.ok(w.every((value) => Math.abs(value) <= limit));
    assert.ok(Math.abs(variance / (limit ** 2 / 3) - 1) < 0.25, `variance ${variance}`);
    const bias = weights.subarray(offset + inputs * outputs, offset + (inputs + 1) * outputs);
    assert.ok(bias.every((value) => value === 0));
  }
  assert.deepEqual(initialise(topology, 1), weights);
  const firsts = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => initialise(topology, seed)[0]!);
  assert.ok(Math.max(...firsts) - Math.min(...firsts) > 0.1, `${firsts}`);
});

test('the forward pass is the one that the formula gives by hand', () => {
  const topology: Topology = { widths: [2, 2, 1], activation: 'relu' };
  // w = [[1, -1], [2, 3]], bias [0.5, 0]; then w = [[10], [100]], bias [7].
  const weights = Float32Array.of(1, -1, 2, 3, 0.5, 0, 10, 100, 7);
  const outputs = predict({ topology, weights }, Float32Array.of(1, 2, 3, -1), 2);
  assert.deepEqual([...outputs], [10 * 5.5 + 100 * 5 + 7, 10 * 1.5 + 100 * 0 + 7]);
  assert.throws(() => predict({ topology, weights }, Float32Array.of(1, 2, 3), 2), /2 rows of 2 inputs/);
  assert.throws(
    () => predict({ topology, weights: weights.subarray(1) }, Float32Array.of(1, 2), 1),
    /9 weights, not 8/,
  );
  assert.equal(predict({ topology, weights }, new Float32Array(0), 0).length, 0);
});

test('softmax rows are distributions, whatever the size of the logits', () => {
  const row = fc.array(fc.float({ noNaN: true, min: Math.fround(-1e30), max: Math.fround(1e30) }), {
    minLength: 3,
    maxLength: 3,
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), (rows) => {
      const logits = Float32Array.from(rows.flat());
      const probabilities = softmax(logits, 3);
      rows.forEach((_, index) => {
        const p = probabilities.subarray(index * 3, index * 3 + 3);
        assert.ok(Math.abs(p[0]! + p[1]! + p[2]! - 1) < 1e-6);
        const l = logits.subarray(index * 3, index * 3 + 3);
        assert.equal(p[l.indexOf(Math.max(...l))], Math.max(...p));
      });
    }),
    { seed: 1 },
  );
});

test('a shuffle is a permutation, and every row comes first about equally often', () => {
  const { order: random } = trainingStreams(5);
  const firsts = new Array<number>(10).fill(0);
  for (let round = 0; round < 5000; round++) {
    const order = Uint32Array.from({ length: 10 }, (_, row) => row);
    shuffle(order, random);
    assert.equal(new Set(order).size, 10);
    firsts[order[0]!]! += 1;
  }
  // Five standard deviations of a binomial count with mean 500.
  assert.ok(
    firsts.every((count) => Math.abs(count - 500) < 5 * Math.sqrt(450)),
    `${firsts}`,
  );
});
