/** Multi-layer perceptrons: the embedded trainer against TensorFlow.js, the same algorithm in C, and PyTorch. */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import * as plainTensorflow from '@tensorflow/tfjs';
import { createTensorflowSession, type Tensorflow } from '../../engine/nn/backends/tensorflow.ts';
import { pickKernel } from '../../engine/nn/backends/wasm.ts';
import { initialise, parameterCount, topologyName } from '../../engine/nn/network.ts';
import { shuffle, trainingStreams } from '../../engine/nn/random.ts';
import type { EncodedSamples, TrainingTask } from '../../engine/types.ts';
import { readKernel } from '../../server/assets.ts';
import { loadTensorflow } from '../../server/tensorflow.ts';
import { cacheFolder } from '../extension/host/cache.ts';
import { execute } from '../extension/host/command.ts';
import { randomSamples } from '../unit/nnHelpers.ts';
import { startLineProcess } from './lineProcess.ts';
import { torchCommand } from './torch.ts';
import type { Contestant, Entry, Suite } from './trainSuite.ts';
import type { ThreadRound, ThreadSetup } from './trainThread.ts';

interface Problem {
  readonly task: TrainingTask;
  readonly samples: EncodedSamples;
  /** The same for all contestants. */
  readonly order: Uint32Array;
}

const native = join(import.meta.dirname, 'native');
const workFolder = join(cacheFolder(), 'bench');

/** The C program takes whole batches only. */
function problemOf(widths: readonly number[], batches: number): Problem {
  const count = 64 * batches;
  const task: TrainingTask = {
    topology: { widths, activation: 'tanh' },
    optimizer: 'adam',
    learningRate: 0.001,
    schedule: 'constant',
    loss: 'mse',
    epochs: 1,
    batchSize: 64,
    seed: 1,
  };
  const order = Uint32Array.from({ length: count }, (_, row) => row);
  shuffle(order, trainingStreams(task.seed).order);
  return { task, samples: randomSamples(count, widths, task.loss), order };
}

const kernel = pickKernel(readKernel('train-relaxed'), readKernel('train'));

/** Each thread trains a network of its own, as the threads of a search do. */
const wasm = (threads: number): Entry<Problem> => ({
  name: threads === 1 ? 'wasm' : `wasm, ${threads} threads`,
  async start({ task, samples, order }) {
    const workerData: ThreadSetup = { kernel, task, samples, order };
    const entry = new URL('trainThread.ts', import.meta.url);
    const workers = Array.from({ length: threads }, () => new Worker(entry, { workerData }));
    const answer = (worker: Worker) =>
      new Promise<ThreadRound>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    return {
      samples: threads * samples.count,
      async train(epochs) {
        const started = performance.now();
        const answers = workers.map(answer);
        for (const worker of workers) worker.postMessage(epochs);
        const rounds = await Promise.all(answers);
        const cpuSeconds = rounds.reduce((sum, own) => sum + own.cpuSeconds, 0);
        return { seconds: (performance.now() - started) / 1000, cpuSeconds, loss: rounds[0]!.loss };
      },
      end: () => workers.forEach((worker) => void worker.terminate()),
    };
  },
});

/** TensorFlow.js trains so slowly that a part of the samples has to do. */
const tensorflowBatches = 8;

const tensorflow = (backend: string, load: () => Promise<Tensorflow>): Entry<Problem> => ({
  name: `TensorFlow.js, ${backend} backend`,
  async start({ task, samples, order }) {
    const tf = await load();
    tf.enableProdMode();
    const { inputs, targets } = samples;
    const count = Math.min(samples.count, tensorflowBatches * task.batchSize);
    const part: EncodedSamples = {
      count,
      inputs: inputs.subarray(0, (count * inputs.length) / samples.count),
      targets: targets.subarray(0, (count * targets.length) / samples.count),
    };
    await tf.setBackend(backend);
    const session = createTensorflowSession(tf, task, part, part);
    session.order.set(order.filter((row) => row < count));
    return {
      samples: count,
      async train(epochs) {
        await tf.setBackend(backend);
        const started = performance.now();
        let loss = 0;
        for (let epoch = 0; epoch < epochs; epoch++) {
          const mean = await session.trainEpoch(task.learningRate);
          if (epoch === 0) loss = mean;
        }
        return { seconds: (performance.now() - started) / 1000, loss };
      },
      end: () => session.dispose(),
    };
  },
});

async function loadWasmBackend(): Promise<Tensorflow> {
  try {
    createRequire(import.meta.url)('@tensorflow/tfjs-backend-wasm');
    return plainTensorflow;
  } catch {
    throw new Error('not installed: npm install --no-save @tensorflow/tfjs-backend-wasm');
  }
}

async function loadNodeBackend(): Promise<Tensorflow> {
  const loaded = await loadTensorflow('tensorflow', import.meta.dirname);
  if (loaded.kind === 'failed') throw new Error(`${loaded.message} ${loaded.hint}`);
  return loaded.tf;
}

/** The file that both programs read; native/mlp.c describes it. */
function writeProblem({ task, samples, order }: Problem): string {
  const { widths } = task.topology;
  const parts = [
    Int32Array.of(widths.length, ...widths, samples.count),
    initialise(task.topology, task.seed),
    samples.inputs,
    samples.targets,
    order,
  ];
  mkdirSync(workFolder, { recursive: true });
  const file = join(workFolder, `${topologyName(task.topology)}.bin`);
  writeFileSync(file, Buffer.concat(parts.map((part) => new Uint8Array(part.buffer))));
  return file;
}

async function startProgram(file: string, args: readonly string[], problem: Problem): Promise<Contestant> {
  const program = startLineProcess(file, [...args, writeProblem(problem)]);
  return {
    samples: problem.samples.count,
    async train(epochs) {
      const [seconds, loss, cpuSeconds] = (await program.ask(String(epochs))).split(' ').map(Number);
      return { seconds: seconds!, loss: loss!, cpuSeconds: cpuSeconds! };
    },
    end: program.end,
  };
}

/**
 * Without -ffast-math the compiler must keep the clamp of tanh and every division in the order of C's rules, and leaves
 * them scalar. The embedded kernel's operations have no such rules, so the second row is the one to measure it by.
 */
const c = (flags: readonly string[]): Entry<Problem> => ({
  name: `C, cc ${flags.join(' ')}`,
  async start(problem) {
    const source = join(native, 'mlp.c');
    const program = join(workFolder, ['mlp', ...flags].join(''));
    if (!existsSync(program) || statSync(program).mtimeMs < statSync(source).mtimeMs) {
      mkdirSync(workFolder, { recursive: true });
      const { code, output } = await execute('cc', [...flags, source, '-o', program, '-lm'], { timeoutMs: 60_000 });
      if (code !== 0) throw new Error(`not compiled: ${output.split('\n')[0]} (apt-get install gcc)`);
    }
    return startProgram(program, [], problem);
  },
});

const torch: Entry<Problem> = {
  name: 'PyTorch, 1 thread',
  async start(problem) {
    const [python, script] = await torchCommand('train_torch.py');
    return startProgram(python, [script], problem);
  },
};

export const mlpSuite: Suite<Problem> = {
  title: 'Multi-layer perceptrons: tanh, Adam, mean squared error, batches of 64',
  problems: [problemOf([2, 8, 2], 160), problemOf([6, 16, 8, 1], 800), problemOf([64, 32, 32, 64], 320)],
  nameOf: ({ task }) => topologyName(task.topology),
  // One multiplication and one addition per weight in each of forward, gradient and backward pass.
  operationsPerSample: ({ task }) => 6 * parameterCount(task.topology),
  sameStart: true,
  entries: [
    wasm(1),
    wasm(2),
    c(['-O3', '-march=native']),
    c(['-O3', '-march=native', '-ffast-math']),
    torch,
    tensorflow('cpu', async () => plainTensorflow),
    tensorflow('wasm', loadWasmBackend),
    tensorflow('tensorflow', loadNodeBackend),
  ],
};
