/** How values of a signature look in generated source: their types, and how they are read and stored. */
import type { Literal, Parameter, Shape } from '../types.ts';
import { isPropertyName, propertyAccess } from './names.ts';
import { formatConstant, quote } from './text.ts';

export type Language = 'typescript' | 'javascript';

/** Arrays of numbers longer than this are read and written by loops. */
export const unrolledLength = 8;

/** The values that an integer typed array can hold. Uint8ClampedArray is absent: it rounds and clamps by itself. */
const integerRanges: Readonly<Record<string, readonly [low: number, high: number]>> = {
  Int32Array: [-2147483648, 2147483647],
  Uint32Array: [0, 4294967295],
  Int16Array: [-32768, 32767],
  Uint16Array: [0, 65535],
  Int8Array: [-128, 127],
  Uint8Array: [0, 255],
};

const clampedRange = [0, 255] as const;

export function literalText(value: Literal): string {
  if (typeof value === 'string') return quote(value);
  return typeof value === 'number' ? formatConstant(value) : String(value);
}

/** `'a' | 'b'` as an array expression that can be indexed by a raw slot value. */
export function valuesText(values: readonly Literal[], language: Language): string {
  const list = `[${values.map(literalText).join(', ')}]`;
  return language === 'typescript' ? `(${list} as const)` : list;
}

/** The type of a value: parameters are read-only, results are not, so that they fit whatever the caller declared. */
export function typeText(shape: Shape, readonly: boolean): string {
  const prefix = readonly ? 'readonly ' : '';
  switch (shape.kind) {
    case 'number':
    case 'boolean':
      return shape.kind;
    case 'category':
      return shape.values.map(literalText).join(' | ');
    case 'constant':
      return 'number';
    case 'tuple':
      return `${prefix}[${shape.elements.map((element) => typeText(element, readonly)).join(', ')}]`;
    case 'array': {
      if (shape.container !== 'Array') return shape.container;
      const element = typeText(shape.element, readonly);
      return `${prefix}${/[ |]/.test(element) ? `(${element})` : element}[]`;
    }
    case 'object': {
      if (shape.fields.length === 0) return 'object';
      const fields = shape.fields.map(
        ({ name, shape: field, absent }) =>
          `${prefix}${isPropertyName(name) ? name : quote(name)}${optionalType({ shape: field, absent }, readonly)}`,
      );
      return `{ ${fields.join('; ')} }`;
    }
  }
}

/** `: number`, or `?: number | undefined` for what may be missing. */
export const optionalType = (
  { shape, absent }: { readonly shape: Shape; readonly absent?: Literal | undefined },
  readonly: boolean,
): string => (absent === undefined ? `: ${typeText(shape, readonly)}` : `?: ${typeText(shape, readonly)} | undefined`);

/** Reads what may be missing. */
export const present = (expression: string, absent: Literal | undefined): string =>
  absent === undefined ? expression : `(${expression} ?? ${literalText(absent)})`;

/** One slot of a value, and the expression that reads it. */
export interface Leaf {
  readonly expression: string;
  readonly kind: 'number' | 'boolean' | 'category';
  readonly values: readonly Literal[];
  /** Where it is an element of an array: the array's expression and the index in it. */
  readonly element?: { readonly array: string; readonly index: number };
  /** The constructor of the array that holds it, where that array is typed. */
  readonly container?: string;
}

/** How many leaves from this one on are side by side in one array; at least 1. */
export function adjacentElements(leaves: readonly Leaf[], slot: number): number {
  const array = leaves[slot]!.element?.array;
  let length = 1;
  while (array !== undefined && leaves[slot + length]?.element?.array === array) length++;
  return length;
}

/** The leaves of a value in slot order. */
export function leavesOf(shape: Shape, expression: string, language: Language): Leaf[] {
  const sure = language === 'typescript' ? '!' : '';
  switch (shape.kind) {
    case 'number':
    case 'boolean':
      return [{ expression, kind: shape.kind, values: [] }];
    case 'category':
      return [{ expression, kind: 'category', values: shape.values }];
    case 'constant':
      return [];
    case 'tuple':
      return shape.elements.flatMap((element, index) => leavesOf(element, `${expression}[${index}]`, language));
    case 'array':
      return Array.from({ length: shape.length }, (_, index) =>
        leavesOf(shape.element, `${expression}[${index}]${sure}`, language).map((leaf) => {
          if (shape.element.kind !== 'number') return leaf;
          const element = { array: expression, index };
          return { ...leaf, element, ...(shape.container === 'Array' ? {} : { container: shape.container }) };
        }),
      ).flat();
    case 'object':
      return shape.fields.flatMap((field) => leavesOf(field.shape, fieldAccess(expression, field), language));
  }
}

/** The expression of a field, or of what stands for it where it is missing. */
export const fieldAccess = (expression: string, { name, absent }: Pick<Parameter, 'name' | 'absent'>): string =>
  present(`${expression}${propertyAccess(name, quote)}`, absent);

/**
 * What an integer array stores for a value: the nearest whole number that it can hold, where storing alone would truncate
 * and wrap around.
 */
export function stored(expression: string, container: string | undefined): string {
  const range = container === undefined ? undefined : integerRanges[container];
  return range ? `Math.min(${range[1]}, Math.max(${range[0]}, Math.round(${expression})))` : expression;
}

/** As `stored`, for code that does not go through the container itself. */
export function storedValue(expression: string, container: string | undefined): string {
  if (container !== 'Uint8ClampedArray') return stored(expression, container);
  return `Math.min(${clampedRange[1]}, Math.max(${clampedRange[0]}, Math.round(${expression})))`;
}
