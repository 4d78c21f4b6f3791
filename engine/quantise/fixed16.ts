/**
 * Quantisation to 16-bit fixed point, and the interpreter that says exactly what such a network computes. Made for
 * hardware: formats are powers of two, so that rescaling is a shift, and one table serves all hidden layers. Code for
 * other targets must give the same integers.
 *
 * A value with b fraction bits is real = integer / 2^b, integers from -32768 to 32767. A layer takes x[i] with inputBits:
 *
 *   acc[o] = bias[o] + sum over i of x[i] * weights[o * inputs + i]     exact: inputBits + weightBits fraction bits
 *   sum[o] = saturate16((acc[o] + 2^(shift - 1)) >> shift)              acc[o] << -shift where shift is 0 or less
 *   h[o]   = table ? interpolate(table, sum[o]) : clamp(sum[o], minimum, maximum)
 *
 * where >> is an arithmetic shift and shift = inputBits + weightBits - sumBits, which is above 0 unless weights are in the
 * thousands. The accumulator needs 32 bits and one for each doubling of the inputs: 48 bits, as a DSP block has, are enough
 * for 32,768 inputs. bias is a 32-bit integer.
 *
 * relu: minimum 0. hard-sigmoid: 0.2 x + 0.5 is folded into weights and bias, minimum 0, maximum 1. linear and the last
 * layer: no bounds but those of 16 bits. The others are a table of 257 values at the sums -32768, -32512, .., 32768:
 *
 *   index = (sum >> 8) + 128, fraction = sum & 255                      0 to 255 each
 *   h = table[index] + (((table[index + 1] - table[index]) * fraction + 128) >> 8)
 */
import { activationFunctions } from '../nn/activations.ts';
import type { Activation, Network, Topology } from '../types.ts';
import { type Calibration, usefulPart } from './calibrate.ts';
import { boundedBy, type Grid, grid16, type Range } from './grid.ts';
import { clamp, roundAway, saturate16, saturate32, shiftRight } from './integers.ts';
import { type FloatLayer, floatLayers } from './layers.ts';

export interface Fixed16Layer {
  readonly inputs: number;
  readonly outputs: number;
  /** (outputs, inputs) row-major. */
  readonly weights: Int16Array;
  /** With inputBits + weightBits fraction bits. */
  readonly bias: Int32Array;
  readonly inputBits: number;
  readonly weightBits: number;
  readonly sumBits: number;
  readonly shift: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Hidden layers of a network with a table: the sum passes it. */
  readonly usesTable: boolean;
}

export interface Fixed16Table {
  /** 257 values with `bits` fraction bits. */
  readonly values: Int16Array;
  readonly bits: number;
}

export interface Fixed16Network {
  readonly kind: 'fixed16';
  /** Of the network that was quantised. */
  readonly topology: Topology;
  readonly layers: readonly Fixed16Layer[];
  readonly table?: Fixed16Table;
  readonly input: Grid;
  readonly output: Grid;
}

/** Fraction bits stay within these, which hold every number that a trained network is made of. */
const bitLimits = [-16, 30] as const;

/** The most fraction bits with which `largest` fits a signed integer, give or take its last step. */
export const bitsFor = (largest: number): number =>
  largest > 0 ? clamp(15 - Math.ceil(Math.log2(largest)), ...bitLimits) : bitLimits[1];

export const largestOf = ({ min, max }: Range): number => Math.max(Math.abs(min), Math.abs(max));

/** `calibration` comes from rows like those that the network will see, training rows for example. */
export function quantiseFixed16(network: Network, calibration: Calibration): Fixed16Network {
  const { topology } = network;
  const { activation, layers: dense } = floatLayers(network);
  const hidden = dense.length - 1;
  const bounds = boundsOf(activation);
  const ranges = calibration.sums.slice(0, -1);
  const tabled = hidden > 0 && !bounds ? tableFor(activation as Activation, ranges) : undefined;
  const input = bitsFor(largestOf(calibration.inputs));
  let inputBits = input;
  const layers = dense.map((layer, index): Fixed16Layer => {
    const isHidden = index < hidden;
    const wanted = isHidden
      ? (tabled?.sumBits ?? (activation === 'clip' ? 14 : bitsFor(largestOf(boundedBy(ranges[index]!, bounds!)))))
      : bitsFor(largestOf(calibration.sums[index]!));
    const usesTable = isHidden && tabled !== undefined;
    const quantised = quantiseLayer(layer, inputBits, wanted, usesTable);
    const limits = isHidden && bounds ? limitsOf(bounds, quantised.sumBits) : { minimum: -32768, maximum: 32767 };
    inputBits = usesTable ? tabled.table.bits : quantised.sumBits;
    return { ...quantised, ...limits, usesTable };
  });
  const grids = { input: grid16(input), output: grid16(inputBits) };
  return { kind: 'fixed16', topology, layers, ...(tabled ? { table: tabled.table } : {}), ...grids };
}

/** What clamping alone makes of the sums; undefined for an activation that needs the table. */
export function boundsOf(activation: Activation | 'clip'): Range | undefined {
  if (activation === 'clip') return { min: 0, max: 1 };
  if (activation === 'relu') return { min: 0, max: Infinity };
  return activation === 'linear' ? { min: -Infinity, max: Infinity } : undefined;
}

export const limitsOf = ({ min, max }: Range, bits: number) => ({
  minimum: Math.max(-32768, min * 2 ** bits),
  maximum: Math.min(32767, max * 2 ** bits),
});

/** One table for all hidden layers: its argument's format holds the largest sum of any of them. */
export function tableFor(activation: Activation, ranges: readonly Range[]): { sumBits: number; table: Fixed16Table } {
  const largest = Math.max(...ranges.map((range) => largestOf(usefulPart(range, activation, 16))));
  const sumBits = bitsFor(largest);
  const { value } = activationFunctions[activation];
  const at = (index: number) => value(((index - 128) * 256) / 2 ** sumBits);
  const bits = bitsFor(Math.max(Math.abs(at(0)), Math.abs(at(256))));
  const values = Int16Array.from({ length: 257 }, (_, index) => saturate16(roundAway(at(index) * 2 ** bits)));
  return { sumBits, table: { values, bits } };
}

/** Sums get the bits that are wanted; fewer where the products have fewer, unless a table needs just these. */
export function quantiseLayer(layer: FloatLayer, inputBits: number, wantedBits: number, exactly: boolean) {
  const { inputs, outputs } = layer;
  const largest = (values: Float64Array) => values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const biasBits = largest(layer.bias) > 0 ? 31 - Math.ceil(Math.log2(largest(layer.bias))) : Number.POSITIVE_INFINITY;
  const weightBits = Math.min(bitsFor(largest(layer.weights)), biasBits - inputBits);
  const sumBits = exactly ? wantedBits : Math.min(wantedBits, inputBits + weightBits);
  const weights = Int16Array.from(layer.weights, (weight) => saturate16(roundAway(weight * 2 ** weightBits)));
  const bias = Int32Array.from(layer.bias, (value) => saturate32(roundAway(value * 2 ** (inputBits + weightBits))));
  return { inputs, outputs, weights, bias, inputBits, weightBits, sumBits, shift: inputBits + weightBits - sumBits };
}

/** inputs: (count, I) integers on the network's input grid; answers (count, O) on its output grid. */
export function runFixed16(network: Fixed16Network, inputs: ArrayLike<number>, count: number): Int16Array {
  let rows = Int16Array.from(inputs);
  for (const layer of network.layers) {
    const next = new Int16Array(count * layer.outputs);
    for (let row = 0; row < count; row++) {
      const x = rows.subarray(row * layer.inputs, (row + 1) * layer.inputs);
      for (let o = 0; o < layer.outputs; o++) next[row * layer.outputs + o] = neuron(layer, network.table, x, o);
    }
    rows = next;
  }
  return rows;
}

function neuron(layer: Fixed16Layer, table: Fixed16Table | undefined, x: Int16Array, o: number): number {
  const { inputs, weights, bias } = layer;
  let acc = bias[o]!;
  for (let i = 0; i < inputs; i++) acc += x[i]! * weights[o * inputs + i]!;
  return finishNeuron(layer, table, acc);
}

/** What a layer makes of an accumulator: rounded, saturated, activated. */
export function finishNeuron(
  { shift, minimum, maximum, usesTable }: Pick<Fixed16Layer, 'shift' | 'minimum' | 'maximum' | 'usesTable'>,
  table: Fixed16Table | undefined,
  acc: number,
): number {
  const sum = saturate16(shiftRight(acc, shift));
  return usesTable && table ? interpolate(table.values, sum) : clamp(sum, minimum, maximum);
}

/** The table's value at an int16 argument, between two of its entries by a straight line. */
export function interpolate(values: Int16Array, sum: number): number {
  const index = (sum >> 8) + 128;
  const [left, right] = [values[index]!, values[index + 1]!];
  return left + (((right - left) * (sum & 255) + 128) >> 8);
}
