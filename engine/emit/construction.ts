/** Building values of a signature from slots, as generated source. */
import type { Shape } from '../types.ts';
import { isPropertyName } from './names.ts';
import { type Language, stored, unrolledLength } from './shapes.ts';
import { bracketed, fill, quote } from './text.ts';

/** Source of one slot's value: an expression, or for a whole array of numbers a function of the index's name. */
export interface ValueSource {
  /** The value of slot number `slot`: a number, a boolean or a literal, as its leaf says. */
  value(slot: number): string;
  /** An expression for the slot `first + index`, where the loop variable `index` runs over `length` slots. */
  indexed?(first: number, length: number, index: string): string | undefined;
}

export interface Construction {
  readonly source: ValueSource;
  readonly language: Language;
  readonly indent: string;
  /** Declarations that have to come before the expression; `build` appends to it. */
  readonly statements: string[];
  claim(wanted: string): string;
}

/** An expression that builds a value from slots, from slot number `cursor.slot` on. */
export function build(construction: Construction, shape: Shape, cursor: { slot: number }): string {
  const { source, indent } = construction;
  switch (shape.kind) {
    case 'number':
    case 'boolean':
    case 'category':
      return source.value(cursor.slot++);
    case 'constant':
      return String(shape.value);
    case 'tuple':
      return bracketed(
        indent,
        '[',
        shape.elements.map((element) => build(construction, element, cursor)),
        ']',
      );
    case 'array':
      return buildArray(construction, shape, cursor);
    case 'object': {
      const fields = shape.fields.map(({ name, shape: field }) => {
        const value = build(construction, field, cursor);
        // A plain `__proto__:` would set the prototype instead of a property.
        const key = name === '__proto__' ? `['__proto__']` : isPropertyName(name) ? name : quote(name);
        return key === value ? name : `${key}: ${value}`;
      });
      return fields.length === 0 ? '{}' : bracketed(indent, '{ ', fields, ' }');
    }
  }
}

function buildArray(
  construction: Construction,
  shape: Extract<Shape, { kind: 'array' }>,
  cursor: { slot: number },
): string {
  const { source, indent, statements, claim } = construction;
  const { container, length } = shape;
  const plain = container === 'Array';
  const nested = nestedArray(construction, shape, cursor);
  if (nested !== undefined) return nested;
  if (shape.element.kind === 'number' && length > unrolledLength) {
    const index = claim('i');
    const value = source.indexed?.(cursor.slot, length, index);
    if (value !== undefined) {
      cursor.slot += length;
      const name = claim('values');
      statements.push(
        plain && construction.language === 'typescript'
          ? `${indent}const ${name}: number[] = [];`
          : `${indent}const ${name} = ${plain ? '[]' : `new ${container}(${length})`};`,
        `${indent}for (let ${index} = 0; ${index} < ${length}; ${index}++) ` +
          (plain ? `${name}.push(${value});` : `${name}[${index}] = ${stored(value, container)};`),
      );
      return name;
    }
  }
  const items = Array.from({ length }, () => build(construction, shape.element, cursor));
  if (plain) return bracketed(indent, '[', items, ']');
  const name = claim('values');
  statements.push(`${indent}const ${name} = new ${container}(${length});`);
  items.forEach((item, index) => {
    statements.push(fill(indent, `${name}[${index}] = `, [stored(item, container)], ';'));
  });
  return name;
}

/** Many numbers in plain arrays of plain arrays, as nested loops in one expression; undefined for what is none. */
function nestedArray(
  { source, claim }: Construction,
  shape: Extract<Shape, { kind: 'array' }>,
  cursor: { slot: number },
): string | undefined {
  const lengths: number[] = [];
  let inner: Shape = shape;
  while (inner.kind === 'array' && inner.container === 'Array') {
    lengths.push(inner.length);
    inner = inner.element;
  }
  const total = lengths.reduce((product, each) => product * each, 1);
  if (lengths.length < 2 || inner.kind !== 'number' || total <= unrolledLength) return undefined;
  const indices = lengths.map(() => claim('i'));
  const flat = indices.reduce((sum, index, level) => `${level > 1 ? `(${sum})` : sum} * ${lengths[level]} + ${index}`);
  const value = source.indexed?.(cursor.slot, total, flat);
  if (value === undefined) return undefined;
  cursor.slot += total;
  return lengths.reduceRight(
    (element, each, level) => `Array.from({ length: ${each} }, (_, ${indices[level]}) => ${element})`,
    value,
  );
}

/** Statements that write the slots of an array of numbers into the array `target`. */
export function fillArray(
  { source, indent, claim }: Construction,
  { container, length }: Extract<Shape, { kind: 'array' }>,
  target: string,
): string[] {
  const index = claim('i');
  const value = length > unrolledLength ? source.indexed?.(0, length, index) : undefined;
  if (value !== undefined) {
    const head = `for (let ${index} = 0; ${index} < ${length}; ${index}++)`;
    return [`${indent}${head} ${target}[${index}] = ${stored(value, container)};`];
  }
  return Array.from({ length }, (_, slot) =>
    fill(indent, `${target}[${slot}] = `, [stored(source.value(slot), container)], ';'),
  );
}
