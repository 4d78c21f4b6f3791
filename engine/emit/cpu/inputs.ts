/** How code that keeps the network's inputs in an array fills it from the function's parameters. */
import { encodeRow, type Run, runsOf, shifted } from './columns.ts';
import { type Frame, holds } from './frame.ts';

/** Stretches of input slots that are encoded alike and lie side by side in one array. */
export const inputRuns = ({ input, leaves }: Frame): Run[] =>
  runsOf(input.encoding.inputs, (slot) => {
    const [before, here] = [leaves[slot - 1]!.element, leaves[slot]!.element];
    return here !== undefined && here.array === before?.array;
  });

/** Statements that write every input column, to an array or to places that are named by `inputs`. */
export function encodeInputs(frame: Frame, inputs: string | ((column: number | string) => string)): string[] {
  const place = typeof inputs === 'string' ? (column: number | string) => `${inputs}[${column}]` : inputs;
  const { encoding, language } = frame.input;
  const sure = language === 'typescript' ? '!' : '';
  return encodeRow(encoding.inputs, inputRuns(frame), {
    indent: '  ',
    index: frame.claim('i'),
    number: (slot) => frame.leaves[slot]!.expression,
    boolean: (slot) => `${frame.leaves[slot]!.expression} ? 1 : -1`,
    holds: (slot, index) => holds(frame.leaves[slot]!, index),
    element: (run, index) => {
      const { array, index: first } = frame.leaves[run.slot]!.element!;
      return `${array}[${shifted(first, index)}]${sure}`;
    },
    place: (column, index) => place(index === undefined ? column : shifted(column, index)),
  });
}
