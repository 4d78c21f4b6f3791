/** A set of examples seen as the rest of the engine sees a function: slots, raw outputs and an encoding. */
import type { Encoding, Slot, SlotEncoding } from '../types.ts';
import { channelCount, inputSize, type LabelledSet, type OutputShape, outputSize, type Rows } from './dataset.ts';
import type { Moments, Normalization } from './normalization.ts';

/** One category, or one number per value. */
export const outputSlotsOf = (output: OutputShape): Slot[] =>
  output.kind === 'classes'
    ? [{ path: 'class', kind: 'category', values: output.names }]
    : Array.from({ length: output.count }, (_, index) => ({ path: `output[${index}]`, kind: 'number' }));

/** (count, slots): class indices, or values as they are. */
export const rawOutputs = ({ targets }: Rows): Float64Array => Float64Array.from(targets);

/** The encoding that `toEncodedSamples` applies: columns of numbers in, a one-hot class or standardised numbers out. */
export function encodingOf(
  { input, output }: Pick<LabelledSet, 'input' | 'output'>,
  { inputs, outputs }: Normalization,
): Encoding {
  const inputColumns = inputSize(input);
  return {
    inputs: numberColumns(inputColumns, channelCount(input), inputs),
    outputs: outputs
      ? numberColumns(outputSize(output), outputSize(output), outputs)
      : [{ kind: 'category', column: 0, values: output.kind === 'classes' ? output.names : [] }],
    inputColumns,
    outputColumns: outputSize(output),
    loss: output.kind === 'classes' ? 'softmax-cross-entropy' : 'mse',
  };
}

const numberColumns = (count: number, channels: number, { mean, deviation }: Moments): SlotEncoding[] =>
  Array.from({ length: count }, (_, column) => ({
    kind: 'number',
    column,
    offset: mean[column % channels]!,
    scale: deviation[column % channels]!,
  }));
