/** From the checker's types to shapes, or to the reason why there is none. */
import { typedArrays } from '../../engine/data/slots.ts';
import type { Literal, Shape } from '../../engine/types.ts';
import { category } from './categories.ts';
import { ts } from './compiler.ts';
import {
  article,
  combine,
  libraryName,
  primitiveText,
  type ShapeContext,
  type ShapeResult,
  shape,
  subject,
  supported,
  typeText,
  unsupported,
} from './shapeProblems.ts';
import { type Parts, stated } from './sizes.ts';

/** `path` is the value's name in tags: the parameter's, or `result`. */
export function shapeOf(context: ShapeContext, type: ts.Type, path: string): ShapeResult {
  return convert({ ...context, enclosing: [] }, type, path);
}

type Conversion = ShapeContext & { readonly enclosing: readonly ts.Type[] };

function convert(context: Conversion, type: ts.Type, path: string): ShapeResult {
  const { checker } = context;
  const { flags } = type;
  if (flags & ts.TypeFlags.Boolean) return shape({ kind: 'boolean' });
  if (flags & ts.TypeFlags.Number) return shape({ kind: 'number' });
  if (type.isUnion() || flags & (ts.TypeFlags.Literal | ts.TypeFlags.EnumLike)) return category(context, type, path);
  if (flags & ts.TypeFlags.TypeParameter)
    return unsupported(context, path, `of the generic type ${typeText(context, type)}`);
  if (flags & ts.TypeFlags.Object && context.enclosing.includes(type)) {
    return unsupported(context, path, `of type ${typeText(context, type)}, which contains itself`);
  }
  const inner: Conversion = { ...context, enclosing: [...context.enclosing, type] };
  const size = context.sizeOf(path);
  if (size) {
    const parts: Parts = {
      convert: (part, at) => convert(inner, part, at),
      field: (property, at) => field(inner, property, at).result,
    };
    return stated({ ...context, ...parts }, type, { path, size });
  }
  if (checker.isTupleType(type)) return tuple(inner, type as ts.TupleTypeReference, path);
  if (checker.isArrayType(type)) {
    const [element] = checker.getTypeArguments(type as ts.TypeReference);
    return array(inner, { container: 'Array', element: element!, path });
  }
  const name = libraryName(type);
  if (name === 'ImageData' && context.role === 'input') {
    const problem = `${subject(context, path)} an image of unknown size`;
    const hint = `Write its height, width and channels in the JSDoc comment, for example \`@shape ${path} 32x32x4\`.`;
    return { kind: 'problem', problem, hint };
  }
  if (name !== undefined) {
    return name in typedArrays
      ? sized(context, path, (length) => shape({ kind: 'array', container: name, length, element: { kind: 'number' } }))
      : unsupported(context, path, article(typeText(context, type)));
  }
  if (flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return object(inner, type, path);
  return unsupported(context, path, primitiveText(context, type));
}

function tuple(context: Conversion, type: ts.TupleTypeReference, path: string): ShapeResult {
  if (type.target.elementFlags.some((flags) => flags !== ts.ElementFlags.Required)) {
    return unsupported(context, path, `the tuple ${typeText(context, type)}, whose length varies`);
  }
  const elements = context.checker.getTypeArguments(type);
  const results = elements.map((element, index) => convert(context, element, `${path}[${index}]`));
  return combine(results, (shapes) => ({ kind: 'tuple', elements: shapes }));
}

function array(
  context: Conversion,
  { container, element, path }: { readonly container: string; readonly element: ts.Type; readonly path: string },
): ShapeResult {
  return sized(context, path, (length) => {
    const result = convert(context, element, `${path}[]`);
    return result.kind === 'shape' ? shape({ kind: 'array', container, length, element: result.shape }) : result;
  });
}

function sized(context: ShapeContext, path: string, build: (length: number) => ShapeResult): ShapeResult {
  const length = context.lengthOf(path);
  if (length !== undefined) return build(length);
  return {
    kind: 'problem',
    problem: `${subject(context, path)} an array whose length may vary`,
    hint: `A network has a fixed number of inputs and outputs. If the length is always the same, write it in the JSDoc comment, for example \`@length ${path} 9\`.`,
  };
}

function object(context: Conversion, type: ts.Type, path: string): ShapeResult {
  const { checker } = context;
  const value = context.role === 'output' ? 'a value ' : '';
  if (type.getCallSignatures().length > 0 || type.getConstructSignatures().length > 0) {
    return unsupported(context, path, 'a function');
  }
  if (type.isClass() || (type.symbol?.flags ?? 0) & ts.SymbolFlags.Class) {
    return unsupported(context, path, `an instance of the class ${typeText(context, type)}`);
  }
  if (type.isIntersection() && type.types.some(({ flags }) => (flags & ts.TypeFlags.Object) === 0)) {
    return unsupported(context, path, `${value}of the branded type ${typeText(context, type)}`);
  }
  if (checker.getIndexInfosOfType(type).length > 0) {
    return unsupported(context, path, `${value}of type ${typeText(context, type)}, whose keys are not known`);
  }
  const properties = checker.getPropertiesOfType(type);
  if (properties.length === 0)
    return unsupported(context, path, `${value}of type ${typeText(context, type)}, which has no properties`);
  const fields = properties.map((property) => field(context, property, `${path}.${property.name}`));
  return combine(
    fields.map(({ result }) => result),
    (shapes) => ({
      kind: 'object',
      fields: shapes.map((inner, index) => {
        const { name, absent } = fields[index]!;
        return { name, shape: inner, ...(absent !== undefined && { absent }) };
      }),
    }),
  );
}

interface Field {
  readonly name: string;
  readonly absent?: Literal | undefined;
  readonly result: ShapeResult;
}

function field(context: Conversion, property: ts.Symbol, path: string): Field {
  const { name } = property;
  const type = context.checker.getTypeOfSymbolAtLocation(property, context.node);
  if ((property.flags & ts.SymbolFlags.Optional) === 0) return { name, result: convert(context, type, path) };
  const { absent, result } = optional(context, property, type, path);
  return { name, absent, result };
}

/** What may be missing is what it is elsewhere, where the function takes one value for it everywhere that it is missing. */
export function optional(
  context: ShapeContext,
  declared: ts.Symbol,
  type: ts.Type,
  path: string,
): { readonly absent?: Literal | undefined; readonly result: ShapeResult } {
  const problem = (text: string, hint: string) => ({ result: { kind: 'problem', problem: text, hint } as const });
  if (context.role === 'output') return problem(`${subject(context, path)} optional`, supported);
  const mayBeNull = type.isUnion() && type.types.some(({ flags }) => flags & ts.TypeFlags.Null);
  if (mayBeNull) return problem(`${subject(context, path).slice(0, -3)} may be null`, supported);
  const absent = context.absentOf(declared);
  if (absent === undefined) {
    const name = path.slice(path.lastIndexOf('.') + 1);
    const hint =
      name === path
        ? 'Give it a default value, or make it required.'
        : `Write \`${path} ?? 1\` wherever it is read, or \`const { ${name} = 1 } = ..\`, or make it required.`;
    return problem(`${subject(context, path)} optional, without one default`, hint);
  }
  const result = convert({ ...context, enclosing: [] }, context.checker.getNonNullableType(type), path);
  if (result.kind === 'problem') return { result };
  if (fits(result.shape, absent)) return { absent, result };
  return problem(
    `${subject(context, path)} optional, and ${JSON.stringify(absent)}, which it is then, is not of its type`,
    supported,
  );
}

const fits = (shape: Shape, value: Literal): boolean =>
  shape.kind === 'category' ? shape.values.includes(value) : shape.kind === typeof value;
