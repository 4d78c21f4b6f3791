/** Which values a network's neurons take on data: what integer formats are chosen by. */
import { layerSums } from '../nn/network.ts';
import type { Activation, Network } from '../types.ts';
import { boundedBy, type Range } from './grid.ts';

/** Small, and all that a quantised network needs besides the network: the same calibration gives the same integers. */
export interface Calibration {
  readonly inputs: Range;
  /** Of each layer's sums, before the activation. */
  readonly sums: readonly Range[];
}

/** Minimum and maximum over `count` rows of network columns (count, I), in double precision. */
export function calibrate(network: Network, inputs: Float32Array, count: number): Calibration {
  const rows = inputs.subarray(0, count * network.topology.widths[0]!);
  return { inputs: rangeOf(rows), sums: layerSums(network, rows, count).map(rangeOf) };
}

export function rangeOf(values: Float32Array | Float64Array): Range {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { min, max };
}

/**
 * Beyond these arguments an activation is flat to within a step of eight bits, so that a grid for its argument that is
 * spent on more is coarser for nothing.
 */
const usefulArguments8: Readonly<Record<Activation, Range>> = {
  'hard-sigmoid': { min: -2.5, max: 2.5 },
  relu: { min: 0, max: Infinity },
  elu: { min: -5, max: Infinity },
  tanh: { min: -3, max: 3 },
  sigmoid: { min: -6, max: 6 },
  softplus: { min: -6, max: Infinity },
  linear: { min: -Infinity, max: Infinity },
  selu: { min: -5, max: Infinity },
};

/** The same for sixteen bits. */
const usefulArguments16: typeof usefulArguments8 = {
  ...usefulArguments8,
  elu: { min: -8, max: Infinity },
  tanh: { min: -8, max: 8 },
  sigmoid: { min: -8, max: 8 },
  softplus: { min: -8, max: Infinity },
  selu: { min: -8, max: Infinity },
};

/** The part of a range of arguments that the activation can tell apart at this many bits; one value where there is none. */
export const usefulPart = (range: Range, activation: Activation, bits: 8 | 16): Range =>
  boundedBy(range, (bits === 8 ? usefulArguments8 : usefulArguments16)[activation]);
