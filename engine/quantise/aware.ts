/**
 * Quantisation-aware fine-tuning: a few epochs in which every weight and activation is rounded as its int8 grid rounds it,
 * so that the weights settle where rounding costs least. Gradients pass the rounding as if it were not there, and stop
 * where a grid saturates (the straight-through estimator; Jacob et al., 2018). In double precision, on one thread.
 */
import { activationFunctions } from '../nn/activations.ts';
import { type Batch, batchOf } from '../nn/backpropagation.ts';
import { denseBackward, denseForward, denseGradients } from '../nn/dense.ts';
import { type EpochSession, runSchedule } from '../nn/epochs.ts';
import { countMisses, lossFunctions } from '../nn/losses.ts';
import { type LayerSlice, layerSlices } from '../nn/network.ts';
import { applyGradients, createOptimizer } from '../nn/optimizers.ts';
import type { EncodedSamples, Network, TrainingTask } from '../types.ts';
import type { Calibration } from './calibrate.ts';
import { enterColumn, type Grid, leave } from './grid.ts';
import { type Int8Network, quantiseInt8, weightScale } from './int8.ts';

/**
 * The network after the task's epochs, of which the best one on the validation rows counts, rounding included.
 * `calibration` fixes the grids: quantise the answer with the same one. `task.initial` is the network to tune.
 * `shouldStop` is asked before every batch, and waited for, so that it can let other work of the thread pass.
 */
export async function fineTuneAware(
  task: TrainingTask & { readonly initial: Float32Array },
  calibration: Calibration,
  train: EncodedSamples,
  validation: EncodedSamples,
  shouldStop: () => boolean | Promise<boolean> = () => false,
): Promise<Network> {
  const { topology } = task;
  const grids = quantiseInt8({ topology, weights: task.initial }, calibration);
  const { best } = await runSchedule(task, createSession(task, grids, { train, validation, shouldStop }));
  return { topology, weights: best };
}

function createSession(
  task: TrainingTask & { readonly initial: Float32Array },
  grids: Int8Network,
  {
    train,
    validation,
    shouldStop,
  }: {
    readonly train: EncodedSamples;
    readonly validation: EncodedSamples;
    readonly shouldStop: () => boolean | Promise<boolean>;
  },
): EpochSession<Float32Array> {
  const weights = Float64Array.from(task.initial);
  const gradients = new Float64Array(weights.length);
  const state = createOptimizer(task.optimizer, weights.length);
  const order = new Uint32Array(train.count);
  const all = Uint32Array.from({ length: validation.count }, (_, row) => row);
  const pass = (samples: EncodedSamples, rows: Uint32Array, into?: Float64Array) =>
    roundedLoss(task, grids, weights, roundedBatch(samples, rows, grids.input), into);
  let misses = 0;
  return {
    order,
    async trainEpoch(learningRate) {
      let sum = 0;
      for (let start = 0; start < train.count; start += task.batchSize) {
        if (await shouldStop()) return 'stopped';
        const rows = order.subarray(start, start + task.batchSize);
        sum += rows.length * pass(train, rows, gradients).mean;
        applyGradients(state, weights, gradients, learningRate);
      }
      return sum / train.count;
    },
    validationLoss() {
      const { mean, outputs } = pass(validation, all);
      misses = countMisses(outputs, validation.targets, task.topology.widths.at(-1)!);
      return mean;
    },
    ...(task.loss === 'softmax-cross-entropy' && { missRate: () => misses / validation.count }),
    snapshot: () => Float32Array.from(weights),
  };
}

/** The rows that `order` names, their inputs on the grid. */
function roundedBatch(samples: EncodedSamples, order: Uint32Array, grid: Grid): Batch {
  const batch = batchOf(samples, order);
  return { ...batch, inputs: batch.inputs.map((value) => round(value, grid)) };
}

const round = (value: number, grid: Grid): number => leave(enterColumn(value, grid), grid);

/** Whether rounding to the grid moves a value by rounding alone: where it saturates, no gradient passes. */
const within = (value: number, { scale, zero, minimum, maximum }: Grid): boolean =>
  value >= (minimum - zero - 0.5) * scale && value <= (maximum - zero + 0.5) * scale;

/** One layer of a rounded pass. */
interface LayerPass {
  readonly slice: LayerSlice;
  /** What it read. */
  readonly x: Float64Array;
  /** Its weights, rounded. */
  readonly w: Float64Array;
  /** d output / d sum, with 0 where a grid saturates. */
  readonly slopes: Float64Array;
  readonly y: Float64Array;
}

/** Outputs and mean loss of the batch with everything rounded; gradients go into `into` in the layout of the weights. */
function roundedLoss(
  { topology, loss }: TrainingTask,
  grids: Int8Network,
  weights: Float64Array,
  batch: Batch,
  into?: Float64Array,
): { readonly outputs: Float64Array; readonly mean: number } {
  const slices = layerSlices(topology);
  const { value, slope } = activationFunctions[topology.activation];
  const passes: LayerPass[] = [];
  let x = batch.inputs;
  slices.forEach((slice, index) => {
    const { inputs, outputs, offset } = slice;
    const { input, sums, output, table } = grids.layers[index]!;
    const w = roundedWeights(weights, slice, input.scale);
    const z = new Float64Array(batch.count * outputs);
    const bias = weights.subarray(offset + inputs * outputs, offset + (inputs + 1) * outputs);
    denseForward(x, w, bias, z, { batch: batch.count, inputs, outputs });
    const isLast = index === slices.length - 1;
    const slopes = new Float64Array(z.length);
    const y = z.map((sum, k) => {
      const argument = table ? round(sum, sums) : sum;
      const h = isLast ? sum : value(argument);
      const follows = (!table || within(sum, sums)) && within(h, output);
      slopes[k] = follows ? (isLast ? 1 : slope(argument)) : 0;
      return round(h, output);
    });
    passes.push({ slice, x, w, slopes, y });
    x = y;
  });
  const outputs = x;
  let dy = new Float64Array(outputs.length);
  const mean = lossFunctions[loss](outputs, batch.targets, dy, topology.widths.at(-1)!);
  if (!into) return { outputs, mean };
  for (const { slice, x: read, w, slopes } of passes.toReversed()) {
    const { inputs, outputs, offset } = slice;
    const shape = { batch: batch.count, inputs, outputs };
    const dz = dy.map((gradient, k) => gradient * slopes[k]!);
    const bias = offset + inputs * outputs;
    denseGradients(read, dz, into.subarray(offset, bias), into.subarray(bias, bias + outputs), shape);
    dy = new Float64Array(read.length);
    denseBackward(dz, w, dy, shape);
  }
  return { outputs, mean };
}

/** w (I, O) with each output's weights on the grid that the quantiser would give it. */
function roundedWeights(
  weights: Float64Array,
  { inputs, outputs, offset }: LayerSlice,
  inputScale: number,
): Float64Array {
  const w = weights.slice(offset, offset + inputs * outputs);
  for (let o = 0; o < outputs; o++) {
    let largest = 0;
    for (let i = 0; i < inputs; i++) largest = Math.max(largest, Math.abs(w[i * outputs + o]!));
    const scale = weightScale(largest, weights[offset + inputs * outputs + o]!, inputScale);
    for (let i = 0; i < inputs; i++) w[i * outputs + o] = Math.round(w[i * outputs + o]! / scale) * scale;
  }
  return w;
}
