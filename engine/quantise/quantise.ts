/** The two integer formats behind one door. */
import { parametersOf } from '../nn/models.ts';
import type { AnyTopology, Encoding, Network } from '../types.ts';
import type { Calibration } from './calibrate.ts';
import { type Fixed16Network, quantiseFixed16, runFixed16 } from './fixed16.ts';
import { enterRows, leaveRows } from './grid.ts';
import { type Int8Network, quantiseInt8, runInt8 } from './int8.ts';

export const integerFormats = ['int8', 'fixed16'] as const;
export type IntegerFormat = (typeof integerFormats)[number];

export type QuantisedNetwork = Int8Network | Fixed16Network;

/** Post-training quantisation; `calibration` is the network's on rows like those to come. */
export const quantise = (network: Network, format: IntegerFormat, calibration: Calibration): QuantisedNetwork =>
  format === 'int8' ? quantiseInt8(network, calibration) : quantiseFixed16(network, calibration);

/** The interpreter: inputs (count, I) on the input grid, outputs (count, O) on the output grid. */
export const runQuantised = (network: QuantisedNetwork, inputs: ArrayLike<number>, count: number): Int16Array =>
  network.kind === 'int8' ? runInt8(network, inputs, count) : runFixed16(network, inputs, count);

/** Raw input slots (count, inputs) to raw output slots (count, outputs), all in integers in between. */
export function predictQuantised(
  network: QuantisedNetwork,
  encoding: Encoding,
  raw: Float64Array,
  count: number,
): Float64Array {
  const outputs = runQuantised(network, enterRows(raw, count, encoding, network.input), count);
  return leaveRows(outputs, count, encoding, network.output);
}

/**
 * What the network's constants take in a program: all weights and biases, and of integer networks also multipliers,
 * shifts and tables. int8: 1 byte a weight, 9 a neuron (bias, multiplier, shift), 256 a hidden layer with a table.
 * fixed16: 2 bytes a weight, 4 a bias, and 514 for the table of the whole network.
 */
export function quantisedBytes(network: QuantisedNetwork): number {
  if (network.kind === 'int8') {
    return network.layers.reduce(
      (sum, { weights, outputs, table }) => sum + weights.length + 9 * outputs + (table?.length ?? 0),
      0,
    );
  }
  const layers = network.layers.reduce((sum, { weights, bias }) => sum + 2 * weights.length + 4 * bias.length, 0);
  return layers + 2 * (network.table?.values.length ?? 0);
}

/** The same of a network in single precision: 4 bytes a parameter. */
export const float32Bytes = (topology: AnyTopology): number => bytesPerParameter * parametersOf(topology);

export const bytesPerParameter = 4;
