/**
 * The readable trainer of convolutional networks, in double precision: what the kernel is compared with, on networks of
 * a few thousand weights. Formulas: layers.ts, in sequence: backpropagation.ts.
 */
import type { CnnNetwork, CnnTrainer, CnnTrainingTask, EncodedSamples } from '../../types.ts';
import { augmentImages } from '../augment.ts';
import { batchOf } from '../backpropagation.ts';
import { runSchedule } from '../epochs.ts';
import { countMisses, lossFunctions } from '../losses.ts';
import { applyGradients, createOptimizer } from '../optimizers.ts';
import { cnnForward, cnnLossAndGradients } from './backpropagation.ts';
import { checkCnnArrays, initialiseCnn } from './network.ts';
import { type CnnSession, checkCnnTask } from './session.ts';

/**
 * Batches are cut into sub-batches of `subBatch` samples, whose gradients are added up. Each is normalised by its own
 * moments and moves the statistics, so that the sub-batches of a batch are not the same as the whole, see
 * `largestSubBatch`.
 */
export function createCnnReferenceSession(
  task: CnnTrainingTask,
  train: EncodedSamples,
  validation: EncodedSamples,
  subBatch = task.batchSize,
): CnnSession {
  const { topology, loss, batchSize, seed } = task;
  const initial = task.initial ?? initialiseCnn(topology, seed);
  const weights = Float64Array.from(initial.weights);
  const statistics = Float64Array.from(initial.statistics);
  const state = createOptimizer(task.optimizer, weights.length);
  const order = new Uint32Array(train.count);
  const held = batchOf(
    validation,
    Uint32Array.from({ length: validation.count }, (_, row) => row),
  );
  let misses = 0;
  return {
    order,
    trainEpoch(learningRate) {
      let sum = 0;
      for (let start = 0; start < train.count; start += batchSize) {
        const rows = order.subarray(start, start + batchSize);
        const gradients = new Float64Array(weights.length);
        for (let firstSample = 0; firstSample < rows.length; firstSample += subBatch) {
          const batch = batchOf(train, rows.subarray(firstSample, firstSample + subBatch));
          augmentImages(task, { update: state.steps, firstSample }, batch.inputs);
          const own = new Float64Array(weights.length);
          const mode = { kind: 'training', seed, update: state.steps, firstSample } as const;
          sum += batch.count * cnnLossAndGradients(topology, weights, statistics, batch, { loss, mode }, own);
          own.forEach((gradient, k) => {
            gradients[k]! += (gradient * batch.count) / rows.length;
          });
        }
        applyGradients(state, weights, gradients, learningRate);
      }
      return sum / train.count;
    },
    validationLoss() {
      const { outputs } = cnnForward(topology, weights, statistics, held, { kind: 'inference' });
      misses = countMisses(outputs, held.targets, topology.outputs);
      return lossFunctions[loss](outputs, held.targets, new Float64Array(outputs.length), topology.outputs);
    },
    ...(loss === 'softmax-cross-entropy' && { missRate: () => misses / held.count }),
    snapshot: () => ({ weights: Float32Array.from(weights), statistics: Float32Array.from(statistics) }),
  };
}

export const cnnReferenceTrainer: CnnTrainer = {
  name: 'reference',
  async train(task, train, validation, shouldStop) {
    checkCnnTask(task, train, validation);
    const session = createCnnReferenceSession(task, train, validation);
    const { best, ...result } = await runSchedule(task, session, shouldStop);
    return { network: { topology: task.topology, ...best }, ...result };
  },
};

/** The network's linear outputs (N, outputs) for `count` images (N, height * width * channels), in double precision. */
export function predictCnnReference(network: CnnNetwork, inputs: Float32Array, count: number): Float32Array {
  checkCnnArrays(network.topology, network);
  const weights = Float64Array.from(network.weights);
  const statistics = Float64Array.from(network.statistics);
  const images = { count, inputs: Float64Array.from(inputs) };
  const { outputs } = cnnForward(network.topology, weights, statistics, images, { kind: 'inference' });
  return Float32Array.from(outputs);
}
