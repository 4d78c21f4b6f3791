/** From the checker's types to shapes, or to the reason why there is none. */

import { typedArrays } from '../../engine/data/slots.ts';
import { t } from '../../engine/texts.ts';
import type { Literal, Shape } from '../../engine/types.ts';
import { category } from './categories.ts';
import { ts } from './compiler.ts';
import {
  article,
  combine,
  isText,
  libraryName,
  mayBeText,
  primitiveText,
  type ShapeContext,
  type ShapeResult,
  shape,
  supported,
  typeText,
  unsupported,
  valueText,
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
    return unsupported(context, path, t('of the generic type {0}', typeText(context, type)));
  if (flags & ts.TypeFlags.Object && context.enclosing.includes(type)) {
    return unsupported(context, path, t('of type {0}, which contains itself', typeText(context, type)));
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
    const problem = isText(context, path, t('an image of unknown size'));
    const hint = t(
      'Write its height, width and channels in the JSDoc comment, for example `@shape {0} 32x32x4`.',
      path,
    );
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
    return unsupported(context, path, t('the tuple {0}, whose length varies', typeText(context, type)));
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
    problem: isText(context, path, t('an array whose length may vary')),
    hint: t(
      'A network has a fixed number of inputs and outputs. If the length is always the same, write it in the JSDoc comment, for example `@length {0} 9`.',
      path,
    ),
  };
}

function object(context: Conversion, type: ts.Type, path: string): ShapeResult {
  const { checker } = context;
  if (type.getCallSignatures().length > 0 || type.getConstructSignatures().length > 0) {
    return unsupported(context, path, t('a function'));
  }
  if (type.isClass() || (type.symbol?.flags ?? 0) & ts.SymbolFlags.Class) {
    return unsupported(context, path, t('an instance of the class {0}', typeText(context, type)));
  }
  if (type.isIntersection() && type.types.some(({ flags }) => (flags & ts.TypeFlags.Object) === 0)) {
    return unsupported(context, path, valueText(context, t('of the branded type {0}', typeText(context, type))));
  }
  if (checker.getIndexInfosOfType(type).length > 0) {
    return unsupported(
      context,
      path,
      valueText(context, t('of type {0}, whose keys are not known', typeText(context, type))),
    );
  }
  const properties = checker.getPropertiesOfType(type);
  if (properties.length === 0)
    return unsupported(
      context,
      path,
      valueText(context, t('of type {0}, which has no properties', typeText(context, type))),
    );
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
  if (context.role === 'output') return problem(isText(context, path, t('optional')), supported());
  const mayBeNull = type.isUnion() && type.types.some(({ flags }) => flags & ts.TypeFlags.Null);
  if (mayBeNull) return problem(mayBeText(context, path, 'null'), supported());
  const absent = context.absentOf(declared);
  if (absent === undefined) {
    const name = path.slice(path.lastIndexOf('.') + 1);
    const hint =
      name === path
        ? t('Give it a default value, or make it required.')
        : t('Write `{0} ?? 1` wherever it is read, or `const {1} = ..`, or make it required.', path, `{ ${name} = 1 }`);
    return problem(isText(context, path, t('optional, without one default')), hint);
  }
  const result = convert({ ...context, enclosing: [] }, context.checker.getNonNullableType(type), path);
  if (result.kind === 'problem') return { result };
  if (fits(result.shape, absent)) return { absent, result };
  return problem(
    isText(context, path, t('optional, and {0}, which it is then, is not of its type', JSON.stringify(absent))),
    supported(),
  );
}

const fits = (shape: Shape, value: Literal): boolean =>
  shape.kind === 'category' ? shape.values.includes(value) : shape.kind === typeof value;
