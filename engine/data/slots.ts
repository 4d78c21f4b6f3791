/** Signatures to slots and back: the one place that knows in which order a nested value is flattened. */
import type { ImageSize, Literal, Parameter, Shape, Signature, Slot } from '../types.ts';

export function inputSlots(signature: Signature): Slot[] {
  return signature.parameters.flatMap((parameter) => shapeSlots(parameter.shape, parameter.name));
}

export function outputSlots(signature: Signature): Slot[] {
  return shapeSlots(signature.result, signature.into?.name ?? 'result');
}

/** The image that all inputs together are; undefined where they are none, or where there are others beside it. */
export function imageOf({ parameters }: Signature): ImageSize | undefined {
  let image: ImageSize | undefined;
  const visit = (shape: Shape): boolean => {
    if (shape.kind === 'constant') return true;
    if (shape.kind === 'object') return shape.fields.every((field) => visit(field.shape));
    if (shape.kind !== 'array' || !shape.image || image) return false;
    image = shape.image;
    return true;
  };
  return parameters.every(({ shape }) => visit(shape)) ? image : undefined;
}

/** The leaves of a shape, depth first, each with the path a person would write. */
export function shapeSlots(shape: Shape, path: string): Slot[] {
  switch (shape.kind) {
    case 'number':
    case 'boolean':
      return [{ path, kind: shape.kind }];
    case 'category':
      return [{ path, kind: 'category', values: shape.values }];
    case 'constant':
      return [];
    case 'tuple':
      return shape.elements.flatMap((element, index) => shapeSlots(element, `${path}[${index}]`));
    case 'array':
      return Array.from({ length: shape.length }, (_, index) => shapeSlots(shape.element, `${path}[${index}]`)).flat();
    case 'object':
      return shape.fields.flatMap((field) => shapeSlots(field.shape, `${path}.${field.name}`));
  }
}

/** Builds a call's arguments from the raw slot values that start at `row[offset]`. */
export function readArguments(parameters: readonly Parameter[], row: Float64Array, offset: number): unknown[] {
  const cursor = { at: offset };
  return parameters.map((parameter) => readValue(parameter.shape, row, cursor));
}

function readValue(shape: Shape, row: Float64Array, cursor: { at: number }): unknown {
  switch (shape.kind) {
    case 'number':
      return row[cursor.at++]!;
    case 'boolean':
      return row[cursor.at++]! >= 0.5;
    case 'category':
      return shape.values[row[cursor.at++]!];
    case 'constant':
      return shape.value;
    case 'tuple':
      return shape.elements.map((element) => readValue(element, row, cursor));
    case 'array': {
      const values = Array.from({ length: shape.length }, () => readValue(shape.element, row, cursor));
      return shape.container === 'Array' ? values : typedArray(shape.container, values as number[]);
    }
    case 'object':
      return Object.fromEntries(shape.fields.map((field) => [field.name, readValue(field.shape, row, cursor)]));
  }
}

/** The typed arrays that may stand in a signature. */
export const typedArrays = {
  Float64Array,
  Float32Array,
  Int32Array,
  Uint32Array,
  Int16Array,
  Uint16Array,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
} as const;

function typedArray(container: string, values: number[]): ArrayLike<number> {
  const Container = typedArrays[container as keyof typeof typedArrays];
  return Container.from(values);
}

/**
 * Writes a result into raw slots from `row[offset]`. Answers why it could not: a value that does not have the declared
 * shape, where the declaration promised more than the code keeps.
 */
export function writeResult(shape: Shape, value: unknown, row: Float64Array, offset: number): string | undefined {
  const cursor = { at: offset };
  return writeValue(shape, value, row, cursor, 'result');
}

function writeValue(
  shape: Shape,
  value: unknown,
  row: Float64Array,
  cursor: { at: number },
  path: string,
): string | undefined {
  switch (shape.kind) {
    case 'number':
      if (typeof value !== 'number') return `${path} is ${describe(value)}, not a number`;
      row[cursor.at++] = value;
      return undefined;
    case 'boolean':
      if (typeof value !== 'boolean') return `${path} is ${describe(value)}, not a boolean`;
      row[cursor.at++] = value ? 1 : 0;
      return undefined;
    case 'category': {
      const index = shape.values.indexOf(value as Literal);
      if (index < 0) return `${path} is ${describe(value)}, which is none of its declared literals`;
      row[cursor.at++] = index;
      return undefined;
    }
    case 'constant':
      return value === shape.value ? undefined : `${path} is ${describe(value)}, not ${shape.value}`;
    case 'tuple':
    case 'array': {
      const length = shape.kind === 'tuple' ? shape.elements.length : shape.length;
      const list = value as ArrayLike<unknown> | null | undefined;
      if (list?.length !== length) return `${path} has length ${list?.length}, not ${length}`;
      for (let index = 0; index < length; index++) {
        const element = shape.kind === 'tuple' ? shape.elements[index]! : shape.element;
        const problem = writeValue(element, list[index], row, cursor, `${path}[${index}]`);
        if (problem) return problem;
      }
      return undefined;
    }
    case 'object': {
      if (typeof value !== 'object' || value === null) return `${path} is ${describe(value)}, not an object`;
      for (const field of shape.fields) {
        const inner = (value as Record<string, unknown>)[field.name];
        const given = inner === undefined ? field.absent : inner;
        const problem = writeValue(field.shape, given, row, cursor, `${path}.${field.name}`);
        if (problem) return problem;
      }
      return undefined;
    }
  }
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'function') return 'a function';
  return JSON.stringify(value) ?? String(value);
}
