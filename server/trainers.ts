/** Which trainer a run uses: chosen and tried out on the main thread, created on every worker thread. */

import { availableParallelism } from 'node:os';
import { createCnnTrainer, predictCnn } from '../engine/nn/backends/cnn.ts';
import { predictWasm } from '../engine/nn/backends/mlp.ts';
import { createTensorflowTrainer, type Tensorflow } from '../engine/nn/backends/tensorflow.ts';
import { createTensorflowCnnTrainer } from '../engine/nn/backends/tensorflowCnn.ts';
import { createWasmTrainer, pickKernel } from '../engine/nn/backends/wasm.ts';
import { cnnReferenceTrainer, predictCnnReference } from '../engine/nn/cnn/reference.ts';
import { isCnnNetwork, isCnnTask } from '../engine/nn/models.ts';
import { predict } from '../engine/nn/network.ts';
import { referenceTrainer } from '../engine/nn/reference.ts';
import { t } from '../engine/texts.ts';
import type {
  AnyNetwork,
  AnyTask,
  AnyTrainingResult,
  CnnNetwork,
  CnnTopology,
  CnnTrainer,
  EncodedSamples,
  Network,
  Trainer,
  TrainingResult,
  TrainingTask,
} from '../engine/types.ts';
import { readKernel } from './assets.ts';
import type { Config } from './config.ts';
import type { Failure } from './protocol.ts';
import { loadTensorflow, reasonOf, type TensorflowTrainerName } from './tensorflow.ts';

/** What a worker thread needs to create its trainer; can be posted to it. */
export type TrainerSetup =
  | { readonly name: 'wasm'; readonly kernels: Kernels }
  | { readonly name: 'reference' }
  | { readonly name: TensorflowTrainerName; readonly project: string };

/** The kernels of the embedded trainer: for perceptrons, and for convolutional networks. */
export interface Kernels {
  readonly mlp: WebAssembly.Module;
  readonly cnn: WebAssembly.Module;
}

export type ModelKind = 'mlp' | 'cnn';

export type TrainerChoice = { readonly kind: 'setup'; readonly setup: TrainerSetup } | Failure;

/**
 * Chooses a trainer that works here for a kind of network. `project` is the folder whose installed packages count. 'auto'
 * is the embedded trainer, or the reference on a processor without SIMD.
 */
export async function chooseTrainer(
  wanted: Config['trainer'],
  model: ModelKind,
  project: string,
  compile: () => Kernels = compileKernels,
): Promise<TrainerChoice> {
  switch (wanted) {
    case 'reference':
      return { kind: 'setup', setup: { name: 'reference' } };
    case 'auto':
    case 'wasm':
      try {
        return { kind: 'setup', setup: { name: 'wasm', kernels: compile() } };
      } catch (error) {
        if ((error as Error).name !== 'CompileError') throw error;
        if (wanted === 'auto') return { kind: 'setup', setup: { name: 'reference' } };
        return {
          kind: 'failed',
          message: t('The trainer "wasm" needs a processor with SIMD, which WebAssembly does not find here.'),
          hint: t('Use --trainer reference: the same results, but slowly.'),
        };
      }
    case 'tensorflow':
    case 'webgpu':
      return (await failureOf(wanted, model, project)) ?? { kind: 'setup', setup: { name: wanted, project } };
  }
}

const compileKernels = (): Kernels => ({
  mlp: pickKernel(readKernel('train-relaxed'), readKernel('train')),
  cnn: pickKernel(readKernel('cnn-relaxed'), readKernel('cnn')),
});

const trial = {
  optimizer: 'adam',
  learningRate: 0.01,
  schedule: 'constant',
  loss: 'mse',
  epochs: 1,
  batchSize: 1,
  seed: 1,
} as const;
const trialSamples = { count: 1, inputs: Float32Array.of(1), targets: Float32Array.of(1) };
const trialImages = { ...trialSamples, inputs: Float32Array.of(1, 2, 3, 4) };
const trialCnn: CnnTopology = {
  ...{ kind: 'cnn', height: 2, width: 2, channels: 1, outputs: 1, blocks: 2, layers: 6, kernel: 3 },
  ...{ growth: 1, initialFilters: 1, activation: 'tanh', dropout: 0.5 },
};

/** One update of a smallest network: enough to meet an addon, a driver or a version that does not work. */
const trials: Readonly<
  Record<ModelKind, (tf: Tensorflow, name: string) => Promise<{ readonly outcome: TrainingResult['outcome'] }>>
> = {
  mlp: (tf, name) => {
    const task: TrainingTask = { ...trial, topology: { widths: [1, 1, 1], activation: 'tanh' } };
    return createTensorflowTrainer(tf, name).train(task, trialSamples, trialSamples);
  },
  cnn: (tf, name) =>
    createTensorflowCnnTrainer(tf, name).train({ ...trial, topology: trialCnn }, trialImages, trialImages),
};

async function failureOf(name: TensorflowTrainerName, model: ModelKind, project: string): Promise<Failure | undefined> {
  const loaded = await loadTensorflow(name, project);
  if (loaded.kind === 'failed') return loaded;
  try {
    const { outcome } = await trials[model](loaded.tf, name);
    if (outcome === 'finished') return undefined;
    return {
      kind: 'failed',
      message: t('The trainer "{0}" does not compute correctly here.', name),
      hint: trialHint(),
    };
  } catch (error) {
    return {
      kind: 'failed',
      message: t('The trainer "{0}" failed its trial: {1}', name, reasonOf(error)),
      hint: trialHint(),
    };
  }
}

const trialHint = () => t('Install the newest 4.x of its packages, or leave --trainer out.');

/** One thread per core, but a single one for a GPU: threads would wait for each other there. */
export const defaultWorkers = ({ name }: TrainerSetup): number => (name === 'webgpu' ? 1 : availableParallelism());

/** A trainer of any kind of network, with what it takes to score one. */
export interface NetworkTrainer {
  readonly name: string;
  train(
    task: AnyTask,
    train: EncodedSamples,
    validation: EncodedSamples,
    shouldStop?: () => boolean,
  ): Promise<AnyTrainingResult>;
  /** The network's linear outputs (N, outputs) for `count` rows of inputs. */
  predict(network: AnyNetwork, inputs: Float32Array, count: number): Float32Array;
}

/** A backend's part for one kind of network. */
interface Backend<T, N> {
  readonly trainer: T;
  readonly predict: (network: N, inputs: Float32Array, count: number) => Float32Array;
}

/** On a worker thread. Throws where a trainer that was chosen on the main thread does not load. */
export async function createTrainer(setup: TrainerSetup): Promise<NetworkTrainer> {
  switch (setup.name) {
    case 'reference':
      return trainerOf(
        { trainer: referenceTrainer, predict },
        { trainer: cnnReferenceTrainer, predict: predictCnnReference },
      );
    case 'wasm': {
      const { mlp, cnn } = setup.kernels;
      return trainerOf(
        { trainer: createWasmTrainer(mlp), predict: (...rows) => predictWasm(mlp, ...rows) },
        { trainer: createCnnTrainer(cnn), predict: (...rows) => predictCnn(cnn, ...rows) },
      );
    }
    case 'tensorflow':
    case 'webgpu': {
      const loaded = await loadTensorflow(setup.name, setup.project);
      if (loaded.kind === 'failed') throw new Error(loaded.message);
      return trainerOf(
        { trainer: createTensorflowTrainer(loaded.tf, setup.name), predict },
        { trainer: createTensorflowCnnTrainer(loaded.tf, setup.name), predict: embeddedCnnPrediction() },
      );
    }
  }
}

function trainerOf(mlp: Backend<Trainer, Network>, cnn: Backend<CnnTrainer, CnnNetwork>): NetworkTrainer {
  return {
    name: mlp.trainer.name,
    train: (task, ...samples) =>
      isCnnTask(task) ? cnn.trainer.train(task, ...samples) : mlp.trainer.train(task, ...samples),
    predict: (network, ...rows) =>
      isCnnNetwork(network) ? cnn.predict(network, ...rows) : mlp.predict(network, ...rows),
  };
}

/** The linear outputs (N, outputs) of any network, on this thread. */
export function predictAny(network: AnyNetwork, inputs: Float32Array, count: number): Float32Array {
  if (!isCnnNetwork(network)) return predict(network, inputs, count);
  predictImages ??= embeddedCnnPrediction();
  return predictImages(network, inputs, count);
}

/** Made on first use: it compiles the kernel. */
let predictImages: Backend<CnnTrainer, CnnNetwork>['predict'] | undefined;

/** Networks of another trainer are scored by the embedded kernel, where the processor has SIMD. */
function embeddedCnnPrediction(): Backend<CnnTrainer, CnnNetwork>['predict'] {
  try {
    const { cnn } = compileKernels();
    return (...rows) => predictCnn(cnn, ...rows);
  } catch (error) {
    if ((error as Error).name !== 'CompileError') throw error;
    return predictCnnReference;
  }
}
