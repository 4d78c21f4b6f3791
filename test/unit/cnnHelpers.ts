/** Small networks, tasks and kernels that the tests of convolutional networks share. */
import { readFileSync } from 'node:fs';
import { initialiseCnn } from '../../engine/nn/cnn/network.ts';
import type { CnnNetwork, CnnTopology, CnnTrainingTask, EncodedSamples, Loss } from '../../engine/types.ts';
import { randomSamples, randomValues } from './nnHelpers.ts';

/** `nnHelpers.ts` has built them. */
export const cnnKernel = (name: 'cnn' | 'cnn-relaxed'): WebAssembly.Module =>
  new WebAssembly.Module(new Uint8Array(readFileSync(new URL(`../../dist/kernels/${name}.wasm`, import.meta.url))));

/** Two blocks of two layers on 8x8 images; tests name what matters to them. */
export function cnnTopologyWith(changes: Partial<CnnTopology>): CnnTopology {
  return {
    kind: 'cnn',
    height: 8,
    width: 8,
    channels: 1,
    outputs: 3,
    blocks: 2,
    layers: 8,
    kernel: 3,
    growth: 4,
    initialFilters: 6,
    activation: 'tanh',
    dropout: 0,
    ...changes,
  };
}

/** L of a network with `perBlock` layers in each block. */
export const layersOf = (of: { blocks: number; perBlock: number; bottleneck?: boolean }): number =>
  4 + of.blocks * of.perBlock * (of.bottleneck ? 2 : 1);

export function cnnTaskOf(changes: Partial<CnnTrainingTask>): CnnTrainingTask {
  return {
    topology: cnnTopologyWith({}),
    optimizer: 'adam',
    learningRate: 0.01,
    schedule: 'constant',
    loss: 'softmax-cross-entropy',
    epochs: 3,
    batchSize: 16,
    seed: 7,
    ...changes,
  };
}

export function randomImages(count: number, topology: CnnTopology, loss: Loss, seed = 1): EncodedSamples {
  const { height, width, channels, outputs } = topology;
  return randomSamples(count, [height * width * channels, outputs], loss, seed);
}

/** Weights and statistics that are nowhere 0 or 1, so that no parameter's part in the result is special. */
export function unevenNetwork(topology: CnnTopology, seed: number): CnnNetwork {
  const { weights, statistics } = initialiseCnn(topology, seed);
  const weightNoise = randomValues(weights.length, 5);
  const statisticNoise = randomValues(statistics.length, 6);
  return {
    topology,
    weights: weights.map((w, k) => w + 0.1 * weightNoise[k]!),
    statistics: statistics.map((value, k) => value + 0.3 * statisticNoise[k]!),
  };
}
