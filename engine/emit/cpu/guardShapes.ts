/** What a guard tests of the arrays and objects of an input: their lengths, and the numbers in nested arrays by loops. */
import type { Shape, SlotDomain } from '../../types.ts';
import { fieldAccess, present, unrolledLength } from '../shapes.ts';
import type { EmitInput } from '../target.ts';

export const isSameRange = (a: SlotDomain | undefined, b: SlotDomain | undefined): boolean =>
  a?.kind === 'number' && b?.kind === 'number' && a.min === b.min && a.max === b.max && a.integer === b.integer;

/** Many numbers in arrays of arrays, which share a range. */
export interface Block {
  readonly first: number;
  readonly length: number;
  /** Loops over all of them. */
  readonly head: string;
  readonly value: string;
}

export function nestedBlocks(
  {
    signature,
    domain,
    sure,
    claim,
  }: Pick<EmitInput, 'signature' | 'domain'> & { readonly sure: string; claim(wanted: string): string },
  parameters: readonly string[],
): Block[] {
  const blocks: Block[] = [];
  let slot = 0;
  const visit = (shape: Shape, expression: string): void => {
    if (shape.kind === 'tuple')
      for (const [index, element] of shape.elements.entries()) visit(element, `${expression}[${index}]`);
    else if (shape.kind === 'object')
      for (const field of shape.fields) visit(field.shape, fieldAccess(expression, field));
    else if (shape.kind === 'array') array(shape, expression);
    else if (shape.kind !== 'constant') slot++;
  };
  const array = (shape: Extract<Shape, { kind: 'array' }>, expression: string): void => {
    const lengths: number[] = [];
    let inner: Shape = shape;
    for (; inner.kind === 'array'; inner = inner.element) lengths.push(inner.length);
    const length = lengths.reduce((product, each) => product * each, 1);
    const own = domain.slice(slot, slot + length);
    const isBlock = lengths.length > 1 && length > unrolledLength && inner.kind === 'number';
    if (!isBlock || !own.every((each) => isSameRange(own[0], each))) {
      for (let index = 0; index < shape.length; index++) visit(shape.element, `${expression}[${index}]${sure}`);
      return;
    }
    const names = lengths.map(() => claim('i'));
    const head = names.map((name, level) => `for (let ${name} = 0; ${name} < ${lengths[level]}; ${name}++)`).join(' ');
    blocks.push({ first: slot, length, head, value: expression + names.map((name) => `[${name}]${sure}`).join('') });
    slot += length;
  };
  for (const [index, { shape, absent }] of signature.parameters.entries()) {
    visit(shape, present(parameters[index]!, absent));
  }
  return blocks;
}

/** Arrays of another length would be read past their end, or only in part. */
export function lengthTests(shape: Shape, expression: string, sure: string, depth = 0): string[] {
  switch (shape.kind) {
    case 'number':
    case 'boolean':
    case 'category':
      return [];
    case 'constant':
      return [`${expression} === ${shape.value}`];
    case 'tuple':
      return shape.elements.flatMap((element, index) => lengthTests(element, `${expression}[${index}]`, sure, depth));
    case 'array': {
      const own = `${expression}.length === ${shape.length}`;
      const isFlat = lengthTests(shape.element, '', sure).length === 0;
      if (!isFlat && shape.length > unrolledLength) {
        const element = `element${depth}`;
        const tests = lengthTests(shape.element, element, sure, depth + 1);
        return [own, `${expression}.every((${element}) => ${tests.join(' && ')})`];
      }
      const inner = isFlat ? [] : Array.from({ length: shape.length }, (_, index) => `${expression}[${index}]${sure}`);
      return [own, ...inner.flatMap((element) => lengthTests(shape.element, element, sure, depth))];
    }
    case 'object':
      return shape.fields.flatMap((field) => lengthTests(field.shape, fieldAccess(expression, field), sure, depth));
  }
}
