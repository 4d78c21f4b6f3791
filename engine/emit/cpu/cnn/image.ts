/** Source that writes an image into the network's memory, normalised, whatever containers it comes in. */
import type { CnnNetwork, Shape, SlotEncoding } from '../../../types.ts';
import { propertyAccess } from '../../names.ts';
import type { EmitInput } from '../../target.ts';
import { bracketed, formatConstant, quote } from '../../text.ts';
import { normalised } from '../columns.ts';
import type { Frame } from '../frame.ts';

export interface ImageCode {
  /** Tables that the statements read, for the module. */
  readonly tables: readonly string[];
  /** Statements that read a call's parameters into the array `x`. */
  read(frame: Frame, x: string): string[];
  /** Statements that read a row of the array `inputs` from index `from` on. */
  readRow(inputs: string, from: string, x: string): string[];
}

type NumberEncoding = Extract<SlotEncoding, { kind: 'number' }>;

/** Throws RangeError where the inputs are not one number for each value of the image, in its order. */
export function imageCode(input: EmitInput<CnnNetwork>, claim: (wanted: string) => string): ImageCode {
  const { height, width, channels } = input.network.topology;
  const values = height * width * channels;
  const { inputs } = input.encoding;
  const encodings = inputs.filter((slot): slot is NumberEncoding => slot.kind === 'number');
  const ordered = encodings.every(({ column }, index) => column === index);
  if (inputs.length !== values || encodings.length !== values || !ordered) {
    throw new RangeError(
      `A network for images of ${height}x${width}x${channels} takes ${values} numbers in order; ` +
        `${input.regionName} has ${inputs.length} inputs, ${encodings.length} of them numbers.`,
    );
  }
  const sure = input.language === 'typescript' ? '!' : '';
  const { tables, normalise } = normalisation(encodings, channels, sure, claim);
  return {
    tables,
    read(frame, x) {
      const at = frame.claim('at');
      const assign = (raw: string) => `${x}[${at}] = ${normalise(raw, at)}; ${at}++;`;
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
      `  for (let i = 0; i < ${values}; i++) ${x}[i] = ${normalise(`${rows}[${from} + i]${sure}`, 'i')};`,
    ],
  };
}

/** A pair of constants where all values are encoded alike, else tables: of the channels, or of all values. */
function normalisation(
  encodings: readonly NumberEncoding[],
  channels: number,
  sure: string,
  claim: (wanted: string) => string,
): { readonly tables: readonly string[]; readonly normalise: (raw: string, at: string) => string } {
  const repeats = (period: number) =>
    encodings.every(({ offset, scale }, index) => {
      const first = encodings[index % period]!;
      return offset === first.offset && scale === first.scale;
    });
  const period = [1, channels].find(repeats) ?? encodings.length;
  const { offset, scale } = encodings[0]!;
  if (period === 1) return { tables: [], normalise: (raw) => normalised(raw, offset, scale) };
  const [offsets, factors] = [claim('offsets'), claim('factors')];
  const table = (name: string, value: (encoding: NumberEncoding) => number) => {
    const values = encodings.slice(0, period).map((each) => formatConstant(value(each)));
    return bracketed('', `const ${name} = [`, values, '];');
  };
  const each = period === channels ? 'channel by channel' : 'value by value';
  const tables = [
    `/** The network takes (value - offset) * factor, ${each}. */`,
    table(offsets, (encoding) => encoding.offset),
    table(factors, (encoding) => 1 / encoding.scale),
  ];
  return {
    tables: [tables.join('\n')],
    normalise: (raw, at) => {
      const index = period === encodings.length ? at : `${at} % ${period}`;
      return `(${raw} - ${offsets}[${index}]${sure}) * ${factors}[${index}]${sure}`;
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
