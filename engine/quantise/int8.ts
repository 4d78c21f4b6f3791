/**
 * Post-training quantisation to eight bits, by TensorFlow Lite's rules, and the interpreter that says exactly what an int8
 * network computes. Code for other targets must give the same integers.
 *
 * A layer takes integers x[i] in [-128, 127] that stand for (x[i] - input.zero) * input.scale, and gives y[o]:
 *
 *   acc[o] = bias[o] + sum over i of (x[i] - input.zero) * weights[o * inputs + i]        exact in an int32
 *   sum[o] = saturate8(sums.zero + rescale(acc[o], { multipliers[o], shifts[o] }))        see integers.ts
 *   y[o]   = table ? table[sum[o] + 128] : sum[o]
 *
 * Nothing else happens: relu is the saturation of a grid that begins at 0 (zero = -128), hard-sigmoid that of a grid over
 * [0, 1] with 0.2 x + 0.5 folded into weights and bias; linear needs nothing, and the others are the table. The last layer
 * is linear. As TensorFlow Lite's operators a layer is CONV_2D on one pixel with weights quantised per channel (axis 0),
 * then TANH, LOGISTIC or ELU, whose int8 kernels look up the same table.
 */
import { activationFunctions } from '../nn/activations.ts';
import type { Activation, Network, Topology } from '../types.ts';
import { type Calibration, usefulPart } from './calibrate.ts';
import { type Grid, grid8, type Range } from './grid.ts';
import { quantiseMultiplier, type Rescale, rescale, roundAway, saturate8, saturate32 } from './integers.ts';
import { type FloatLayer, floatLayers } from './layers.ts';

export interface Int8Layer {
  readonly inputs: number;
  readonly outputs: number;
  /** (outputs, inputs) row-major, -127 to 127; real = weights * weightScales[o]. */
  readonly weights: Int8Array;
  readonly weightScales: Float32Array;
  /** real = bias * input.scale * weightScales[o] */
  readonly bias: Int32Array;
  /** rescale's, per output: input.scale * weightScales[o] / sums.scale, in double precision from float32 scales. */
  readonly multipliers: Int32Array;
  readonly shifts: Int8Array;
  readonly input: Grid;
  readonly sums: Grid;
  /** The activation of every int8 sum, at sum + 128, on `output`'s grid. */
  readonly table?: Int8Array;
  /** What the next layer reads: the sums' grid where there is no table. */
  readonly output: Grid;
}

export interface Int8Network {
  readonly kind: 'int8';
  /** Of the network that was quantised. */
  readonly topology: Topology;
  readonly layers: readonly Int8Layer[];
  readonly input: Grid;
  readonly output: Grid;
}

/** `calibration` comes from rows like those that the network will see, training rows for example. */
export function quantiseInt8(network: Network, calibration: Calibration): Int8Network {
  const { topology } = network;
  const { widths } = topology;
  const { activation, layers: dense } = floatLayers(network);
  const input = grid8(calibration.inputs);
  let from = input;
  const layers = dense.map((layer, index) => {
    const range = calibration.sums[index]!;
    const hidden = index < widths.length - 2;
    const quantised = quantiseLayer(layer, from, hidden ? hiddenGrids(range, activation) : lastGrids(range));
    from = quantised.output;
    return quantised;
  });
  return { kind: 'int8', topology, layers, input, output: from };
}

export interface LayerGrids {
  readonly sums: Grid;
  readonly output: Grid;
  readonly table?: Int8Array;
}

const lastGrids = (range: Range): LayerGrids => ({ sums: grid8(range), output: grid8(range) });

/** Of a hidden layer whose sums take these values; see above for what each activation becomes. */
export function hiddenGrids(range: Range, activation: Activation | 'clip'): LayerGrids {
  if (activation === 'clip') return lastGrids({ min: 0, max: 1 });
  if (activation === 'relu') return lastGrids({ min: 0, max: Math.max(0, range.max) });
  if (activation === 'linear') return lastGrids(range);
  const { value } = activationFunctions[activation];
  const sums = grid8(usefulPart(range, activation, 8));
  const output = tableGrid(sums, activation);
  const table = Int8Array.from({ length: 256 }, (_, index) => {
    const h = value((index - 128 - sums.zero) * sums.scale);
    return saturate8(roundAway(h / output.scale) + output.zero);
  });
  return { sums, output, table };
}

/** TensorFlow Lite fixes the output grids of TANH and LOGISTIC; the others span what their argument's grid can give. */
function tableGrid(sums: Grid, activation: Activation): Grid {
  if (activation === 'tanh') return { scale: 1 / 128, zero: 0, minimum: -128, maximum: 127 };
  if (activation === 'sigmoid') return { scale: 1 / 256, zero: -128, minimum: -128, maximum: 127 };
  const { value } = activationFunctions[activation];
  const end = (integer: number) => value((integer - sums.zero) * sums.scale);
  return grid8({ min: end(-128), max: end(127) });
}

export function quantiseLayer(layer: FloatLayer, input: Grid, grids: LayerGrids): Int8Layer {
  const { inputs, outputs } = layer;
  const weights = new Int8Array(layer.weights.length);
  const weightScales = new Float32Array(outputs);
  const bias = new Int32Array(outputs);
  const multipliers = new Int32Array(outputs);
  const shifts = new Int8Array(outputs);
  for (let o = 0; o < outputs; o++) {
    const row = layer.weights.subarray(o * inputs, (o + 1) * inputs);
    const largest = row.reduce((max, weight) => Math.max(max, Math.abs(weight)), 0);
    weightScales[o] = weightScale(largest, layer.bias[o]!, input.scale);
    const scale = weightScales[o]!;
    row.forEach((weight, i) => {
      weights[o * inputs + i] = Math.max(-127, saturate8(roundAway(weight / scale)));
    });
    bias[o] = saturate32(roundAway(layer.bias[o]! / (input.scale * scale)));
    const { multiplier, shift } = quantiseMultiplier((input.scale * scale) / grids.sums.scale);
    multipliers[o] = multiplier;
    shifts[o] = shift;
  }
  return { inputs, outputs, weights, weightScales, bias, multipliers, shifts, input, ...grids };
}

/** The largest weight of an output is 127 steps, unless steps that small would take the bias out of half an int32. */
export const weightScale = (largest: number, bias: number, inputScale: number): number =>
  Math.max(largest / 127, Math.abs(bias) / (inputScale * 2 ** 30)) || 1;

/** inputs: (count, I) int8 values on the network's input grid; answers (count, O) on its output grid. */
export function runInt8(
  network: Int8Network,
  inputs: ArrayLike<number>,
  count: number,
  round: Rescale = rescale,
): Int16Array {
  let rows = Int16Array.from(inputs);
  for (const layer of network.layers) {
    const next = new Int16Array(count * layer.outputs);
    for (let row = 0; row < count; row++) {
      runInt8Layer(layer, rows.subarray(row * layer.inputs, (row + 1) * layer.inputs), round, (o, value) => {
        next[row * layer.outputs + o] = value;
      });
    }
    rows = next;
  }
  return rows;
}

function runInt8Layer(
  layer: Int8Layer,
  x: Int16Array,
  round: Rescale,
  write: (output: number, value: number) => void,
): void {
  const { inputs, outputs, weights, bias, multipliers, shifts, input, sums, table } = layer;
  for (let o = 0; o < outputs; o++) {
    let acc = bias[o]!;
    for (let i = 0; i < inputs; i++) acc += (x[i]! - input.zero) * weights[o * inputs + i]!;
    const sum = saturate8(sums.zero + round(acc, { multiplier: multipliers[o]!, shift: shifts[o]! }));
    write(o, table ? table[sum + 128]! : sum);
  }
}
