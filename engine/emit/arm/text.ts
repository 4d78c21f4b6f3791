/** Pieces of C text. */
import { bracketed, formatConstant } from '../text.ts';

/** `static const int8_t weights[] = {1, 2};`; C has no empty arrays, so that an empty list becomes one zero. */
export const arrayText = (type: string, name: string, items: readonly string[]): string =>
  `static const ${type} ${name}[] = ${bracketed('', '{', items.length === 0 ? ['0'] : items, '}')};`;

/** Whole numbers; the lowest int32 has no literal of its own in C. */
export const integerItems = (values: ArrayLike<number>): string[] =>
  Array.from(values, (value) => (value === -2147483648 ? '(-2147483647 - 1)' : String(value)));

/** A double that C reads as the same value. Adding a zero that is negative changes no number. */
export function doubleLiteral(value: number): string {
  const text = value === 0 ? '-0.0' : formatConstant(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** The shortest digits that C and JavaScript both read as this float32; values that NEON takes for 0 are 0. */
export function weightLiteral(value: number): string {
  const kept = Math.abs(value) < 2 ** -126 ? 0 : value;
  const text = formatConstant(kept, Math.abs(kept) * 2 ** -26);
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
}

/** FNV-1a over the text, in eight hexadecimal digits. */
export function fingerprintOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
