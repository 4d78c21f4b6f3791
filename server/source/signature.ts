/** A function's form and signature: parameters and result as shapes, and every reason why they cannot be. */

import { imageOf } from '../../engine/data/slots.ts';
import { formatCount } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { Domain, Into, Parameter, Shape, Signature } from '../../engine/types.ts';
import { absentValue } from './absent.ts';
import { syntaxErrors } from './applied.ts';
import { lineAt, ts } from './compiler.ts';
import type { Reached } from './declarations.ts';
import type { Written } from './into.ts';
import { parameterName, rebuilt, unnamedPart } from './patterns.ts';
import type { Receiver } from './receiver.ts';
import type { SourceView } from './session.ts';
import { type ShapeContext, supported } from './shapeProblems.ts';
import { optional, shapeOf } from './shapes.ts';
import { type FunctionSite, hasModifier } from './sites.ts';
import type { Tags } from './tags.ts';

/** What the steps of an analysis share. */
export interface Subject {
  readonly view: SourceView;
  readonly site: FunctionSite;
  /** The function whose code and types count: the exact copy where there is one. */
  readonly exact: FunctionSite;
  readonly tags: Tags;
  /** All code that the function runs. */
  readonly reached: readonly Reached[];
  /** The parameters that it only writes. */
  readonly written: readonly Written[];
  readonly receiver: Receiver;
  reject(problem: string, node: ts.Node | number, hint?: string): void;
}

/** Errors inside the function; others do not keep it from being sampled alone. */
export function checkSyntax({ view: { sourceFile }, exact, reject }: Subject): void {
  for (const error of syntaxErrors(sourceFile)) {
    if (error.start < exact.node.pos || error.start > exact.node.end) continue;
    const text = ts.flattenDiagnosticMessageText(error.messageText, ' ').replace(/\.$/u, '');
    reject(t('it has a syntax error: {0}', text), lineAt(sourceFile, error.start));
  }
}

/** What rules a function out whatever its types are. */
export function checkForm({ site, reject }: Subject): void {
  const { node, nameNode, owner } = site;
  if (hasModifier(node, ts.SyntaxKind.AsyncKeyword))
    reject(t('it is async. Only functions that return at once are supported'), nameNode);
  if ('asteriskToken' in node && node.asteriskToken)
    reject(t('it is a generator. Only functions that return at once are supported'), nameNode);
  if (node.typeParameters?.length) reject(t('it is generic. Give its parameters concrete types'), nameNode);
  const namesakes = topLevelNamesakes(site);
  if (namesakes.some((other) => 'body' in other && !other.body))
    reject(t('it has overloads. Give it one signature'), nameNode);
  else if (namesakes.length > 0) reject(t('its name is declared more than once'), nameNode);
  if (ts.isVariableDeclaration(owner) && (owner.parent.flags & ts.NodeFlags.Const) === 0) {
    reject(t('it is held by a variable that can change. Declare it with `const`'), nameNode);
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

export function parametersOf(subject: Subject): Parameter[] {
  const { exact, written, receiver, reject } = subject;
  const { parameters } = exact.node;
  const read = parameters.filter((parameter) => !written.some((other) => other.parameter === parameter));
  if (read.length === 0 && receiver.fields.length === 0 && written.every(({ returns }) => returns !== 'something'))
    reject(t('it has no parameters, so its result is a constant'), exact.nameNode);
  for (const { problem, node } of receiver.problems) reject(t('it {0}', problem), node);
  const fields = receiver.fields.flatMap(({ name, type, node }): Parameter[] => {
    const converted = shapeOf(contextOf(subject, node, 'input'), type, `this.${name}`);
    if (converted.kind === 'shape') return [{ name: `this.${name}`, shape: converted.shape }];
    reject(converted.problem, node, converted.hint);
    return [];
  });
  return [...read.flatMap((parameter) => parameterOf(subject, parameter)), ...fields];
}

function parameterOf(subject: Subject, parameter: ts.ParameterDeclaration): Parameter[] {
  const { view, reject } = subject;
  const { checker, sourceFile } = view;
  const name = parameterName(parameter);
  if (name === 'this') {
    reject(t('it has a `this` parameter'), parameter);
    return [];
  }
  if (parameter.dotDotDotToken) {
    const text = parameter.name.getText(sourceFile);
    const hint = t('Give it a fixed number of parameters.');
    reject(t('its parameter `{0}` takes any number of arguments', text), parameter, hint);
    return [];
  }
  const type = checker.getTypeAtLocation(parameter);
  const context = contextOf(subject, parameter, 'input');
  const symbol = checker.getSymbolAtLocation(parameter.name);
  if (!parameter.initializer && checker.isOptionalParameter(parameter) && symbol) {
    const { absent, result } = optional(context, symbol, type, name);
    if (result.kind === 'shape' && absent !== undefined) return [{ name, shape: result.shape, absent }];
    if (result.kind === 'problem') reject(result.problem, parameter, result.hint);
    return [];
  }
  const converted = shapeOf(context, parameter.initializer ? checker.getNonNullableType(type) : type, name);
  if (converted.kind === 'problem') {
    reject(converted.problem, parameter, converted.hint);
    return [];
  }
  const unnamed = unnamedPart(parameter.name, converted.shape);
  if (unnamed === undefined && rebuilt(parameter.name) !== undefined) return [{ name, shape: converted.shape }];
  const pattern = parameter.name.getText(sourceFile);
  reject(
    unnamed === undefined
      ? t('its parameter `{0}` is taken apart in the signature, so no call can pass it on', pattern)
      : t(
          'its parameter `{0}` is taken apart in the signature without `{1}`, so no call can pass it on',
          pattern,
          unnamed,
        ),
    parameter,
    t('Give the parameter a name and take it apart in the body.'),
  );
  return [];
}

/** What the function gives, and where: it returns it, or writes it into one of its parameters. */
export function resultOf(subject: Subject): { readonly shape: Shape; readonly into?: Into } | undefined {
  const { view, exact, written, reject } = subject;
  const { checker } = view;
  const { node, nameNode } = exact;
  const at = node.type ?? nameNode;
  const [into, second] = written;
  if (second) {
    const names = [into, second].map((each) => each?.parameter.name.text ?? '');
    reject(
      t('it writes into `{0}` and `{1}`', ...names),
      second.parameter,
      t('Write into one array, or return an object of both.'),
    );
    return undefined;
  }
  if (into) {
    const { name } = into.parameter;
    if (into.returns === 'something') {
      const hint = t('Return that array, or nothing.');
      reject(t('it writes into `{0}` and returns something else', name.text), at, hint);
      return undefined;
    }
    const type = checker.getTypeAtLocation(into.parameter);
    const converted = shapeOf(contextOf(subject, into.parameter, 'output'), type, name.text);
    if (converted.kind === 'problem') reject(converted.problem, into.parameter, converted.hint);
    else if (converted.shape.kind !== 'array' || converted.shape.element.kind !== 'number') {
      reject(
        t('it writes into `{0}`, which is no array of numbers', name.text),
        into.parameter,
        t('Return the result.'),
      );
    } else {
      const place = { name: name.text, index: into.index, returned: into.returns === 'itself' };
      return { shape: converted.shape, into: place };
    }
    return undefined;
  }
  const signature = checker.getSignatureFromDeclaration(node);
  if (!signature) {
    reject(t('its type is not known'), at, supported());
    return undefined;
  }
  const converted = shapeOf(contextOf(subject, node, 'output'), checker.getReturnTypeOfSignature(signature), 'result');
  if (converted.kind === 'shape') return { shape: converted.shape };
  reject(converted.problem, at, converted.hint);
  return undefined;
}

const contextOf = ({ view, tags, reached }: Subject, node: ts.Node, role: ShapeContext['role']): ShapeContext => ({
  checker: view.checker,
  node,
  role,
  lengthOf: (path) => tags.lengths.find((length) => length.path === path)?.length,
  sizeOf: (path) => tags.sizes.find((size) => size.path === path)?.size,
  absentOf: (declared) => absentValue(view.checker, reached, declared),
});

/** A length for something that is no array would otherwise be passed over in silence. */
export function checkLengths({ exact, tags, receiver, reject }: Subject, parameters: readonly Parameter[]): void {
  const fields = receiver.fields.map(({ name }) => `this.${name}`);
  const declared = new Set([...exact.node.parameters.map(({ name }) => name.getText()), ...fields, 'result']);
  const arrays = new Set(parameters.flatMap(({ name, shape }) => arrayPaths(shape, name)));
  const names = parameters.map(({ name }) => name);
  const stated = [
    ...tags.lengths.map((length) => ({ ...length, tag: 'length' })),
    ...tags.sizes.map((size) => ({ ...size, tag: 'shape' })),
  ];
  for (const { path, line, tag } of stated) {
    // Where the parameter itself was refused, its arrays are not known.
    const isKnown = names.some((name) => path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`));
    const known = [...arrays].map((array) => `\`${array}\``).join(', ');
    const isRefused = !isKnown && declared.has(/^(?:this\.)?[^.[]*/u.exec(path)![0]);
    const hint = arrays.size > 0 ? t('Its arrays are {0}.', known) : t('It has no arrays whose length varies.');
    if (!arrays.has(path) && !isRefused && (isKnown || !tags.problems.length))
      reject(t('its tag `@{0} {1}` names no array', tag, path), line, hint);
  }
}

function arrayPaths(shape: Shape, path: string): string[] {
  switch (shape.kind) {
    case 'array':
      return [path, ...arrayPaths(shape.element, `${path}[]`)];
    case 'tuple':
      return shape.elements.flatMap((element, index) => arrayPaths(element, `${path}[${index}]`));
    case 'object':
      return [
        ...(shape.fields.some((field) => field.shape.kind === 'constant') ? [path] : []),
        ...shape.fields.flatMap((field) => arrayPaths(field.shape, `${path}.${field.name}`)),
      ];
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
    case 'constant':
      return 0;
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
  reject(t('it has more than {0} inputs or outputs', formatCount(maxSlots)), site.nameNode, t('Shorten its arrays.'));
  return false;
}

/** Images go through the network whole, so all their values are on one scale. */
export function checkImage({ site, reject }: Subject, signature: Signature, domain: Domain): void {
  const [first, ...others] = domain;
  if (!imageOf(signature) || first?.kind !== 'number') return;
  const { min, max, integer } = first;
  const differs = others.some(
    (other) =>
      other.kind === 'number' && !(Object.is(other.min, min) && Object.is(other.max, max) && other.integer === integer),
  );
  if (differs) reject(t('values of its image have different ranges'), site.nameNode, t('Give the image one `@range`.'));
}
