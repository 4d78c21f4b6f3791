/**
 * The trainer of convolutional networks on TensorFlow.js's operations: the algorithm of ../cnn/reference.ts, in single
 * precision on the library's device.
 */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { takeRows } from '../../data/rows.ts';
import type { CnnNetwork, CnnTrainer, CnnTrainingTask, EncodedSamples } from '../../types.ts';
import { augmentImages } from '../augment.ts';
import { largestSubBatch } from '../cnn/memory.ts';
import { initialiseCnn } from '../cnn/network.ts';
import { checkCnnTask } from '../cnn/session.ts';
import { cnnTemplate } from '../cnn/template.ts';
import { type EpochSession, runSchedule } from '../epochs.ts';
import { countMisses } from '../losses.ts';
import type { TensorCnn } from './tensorflowCnnArrays.ts';
import { tensorflowCnnBytes, tensorflowCnnLimitBytes } from './tensorflowCnnMemory.ts';
import { infer, trainPart } from './tensorflowCnnPass.ts';
import type { Tensorflow } from './tensorflowLayers.ts';
import { createTensorOptimizer, updateOf } from './tensorflowOptimizers.ts';

type Arrays = Pick<CnnNetwork, 'weights' | 'statistics'>;

export interface TensorflowCnnOptions {
  /** Samples of a batch that pass through the network together; all of them where absent. */
  readonly subBatch?: number;
  /** Asked before every convolution. */
  readonly shouldStop?: () => boolean;
}

export interface TensorflowCnnSession extends EpochSession<Arrays> {
  trainEpoch(learningRate: number): Promise<number | 'stopped'>;
  validationLoss(): Promise<number | 'stopped'>;
  snapshot(): Promise<Arrays>;
  dispose(): void;
}

/**
 * A training session whose weights, statistics and optimiser state stay on the device. Samples stay with the caller and
 * are copied a sub-batch at a time, and each sub-batch is waited for, so that the host neither fills the device's queue
 * nor its memory. Sub-batches are normalised as those of `createCnnReferenceSession`.
 */
export function createTensorflowCnnSession(
  tf: Tensorflow,
  task: CnnTrainingTask,
  train: EncodedSamples,
  validation: EncodedSamples,
  options: TensorflowCnnOptions = {},
): TensorflowCnnSession {
  const { topology, batchSize, seed } = task;
  const { subBatch = batchSize, shouldStop = () => false } = options;
  const template = cnnTemplate(topology);
  const initial = task.initial ?? initialiseCnn(topology, seed);
  // One vector of all weights, so that an update is a dozen operations.
  let weights = tf.tensor1d(initial.weights.slice());
  let statistics = tf.tensor1d(initial.statistics.slice());
  const optimizer = createTensorOptimizer(tf, task.optimizer, weights);
  const order = new Uint32Array(train.count);
  const validationRows = Uint32Array.from({ length: validation.count }, (_, row) => row);
  const classifies = task.loss === 'softmax-cross-entropy';
  let misses = 0;

  const upload = (
    { count, inputs, targets }: EncodedSamples,
    rows: Uint32Array,
    change: (images: Float32Array) => void = () => {},
  ) => {
    const { height, width, channels, outputs } = topology;
    const images = takeRows(inputs, inputs.length / count, rows);
    change(images);
    return {
      images: tf.tensor4d(images, [rows.length, height, width, channels]),
      targets: tf.tensor2d(takeRows(targets, outputs, rows), [rows.length, outputs]),
    };
  };
  const network = (): TensorCnn => ({ tf, topology, template, loss: task.loss, weights, statistics });

  /** Takes the place of the session's vectors of the same names. */
  const update = (gradient: Tensor1D, learningRate: number): void => {
    const old = [weights, ...optimizer.moments];
    const [moved, ...moments] = tf.tidy((): [Tensor1D, ...Tensor1D[]] => {
      const { move, moments } = updateOf(tf, optimizer, gradient, learningRate);
      return [tf.sub(weights, move), ...moments];
    });
    weights = moved;
    optimizer.moments = moments;
    tf.dispose(old);
  };

  /** One update with the samples `rows`; the sum of their losses. */
  const trainBatch = async (rows: Uint32Array, learningRate: number): Promise<number | 'stopped'> => {
    let gradient = tf.zerosLike(weights);
    let sum = 0;
    try {
      for (let firstSample = 0; firstSample < rows.length; firstSample += subBatch) {
        const part = rows.subarray(firstSample, firstSample + subBatch);
        const mode = { kind: 'training', seed, update: optimizer.steps, firstSample } as const;
        const change = (images: Float32Array) => augmentImages(task, mode, images);
        const trained = tf.tidy(() => trainPart(network(), upload(train, part, change), mode, shouldStop));
        if (trained === 'stopped') return trained;
        const old = [statistics, gradient, trained.gradient];
        statistics = trained.statistics;
        gradient = tf.tidy(() => tf.add(gradient, tf.mul(trained.gradient, part.length / rows.length)));
        tf.dispose(old);
        sum += part.length * (await valuesOf(trained.loss))[0]!;
      }
      update(gradient, learningRate);
      return sum;
    } finally {
      gradient.dispose();
    }
  };

  return {
    order,
    async trainEpoch(learningRate) {
      let total = 0;
      for (let start = 0; start < train.count; start += batchSize) {
        const sum = await trainBatch(order.subarray(start, start + batchSize), learningRate);
        if (sum === 'stopped') return sum;
        total += sum;
      }
      return total / train.count;
    },
    async validationLoss() {
      let total = 0;
      misses = 0;
      for (let start = 0; start < validation.count; start += subBatch) {
        const rows = validationRows.subarray(start, start + subBatch);
        const inferred = tf.tidy(() => infer(network(), upload(validation, rows), shouldStop));
        if (inferred === 'stopped') return inferred;
        const [mean, y] = [await valuesOf(inferred.loss), await valuesOf(inferred.outputs)];
        total += rows.length * mean[0]!;
        if (classifies)
          misses += countMisses(y, takeRows(validation.targets, topology.outputs, rows), topology.outputs);
      }
      return total / validation.count;
    },
    ...(classifies && { missRate: () => misses / validation.count }),
    // A backend may hand out the array that it works on.
    snapshot: async () => ({
      weights: Float32Array.from(await weights.data()),
      statistics: Float32Array.from(await statistics.data()),
    }),
    dispose() {
      tf.dispose([weights, statistics, ...optimizer.moments]);
    },
  };
}

/** Waits for the device; frees the tensor. */
async function valuesOf(tensor: Tensor): Promise<Float32Array> {
  try {
    return Float32Array.from(await tensor.data());
  } finally {
    tensor.dispose();
  }
}

/**
 * `tf` with its backend set and ready; `name` is the trainer's. A batch that would take more than `memoryLimitBytes` of
 * the device passes through the network in parts. No tensor is left when `train` settles.
 */
export function createTensorflowCnnTrainer(
  tf: Tensorflow,
  name: string,
  memoryLimitBytes = tensorflowCnnLimitBytes,
): CnnTrainer {
  return {
    name,
    async train(task, train, validation, shouldStop) {
      checkCnnTask(task, train, validation);
      const together = Math.min(task.batchSize, train.count);
      const subBatch = largestSubBatch(task.topology, together, memoryLimitBytes, tensorflowCnnBytes);
      const options = shouldStop ? { subBatch, shouldStop } : { subBatch };
      const session = createTensorflowCnnSession(tf, task, train, validation, options);
      try {
        const { best, ...result } = await runSchedule(task, session, shouldStop);
        return { network: { topology: task.topology, ...best }, ...result };
      } finally {
        session.dispose();
      }
    },
  };
}
