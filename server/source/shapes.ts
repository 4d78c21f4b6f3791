/** From the checker's types to shapes, or to the reason why there is none. */
import { typedArrays } from '../../engine/data/slots.ts';
import type { Literal, Shape } from '../../engine/types.ts';
import { libFolder, ts } from './compiler.ts';

export const supported = 'Only numbers, booleans, literal unions and arrays or objects of them are supported.';

export type ShapeResult =
  | { readonly kind: 'shape'; readonly shape: Shape }
  /** What is wrong, as the end of a sentence that starts with "it"; the hint is a sentence. */
  | { readonly kind: 'problem'; readonly problem: string; readonly hint: string };

export interface ShapeContext {
  readonly checker: ts.TypeChecker;
  /** Where names are looked up. */
  readonly node: ts.Node;
  readonly role: 'input' | 'output';
  /** Lengths of arrays by path, from `@length`. */
  lengthOf(path: string): number | undefined;
}

/** `path` is the value's name in tags: the parameter's, or `result`. */
export function shapeOf(context: ShapeContext, type: ts.Type, path: string): ShapeResult {
  return convert({ ...context, enclosing: [] }, type, path);
}

type Conversion = ShapeContext & { readonly enclosing: readonly ts.Type[] };

const shape = (value: Shape): ShapeResult => ({ kind: 'shape', shape: value });

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
  if (checker.isTupleType(type)) return tuple(inner, type as ts.TupleTypeReference, path);
  if (checker.isArrayType(type)) {
    const [element] = checker.getTypeArguments(type as ts.TypeReference);
    return array(inner, { container: 'Array', element: element!, path });
  }
  const name = libraryName(type);
  if (name !== undefined) {
    return name in typedArrays
      ? sized(context, path, (length) => shape({ kind: 'array', container: name, length, element: { kind: 'number' } }))
      : unsupported(context, path, article(typeText(context, type)));
  }
  if (flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return object(inner, type, path);
  return unsupported(context, path, primitiveText(context, type));
}

const typeText = ({ checker, node }: ShapeContext, type: ts.Type): string => checker.typeToString(type, node);

function unsupported(context: ShapeContext, path: string, what: string): ShapeResult {
  return { kind: 'problem', problem: `${subject(context, path)} ${what}`, hint: supported };
}

/** "its parameter `x` is", "it returns", "its result `result.x` is". */
function subject({ role }: ShapeContext, path: string): string {
  if (role === 'input') return `its parameter \`${path}\` is`;
  return path === 'result' ? 'it returns' : `its result \`${path}\` is`;
}

export const article = (text: string): string => `${/^[aeiou]/iu.test(text) ? 'an' : 'a'} ${text}`;

function primitiveText(context: ShapeContext, type: ts.Type): string {
  const { flags } = type;
  const value = context.role === 'output' ? 'a value ' : '';
  if (flags & ts.TypeFlags.Any) return `${value}of type any, which says nothing`;
  if (flags & ts.TypeFlags.Unknown) return `${value}of type unknown`;
  if (flags & (ts.TypeFlags.Void | ts.TypeFlags.Undefined)) return context.role === 'output' ? 'nothing' : 'undefined';
  if (flags & ts.TypeFlags.Never) return `${value}of type never`;
  if (flags & ts.TypeFlags.Null) return 'null';
  return article(typeText(context, type));
}

/** The name of a class or interface that the language's library declares, such as Date. */
function libraryName(type: ts.Type): string | undefined {
  const symbol = type.symbol;
  if (!symbol || (symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class)) === 0) return undefined;
  const isLibrary = symbol.declarations?.some((node) => node.getSourceFile().fileName.startsWith(`${libFolder}/`));
  return isLibrary ? symbol.name : undefined;
}

/** Literals, unions of them, and enums. Sorted, because the checker's order depends on what it saw before. */
function category(context: Conversion, type: ts.Type, path: string): ShapeResult {
  const members = type.isUnion() ? type.types : [type];
  const nothing = members.find(({ flags }) => flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null | ts.TypeFlags.Void));
  if (nothing) {
    const what = nothing.flags & ts.TypeFlags.Null ? 'null' : 'undefined';
    const verb =
      context.role === 'output' && path === 'result'
        ? 'it may return'
        : `${subject(context, path).slice(0, -3)} may be`;
    return { kind: 'problem', problem: `${verb} ${what}`, hint: supported };
  }
  if (members.some(({ flags }) => (flags & (ts.TypeFlags.Literal | ts.TypeFlags.EnumLike)) === 0)) {
    const what = `the union ${typeText(context, type)}, which holds more than literals`;
    return unsupported(context, path, what);
  }
  const values = members.map((member) => literalValue(context, member));
  const bad = values.indexOf(undefined);
  if (bad >= 0) return unsupported(context, path, article(typeText(context, members[bad]!)));
  if (
    context.role === 'output' &&
    members.some((member) => member.flags & ts.TypeFlags.EnumLiteral && member.isStringLiteral())
  ) {
    return unsupported(context, path, `the string enum ${typeText(context, type)}, which generated code cannot name`);
  }
  return shape({ kind: 'category', values: [...(values as Literal[])].sort(compareLiterals) });
}

function literalValue({ checker }: ShapeContext, type: ts.Type): Literal | undefined {
  if (type.isStringLiteral() || type.isNumberLiteral()) return type.value;
  if (type.flags & ts.TypeFlags.BooleanLiteral) return checker.typeToString(type) === 'true';
  return undefined;
}

const kindOrder = { boolean: 0, number: 1, string: 2 } as const;

function compareLiterals(a: Literal, b: Literal): number {
  const kinds = kindOrder[typeof a as keyof typeof kindOrder] - kindOrder[typeof b as keyof typeof kindOrder];
  if (kinds !== 0) return kinds;
  return a < b ? -1 : Number(a > b);
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
    problem: `${subject(context, path)} an array of unknown length`,
    hint: `Write its length in the JSDoc comment, for example \`@length ${path} 9\`.`,
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
  const fields = properties.map((property) => {
    const fieldPath = `${path}.${property.name}`;
    if (property.flags & ts.SymbolFlags.Optional) {
      return {
        name: property.name,
        result: { kind: 'problem', problem: `${subject(context, fieldPath)} optional`, hint: supported } as ShapeResult,
      };
    }
    return {
      name: property.name,
      result: convert(context, checker.getTypeOfSymbolAtLocation(property, context.node), fieldPath),
    };
  });
  return combine(
    fields.map(({ result }) => result),
    (shapes) => ({
      kind: 'object',
      fields: shapes.map((inner, index) => ({ name: fields[index]!.name, shape: inner })),
    }),
  );
}

/** The first problem among the parts, or the whole. */
function combine(results: readonly ShapeResult[], build: (shapes: Shape[]) => Shape): ShapeResult {
  const shapes: Shape[] = [];
  for (const result of results) {
    if (result.kind === 'problem') return result;
    shapes.push(result.shape);
  }
  return shape(build(shapes));
}
