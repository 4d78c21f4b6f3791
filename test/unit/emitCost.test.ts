/** What a network costs before anything runs: counts by hand for small networks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuTarget } from '../../engine/emit/cpu/cpu.ts';
import { initialiseCnn } from '../../engine/nn/cnn/network.ts';
import { initialise } from '../../engine/nn/network.ts';
import { cnnTopologyWith } from './cnnHelpers.ts';

test('a perceptron of 3-5-2', () => {
  const topology = { widths: [3, 5, 2], activation: 'tanh' } as const;
  const network = { topology, weights: initialise(topology, 1) };
  assert.deepEqual(cpuTarget.estimate(network), {
    parameters: 3 * 5 + 5 + 5 * 2 + 2,
    multiplyAccumulates: 3 * 5 + 5 * 2,
    parameterBytes: 4 * 32,
    workingBytes: 2 * 5 * 8,
    more: [],
  });
});

test('a convolutional network of one block of one layer on 4x5 images', () => {
  const topology = cnnTopologyWith({
    height: 4,
    width: 5,
    blocks: 1,
    layers: 5,
    growth: 4,
    initialFilters: 8,
    outputs: 2,
  });
  const { parameterBytes, workingBytes, ...counts } = cpuTarget.estimate(initialiseCnn(topology, 1));
  const dense = 9 * 8 * 4;
  assert.deepEqual(counts, {
    parameters: 9 * 8 + 2 * 8 + dense + 2 * 12 + 12 * 2 + 2,
    multiplyAccumulates: 20 * (9 * 8 + dense) + 12 * 2,
    more: [],
  });
  // Tables of one, eight and twelve channels, padded to four; a bias for each filter, padded too.
  const tables = 2 * (4 + 8 + 12);
  assert.equal(parameterBytes, 4 * (tables + 8 + 9 * 8 + 4 + dense + 4 + 12 * 4));
  // The image, the block's maps, the scratch of its one layer with its margins, features and outputs.
  const maps = 20 * 12;
  assert.ok(
    workingBytes >= 4 * (20 + maps + 4 * 7 * 8) && workingBytes < 4 * (20 + maps + 4 * 7 * 8) + 400,
    `${workingBytes}`,
  );
});
