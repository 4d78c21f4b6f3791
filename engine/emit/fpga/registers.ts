/** The registers through which a processor reaches a circuit: one map for the wrapper, its driver and the documents. */
import type { Fixed16Network } from '../../quantise/fixed16.ts';

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

/** Inputs start at this offset and outputs at twice it, one word each, of which the low 16 bits count. */
export function windowBytes({ layers }: Fixed16Network): number {
  return 2 ** Math.ceil(Math.log2(4 * Math.max(4, layers[0]!.inputs, layers.at(-1)!.outputs)));
}

/** Tells networks apart, so that a driver notices a device that holds another one: FNV-1a over all that they compute with. */
export function fingerprintOf({ layers, table }: Fixed16Network): number {
  let hash = 0x811c9dc5;
  const take = (value: number) => {
    for (let byte = 0; byte < 4; byte++) hash = Math.imul(hash ^ ((value >>> (8 * byte)) & 255), 0x01000193);
  };
  for (const { inputs, outputs, weights, bias, shift, minimum, maximum } of layers) {
    for (const value of [inputs, outputs, shift, minimum, maximum, ...weights, ...bias]) take(value);
  }
  table?.values.forEach(take);
  return hash >>> 0;
}
