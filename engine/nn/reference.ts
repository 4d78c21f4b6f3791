/**
 * The readable trainer, in double precision throughout: slow, plain, and what every other backend is compared with.
 * It follows the contract of `Trainer` to the letter, so it also serves where WebAssembly SIMD is missing.
 */
import type { EncodedSamples, Trainer, TrainingTask } from '../types.ts';
import { augmentImages } from './augment.ts';
import { type Batch, batchOf, lossAndGradients, outputsOf } from './backpropagation.ts';
import { checkTask, runEpochs, type TrainingSession } from './epochs.ts';
import { countMisses, lossFunctions } from './losses.ts';
import { initialise } from './network.ts';
import { applyGradients, createOptimizer } from './optimizers.ts';

/** A training session in double precision; weights are rounded to single precision only where they leave it. */
export function createReferenceSession(
  task: TrainingTask,
  train: EncodedSamples,
  validation: EncodedSamples,
): TrainingSession {
  const { topology, loss, batchSize } = task;
  const weights = Float64Array.from(task.initial ?? initialise(topology, task.seed));
  const gradients = new Float64Array(weights.length);
  const state = createOptimizer(task.optimizer, weights.length);
  const order = new Uint32Array(train.count);
  const held: Batch = {
    count: validation.count,
    inputs: Float64Array.from(validation.inputs),
    targets: Float64Array.from(validation.targets),
  };
  const outputs = topology.widths.at(-1)!;
  let misses = 0;
  return {
    order,
    trainEpoch(learningRate) {
      let sum = 0;
      for (let start = 0; start < train.count; start += batchSize) {
        const batch = batchOf(train, order.subarray(start, start + batchSize));
        augmentImages(task, { update: state.steps, firstSample: 0 }, batch.inputs);
        sum += batch.count * lossAndGradients(topology, weights, batch, loss, gradients);
        applyGradients(state, weights, gradients, learningRate);
      }
      return sum / train.count;
    },
    validationLoss() {
      const y = outputsOf(topology, weights, held);
      misses = countMisses(y, held.targets, outputs);
      return lossFunctions[loss](y, held.targets, new Float64Array(y.length), outputs);
    },
    ...(loss === 'softmax-cross-entropy' && { missRate: () => misses / held.count }),
    weights: () => Float32Array.from(weights),
  };
}

export const referenceTrainer: Trainer = {
  name: 'reference',
  async train(task, train, validation, shouldStop) {
    checkTask(task, train, validation);
    return runEpochs(task, createReferenceSession(task, train, validation), shouldStop);
  },
};
