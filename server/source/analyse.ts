/** Whether a function can be approximated: its signature as slots, its domain, or every reason why not. */
import { basename } from 'node:path';
import { inputSlots, outputSlots } from '../../engine/data/slots.ts';
import type { Parameter, Shape } from '../../engine/types.ts';
import type { Reason } from '../protocol.ts';
import { findForeignChanges } from './aliases.ts';
import { type AppliedPair, appliedPairs, syntaxErrors } from './applied.ts';
import { lineAt, ts } from './compiler.ts';
import { domainOf } from './domain.ts';
import { sourceHash } from './hash.ts';
import type { SourceProject } from './project.ts';
import { explore, type Finding } from './reach.ts';
import type { SourceView } from './session.ts';
import { type ShapeContext, shapeOf, supported } from './shapes.ts';
import {
  bodyStart,
  type FunctionSite,
  functionAt,
  hasModifier,
  isStatic,
  type MisplacedFunction,
  topLevelFunctions,
} from './sites.ts';
import { readTags, type Tags } from './tags.ts';
import type { Analysis } from './types.ts';

export type AnalysisTarget =
  | { readonly file: string; readonly name: string }
  /** UTF-16 offset; a function is meant where its name or signature holds the offset. */
  | { readonly file: string; readonly offset: number };

/** A small network has few inputs; this bound only keeps a slip of the pen from filling the memory. */
const maxSlots = 65_536;

/** Results live as long as the program they were found in, so an editor that asks again gets them at once. */
const known = new WeakMap<ts.Program, Map<string, Analysis>>();

/**
 * Describes the function, or says why it cannot be approximated: all reasons, in the order of their lines. Runs none of
 * its code. An approximated function is described by its exact copy, so it gives the same region as before.
 */
export function analyse(project: SourceProject, target: AnalysisTarget): Analysis {
  // Most positions are on no signature, and the syntax tree alone can tell.
  const tree = project.syntax(target.file);
  const wanted = tree && find(tree, target);
  if (!tree || !wanted) return { kind: 'none' };
  if ('problem' in wanted) return refusedPlace(tree, wanted);
  const view = project.view(target.file);
  if (!view) return { kind: 'none' };
  const results = known.get(view.program) ?? new Map<string, Analysis>();
  known.set(view.program, results);
  const key = `${target.file}#${wanted.name}`;
  let result = results.get(key);
  if (!result) {
    result = analyseFunction(view, target.file, wanted.name);
    results.set(key, result);
  }
  return result;
}

export interface RegionOutline {
  readonly name: string;
  readonly nameRange: ts.TextRange;
  /** From the first modifier to the body. */
  readonly signatureRange: ts.TextRange;
  /** Its JSDoc comment has an `@approximate` tag. */
  readonly tagged: boolean;
  /** It calls an approximation now. */
  readonly applied: boolean;
}

/** The functions at the top level of a file, by syntax alone; exact copies are not among them. */
export function regions(project: SourceProject, file: string): RegionOutline[] {
  const tree = project.syntax(file);
  if (!tree) return [];
  const pairs = appliedPairs(tree);
  const mayBeTagged = tree.text.includes('@approximate');
  return publicFunctions(tree, pairs).map((site) => ({
    name: site.name,
    nameRange: { pos: site.nameNode.getStart(tree), end: site.nameNode.end },
    signatureRange: { pos: site.start, end: bodyStart(site, tree) },
    tagged: mayBeTagged && readTags(site.owner, tree).approximate,
    applied: pairs.some(({ publicSite }) => publicSite.node === site.node),
  }));
}

function publicFunctions(tree: ts.SourceFile, pairs: readonly AppliedPair[]): FunctionSite[] {
  const exact = new Set(pairs.map(({ exactSite }) => exactSite.node));
  return topLevelFunctions(tree).filter(({ node }) => !exact.has(node));
}

function find(tree: ts.SourceFile, target: AnalysisTarget): FunctionSite | MisplacedFunction | undefined {
  if ('name' in target) return publicFunctions(tree, appliedPairs(tree)).find(({ name }) => name === target.name);
  const found = functionAt(tree, target.offset);
  if (!found || 'problem' in found) return found;
  return appliedPairs(tree).find(({ exactSite }) => exactSite.node === found.node)?.publicSite ?? found;
}

const sentence = (name: string, problem: string, hint?: string): string =>
  `\`${name}\` was not approximated: ${problem}.${hint ? ` ${hint}` : ''}`;

function refusedPlace(tree: ts.SourceFile, { name, nameNode, problem }: MisplacedFunction): Analysis {
  const line = lineAt(tree, nameNode.getStart(tree));
  return { kind: 'refused', name, reasons: [{ message: sentence(name, problem), line }] };
}

/** What the steps below share. */
interface Subject {
  readonly view: SourceView;
  readonly site: FunctionSite;
  /** The function whose code and types count: the exact copy where there is one. */
  readonly exact: FunctionSite;
  readonly tags: Tags;
  reject(problem: string, node: ts.Node | number, hint?: string): void;
}

function analyseFunction(view: SourceView, file: string, name: string): Analysis {
  const { sourceFile } = view;
  const pairs = appliedPairs(sourceFile);
  const site = publicFunctions(sourceFile, pairs).find((other) => other.name === name);
  if (!site) return { kind: 'none' };
  const exact = pairs.find(({ publicSite }) => publicSite.node === site.node)?.exactSite ?? site;
  const reasons: Reason[] = [];
  const tags = readTags(site.owner, sourceFile);
  const subject: Subject = {
    view,
    site,
    exact,
    tags,
    reject(problem, node, hint) {
      const line = typeof node === 'number' ? node : lineAt(sourceFile, node.getStart(sourceFile));
      const message = sentence(name, problem, hint);
      if (!reasons.some((reason) => reason.message === message && reason.line === line))
        reasons.push({ message, line });
    },
  };
  const line = lineAt(sourceFile, site.nameNode.getStart(sourceFile));
  const refused = (): Analysis => ({ kind: 'refused', name, reasons: reasons.sort((a, b) => a.line - b.line) });
  checkSyntax(subject);
  // Code that the parser had to guess gives reasons that are not there.
  if (reasons.length > 0) return refused();
  for (const { problem, hint, line: at } of tags.problems) subject.reject(problem, at, hint);
  checkForm(subject);
  const parameters = parametersOf(subject);
  const result = resultOf(subject);
  checkLengths(subject, [...parameters, ...(result ? [{ name: 'result', shape: result }] : [])]);
  const reach = explore(view.checker, { root: exact.node, own: [site.owner, exact.owner] });
  const changes = findForeignChanges(view.checker, exact.node, reach.reached);
  const written = new Set(changes.map(({ variable }) => variable));
  const reads = reach.findings.filter(({ variable }) => !variable || !written.has(variable));
  for (const finding of [...reads, ...changes]) report(subject, finding);
  if (reasons.length > 0 || !result) return refused();

  const signature = { parameters, result };
  const slotCount = [...parameters.map(({ shape }) => shape), result].map(countSlots);
  if (slotCount.some((count) => count > maxSlots)) {
    subject.reject(`it has more than ${maxSlots} inputs or outputs`, line, 'Shorten its arrays.');
    return refused();
  }
  const inputs = inputSlots(signature);
  const { domain, missing, problems } = domainOf(signature, inputs, tags.ranges);
  for (const { problem, hint, line: at } of problems) subject.reject(problem, at, hint);
  if (reasons.length > 0) return refused();
  return {
    kind: 'region',
    region: {
      file,
      name,
      access: accessOf(exact),
      line,
      signature,
      inputSlots: inputs,
      outputSlots: outputSlots(signature),
      ...(tags.maxError === undefined ? {} : { maxError: tags.maxError }),
      sourceHash: sourceHash(exact, signature, reach),
    },
    domain,
    missing,
  };
}

function checkSyntax({ view: { sourceFile }, exact, reject }: Subject): void {
  for (const error of syntaxErrors(sourceFile)) {
    if (error.start < exact.node.pos || error.start > exact.node.end) continue;
    const text = ts.flattenDiagnosticMessageText(error.messageText, ' ').replace(/\.$/u, '');
    reject(`it has a syntax error: ${text}`, lineAt(sourceFile, error.start));
  }
}

/** What rules a function out whatever its types are. */
function checkForm({ site, reject }: Subject): void {
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

function parametersOf({ view, exact, tags, reject }: Subject): Parameter[] {
  const { checker, sourceFile } = view;
  const { parameters } = exact.node;
  if (parameters.length === 0) reject('it has no parameters, so its result is a constant', exact.nameNode);
  return parameters.flatMap((parameter): Parameter[] => {
    const { name } = parameter;
    if (!ts.isIdentifier(name)) {
      const hint = 'Give the parameter a name and take it apart in the body.';
      reject(`its parameter \`${name.getText(sourceFile)}\` is taken apart in the signature`, parameter, hint);
      return [];
    }
    if (name.text === 'this') {
      reject('it has a `this` parameter', parameter);
      return [];
    }
    if (parameter.dotDotDotToken) {
      reject(
        `its parameter \`${name.text}\` takes any number of arguments`,
        parameter,
        'Give it a fixed number of parameters.',
      );
      return [];
    }
    if (!parameter.initializer && checker.isOptionalParameter(parameter)) {
      reject(`its parameter \`${name.text}\` is optional`, parameter, 'Give it a default value, or make it required.');
      return [];
    }
    const type = checker.getTypeAtLocation(parameter);
    const context: ShapeContext = { checker, node: parameter, role: 'input', lengthOf: lengthOf(tags) };
    const converted = shapeOf(context, parameter.initializer ? checker.getNonNullableType(type) : type, name.text);
    if (converted.kind === 'shape') return [{ name: name.text, shape: converted.shape }];
    reject(converted.problem, parameter, converted.hint);
    return [];
  });
}

function resultOf({ view, exact, tags, reject }: Subject): Shape | undefined {
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
function checkLengths({ tags, reject }: Subject, parameters: readonly Parameter[]): void {
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

/** Findings in other files are shown where the function leads there. */
function report({ view, reject }: Subject, { problem, node, reached }: Finding): void {
  const file = node.getSourceFile();
  if (reached.name === undefined) {
    reject(`it ${problem}`, node);
    return;
  }
  const verb = reached.kind === 'value' ? 'uses' : 'calls';
  const isHome = file === view.sourceFile;
  const place = isHome ? '' : ` (${basename(file.fileName)}, line ${lineAt(file, node.getStart(file))})`;
  reject(`it ${verb} \`${reached.name}\`${place}, which ${problem}`, isHome ? node : reached.entry);
}

/** An expression for the function in the scope of its module. */
function accessOf(site: FunctionSite): string {
  if (site.kind !== 'method') return site.name;
  const [owner, method] = site.name.split('.');
  return isStatic(site) ? `${owner}.${method}` : `${owner}.prototype.${method}`;
}
