/** Which values a convolutional network's maps take on data: what its integer formats are chosen by. */
import { activationFunctions } from '../../nn/activations.ts';
import type { CnnNetwork } from '../../types.ts';
import { rangeOf } from '../calibrate.ts';
import type { Range } from '../grid.ts';
import { clamp } from '../integers.ts';
import { type FloatCnn, floatCnn } from './floats.ts';
import { type CnnArithmetic, tapsOf, walkCnn } from './walk.ts';

/** All that a quantised network needs besides the network: the same calibration gives the same integers. */
export interface CnnCalibration {
  readonly inputs: Range;
  /** Of all channels after each normalisation, hard-sigmoid's line included, before the activation: the head's is last. */
  readonly normalized: readonly Range[];
  /** Of every map of each convolution, (convolutions, filters). */
  readonly maps: readonly (readonly Range[])[];
  readonly outputs: Range;
}

interface Extremes {
  min: number;
  max: number;
}

const nothing = (): Extremes => ({ min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY });

function include(range: Extremes, value: number): void {
  if (value < range.min) range.min = value;
  if (value > range.max) range.max = value;
}

/** Minimum and maximum over `count` images (count, height, width, channels), in double precision. */
export function calibrateCnn(network: CnnNetwork, inputs: Float32Array, count: number): CnnCalibration {
  const { height, width, channels } = network.topology;
  const rows = inputs.subarray(0, count * height * width * channels);
  const { arithmetic, normalized, maps } = recording(network, floatCnn(network));
  for (let row = 0; row < count; row++) walkCnn(arithmetic, imageOf(rows, row, count));
  const outputs = maps.at(-1)!;
  return {
    inputs: rangeOf(rows),
    normalized,
    maps: maps.slice(0, -1),
    outputs: {
      min: Math.min(...outputs.map(({ min }) => min)),
      max: Math.max(...outputs.map(({ max }) => max)),
    },
  };
}

export const imageOf = (rows: ArrayLike<number>, row: number, count: number): Float64Array => {
  const length = rows.length / count;
  return Float64Array.from({ length }, (_, k) => rows[row * length + k]!);
};

/** The network in double precision, which writes down what it comes across. */
function recording(
  { topology }: CnnNetwork,
  { template, activation, stages }: FloatCnn,
): { arithmetic: CnnArithmetic; normalized: Extremes[]; maps: Extremes[][] } {
  const value = activation === 'clip' ? (x: number) => clamp(x, 0, 1) : activationFunctions[activation].value;
  const normalized: Extremes[] = [];
  const maps: Extremes[][] = [];
  const own = stages.map(({ lines, layer }) => {
    const results = Array.from({ length: layer.outputs }, nothing);
    maps.push(results);
    const finish = (sum: number, filter: number) => {
      const result = sum + layer.bias[filter]!;
      include(results[filter]!, result);
      return result;
    };
    const plain = { zero: 0, weights: tapsOf(layer.weights, layer.outputs), finish };
    if (!lines) return plain;
    const sums = nothing();
    normalized.push(sums);
    const prepare = (x: number, channel: number) => {
      const sum = lines.scale[channel]! * x + lines.shift[channel]!;
      include(sums, sum);
      return value(sum);
    };
    return { ...plain, prepare };
  });
  return { arithmetic: { topology, template, stages: own, mean: (sum) => sum / 4 }, normalized, maps };
}
