/** A function's form and signature: parameters and result as shapes, and every reason why they cannot be. */
import type { Parameter, Shape, Signature } from '../../engine/types.ts';
import { syntaxErrors } from './applied.ts';
import { lineAt, ts } from './compiler.ts';
import { parameterName, rebuilt, unnamedPart } from './patterns.ts';
import type { SourceView } from './session.ts';
import { type ShapeContext, shapeOf, supported } from './shapes.ts';
import { type FunctionSite, hasModifier } from './sites.ts';
import type { Tags } from './tags.ts';

/** What the steps of an analysis share. */
export interface Subject {
  readonly view: SourceView;
  readonly site: FunctionSite;
  /** The function whose code and types count: the exact copy where there is one. */
  readonly exact: FunctionSite;
  readonly tags: Tags;
  reject(problem: string, node: ts.Node | number, hint?: string): void;
}

/** Errors inside the function; others do not keep it from being sampled alone. */
export function checkSyntax({ view: { sourceFile }, exact, reject }: Subject): void {
  for (const error of syntaxErrors(sourceFile)) {
    if (error.start < exact.node.pos || error.start > exact.node.end) continue;
    const text = ts.flattenDiagnosticMessageText(error.messageText, ' ').replace(/\.$/u, '');
    reject(`it has a syntax error: ${text}`, lineAt(sourceFile, error.start));
  }
}

/** What rules a function out whatever its types are. */
export function checkForm({ site, reject }: Subject): void {
  const { node, nameNode, owner } = site;
  if (hasModifier(node, ts.SyntaxKind.AsyncKeyword))
    reject('it is async. Only functions that return at once are supported', nameNode);
  if ('asteriskToken' in node && node.asteriskToken)
    reject('it is a generator. Only functions that return at once are supported', nameNode);
  if (node.typeParameters?.length) reject('it is generic. Give its parameters concrete types', nameNode);
  const namesakes = topLevelNamesakes(site);
  if (namesakes.some((other) => 'body' in other && !other.body))
    reject('it has overloads. Give it one signature', nameNode);
  else if (namesakes.length > 0) reject('its name is declared more than once', nameNode);
  if (ts.isVariableDeclaration(owner) && (owner.parent.flags & ts.NodeFlags.Const) === 0) {
    reject('it is held by a variable that can change. Declare it with `const`', nameNode);
  }
}

/** Other declarations of the same name beside it: overloads, a static and an instance method, a function given twice. */
function topLevelNamesakes({ owner, nameNode }: FunctionSite): ts.Node[] {
  const siblings: readonly ts.Node[] =
    ts.isMethodDeclaration(owner) && ts.isClassLike(owner.parent)
      ? owner.parent.members
      : ts.isFunctionDeclaration(owner)
        ? owner.getSourceFile().statements
        : [];
  return siblings.filter(
    (other) =>
      other !== owner &&
      (ts.isFunctionDeclaration(other) || ts.isMethodDeclaration(other)) &&
      other.name?.getText() === nameNode.text,
  );
}

export function parametersOf({ view, exact, tags, reject }: Subject): Parameter[] {
  const { checker, sourceFile } = view;
  const { parameters } = exact.node;
  if (parameters.length === 0) reject('it has no parameters, so its result is a constant', exact.nameNode);
  return parameters.flatMap((parameter): Parameter[] => {
    const name = parameterName(parameter);
    if (name === 'this') {
      reject('it has a `this` parameter', parameter);
      return [];
    }
    if (parameter.dotDotDotToken) {
      reject(
        `its parameter \`${parameter.name.getText(sourceFile)}\` takes any number of arguments`,
        parameter,
        'Give it a fixed number of parameters.',
      );
      return [];
    }
    if (!parameter.initializer && checker.isOptionalParameter(parameter)) {
      reject(`its parameter \`${name}\` is optional`, parameter, 'Give it a default value, or make it required.');
      return [];
    }
    const type = checker.getTypeAtLocation(parameter);
    const context: ShapeContext = { checker, node: parameter, role: 'input', lengthOf: lengthOf(tags) };
    const converted = shapeOf(context, parameter.initializer ? checker.getNonNullableType(type) : type, name);
    if (converted.kind === 'shape') {
      const unnamed = unnamedPart(parameter.name, converted.shape);
      if (unnamed === undefined && rebuilt(parameter.name) !== undefined) return [{ name, shape: converted.shape }];
      const lost = unnamed === undefined ? '' : ` without \`${unnamed}\``;
      const pattern = parameter.name.getText(sourceFile);
      reject(
        `its parameter \`${pattern}\` is taken apart in the signature${lost}, so no call can pass it on`,
        parameter,
        'Give the parameter a name and take it apart in the body.',
      );
      return [];
    }
    reject(converted.problem, parameter, converted.hint);
    return [];
  });
}

export function resultOf({ view, exact, tags, reject }: Subject): Shape | undefined {
  const { checker } = view;
  const { node, nameNode } = exact;
  const signature = checker.getSignatureFromDeclaration(node);
  const at = node.type ?? nameNode;
  if (!signature) {
    reject('its type is not known', at, supported);
    return undefined;
  }
  const context: ShapeContext = { checker, node, role: 'output', lengthOf: lengthOf(tags) };
  const converted = shapeOf(context, checker.getReturnTypeOfSignature(signature), 'result');
  if (converted.kind === 'shape') return converted.shape;
  reject(converted.problem, at, converted.hint);
  return undefined;
}

const lengthOf =
  ({ lengths }: Tags) =>
  (path: string): number | undefined =>
    lengths.find((length) => length.path === path)?.length;

/** A length for something that is no array would otherwise be passed over in silence. */
export function checkLengths({ tags, reject }: Subject, parameters: readonly Parameter[]): void {
  const arrays = new Set(parameters.flatMap(({ name, shape }) => arrayPaths(shape, name)));
  const names = parameters.map(({ name }) => name);
  for (const { path, line } of tags.lengths) {
    // Where the parameter itself was refused, its arrays are not known.
    const isKnown = names.some((name) => path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`));
    const known = [...arrays].map((array) => `\`${array}\``).join(', ');
    const hint = arrays.size > 0 ? `Its arrays are ${known}.` : 'It has no arrays whose length varies.';
    if (!arrays.has(path) && (isKnown || !tags.problems.length))
      reject(`its tag \`@length ${path}\` names no array`, line, hint);
  }
}

function arrayPaths(shape: Shape, path: string): string[] {
  switch (shape.kind) {
    case 'array':
      return [path, ...arrayPaths(shape.element, `${path}[]`)];
    case 'tuple':
      return shape.elements.flatMap((element, index) => arrayPaths(element, `${path}[${index}]`));
    case 'object':
      return shape.fields.flatMap((field) => arrayPaths(field.shape, `${path}.${field.name}`));
    default:
      return [];
  }
}

/** Without building the slots, of which there may be too many. */
function countSlots(shape: Shape): number {
  switch (shape.kind) {
    case 'array':
      return shape.length * countSlots(shape.element);
    case 'tuple':
      return shape.elements.reduce((sum, element) => sum + countSlots(element), 0);
    case 'object':
      return shape.fields.reduce((sum, field) => sum + countSlots(field.shape), 0);
    default:
      return 1;
  }
}

/** A small network has few inputs; this bound only keeps a slip of the pen from filling the memory. */
const maxSlots = 65_536;

/** Answers whether there are few enough inputs and outputs to go on with. */
export function checkSize({ site, reject }: Subject, { parameters, result }: Signature): boolean {
  const inputs = parameters.reduce((sum, { shape }) => sum + countSlots(shape), 0);
  if (inputs <= maxSlots && countSlots(result) <= maxSlots) return true;
  reject(`it has more than ${maxSlots} inputs or outputs`, site.nameNode, 'Shorten its arrays.');
  return false;
}
