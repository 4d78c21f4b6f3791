/** Pieces of generated code that perceptrons and convolutional networks in integers share. */
import { entryOf, type Grid } from '../../quantise/grid.ts';
import type { AnyQuantised } from '../../quantise/models.ts';
import type { EmitInput } from '../target.ts';
import { formatConstant, sumTokens } from '../text.ts';
import type { Decoding } from './outputs.ts';

/** Syntax that only TypeScript has. */
export interface Syntax {
  readonly sure: string;
  readonly number: string;
  readonly array: string;
  readonly nothing: string;
}

/** What holds the values of a network. */
export const arrayOf = ({ kind }: AnyQuantised) => (kind === 'int8' ? 'Int8Array' : 'Int16Array');

export const syntaxOf = ({ language }: Pick<EmitInput, 'language'>, array: string): Syntax =>
  language === 'typescript'
    ? { sure: '!', number: ': number', array: `: ${array}`, nothing: ': void' }
    : { sure: '', number: '', array: '', nothing: '' };

/** The call of `enter` on a value that is encoded like this. */
export function enterCall(
  enter: string,
  value: string,
  slot: { readonly offset: number; readonly scale: number },
  grid: Grid,
): string {
  const { offset, factor } = entryOf(grid, slot);
  return `${enter}(${value}, ${formatConstant(offset)}, ${formatConstant(factor)})`;
}

/** How the last layer's integers become the result. */
export function integerDecoding({ zero, scale: step }: Grid): Decoding {
  const sum = (factor: string, constant: number) =>
    sumTokens([
      { weight: 1, tolerance: 0, factor },
      { weight: constant, tolerance: 0 },
    ]).join(' ');
  return {
    zero,
    numeric(column, { offset, scale }) {
      const centred = zero === 0 ? column : `(${sum(column, -zero)})`;
      return sum(`${centred} * ${formatConstant(step * scale)}`, offset);
    },
  };
}

export function enterText({ zero, minimum, maximum }: Grid, enter: string, { number }: Syntax): string {
  const rounded = `Math.floor((value - offset) * factor + 0.5)${zero === 0 ? '' : ` ${zero < 0 ? '-' : '+'} ${Math.abs(zero)}`}`;
  return `/** The integer that stands for an input: scaled, rounded and saturated. */
function ${enter}(value${number}, offset${number}, factor${number})${number} {
  return Math.max(${minimum}, Math.min(${maximum}, ${rounded}));
}`;
}

/** Statements that make eight bits, `scaled`, of a sum: rescaled by `multiplier` and `shift`, moved by `zero`, saturated. */
export const rescaleLines = (indent: string): string =>
  [
    'if (shift > 0) sum = Math.max(-2147483648, Math.min(2147483647, sum * (1 << shift)));',
    'const size = Math.abs(sum);',
    'const low = Math.floor((size * (multiplier & 65535) + (sum < 0 ? 1073741823 : 1073741824)) / 65536);',
    'let scaled = Math.floor((size * (multiplier >>> 16) + low) / 32768);',
    'if (shift < 0) scaled = (scaled + (1 << (-shift - 1))) >>> -shift;',
    'scaled = Math.max(-128, Math.min(127, zero + (sum < 0 ? -scaled : scaled)));',
  ]
    .map((line) => `${indent}${line}`)
    .join('\n');
