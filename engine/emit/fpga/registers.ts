/** The registers through which a processor reaches a circuit: one map for the wrapper, its driver and the documents. */
import type { Fixed16Cnn, Fixed16Rows } from '../../quantise/cnn/fixed16.ts';
import type { Fixed16Network } from '../../quantise/fixed16.ts';
import { isQuantisedCnn } from '../../quantise/models.ts';

/** Integers that a circuit takes and gives. */
export interface CircuitShape {
  readonly inputs: number;
  readonly outputs: number;
}

/** Byte offsets; each register is a word of 32 bits. */
export const registers = {
  /** Write 1: starts. Read: bit 0 is set while the circuit computes, bit 1 once the outputs are those of the last start. */
  control: 0x00,
  /** Reads which network this is. */
  fingerprint: 0x04,
  /** Reads inputs * 65536 + outputs. */
  shape: 0x08,
  /** Reads the clocks that the last result took, from the start to the last output. */
  clocks: 0x0c,
} as const;

/** Inputs that a circuit takes, or outputs that it gives, at most: the register of its shape has 16 bits for each. */
export const mostWords = 65535;

/** Inputs start at this offset and outputs at twice it, one word each, of which the low 16 bits count. */
export function windowBytes({ inputs, outputs }: CircuitShape): number {
  return 2 ** Math.ceil(Math.log2(4 * Math.max(4, inputs, outputs)));
}

/** Tells networks apart, so that a driver notices a device that holds another one: FNV-1a over all that they compute with. */
export function fingerprintOf(network: Fixed16Network | Fixed16Cnn): number {
  let hash = 0x811c9dc5;
  const take = (value: number) => {
    for (let byte = 0; byte < 4; byte++) hash = Math.imul(hash ^ ((value >>> (8 * byte)) & 255), 0x01000193);
  };
  if (isQuantisedCnn(network)) takeCnn(network, take);
  else takePerceptron(network, take);
  network.table?.values.forEach(take);
  return hash >>> 0;
}

function takePerceptron({ layers }: Fixed16Network, take: (value: number) => void): void {
  for (const { inputs, outputs, weights, bias, shift, minimum, maximum } of layers) {
    for (const value of [inputs, outputs, shift, minimum, maximum]) take(value);
    weights.forEach(take);
    bias.forEach(take);
  }
}

function takeCnn({ topology, stages }: Fixed16Cnn, take: (value: number) => void): void {
  const takeRows = ({ weights, bias, shifts }: Fixed16Rows) => {
    take(shifts.length);
    weights.forEach(take);
    bias.forEach(take);
    shifts.forEach(take);
  };
  for (const size of [topology.height, topology.width, topology.channels, topology.blocks, topology.kernel]) take(size);
  for (const { normalization, rows } of stages) {
    if (normalization) {
      takeRows(normalization);
      take(normalization.minimum);
      take(normalization.maximum);
    }
    takeRows(rows);
  }
}
