/** Where the memory of a network's WebAssembly module holds what. */
import { layerSlices } from '../../../nn/network.ts';
import type { Network } from '../../../types.ts';
import { activationSteps } from '../../activationSteps.ts';

/** Samples that a batch takes through the network together, and bytes from one of their features to the next. */
export const block = 128;
export const stride = block * 4;
const pageBytes = 65536;

export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  /** Address of the weights, (inputs, outputs); the biases follow them. */
  readonly weights: number;
  readonly bias: number;
  /** Whether the activation follows. */
  readonly hidden: boolean;
}

/** Addresses in bytes. Float32 values: all parameters from 0, constants of the activation, two buffers of activations. */
export interface MemoryPlan {
  readonly layers: readonly Layer[];
  readonly constants: ReadonlyMap<number, number>;
  readonly first: number;
  readonly second: number;
  /** Where the outputs are after the last layer. */
  readonly result: number;
  /** Values in each buffer. */
  readonly bufferLength: number;
  readonly pages: number;
}

export function planMemory({ topology, weights }: Network): MemoryPlan {
  const { widths, activation } = topology;
  const layers = layerSlices(topology).map(({ inputs, outputs, offset }, index, all) => ({
    ...{ inputs, outputs, weights: 4 * offset, bias: 4 * (offset + inputs * outputs), hidden: index < all.length - 1 },
  }));
  // Vectors reach up to three values past the parameters.
  const start = 4 * weights.length + 16;
  const constants = widths.length > 2 ? constantsOf(activation) : [];
  const first = Math.ceil((start + 4 * constants.length) / 16) * 16;
  const bufferLength = Math.max(...widths) * block;
  const second = first + 4 * bufferLength;
  return {
    layers,
    constants: new Map(constants.map((value, index) => [value, start + 4 * index])),
    ...{ first, second, result: layers.length % 2 === 0 ? first : second, bufferLength },
    pages: Math.ceil((second + 4 * bufferLength) / pageBytes),
  };
}

/** The operands of an activation's steps that are numbers, each once. */
function constantsOf(activation: Network['topology']['activation']): readonly number[] {
  const operands = activationSteps[activation].flatMap(({ a, b }) => [a, b]);
  return [...new Set(operands.filter((operand) => typeof operand === 'number'))].filter((value) => value !== 0);
}
