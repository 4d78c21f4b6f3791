/**
 * `node test/bench/trainCnn.ts`: how fast convolutional networks train and predict at 28x28. Multiply-adds are counted as
 * the template has them (the kernel does fewer in transitions), two operations each, three times as many in training.
 */
import { readFileSync } from 'node:fs';
import { createCnnSession, predictCnn } from '../../engine/nn/backends/cnn.ts';
import { pickKernel } from '../../engine/nn/backends/wasm.ts';
import { initialiseCnn } from '../../engine/nn/cnn/network.ts';
import { cnnName, cnnParameterCount, cnnTemplate } from '../../engine/nn/cnn/template.ts';
import type { CnnTopology, CnnTrainingTask, EncodedSamples } from '../../engine/types.ts';
import { buildKernels } from '../../scripts/buildKernels.mjs';

await buildKernels();
const bytesOf = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../dist/kernels/${name}.wasm`, import.meta.url)));
const module = pickKernel(bytesOf('cnn-relaxed'), bytesOf('cnn'));

/** Multiply-adds of one forward pass of one image. */
function multiplyAdds(topology: CnnTopology): number {
  const { blocks, convolutions } = cnnTemplate(topology);
  return convolutions.reduce((sum, { kind, block, kernel, channels, filters }) => {
    const { height, width } = blocks[kind === 'transition' ? block - 1 : block]!;
    return sum + height * width * kernel ** 2 * channels * filters;
  }, 0);
}

/** Noise: the time does not depend on what the images show. */
function images(count: number, topology: CnnTopology): EncodedSamples {
  const inputs = Float32Array.from({ length: count * topology.height * topology.width }, () => Math.random());
  const targets = Float32Array.from({ length: count * topology.outputs }, (_, k) => Number(k % topology.outputs === 0));
  return { count, inputs, targets };
}

const batchSize = 128;
const steps = 3;
const base = { kind: 'cnn', height: 28, width: 28, channels: 1, outputs: 10, blocks: 2, activation: 'relu' } as const;
const paper = { kernel: 3, growth: 12, initialFilters: 24, dropout: 0.2 } as const;
const topologies: readonly CnnTopology[] = [
  { ...base, ...paper, layers: 10, growth: 8, initialFilters: 16 },
  { ...base, ...paper, layers: 16 },
  { ...base, ...paper, layers: 16, activation: 'tanh' },
  { ...base, ...paper, layers: 16, kernel: 5 },
  { ...base, ...paper, layers: 16, blocks: 4 },
];

for (const topology of topologies) {
  const task: CnnTrainingTask = {
    topology,
    optimizer: 'adam',
    learningRate: 0.001,
    schedule: 'constant',
    loss: 'softmax-cross-entropy',
    epochs: 1,
    batchSize,
    seed: 1,
  };
  const samples = images(batchSize, topology);
  const session = createCnnSession(module, task, samples, samples);
  session.order.forEach((_, row, order) => {
    order[row] = row;
  });
  const time = (work: () => unknown) => {
    const times = Array.from({ length: steps + 1 }, () => {
      const start = performance.now();
      work();
      return performance.now() - start;
    });
    // The first step also compiles.
    return Math.min(...times.slice(1));
  };
  const train = time(() => session.trainEpoch(0.001));
  const network = initialiseCnn(topology, 1);
  const predict = time(() => predictCnn(module, network, samples.inputs, batchSize));
  const gigaOperations = (2 * multiplyAdds(topology) * batchSize) / 1e9;
  const name = `${cnnName(topology)} ${topology.activation}, ${cnnParameterCount(topology)} parameters`;
  const rate = (factor: number, timeMs: number) => `${((factor * gigaOperations * 1000) / timeMs).toFixed(1)} GFLOP/s`;
  console.log(`${name}: a batch of ${batchSize} trains in ${train.toFixed(0)} ms (${rate(3, train)}), `);
  console.log(`  predicts in ${predict.toFixed(0)} ms (${rate(1, predict)})`);
}
