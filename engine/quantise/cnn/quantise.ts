/** The integer formats of convolutional networks behind one door. */
import { cnnTemplate } from '../../nn/cnn/template.ts';
import type { CnnNetwork, Encoding } from '../../types.ts';
import { enterRows, leaveRows } from '../grid.ts';
import type { IntegerFormat } from '../quantise.ts';
import { type CnnCalibration, imageOf } from './calibrate.ts';
import { type Fixed16Cnn, fixed16Arithmetic, fixed16CnnBytes, quantiseCnnFixed16 } from './fixed16.ts';
import { type Int8Cnn, int8Arithmetic, int8CnnBytes, quantiseCnnInt8 } from './int8.ts';
import { walkCnn } from './walk.ts';

export type QuantisedCnn = Int8Cnn | Fixed16Cnn;

/** Post-training quantisation; `calibration` is the network's on images like those to come. */
export const quantiseCnn = (network: CnnNetwork, format: IntegerFormat, calibration: CnnCalibration): QuantisedCnn =>
  format === 'int8' ? quantiseCnnInt8(network, calibration) : quantiseCnnFixed16(network, calibration);

/** The interpreter: images (count, height, width, channels) on the input grid, outputs (count, O) on the output grid. */
export function runQuantisedCnn(network: QuantisedCnn, inputs: ArrayLike<number>, count: number): Int16Array {
  const { topology } = network;
  const template = cnnTemplate(topology);
  const arithmetic = network.kind === 'int8' ? int8Arithmetic(network, template) : fixed16Arithmetic(network, template);
  const outputs = new Int16Array(count * topology.outputs);
  for (let row = 0; row < count; row++) {
    outputs.set(walkCnn(arithmetic, imageOf(inputs, row, count)), row * topology.outputs);
  }
  return outputs;
}

/** Raw input slots (count, inputs) to raw output slots (count, outputs), all in integers in between. */
export function predictQuantisedCnn(
  network: QuantisedCnn,
  encoding: Encoding,
  raw: Float64Array,
  count: number,
): Float64Array {
  const outputs = runQuantisedCnn(network, enterRows(raw, count, encoding, network.input), count);
  return leaveRows(outputs, count, encoding, network.output);
}

/** What the network's constants take in a program: weights, biases, multipliers, shifts and tables. */
export const quantisedCnnBytes = (network: QuantisedCnn): number =>
  network.kind === 'int8' ? int8CnnBytes(network) : fixed16CnnBytes(network);
