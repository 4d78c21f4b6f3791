/** Parameters that are taken apart in the signature, and how a call passes them on. */
import type { Shape } from '../../engine/types.ts';
import { ts } from './compiler.ts';

/**
 * The expression that builds a parameter's value again from the names that it was taken apart into: `{ x: left, y }`.
 * Undefined where a name does not say which part it holds: a rest element, a computed key, a hole.
 */
export function rebuilt(name: ts.BindingName): string | undefined {
  if (ts.isIdentifier(name)) return name.text;
  const parts = name.elements.map((element) => {
    if (!ts.isBindingElement(element) || element.dotDotDotToken) return undefined;
    const value = rebuilt(element.name);
    if (value === undefined || ts.isArrayBindingPattern(name)) return value;
    const key = element.propertyName;
    if (key === undefined) return value;
    return ts.isComputedPropertyName(key) ? undefined : `${key.getText()}: ${value}`;
  });
  if (parts.length === 0 || parts.includes(undefined)) return undefined;
  return ts.isArrayBindingPattern(name) ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`;
}

/** The first part of the value that the pattern gives no name to, as `.y` or `[2]`; a call could not pass it on. */
export function unnamedPart(name: ts.BindingName, shape: Shape): string | undefined {
  if (ts.isIdentifier(name)) return undefined;
  for (const { key, part } of partsOf(shape)) {
    const element = name.elements.find((other, index) => ts.isBindingElement(other) && keyOf(other, index) === key);
    if (!element || !ts.isBindingElement(element)) return typeof key === 'number' ? `[${key}]` : `.${key}`;
    const inner = unnamedPart(element.name, part);
    if (inner !== undefined) return (typeof key === 'number' ? `[${key}]` : `.${key}`) + inner;
  }
  return undefined;
}

function partsOf(shape: Shape): { readonly key: string | number; readonly part: Shape }[] {
  switch (shape.kind) {
    case 'object':
      return shape.fields.map((field) => ({ key: field.name, part: field.shape }));
    case 'tuple':
      return shape.elements.map((part, key) => ({ key, part }));
    case 'array':
      return Array.from({ length: shape.length }, (_, key) => ({ key, part: shape.element }));
    default:
      return [];
  }
}

function keyOf({ parent, propertyName, name }: ts.BindingElement, index: number): string | number | undefined {
  if (ts.isArrayBindingPattern(parent)) return index;
  const key = propertyName ?? name;
  return ts.isIdentifier(key) || ts.isStringLiteralLike(key) ? key.text : undefined;
}

/** What a parameter is called in ranges and generated code: its own name, its name in the JSDoc comment, or `input`. */
export function parameterName(parameter: ts.ParameterDeclaration): string {
  const { name, parent } = parameter;
  if (ts.isIdentifier(name)) return name.text;
  const [documented] = ts.getJSDocParameterTags(parameter);
  if (documented && ts.isIdentifier(documented.name)) return documented.name.text;
  const others = parent.parameters.filter((other) => !ts.isIdentifier(other.name));
  return others.length === 1 ? 'input' : `input${others.indexOf(parameter) + 1}`;
}
