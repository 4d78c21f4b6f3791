/** What steps of the conversion to shapes share: their context, and the words for what has no shape. */
import { t } from '../../engine/texts.ts';
import type { Literal, Shape } from '../../engine/types.ts';
import { libFolder, ts } from './compiler.ts';

export const supported = (): string =>
  t('Only numbers, booleans, literal unions and arrays or objects of them are supported.');

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
  /** Sizes of matrices and images by path, from `@shape`. */
  sizeOf(path: string): readonly number[] | undefined;
  /** What the function takes for a field or parameter that is missing. */
  absentOf(declared: ts.Symbol): Literal | undefined;
}

export const typeText = ({ checker, node }: ShapeContext, type: ts.Type): string => checker.typeToString(type, node);

export function unsupported(context: ShapeContext, path: string, what: string): ShapeResult {
  return { kind: 'problem', problem: isText(context, path, what), hint: supported() };
}

/** "its parameter `x` is an array", "it returns an array", "its result `result.x` is an array". */
export function isText({ role }: ShapeContext, path: string, what: string): string {
  if (role === 'output') {
    return path === 'result' ? t('it returns {0}', what) : t('its result `{0}` is {1}', path, what);
  }
  return path.startsWith('this.')
    ? t('its field `{0}` is {1}', path, what)
    : t('its parameter `{0}` is {1}', path, what);
}

/** The same of what may be null or undefined. */
export function mayBeText({ role }: ShapeContext, path: string, what: string): string {
  if (role === 'output') {
    return path === 'result' ? t('it may return {0}', what) : t('its result `{0}` may be {1}', path, what);
  }
  return path.startsWith('this.')
    ? t('its field `{0}` may be {1}', path, what)
    : t('its parameter `{0}` may be {1}', path, what);
}

export const article = (text: string): string => (/^[aeiou]/iu.test(text) ? t('an {0}', text) : t('a {0}', text));

/** "of type x", which a result is "a value of type x". */
export const valueText = ({ role }: ShapeContext, text: string): string =>
  role === 'output' ? t('a value {0}', text) : text;

export function primitiveText(context: ShapeContext, type: ts.Type): string {
  const { flags } = type;
  if (flags & ts.TypeFlags.Any) return valueText(context, t('of type any, which says nothing'));
  if (flags & ts.TypeFlags.Unknown) return valueText(context, t('of type {0}', 'unknown'));
  if (flags & (ts.TypeFlags.Void | ts.TypeFlags.Undefined))
    return context.role === 'output' ? t('nothing') : 'undefined';
  if (flags & ts.TypeFlags.Never) return valueText(context, t('of type {0}', 'never'));
  if (flags & ts.TypeFlags.Null) return 'null';
  return article(typeText(context, type));
}

/** The name of a class or interface that the language's library declares, such as Date. */
export function libraryName(type: ts.Type): string | undefined {
  const symbol = type.symbol;
  if (!symbol || (symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class)) === 0) return undefined;
  const isLibrary = symbol.declarations?.some((node) => node.getSourceFile().fileName.startsWith(`${libFolder}/`));
  return isLibrary ? symbol.name : undefined;
}

export const shape = (value: Shape): ShapeResult => ({ kind: 'shape', shape: value });

/** The first problem among the parts, or the whole. */
export function combine(results: readonly ShapeResult[], build: (shapes: Shape[]) => Shape): ShapeResult {
  const shapes: Shape[] = [];
  for (const result of results) {
    if (result.kind === 'problem') return result;
    shapes.push(result.shape);
  }
  return shape(build(shapes));
}
