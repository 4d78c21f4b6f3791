/**
 * Names the bits that a trainer computes on this machine. Relaxed SIMD rounds once or twice per multiply-add, as the
 * processor likes, and another trainer rounds elsewhere altogether: then the same task ends in other last bits.
 */
import { createHash } from 'node:crypto';
import type { AnyTask, EncodedSamples } from '../../engine/types.ts';
import { createTrainer, type TrainerSetup } from '../trainers.ts';

const settings = {
  optimizer: 'adam',
  learningRate: 0.01,
  schedule: 'constant',
  loss: 'mse',
  epochs: 2,
  batchSize: 8,
  seed: 1,
} as const;

const probes: readonly AnyTask[] = [
  { ...settings, topology: { widths: [16, 8, 2], activation: 'tanh' } },
  {
    ...settings,
    topology: {
      ...{ kind: 'cnn', height: 4, width: 4, channels: 1, outputs: 2, blocks: 2, layers: 6, kernel: 3 },
      ...{ growth: 4, initialFilters: 6, activation: 'relu', dropout: 0 },
    },
  },
];

const samples: EncodedSamples = {
  count: 24,
  inputs: Float32Array.from({ length: 24 * 16 }, (_, index) => ((index * 37) % 101) / 101 - 0.5),
  targets: Float32Array.from({ length: 24 * 2 }, (_, index) => ((index * 53) % 89) / 89),
};

/** The same name exactly where two small networks of both kinds are trained to the same bits, for example `wasm-3fa90c12`. */
export async function arithmeticOf(setup: TrainerSetup): Promise<string> {
  const trainer = await createTrainer(setup);
  const hash = createHash('sha256');
  for (const task of probes) {
    const { network } = await trainer.train(task, samples, samples);
    hash.update(network.weights);
  }
  return `${trainer.name}-${hash.digest('hex').slice(0, 8)}`;
}
