/** Source that writes an image into the network's memory, normalised, whatever containers it comes in. */
import type { CnnNetwork, Shape, SlotDomain } from '../../../types.ts';
import { type ConstantsOf, imageEntries, type NumberEncoding, repeating } from '../../cnn/entries.ts';
import { fieldAccess, present } from '../../shapes.ts';
import type { EmitInput } from '../../target.ts';
import { bracketed, formatConstant } from '../../text.ts';
import type { AffineConstants } from '../columns.ts';
import type { Frame } from '../frame.ts';
import { between, clamped, clampLimits } from '../guard.ts';
import { isSameRange } from '../guardShapes.ts';

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
  const text = { sure, claim };
  const ranges = input.guard.mode === 'clamp' ? rangeText(input, values, text) : unclamped;
  const entries = entryText(encodings, values, entry, text);
  const columnOf = (raw: string, at: string) => entries.columnOf(ranges.inRange(raw, at), at);
  return {
    tables: [...entries.tables, ...ranges.tables],
    read(frame, x) {
      const at = frame.claim('at');
      const assign = (raw: string) => `${x}[${at}] = ${columnOf(raw, at)}; ${at}++;`;
      const lines = input.signature.parameters.flatMap(({ shape, absent }, index) =>
        readShape(shape, present(frame.parameters[index]!, absent), '  ', {
          sure,
          name: frame.input.functionName,
          claim: frame.claim,
          assign,
        }),
      );
      return [`  let ${at} = 0;`, ...lines];
    },
    readRow: (rows, from, x) => [
      `  for (let i = 0; i < ${values}; i++) ${x}[i] = ${columnOf(`${rows}[${from} + i]${sure}`, 'i')};`,
    ],
  };
}

interface TextOptions {
  readonly sure: string;
  claim(wanted: string): string;
}

/** The place of value number `at` in a table of so many entries that all values of an image repeat. */
const placeOf = (length: number, values: number, at: string): string => (length === values ? at : `${at} % ${length}`);

const orderText = (length: number, values: number): string =>
  length === values ? 'value by value' : 'channel by channel';

const unclamped = { tables: [], inRange: (raw: string) => raw };

/** A pair of limits where all values share a range, else tables: of the channels, or of all values. */
function rangeText(
  { domain, network }: EmitInput<CnnNetwork>,
  values: number,
  { sure, claim }: TextOptions,
): { readonly tables: readonly string[]; readonly inRange: (raw: string, at: string) => string } {
  const numbers = domain.filter((slot): slot is SlotDomain & { kind: 'number' } => slot.kind === 'number');
  const ranges = repeating(numbers, network.topology.channels, isSameRange);
  if (ranges.length === 1) return { tables: [], inRange: (raw) => clamped(raw, ranges[0]!) };
  const [lowest, highest] = [claim('lowest'), claim('highest')];
  const table = (name: string, side: 0 | 1) => {
    const limits = ranges.map((range) => String(clampLimits(range)[side]));
    return bracketed('', `const ${name} = [`, limits, '];');
  };
  const isWhole = ranges.every(({ integer }) => integer);
  const comment = `/** What the network was trained for, ${orderText(ranges.length, values)}. */`;
  return {
    tables: [[comment, table(lowest, 0), table(highest, 1)].join('\n')],
    inRange(raw, at) {
      const place = placeOf(ranges.length, values, at);
      return between(isWhole ? `Math.round(${raw})` : raw, `${lowest}[${place}]${sure}`, `${highest}[${place}]${sure}`);
    },
  };
}

/** A pair of constants where all values are encoded alike, else tables: of the channels, or of all values. */
function entryText(
  encodings: readonly NumberEncoding[],
  values: number,
  entry: EntryCode,
  { sure, claim }: TextOptions,
): { readonly tables: readonly string[]; readonly columnOf: (raw: string, at: string) => string } {
  const [first] = encodings;
  if (encodings.length === 1) return { tables: [], columnOf: (raw) => entry.inline(raw, first!) };
  const [offsets, factors] = [claim('offsets'), claim('factors')];
  const table = (name: string, value: (constants: AffineConstants) => number) => {
    const texts = encodings.map((encoding) => formatConstant(value(entry.constants(encoding))));
    return bracketed('', `const ${name} = [`, texts, '];');
  };
  const tables = [
    `/** The network takes (value - offset) * factor, ${orderText(encodings.length, values)}. */`,
    table(offsets, ({ offset }) => offset),
    table(factors, ({ factor }) => factor),
  ];
  return {
    tables: [tables.join('\n')],
    columnOf: (raw, at) => {
      const index = placeOf(encodings.length, values, at);
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
      return shape.fields.flatMap((field) => readShape(field.shape, fieldAccess(expression, field), indent, reader));
    default:
      throw new RangeError(`An image is made of numbers; ${expression} is a ${shape.kind}.`);
  }
}
