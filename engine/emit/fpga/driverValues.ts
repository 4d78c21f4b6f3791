/** The lines of the driver that turn raw values into the circuit's integers, and back. */
import { type Entry, enterColumn, entryOf } from '../../quantise/grid.ts';
import type { Encoding } from '../../types.ts';
import type { Core } from './core.ts';
import type { DriverInput } from './driver.ts';

/** A constant of C that is no integer. */
export const double = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e15 ? `${value}.0` : String(value);

/** Raw slots to integers, with the arithmetic of \`enterRows\`. */
export function enterLines({ name, core, encoding }: DriverInput): string[] {
  const bad = `return ${name.toUpperCase()}_BAD_INPUT;`;
  const alike = alikeEntries(core, encoding);
  if (alike) return imageLines(alike, encoding.inputs.length, bad);
  const [zero, one, minus] = [0, 1, -1].map((column) => enterColumn(column, core.input));
  return encoding.inputs.flatMap((slot, index) => {
    const raw = `inputs[${index}]`;
    const nan = `  if (isnan(${raw})) ${bad}`;
    if (slot.kind === 'number') {
      const { offset, factor } = entryOf(core.input, slot);
      return [nan, `  in[${slot.column}] = enter(${raw}, ${double(offset)}, ${double(factor)});`];
    }
    if (slot.kind === 'boolean') return [nan, `  in[${slot.column}] = ${raw} >= 0.5 ? ${one} : ${minus};`];
    const { column, values } = slot;
    return [
      `  if (!(${raw} >= 0 && ${raw} < ${values.length})) ${bad}`,
      `  for (int k = 0; k < ${values.length}; k++) in[${column} + k] = k == (int)${raw} ? ${one} : ${zero};`,
    ];
  });
}

/** Inputs from which on those that are encoded alike are converted in a loop. */
const leastForLoop = 16;
/** The most channels of a pixel whose encodings may differ. */
const mostChannels = 16;

/** The entries of the channels of a pixel, where the inputs are many numbers whose encodings repeat like those. */
function alikeEntries({ input }: Core, { inputs }: Encoding): readonly Entry[] | undefined {
  const numbers = inputs.flatMap((slot, index) => (slot.kind === 'number' && slot.column === index ? [slot] : []));
  if (inputs.length < leastForLoop || numbers.length < inputs.length) return undefined;
  const entries = numbers.map((slot) => entryOf(input, slot));
  const repeats = (period: number) =>
    entries.every(({ offset, factor }, index) => {
      const first = entries[index % period]!;
      return first.offset === offset && first.factor === factor;
    });
  for (let period = 1; period <= mostChannels; period++) if (repeats(period)) return entries.slice(0, period);
  return undefined;
}

function imageLines(entries: readonly Entry[], count: number, bad: string): string[] {
  const period = entries.length;
  const table = (name: string, value: (entry: Entry) => number) =>
    `  static const double ${name}[${period}] = {${entries.map((entry) => double(value(entry))).join(', ')}};`;
  return [
    table('offset', ({ offset }) => offset),
    table('factor', ({ factor }) => factor),
    `  for (int k = 0; k < ${count}; k++) {`,
    `    if (isnan(inputs[k])) ${bad}`,
    `    in[k] = enter(inputs[k], offset[k % ${period}], factor[k % ${period}]);`,
    '  }',
  ];
}

/** Integers to raw slots, with the arithmetic of \`leaveRows\`. */
export function leaveLines({ core, encoding }: DriverInput): string[] {
  const { output } = core;
  return encoding.outputs.flatMap((slot, index) => {
    const raw = `  outputs[${index}]`;
    if (slot.kind === 'number') {
      return [`${raw} = out[${slot.column}] * ${double(output.scale * slot.scale)} + ${double(slot.offset)};`];
    }
    if (slot.kind === 'boolean') return [`${raw} = out[${slot.column}] > 0 ? 1 : 0;`];
    const { column, values } = slot;
    return [
      `${raw} = 0;`,
      `  for (int k = 1; k < ${values.length}; k++)`,
      `    if (out[${column} + k] > out[${column} + (int)outputs[${index}]]) outputs[${index}] = k;`,
    ];
  });
}
