/** Small data sets and kernels that the tests of the trainers share. */
import { readFileSync } from 'node:fs';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { DeviceTrainingSession } from '../../engine/nn/epochs.ts';
import { shuffle, trainingStreams } from '../../engine/nn/random.ts';
import { createReferenceSession } from '../../engine/nn/reference.ts';
import type { EncodedSamples, LearningCurve, Loss, TrainingTask } from '../../engine/types.ts';
import { buildKernels } from '../../scripts/buildKernels.mjs';

export type KernelName = 'train' | 'train-relaxed';

await buildKernels();

export const kernelBytes = (name: KernelName): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(`../../dist/kernels/${name}.wasm`, import.meta.url)));

/** Values in [-1, 1). */
export function randomValues(length: number, seed: number): Float32Array {
  const random = xoroshiro128plus(seed);
  random.jump();
  return Float32Array.from({ length }, () => 2 * uniformFloat64(random) - 1);
}

/** Smooth targets for mean squared error; one-hot ones, for the largest of the smooth values, for cross-entropy. */
export function randomSamples(count: number, widths: readonly number[], loss: Loss, seed = 1): EncodedSamples {
  const [inputColumns, outputColumns] = [widths[0]!, widths.at(-1)!];
  const inputs = randomValues(count * inputColumns, seed);
  const targets = new Float32Array(count * outputColumns);
  for (let row = 0; row < count; row++) {
    const sum = inputs.subarray(row * inputColumns, (row + 1) * inputColumns).reduce((a, b) => a + b, 0);
    const smooth = Array.from({ length: outputColumns }, (_, column) => Math.sin(sum * 2 + column));
    const best = smooth.indexOf(Math.max(...smooth));
    for (let column = 0; column < outputColumns; column++) {
      targets[row * outputColumns + column] = loss === 'mse' ? smooth[column]! : Number(column === best);
    }
  }
  return { count, inputs, targets };
}

/** A small task; tests name what matters to them. */
export function taskOf(changes: Partial<TrainingTask>): TrainingTask {
  return {
    topology: { widths: [3, 5, 2], activation: 'tanh' },
    optimizer: 'adam',
    learningRate: 0.01,
    schedule: 'constant',
    loss: 'mse',
    epochs: 3,
    batchSize: 16,
    seed: 7,
    ...changes,
  };
}

/** The epoch, counted from 0, with the fewest misses where these are known, and the lowest loss among equals. */
export function bestEpoch({ validationError, validationLoss }: Omit<LearningCurve, 'trainLoss'>): number {
  const epochs = validationLoss.map((loss, epoch) => ({ epoch, loss, misses: validationError?.[epoch] ?? 0 }));
  return epochs.sort((a, b) => a.misses - b.misses || a.loss - b.loss)[0]!.epoch;
}

/** max |a - b| / max |b|, the largest difference on the scale of the largest value. */
export function relativeDifference(a: Float32Array | Float64Array, b: Float32Array | Float64Array): number {
  let difference = 0;
  let scale = 0;
  for (let k = 0; k < b.length; k++) {
    difference = Math.max(difference, Math.abs(a[k]! - b[k]!));
    scale = Math.max(scale, Math.abs(b[k]!));
  }
  return a.length === b.length && Number.isFinite(difference) ? difference / scale : Number.POSITIVE_INFINITY;
}

/**
 * Trains a backend's session and the reference for the task's epochs on `count` samples, from the same weights and in the
 * same order. Answers how far the weights moved apart, on the scale of how far they moved at all (a wrong update of a small
 * optimiser such as adadelta must not hide behind weights that hardly change), and the largest relative difference of a loss.
 */
export async function compareWithReference(
  createSession: (train: EncodedSamples, validation: EncodedSamples) => DeviceTrainingSession,
  task: TrainingTask,
  count: number,
) {
  const { widths } = task.topology;
  const train = randomSamples(count, widths, task.loss);
  const validation = randomSamples(11, widths, task.loss, 2);
  const session = createSession(train, validation);
  const reference = createReferenceSession(task, train, validation);
  const start = reference.weights();
  const moved = (weights: Float32Array) => weights.map((w, k) => w - start[k]!);
  const { order: random } = trainingStreams(task.seed);
  reference.order.forEach((_, row, order) => {
    order[row] = row;
  });
  let lossDifference = 0;
  for (let epoch = 0; epoch < task.epochs; epoch++) {
    shuffle(reference.order, random);
    session.order.set(reference.order);
    const exact = [reference.trainEpoch(task.learningRate), reference.validationLoss()];
    const found = [await session.trainEpoch(task.learningRate), await session.validationLoss()];
    for (const [k, loss] of exact.entries()) {
      lossDifference = Math.max(lossDifference, Math.abs(found[k]! - loss) / Math.max(loss, 1e-3));
    }
  }
  const weightDifference = relativeDifference(moved(await session.weights()), moved(reference.weights()));
  return { lossDifference, weightDifference };
}
