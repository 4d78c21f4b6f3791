/** Source that turns raw slot values into network columns and back, for code that keeps the encoding explicit. */
import { isCnnNetwork } from '../../nn/models.ts';
import type { AnyNetwork, SlotEncoding } from '../../types.ts';
import { float32Precision } from '../folded.ts';
import { unrolledLength } from '../shapes.ts';
import { formatConstant, sumTokens } from '../text.ts';

/** The type of many rows of raw slots. Images come as bytes too. */
export const rowsType = (network: AnyNetwork): string =>
  isCnnNetwork(network) ? 'ArrayLike<number>' : 'Float64Array | Float32Array | readonly number[]';

/** What an encoding is in generated code: constants in as many digits as float32 columns can tell apart. */
export interface AffineConstants {
  readonly offset: number;
  readonly factor: number;
}

/** column = (raw - offset) * factor */
export const normalisation = (offset: number, scale: number): AffineConstants => ({
  offset: Number(formatConstant(offset, float32Precision * Math.abs(scale))),
  factor: Number(formatConstant(1 / scale, Math.abs(float32Precision / scale))),
});

/** raw = offset + factor * column */
export function denormalisation(offset: number, scale: number): AffineConstants {
  const tolerance = float32Precision * Math.abs(scale);
  return { offset: Number(formatConstant(offset, tolerance)), factor: Number(formatConstant(scale, tolerance)) };
}

const exactly = (weight: number, factor?: string) => ({
  weight,
  tolerance: 0,
  ...(factor !== undefined && { factor }),
});

/** `(raw - offset) / scale`, as a multiplication. */
export function normalised(raw: string, offset: number, scale: number): string {
  const constants = normalisation(offset, scale);
  const centred = sumTokens([exactly(1, raw), exactly(-constants.offset)]);
  const factor = formatConstant(constants.factor);
  const inner = centred.length > 1 ? `(${centred.join(' ')})` : raw;
  return factor === '1' ? centred.join(' ') : `${inner} * ${factor}`;
}

/** `column * scale + offset`. */
export function denormalised(column: string, offset: number, scale: number): string {
  const constants = denormalisation(offset, scale);
  return sumTokens([exactly(constants.offset), exactly(constants.factor, column)]).join(' ');
}

/** A stretch of slots that are encoded alike, in consecutive columns. */
export interface Run {
  readonly slot: number;
  readonly length: number;
}

/** Cuts slots into runs. `together` says whether slot may continue the run that contains the slot before it. */
export function runsOf(encodings: readonly SlotEncoding[], together: (slot: number) => boolean): Run[] {
  const runs: { slot: number; length: number }[] = [];
  encodings.forEach((encoding, slot) => {
    const before = encodings[slot - 1];
    const alike =
      encoding.kind === 'number' &&
      before?.kind === 'number' &&
      encoding.column === before.column + 1 &&
      encoding.offset === before.offset &&
      encoding.scale === before.scale;
    if (alike && together(slot)) runs.at(-1)!.length++;
    else runs.push({ slot, length: 1 });
  });
  return runs.flatMap((run) =>
    run.length > unrolledLength
      ? [run]
      : Array.from({ length: run.length }, (_, index) => ({ slot: run.slot + index, length: 1 })),
  );
}

/** How generated code reads slots and writes columns. */
export interface ColumnCode {
  readonly indent: string;
  /** The number in a slot. */
  number(slot: number): string;
  /** -1 or 1. */
  boolean(slot: number): string;
  /** A condition: whether the slot holds its value number `index`. */
  holds(slot: number, index: number): string;
  /** The number in the slot `index` after the run's first, `index` being a loop variable. */
  element(run: Run, index: string): string;
  /** The place of a column, or of the column that a loop variable is further on. */
  place(column: number, index?: string): string;
  /** A name for the loop variable. */
  readonly index: string;
}

/** Statements that write every input column of one row. */
export function encodeRow(encodings: readonly SlotEncoding[], runs: readonly Run[], code: ColumnCode): string[] {
  return runs.flatMap((run) => encodeRun(encodings[run.slot]!, run, code));
}

function encodeRun(encoding: SlotEncoding, run: Run, code: ColumnCode): string[] {
  const assign = (place: string, value: string) => `${code.indent}${place} = ${value};`;
  switch (encoding.kind) {
    case 'number': {
      const { column, offset, scale } = encoding;
      if (run.length === 1) return [assign(code.place(column), normalised(code.number(run.slot), offset, scale))];
      const value = normalised(code.element(run, code.index), offset, scale);
      return [
        `${code.indent}for (let ${code.index} = 0; ${code.index} < ${run.length}; ${code.index}++) {`,
        `${code.indent}  ${code.place(column, code.index)} = ${value};`,
        `${code.indent}}`,
      ];
    }
    case 'boolean':
      return [assign(code.place(encoding.column), code.boolean(run.slot))];
    case 'category':
      return encoding.values.map((_, index) =>
        assign(code.place(encoding.column + index), `${code.holds(run.slot, index)} ? 1 : 0`),
      );
  }
}

/** `base + index`, shortened. */
export function shifted(base: number, index: string): string {
  return base === 0 ? index : `${base} + ${index}`;
}

/** `name * factor`, or the name alone. */
export function times(name: string, factor: number): string {
  return factor === 1 ? name : `${name} * ${factor}`;
}
