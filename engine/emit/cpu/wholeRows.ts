/**
 * Rows that the WebAssembly module takes and gives as they are, doubles side by side: where every input and output is a
 * number that is moved and scaled and nothing more, and arithmetic is not nearly all of the time. All others are written
 * column by column in the generated code.
 */
import type { Network } from '../../types.ts';
import { leavesOf, storedValue } from '../shapes.ts';
import type { EmitInput } from '../target.ts';
import { type AffineConstants, denormalisation, normalisation, times } from './columns.ts';
import type { RowPlan } from './wasm/plan.ts';

export interface RowScales {
  /** column = (raw - offset) * factor, in double */
  readonly inputs: readonly AffineConstants[];
  /** raw = offset + factor * column, in double */
  readonly outputs: readonly AffineConstants[];
}

/** With more parameters for each column, the arithmetic takes so long that whole rows gain nothing (docs/benchmarks.md). */
const parametersPerColumn = 64;

export function rowScalesOf(
  { encoding, guard, signature, language }: EmitInput,
  { weights }: Network,
): RowScales | undefined {
  const columns = encoding.inputColumns + encoding.outputColumns;
  if (guard.mode === 'clamp' || weights.length > parametersPerColumn * columns) return undefined;
  const leaves = leavesOf(signature.result, 'result', language);
  const inputs = encoding.inputs.flatMap((slot, index) =>
    slot.kind === 'number' && slot.column === index ? [normalisation(slot.offset, slot.scale)] : [],
  );
  const outputs = encoding.outputs.flatMap((slot, index) =>
    slot.kind === 'number' && slot.column === index && storedValue('', leaves[index]!.container) === ''
      ? [denormalisation(slot.offset, slot.scale)]
      : [],
  );
  // A factor of 0 stands for a value that is not read, whatever it is.
  const all = inputs.length === encoding.inputs.length && outputs.length === encoding.outputs.length;
  return all && [...inputs, ...outputs].every(({ factor }) => factor !== 0) ? { inputs, outputs } : undefined;
}

/** From so many rows on, copying them all at once is faster than a loop. Of lists it never is. */
const copiedRows = 32;

/** Statements that copy as many rows as there is room for, and let the module do the rest. */
export function rowsLoop({ inputs, outputs, count }: RowPlan, kernel: string, sure: '!' | ''): string[] {
  const first = times('start', inputs.columns);
  const result = times('start', outputs.columns);
  const values = times('rows', outputs.columns);
  return [
    `  const { batch, rowsIn, rowsOut } = ${kernel};`,
    `  for (let start = 0; start < count; start += ${count}) {`,
    `    const rows = Math.min(${count}, count - start);`,
    `    const end = ${times(inputs.columns === 1 ? 'start + rows' : '(start + rows)', inputs.columns)};`,
    `    if (rows >= ${copiedRows} && 'subarray' in inputs) rowsIn.set(inputs.subarray(${first}, end));`,
    `    else for (let at = ${first}, i = 0; at < end; at++, i++) rowsIn[i] = inputs[at]${sure};`,
    '    batch(rows);',
    `    if (rows >= ${copiedRows}) outputs.set(rowsOut.subarray(0, ${values}), ${result});`,
    `    else for (let at = ${result}, i = 0; i < ${values}; at++, i++) outputs[at] = rowsOut[i]${sure};`,
    '  }',
  ];
}
