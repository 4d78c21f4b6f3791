/** Where the memory of a network's WebAssembly module holds what. */
import { layerSlices } from '../../../nn/network.ts';
import type { Network } from '../../../types.ts';
import { activationSteps } from '../../activationSteps.ts';
import { float32Bytes, float64Bytes } from '../../text.ts';
import type { AffineConstants } from '../columns.ts';
import type { RowScales } from '../wholeRows.ts';

/** Samples that a batch takes through the network together, and bytes from one of their features to the next. */
export const block = 128;
export const stride = block * 4;
const pageBytes = 65536;
/** How much rows and results may take together before a block of them is all that is copied at once. */
const rowBytes = 32768;

export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  /** Address of the weights, (inputs, outputs); the biases follow them. */
  readonly weights: number;
  readonly bias: number;
  /** Whether the activation follows. */
  readonly hidden: boolean;
}

/** Offsets and factors as doubles: of two inputs side by side, or of one output. A step of 0 has those of all. */
export interface ScalePlan {
  readonly at: number;
  readonly step: number;
}

/** Doubles, row after row; without a scale they are the columns' values. */
export interface ScaledRows {
  readonly at: number;
  readonly columns: number;
  readonly scale?: ScalePlan;
}

export interface RowPlan {
  readonly inputs: ScaledRows;
  readonly outputs: ScaledRows;
  /** How many there is room for, a whole number of blocks. */
  readonly count: number;
}

/**
 * Addresses in bytes. Float32 values: all parameters from 0, constants of the activation, two buffers of activations.
 * Constants of rows follow those of the activation, and rows are last.
 */
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
  readonly rows?: RowPlan;
  /** All constants: what the memory holds after the parameters when it starts. */
  readonly data: { readonly at: number; readonly bytes: Uint8Array };
}

export function planMemory({ topology, weights }: Network, scales?: RowScales): MemoryPlan {
  const { widths, activation } = topology;
  const layers = layerSlices(topology).map(({ inputs, outputs, offset }, index, all) => ({
    ...{ inputs, outputs, weights: 4 * offset, bias: 4 * (offset + inputs * outputs), hidden: index < all.length - 1 },
  }));
  // Vectors reach up to three values past the parameters.
  const start = 4 * weights.length + 16;
  const constants = widths.length > 2 ? constantsOf(activation) : [];
  const inputs = scaleValues(scales?.inputs ?? [], 2);
  const outputs = scaleValues(scales?.outputs ?? [], 1);
  const inputScale = start + 4 * constants.length;
  const outputScale = inputScale + 8 * inputs.length;
  const first = Math.ceil((outputScale + 8 * outputs.length) / 16) * 16;
  const bufferLength = Math.max(...widths) * block;
  const second = first + 4 * bufferLength;
  const end = second + 4 * bufferLength;
  const [columns, results] = [widths[0]!, widths.at(-1)!];
  const count = block * Math.max(1, Math.floor(rowBytes / (8 * block * (columns + results))));
  const rows: RowPlan | undefined = scales && {
    inputs: { at: end, columns, ...scaleOf(inputScale, inputs, 2) },
    outputs: { at: end + 8 * count * columns, columns: results, ...scaleOf(outputScale, outputs, 1) },
    count,
  };
  return {
    layers,
    constants: new Map(constants.map((value, index) => [value, start + 4 * index])),
    ...{ first, second, result: layers.length % 2 === 0 ? first : second, bufferLength },
    pages: Math.ceil((rows ? rows.outputs.at + 8 * count * results : end) / pageBytes),
    ...(rows && { rows }),
    data: {
      at: start,
      bytes: Uint8Array.from([...float32Bytes(Float32Array.from(constants)), ...float64Bytes([...inputs, ...outputs])]),
    },
  };
}

/** The operands of an activation's steps that are numbers, each once. */
function constantsOf(activation: Network['topology']['activation']): readonly number[] {
  const operands = activationSteps[activation].flatMap(({ a, b }) => [a, b]);
  return [...new Set(operands.filter((operand) => typeof operand === 'number'))].filter((value) => value !== 0);
}

/** Offsets, then factors, of `together` columns after each other; once where all are alike, and none where they change nothing. */
function scaleValues(scales: readonly AffineConstants[], together: number): readonly number[] {
  if (scales.every(({ offset, factor }) => offset === 0 && factor === 1)) return [];
  const [first] = scales as [AffineConstants];
  const alike = scales.every(({ offset, factor }) => offset === first.offset && factor === first.factor);
  const steps = alike ? 1 : Math.ceil(scales.length / together);
  return Array.from({ length: steps }, (_, step) => {
    const columns = Array.from({ length: together }, (_, k) => scales[step * together + k] ?? first);
    // Adding -0 leaves -0 as it is, as the generated code does where there is no offset; so does subtracting 0.
    const none = together === 1 ? -0 : 0;
    return [...columns.map(({ offset }) => offset || none), ...columns.map(({ factor }) => factor)];
  }).flat();
}

const scaleOf = (at: number, values: readonly number[], together: number): { readonly scale?: ScalePlan } =>
  values.length === 0 ? {} : { scale: { at, step: values.length === 2 * together ? 0 : 16 * together } };
