/** Source that writes an image into the network's memory, normalised, whatever containers it comes in. */
import type { CnnNetwork, Shape } from '../../../types.ts';
import { type ConstantsOf, imageEntries, type NumberEncoding } from '../../cnn/entries.ts';
import { propertyAccess } from '../../names.ts';
import type { EmitInput } from '../../target.ts';
import { bracketed, formatConstant, quote } from '../../text.ts';
import type { AffineConstants } from '../columns.ts';
import type { Frame } from '../frame.ts';
import { clamped } from '../guard.ts';

export interface ImageCode {
  /** Tables that the statements read, for the module. */
  readonly tables: readonly string[];
  /** Statements that read a call's parameters into the array `x`. */
  read(frame: Frame, x: string): string[];
  /** Statements that read a row of the array `inputs` from index `from` on. */
  readRow(inputs: string, from: string, x: string): string[];
}

/** Source of a column from a raw value. */
export interface EntryCode {
  readonly constants: ConstantsOf;
  /** With the constants written out. */
  inline(raw: string, encoding: NumberEncoding): string;
  /** With constants from tables. */
  tabled(raw: string, offset: string, factor: string): string;
}

/** Throws RangeError where the inputs are not one number for each value of the image, in its order. */
export function imageCode(
  input: EmitInput<CnnNetwork>,
  entry: EntryCode,
  claim: (wanted: string) => string,
): ImageCode {
  const { values, encodings } = imageEntries(input);
  const sure = input.language === 'typescript' ? '!' : '';
  // All values of an image share a range.
  const [range] = input.domain;
  const inRange = (raw: string) =>
    input.guard.mode === 'clamp' && range?.kind === 'number' ? clamped(raw, range) : raw;
  const { tables, columnOf } = entryText(encodings, values, entry, { sure, claim });
  return {
    tables,
    read(frame, x) {
      const at = frame.claim('at');
      const assign = (raw: string) => `${x}[${at}] = ${columnOf(raw, at)}; ${at}++;`;
      const lines = input.signature.parameters.flatMap(({ shape }, index) =>
        readShape(shape, frame.parameters[index]!, '  ', {
          sure,
          name: frame.input.functionName,
          claim: frame.claim,
          assign,
        }),
      );
      return [`  let ${at} = 0;`, ...lines];
    },
    readRow: (rows, from, x) => [
      `  for (let i = 0; i < ${values}; i++) ${x}[i] = ${columnOf(inRange(`${rows}[${from} + i]${sure}`), 'i')};`,
    ],
  };
}

/** A pair of constants where all values are encoded alike, else tables: of the channels, or of all values. */
function entryText(
  encodings: readonly NumberEncoding[],
  values: number,
  entry: EntryCode,
  { sure, claim }: { readonly sure: string; readonly claim: (wanted: string) => string },
): { readonly tables: readonly string[]; readonly columnOf: (raw: string, at: string) => string } {
  const [first] = encodings;
  if (encodings.length === 1) return { tables: [], columnOf: (raw) => entry.inline(raw, first!) };
  const [offsets, factors] = [claim('offsets'), claim('factors')];
  const table = (name: string, value: (constants: AffineConstants) => number) => {
    const texts = encodings.map((encoding) => formatConstant(value(entry.constants(encoding))));
    return bracketed('', `const ${name} = [`, texts, '];');
  };
  const each = encodings.length === values ? 'value by value' : 'channel by channel';
  const tables = [
    `/** The network takes (value - offset) * factor, ${each}. */`,
    table(offsets, ({ offset }) => offset),
    table(factors, ({ factor }) => factor),
  ];
  return {
    tables: [tables.join('\n')],
    columnOf: (raw, at) => {
      const index = encodings.length === values ? at : `${at} % ${encodings.length}`;
      return entry.tabled(raw, `${offsets}[${index}]${sure}`, `${factors}[${index}]${sure}`);
    },
  };
}

interface Reader {
  readonly sure: string;
  /** The function's name, for its errors. */
  readonly name: string;
  claim(wanted: string): string;
  /** A statement that takes the next value. */
  assign(raw: string): string;
}

/** Statements that visit the numbers of a value in slot order, arrays by loops. */
function readShape(shape: Shape, expression: string, indent: string, reader: Reader): string[] {
  switch (shape.kind) {
    case 'number':
      return [`${indent}${reader.assign(expression)}`];
    case 'constant':
      return [];
    case 'array': {
      const index = reader.claim('i');
      const length = `${expression}.length`;
      const message = `${reader.name}: an image has ${shape.length} values here, this one has \${${length}}`;
      return [
        `${indent}if (${length} !== ${shape.length}) throw new RangeError(\`${message}\`);`,
        `${indent}for (let ${index} = 0; ${index} < ${shape.length}; ${index}++) {`,
        ...readShape(shape.element, `${expression}[${index}]${reader.sure}`, `${indent}  `, reader),
        `${indent}}`,
      ];
    }
    case 'tuple':
      return shape.elements.flatMap((each, index) => readShape(each, `${expression}[${index}]`, indent, reader));
    case 'object':
      return shape.fields.flatMap(({ name, shape: field }) =>
        readShape(field, `${expression}${propertyAccess(name, quote)}`, indent, reader),
      );
    default:
      throw new RangeError(`An image is made of numbers; ${expression} is a ${shape.kind}.`);
  }
}
