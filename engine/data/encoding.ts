/** Raw slot values to network columns and back. */
import type { Domain, EncodedSamples, Encoding, Samples, Slot, SlotDomain, SlotEncoding } from '../types.ts';

/**
 * Fits the encoding. Numeric inputs map their domain to [-1, 1]; numeric outputs are standardised by their mean and
 * standard deviation over the training samples, which is all that is looked at. A range or an output without spread gets
 * scale 1. `domain` has one entry per input slot; outputs must be finite.
 */
export function fitEncoding(
  inputSlots: readonly Slot[],
  outputSlots: readonly Slot[],
  domain: Domain,
  train: Samples,
): Encoding {
  const inputs: SlotEncoding[] = [];
  let inputColumns = 0;
  inputSlots.forEach((slot, index) => {
    const encoding = inputEncoding(slot, domain[index]!, inputColumns);
    inputColumns += columnsOf(encoding);
    inputs.push(encoding);
  });

  const outputs: SlotEncoding[] = [];
  let outputColumns = 0;
  outputSlots.forEach((slot, index) => {
    const encoding = outputEncoding(slot, train, index, outputSlots.length, outputColumns);
    outputColumns += columnsOf(encoding);
    outputs.push(encoding);
  });
  const loss = outputs.length === 1 && outputs[0]!.kind === 'category' ? 'softmax-cross-entropy' : 'mse';
  return { inputs, outputs, inputColumns, outputColumns, loss };
}

const columnsOf = (encoding: SlotEncoding): number => (encoding.kind === 'category' ? encoding.values.length : 1);

function inputEncoding(slot: Slot, domain: SlotDomain, column: number): SlotEncoding {
  switch (slot.kind) {
    case 'number': {
      if (domain.kind !== 'number') throw new TypeError(`${slot.path} is a number, its domain a ${domain.kind}.`);
      const { min, max } = domain;
      return { kind: 'number', column, offset: min / 2 + max / 2, scale: max / 2 - min / 2 || 1 };
    }
    case 'boolean':
      return { kind: 'boolean', column };
    case 'category':
      return { kind: 'category', column, values: slot.values };
  }
}

function outputEncoding(slot: Slot, train: Samples, index: number, stride: number, column: number): SlotEncoding {
  switch (slot.kind) {
    case 'number':
      return { kind: 'number', column, ...standardisation(train, index, stride) };
    case 'boolean':
      return { kind: 'category', column, values: [false, true] };
    case 'category':
      return { kind: 'category', column, values: slot.values };
  }
}

/** Mean and standard deviation of one output, without overflow for values near the largest double. */
function standardisation(
  { count, outputs }: Samples,
  index: number,
  stride: number,
): { offset: number; scale: number } {
  let mean = 0;
  let min = Infinity;
  let max = -Infinity;
  for (let row = 0; row < count; row++) {
    const value = outputs[row * stride + index]!;
    mean += value / (row + 1) - mean / (row + 1);
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  // Rounding would give a constant output a tiny deviation, and the scale would then magnify noise.
  if (min === max) return { offset: min, scale: 1 };
  const half = max / 2 - min / 2;
  let squares = 0;
  for (let row = 0; row < count; row++) {
    const deviation = outputs[row * stride + index]! / half - mean / half;
    squares += deviation * deviation;
  }
  const scale = half * Math.sqrt(squares / count);
  return { offset: mean, scale: scale > 0 ? scale : 1 };
}

/** Encodes samples for a trainer; category targets are one-hot, whatever the loss. */
export function encode({ count, inputs, outputs }: Samples, encoding: Encoding): EncodedSamples {
  return {
    count,
    inputs: encodeRows(inputs, count, encoding.inputs, encoding.inputColumns),
    targets: encodeRows(outputs, count, encoding.outputs, encoding.outputColumns),
  };
}

function encodeRows(raw: Float64Array, count: number, slots: readonly SlotEncoding[], columns: number): Float32Array {
  const encoded = new Float32Array(count * columns);
  slots.forEach((slot, index) => {
    for (let row = 0; row < count; row++) {
      const value = raw[row * slots.length + index]!;
      const at = row * columns + slot.column;
      if (slot.kind === 'number') encoded[at] = (value - slot.offset) / slot.scale;
      else if (slot.kind === 'boolean') encoded[at] = value >= 0.5 ? 1 : -1;
      else encoded[at + value] = 1;
    }
  });
  return encoded;
}

/**
 * Network outputs (count, outputColumns) to raw output slots (count, outputs). A category is the value with the largest
 * column, the first of equals; where one of its columns is NaN, so is the raw value.
 */
export function decode(columns: Float32Array, count: number, { outputs, outputColumns }: Encoding): Float64Array {
  const raw = new Float64Array(count * outputs.length);
  outputs.forEach((slot, index) => {
    for (let row = 0; row < count; row++) {
      const at = row * outputColumns + slot.column;
      raw[row * outputs.length + index] = decodeSlot(columns, at, slot);
    }
  });
  return raw;
}

function decodeSlot(columns: Float32Array, at: number, slot: SlotEncoding): number {
  if (slot.kind === 'number') return columns[at]! * slot.scale + slot.offset;
  if (slot.kind === 'boolean') return columns[at]! > 0 ? 1 : 0;
  let best = 0;
  for (let value = 0; value < slot.values.length; value++) {
    if (Number.isNaN(columns[at + value])) return NaN;
    if (columns[at + value]! > columns[at + best]!) best = value;
  }
  return best;
}
