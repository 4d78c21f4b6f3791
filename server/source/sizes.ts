/** Matrices and images, whose size a tag states. */

import { typedArrays } from '../../engine/data/slots.ts';
import { t } from '../../engine/texts.ts';
import type { Shape } from '../../engine/types.ts';
import { ts } from './compiler.ts';
import {
  article,
  combine,
  isText,
  libraryName,
  type ShapeContext,
  type ShapeResult,
  shape,
  supported,
  typeText,
  unsupported,
} from './shapeProblems.ts';

/** How what an array or object holds becomes a shape. */
export interface Parts {
  convert(type: ts.Type, path: string): ShapeResult;
  field(property: ts.Symbol, path: string): ShapeResult;
}

type Sizing = ShapeContext & Parts;

/** A matrix or an image whose size is stated: in one array, or row by row. Three sizes make an image. */
export function stated(
  context: Sizing,
  type: ts.Type,
  { path, size }: { readonly path: string; readonly size: readonly number[] },
): ShapeResult {
  if (size.length === 3 && isPicture(context, type)) return picture(context, type, { path, size });
  const result = nested(context, type, { path, size });
  return result.kind === 'shape' ? asImage(context, result.shape, { path, size }) : result;
}

interface Stated {
  readonly path: string;
  readonly size: readonly number[];
}

function asImage(context: Sizing, array: Shape, { path, size }: Stated): ShapeResult {
  const [height, width, channels] = size;
  if (channels === undefined || array.kind !== 'array') return shape(array);
  if (!isNumeric(array)) {
    const problem = isText(context, path, t('an image of something else than numbers'));
    return { kind: 'problem', problem, hint: supported() };
  }
  return shape({ ...array, image: { height: height!, width: width!, channels } });
}

const isNumeric = (array: Shape): boolean =>
  array.kind === 'array' ? isNumeric(array.element) : array.kind === 'number';

/** Each array takes the first size and leaves the others to what it holds; one that holds no arrays takes all. */
function nested(context: Sizing, type: ts.Type, { path, size }: Stated): ShapeResult {
  const { checker } = context;
  const length = size.reduce((product, each) => product * each, 1);
  const container = libraryName(type);
  if (container !== undefined && container in typedArrays) {
    return shape({ kind: 'array', container, length, element: { kind: 'number' } });
  }
  if (!checker.isArrayType(type)) {
    return {
      kind: 'problem',
      problem: isText(context, path, t('no array of {0}', size.join(' x '))),
      hint: sizeHint(path),
    };
  }
  const [element] = checker.getTypeArguments(type as ts.TypeReference);
  const holdsArrays = isArray(checker, element!);
  const rest = size.slice(1);
  const result =
    holdsArrays && rest.length > 0
      ? nested(context, element!, { path: `${path}[]`, size: rest })
      : context.convert(element!, `${path}[]`);
  if (result.kind === 'problem') return result;
  return shape({
    kind: 'array',
    container: 'Array',
    length: holdsArrays ? size[0]! : length,
    element: result.shape,
  });
}

function isArray(checker: ts.TypeChecker, type: ts.Type): boolean {
  const name = libraryName(type);
  return checker.isArrayType(type) || (name !== undefined && name in typedArrays);
}

const sizeHint = (path: string): string =>
  t('Write `@shape {0} 8x8` for a matrix, `@shape {0} 8x8x3` for an image.', path);

/** `ImageData` and what looks like it: a width, a height, and an array of all values. */
function isPicture({ checker, node }: Sizing, type: ts.Type): boolean {
  const typeOf = (name: string) => {
    const property = checker.getPropertyOfType(type, name);
    return property && checker.getTypeOfSymbolAtLocation(property, node);
  };
  const isSize = (name: string) => ((typeOf(name)?.flags ?? 0) & ts.TypeFlags.Number) !== 0;
  const data = typeOf('data');
  return isSize('width') && isSize('height') && data !== undefined && isArray(checker, data);
}

function picture(context: Sizing, type: ts.Type, { path, size }: Stated): ShapeResult {
  const { checker, node, role } = context;
  const isLibrary = libraryName(type) !== undefined;
  if (isLibrary && role === 'output') return unsupported(context, path, article(typeText(context, type)));
  const [height, width] = size;
  const constants: Readonly<Record<string, number>> = { height: height!, width: width! };
  // Of the browser's ImageData only what no calculation can do without.
  const properties = checker
    .getPropertiesOfType(type)
    .filter(({ name }) => !isLibrary || name === 'data' || name in constants);
  const results = properties.map((property): ShapeResult => {
    const { name } = property;
    const inner = checker.getTypeOfSymbolAtLocation(property, node);
    const fieldPath = `${path}.${name}`;
    if (name in constants) return shape({ kind: 'constant', value: constants[name]! });
    return name === 'data' ? stated(context, inner, { path: fieldPath, size }) : context.field(property, fieldPath);
  });
  return combine(results, (shapes) => ({
    kind: 'object',
    fields: shapes.map((each, index) => ({ name: properties[index]!.name, shape: each })),
  }));
}
