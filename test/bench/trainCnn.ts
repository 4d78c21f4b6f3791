/** Convolutional networks of the paper's template at 28x28: the embedded trainer against PyTorch on one thread. */
import { createCnnSession } from '../../engine/nn/backends/cnn.ts';
import { pickKernel } from '../../engine/nn/backends/wasm.ts';
import { cnnMultiplyAccumulates, cnnName, cnnParameterCount } from '../../engine/nn/cnn/template.ts';
import type { CnnTopology, EncodedSamples } from '../../engine/types.ts';
import { readKernel } from '../../server/assets.ts';
import { startLineProcess } from './lineProcess.ts';
import { torchCommand } from './torch.ts';
import type { Entry, Suite } from './trainSuite.ts';

const batchSize = 128;
const base = {
  kind: 'cnn',
  height: 28,
  width: 28,
  channels: 1,
  outputs: 10,
  activation: 'relu',
  dropout: 0.2,
} as const;
const paper = { ...base, kernel: 3, growth: 12, initialFilters: 24 } as const;

/** 0.02M, 0.13M and 0.34M parameters. */
const topologies: readonly CnnTopology[] = [
  { ...paper, layers: 10, blocks: 2, growth: 8, initialFilters: 16 },
  { ...paper, layers: 16, blocks: 2 },
  { ...paper, layers: 16, blocks: 2, kernel: 5 },
];

/** Noise: the time does not depend on what the images show. */
function images(topology: CnnTopology): EncodedSamples {
  const inputs = Float32Array.from({ length: batchSize * topology.height * topology.width }, () => Math.random());
  const targets = new Float32Array(batchSize * topology.outputs);
  for (let row = 0; row < batchSize; row++) targets[row * topology.outputs + (row % topology.outputs)] = 1;
  return { count: batchSize, inputs, targets };
}

const kernel = pickKernel(readKernel('cnn-relaxed'), readKernel('cnn'));

const wasm: Entry<CnnTopology> = {
  name: 'wasm',
  async start(topology) {
    const samples = images(topology);
    const task = {
      topology,
      optimizer: 'adam',
      learningRate: 0.001,
      schedule: 'constant',
      loss: 'softmax-cross-entropy',
      epochs: 1,
      batchSize,
      seed: 1,
    } as const;
    const session = createCnnSession(kernel, task, samples, samples);
    session.order.forEach((_, row, order) => {
      order[row] = row;
    });
    return {
      samples: batchSize,
      async train(epochs) {
        const started = performance.now();
        let loss = 0;
        for (let epoch = 0; epoch < epochs; epoch++) {
          const mean = session.trainEpoch(task.learningRate);
          if (mean !== 'stopped') loss = mean;
        }
        return { seconds: (performance.now() - started) / 1000, loss };
      },
    };
  },
};

const torch: Entry<CnnTopology> = {
  name: 'PyTorch, 1 thread',
  async start({ layers, blocks, kernel: size, growth, initialFilters }) {
    const [python, script] = await torchCommand('train_torch_cnn.py');
    const program = startLineProcess(python, [script, ...[layers, blocks, size, growth, initialFilters].map(String)]);
    return {
      samples: batchSize,
      async train(epochs) {
        const [seconds, loss] = (await program.ask(String(epochs))).split(' ').map(Number);
        return { seconds: seconds!, loss: loss! };
      },
      end: program.end,
    };
  },
};

export const cnnSuite: Suite<CnnTopology> = {
  title: 'Convolutional networks at 28x28: relu, Adam, cross-entropy, batches of 128',
  problems: topologies,
  nameOf: (topology) => `${cnnName(topology)}, ${(cnnParameterCount(topology) / 1e6).toFixed(2)}M`,
  // Two operations per multiply-accumulate, in each of forward, input gradient and weight gradient.
  operationsPerSample: (topology) => 6 * cnnMultiplyAccumulates(topology),
  // Each starts from weights and noise of its own.
  sameStart: false,
  entries: [wasm, torch],
};
