/** The embedded trainer of convolutional networks, and their forward pass, on the kernel. */
import type { CnnNetwork, CnnTrainer, CnnTrainingTask, EncodedSamples } from '../../types.ts';
import { augmentImages } from '../augment.ts';
import { cnnMemoryLimitBytes, largestSubBatch } from '../cnn/memory.ts';
import { checkCnnArrays, initialiseCnn } from '../cnn/network.ts';
import { type CnnSession, checkCnnTask } from '../cnn/session.ts';
import { runSchedule } from '../epochs.ts';
import { backward, copyRows, createNetwork, forward, missesOf, type Sizes } from './cnnKernel.ts';

/** Samples that inference takes through the network together: one tile of the kernel, whose maps stay in the caches. */
const inferenceSamples = 8;

export interface CnnSessionOptions {
  /** Samples of a batch that pass through the network together; all of them where absent. */
  readonly subBatch?: number;
  /** Asked before every layer. */
  readonly shouldStop?: () => boolean;
}

export interface WasmCnnSession extends CnnSession {
  /** What the network takes. */
  readonly memoryBytes: number;
}

/**
 * A training session in an instance of its own: its memory goes with it. Samples stay with the caller, and are copied a
 * sub-batch at a time.
 */
export function createCnnSession(
  module: WebAssembly.Module,
  task: CnnTrainingTask,
  train: EncodedSamples,
  validation: EncodedSamples,
  options: CnnSessionOptions = {},
): WasmCnnSession {
  const { topology, batchSize } = task;
  const { shouldStop = () => false } = options;
  const subBatch = options.subBatch ?? Math.min(batchSize, train.count);
  const capacity = Math.max(subBatch, inferenceSamples);
  const initial = task.initial ?? initialiseCnn(topology, task.seed);
  const network = createNetwork(module, { ...task, capacity, trains: true }, initial);
  const order = new Uint32Array(train.count);
  const imageSize = topology.height * topology.width * topology.channels;
  let update = 0;
  const validationRows = Uint32Array.from({ length: validation.count }, (_, row) => row);
  const classifies = task.loss === 'softmax-cross-entropy';
  let misses = 0;
  return {
    order,
    memoryBytes: network.kernel.memory.buffer.byteLength,
    trainEpoch(learningRate) {
      let sum = 0;
      for (let start = 0; start < train.count; start += batchSize) {
        const rows = order.subarray(start, start + batchSize);
        for (let firstSample = 0; firstSample < rows.length; firstSample += subBatch) {
          const part = rows.subarray(firstSample, firstSample + subBatch);
          copyRows(network, train, part);
          augmentImages(task, { update, firstSample }, network.inputRows.subarray(0, part.length * imageSize));
          network.kernel.load(part.length, firstSample, rows.length);
          if (!forward(network, true, shouldStop)) return 'stopped';
          sum += network.kernel.loss();
          if (!backward(network, shouldStop)) return 'stopped';
        }
        network.kernel.update(learningRate);
        update++;
      }
      return sum / train.count;
    },
    validationLoss() {
      let sum = 0;
      misses = 0;
      for (let start = 0; start < validation.count; start += inferenceSamples) {
        const rows = validationRows.subarray(start, start + inferenceSamples);
        copyRows(network, validation, rows);
        network.kernel.load(rows.length, 0, rows.length);
        if (!forward(network, false, shouldStop)) return 'stopped';
        sum += network.kernel.loss();
        if (classifies) misses += missesOf(network, validation, rows);
      }
      return sum / validation.count;
    },
    ...(classifies && { missRate: () => misses / validation.count }),
    snapshot: () => ({ weights: network.weights.slice(), statistics: network.statistics.slice() }),
  };
}

/**
 * `kernel` is compiled from `cnn-relaxed` or `cnn`, see `pickKernel`. Training occupies its thread. A batch that takes
 * more than `memoryLimitBytes` passes through the network in parts; where not even eight samples fit, `train` throws
 * RangeError.
 */
export function createCnnTrainer(kernel: WebAssembly.Module, memoryLimitBytes = cnnMemoryLimitBytes): CnnTrainer {
  return {
    name: 'wasm',
    async train(task, train, validation, shouldStop) {
      checkCnnTask(task, train, validation);
      const subBatch = largestSubBatch(task.topology, Math.min(task.batchSize, train.count), memoryLimitBytes);
      const options = shouldStop ? { subBatch, shouldStop } : { subBatch };
      const session = createCnnSession(kernel, task, train, validation, options);
      const { best, ...result } = await runSchedule(task, session, shouldStop);
      return { network: { topology: task.topology, ...best }, ...result };
    },
  };
}

/**
 * The network's linear outputs (N, outputs) for `count` images (N, height * width * channels), in single precision.
 * Throws RangeError where inputs or arrays do not fit the topology.
 */
export function predictCnn(
  module: WebAssembly.Module,
  network: CnnNetwork,
  inputs: Float32Array,
  count: number,
): Float32Array {
  const { topology } = network;
  const { height, width, channels } = topology;
  checkCnnArrays(topology, network);
  const columns = height * width * channels;
  if (inputs.length < count * columns) {
    throw new RangeError(`${count} images of ${columns} values were asked for, ${inputs.length} values were given.`);
  }
  const sizes: Sizes = {
    topology,
    loss: 'mse',
    optimizer: 'sgd',
    seed: 0,
    capacity: Math.min(inferenceSamples, Math.max(count, 1)),
    trains: false,
  };
  const inKernel = createNetwork(module, sizes, network);
  const outputs = new Float32Array(count * topology.outputs);
  for (let start = 0; start < count; start += sizes.capacity) {
    const samples = Math.min(sizes.capacity, count - start);
    inKernel.inputRows.set(inputs.subarray(start * columns, (start + samples) * columns));
    inKernel.kernel.load(samples, 0, samples);
    forward(inKernel, false, () => false);
    inKernel.kernel.readOutputs();
    outputs.set(inKernel.outputRows.subarray(0, samples * topology.outputs), start * topology.outputs);
  }
  return outputs;
}
