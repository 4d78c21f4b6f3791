/** How code that keeps the network's outputs in an array makes the function's result of them. */
import type { SlotEncoding } from '../../types.ts';
import { type Leaf, unrolledLength, valuesText } from '../shapes.ts';
import { denormalised, runsOf, shifted } from './columns.ts';
import { choose, constantText, type Frame, largest, returnResult } from './frame.ts';

/** How a column in the array becomes a value. */
export interface Decoding {
  readonly numeric: (column: string, output: Extract<SlotEncoding, { kind: 'number' }>) => string;
  /** What stands for 0 in the array. */
  readonly zero: number;
}

export const plainDecoding: Decoding = {
  numeric: (column, { offset, scale }) => denormalised(column, offset, scale),
  zero: 0,
};

/** Statements that read output columns, of an array or by an expression of their own, and return the result. */
export function returnOutputs(
  frame: Frame,
  outputs: string | ((column: number | string) => string),
  { numeric, zero } = plainDecoding,
): string[] {
  const { encoding, language } = frame.input;
  const sure = language === 'typescript' ? '!' : '';
  const cell = typeof outputs === 'string' ? (column: number | string) => `${outputs}[${column}]${sure}` : outputs;
  const lines: string[] = [];
  const texts = encoding.outputs.map((output, slot) => {
    const leaf = frame.results[slot]!;
    if (output.kind === 'number') return numeric(cell(output.column), output);
    if (output.kind === 'boolean') return choose(leaf, `${cell(output.column)} > ${zero}`);
    const count = output.values.length;
    if (count === 1) return constantText(leaf);
    if (count === 2) return choose(leaf, `${cell(output.column + 1)} > ${cell(output.column)}`);
    if (count > unrolledLength) return searchLargest(frame, leaf, output, cell, lines);
    const name = frame.claim('winner');
    const columns = output.values.map((_, index) => cell(output.column + index));
    lines.push(...largest(frame, name, leaf, columns));
    return name;
  });
  const outputRuns = runsOf(encoding.outputs, () => true);
  const source = {
    value: (slot: number) => texts[slot]!,
    indexed: (first: number, length: number, index: string) => {
      const run = outputRuns.find(({ slot, length: all }) => slot <= first && first + length <= slot + all);
      const output = encoding.outputs[first]!;
      if (!run || output.kind !== 'number') return undefined;
      return numeric(cell(shifted(output.column, index)), output);
    },
  };
  return [...lines, ...returnResult(frame, source)];
}

/** The literal of the largest of many columns, found by a loop; the first of equals. */
function searchLargest(
  frame: Frame,
  leaf: Leaf,
  output: Extract<SlotEncoding, { kind: 'category' }>,
  cell: (column: string) => string,
  lines: string[],
): string {
  const { language } = frame.input;
  const [best, index] = [frame.claim('best'), frame.claim('k')];
  const at = (name: string) => cell(shifted(output.column, name));
  lines.push(
    `  let ${best} = 0;`,
    `  for (let ${index} = 1; ${index} < ${output.values.length}; ${index}++) {`,
    `    if (${at(index)} > ${at(best)}) ${best} = ${index};`,
    '  }',
  );
  return `${valuesText(leaf.values, language)}[${best}]${language === 'typescript' ? '!' : ''}`;
}
