import type { EncodedSamples } from '../types.ts';
import { channelCount, type LabelledSet, type OutputShape, outputSize, type Rows } from './dataset.ts';

/** One value per channel. The deviation is the population's, 1 where a channel is constant. */
export interface Moments {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Column = (raw - mean) / deviation. Measured on training rows only, applied to all. */
export interface Normalization {
  readonly inputs: Moments;
  /** Absent for classes, which are one-hot. */
  readonly outputs?: Moments;
}

export function fitNormalization(train: Rows, { input, output }: Pick<LabelledSet, 'input' | 'output'>): Normalization {
  const inputs = channelMoments(train, channelCount(input));
  if (output.kind === 'classes') return { inputs };
  return { inputs, outputs: momentsOf(train.targets, output.count) };
}

/** Moments of each input channel over all rows and pixels; a column of numbers is a channel too. */
export const channelMoments = ({ inputs }: Rows, channels: number): Moments => momentsOf(inputs, channels);

/** values: (n, channels) row-major. Two passes, because the difference of large sums would lose small deviations. */
function momentsOf(values: ArrayLike<number>, channels: number): Moments {
  const mean = new Float64Array(channels);
  const deviation = new Float64Array(channels).fill(1);
  const perChannel = values.length / channels;
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0;
    let min = Infinity;
    let max = -Infinity;
    for (let at = channel; at < values.length; at += channels) {
      const value = values[at]!;
      sum += value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    const average = sum / perChannel;
    mean[channel] = average;
    // Rounding would give a constant channel a tiny deviation, which would magnify noise.
    if (min === max) continue;
    let squares = 0;
    for (let at = channel; at < values.length; at += channels) squares += (values[at]! - average) ** 2;
    deviation[channel] = Math.sqrt(squares / perChannel);
  }
  return { mean, deviation };
}

/** Rows for a trainer. inputs: normalised; targets: one-hot (count, classes), or normalised values. */
export function toEncodedSamples(rows: Rows, output: OutputShape, normalization: Normalization): EncodedSamples {
  const { count } = rows;
  const inputs = normalise(rows.inputs, normalization.inputs);
  if (normalization.outputs) return { count, inputs, targets: normalise(rows.targets, normalization.outputs) };
  const classes = outputSize(output);
  const targets = new Float32Array(count * classes);
  for (let row = 0; row < count; row++) targets[row * classes + rows.targets[row]!] = 1;
  return { count, inputs, targets };
}

function normalise(values: ArrayLike<number>, { mean, deviation }: Moments): Float32Array {
  const channels = mean.length;
  const normalised = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += channels) {
    for (let channel = 0; channel < channels; channel++) {
      normalised[row + channel] = (values[row + channel]! - mean[channel]!) / deviation[channel]!;
    }
  }
  return normalised;
}
