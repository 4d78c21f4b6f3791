/**
 * Code that reports its calls: insertions into one function, in its source or in what a compiler or bundler made of it.
 * Lines stay what they are; columns of the function's own lines move.
 */

import { formatCount } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import { recorderName } from '../record/names.ts';
import { type FunctionNode, isFunctionNode, ts } from './compiler.ts';
import { rebuilt } from './patterns.ts';
import { type FunctionSite, topLevelFunctions } from './sites.ts';

export type RecordedCalls =
  | { readonly kind: 'instrumented'; readonly text: string }
  /** `reason` is the rest of a sentence that begins with the file's name. */
  | { readonly kind: 'missing'; readonly reason: string };

export interface OriginalFunction {
  readonly file: string;
  readonly text: string;
  /** `price` or `Pricer.price`. */
  readonly name: string;
}

/** A position in a text; both from 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The function in the very text that it was written in. */
export function recordSource(original: OriginalFunction): RecordedCalls {
  const tree = parse(original.file, original.text);
  const site = siteOf(tree, original.name);
  const isTyped = /\.[cm]?tsx?$/u.test(original.file);
  return site
    ? instrumented(tree, site.node, isTyped)
    : { kind: 'missing', reason: t('has no function {0}', original.name) };
}

/** The function in a generated text, by where its statements come from; `toOriginal` is undefined for other files. */
export function recordMapped(
  file: string,
  text: string,
  original: OriginalFunction,
  toOriginal: (position: Position) => Position | undefined,
): RecordedCalls {
  const source = parse(original.file, original.text);
  const site = siteOf(source, original.name);
  if (!site) return { kind: 'missing', reason: t('was built from a text that has no function {0}', original.name) };
  const tree = parse(file, text);
  const offsetOf = (at: number): number | undefined => {
    const { line, character } = tree.getLineAndCharacterOfPosition(at);
    const mapped = toOriginal({ line, column: character });
    const lines = source.getLineStarts();
    return mapped && mapped.line < lines.length ? lines[mapped.line]! + mapped.column : undefined;
  };
  const body = site.node.body;
  const bodyStart = ts.isBlock(body) ? body.getStart(source) + 1 : body.getStart(source);
  const isCopy = (node: FunctionNode): boolean => {
    const parts = ts.isBlock(node.body)
      ? node.body.statements.map((each) => each.getStart(tree))
      : [node.body.getStart(tree)];
    const origins = parts.map(offsetOf).filter((offset) => offset !== undefined);
    const within = (from: number) => (offset: number) => from <= offset && offset < site.node.end;
    return origins.some(within(bodyStart)) && origins.every(within(site.start));
  };
  const [copy] = outermostFunctions(tree, isCopy);
  return copy
    ? instrumented(tree, copy)
    : {
        kind: 'missing',
        reason: t('has no code of {0}: a bundler left it out, or put it into its callers', original.name),
      };
}

/** The function in a generated text without a map: by its name, its parameters, its numbers and the names after dots. */
export function recordLookalike(file: string, text: string, original: OriginalFunction): RecordedCalls {
  const source = parse(original.file, original.text);
  const site = siteOf(source, original.name);
  if (!site) return { kind: 'missing', reason: t('has no function {0}', original.name) };
  const tree = parse(file, text);
  const wanted = landmarks(site.node, source);
  const name = site.nameNode.text;
  const found = outermostFunctions(tree, (node) => {
    if (nameOf(node)?.replace(/[_$]?\d+$/u, '') !== name.replace(/[_$]?\d+$/u, '')) return false;
    if (node.parameters.length !== site.node.parameters.length) return false;
    const own = landmarks(node, tree);
    return [...wanted].every((landmark) => own.has(landmark));
  });
  if (found.length === 1) return instrumented(tree, found[0]!);
  const reason =
    found.length === 0
      ? t('has no function that reads as {0}', name)
      : t('has {0} functions that read as {1}', formatCount(found.length), name);
  return { kind: 'missing', reason: t('{0}, and no source map', reason) };
}

const parse = (file: string, text: string): ts.SourceFile =>
  ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);

const siteOf = (tree: ts.SourceFile, name: string): FunctionSite | undefined =>
  topLevelFunctions(tree).find((site) => site.name === name);

function outermostFunctions(tree: ts.SourceFile, matches: (node: FunctionNode) => boolean): FunctionNode[] {
  const found: FunctionNode[] = [];
  const visit = (node: ts.Node): void => {
    if (isFunctionNode(node) && matches(node)) found.push(node);
    else ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** What a function is called where it stands: by itself, or by what it is assigned to. */
function nameOf(node: FunctionNode): string | undefined {
  if (node.name && (ts.isIdentifier(node.name) || ts.isStringLiteral(node.name))) return node.name.text;
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name)) return parent.name.text;
  if (ts.isPropertyAssignment(parent) && ts.isIdentifier(parent.name)) return parent.name.text;
  if (ts.isBinaryExpression(parent) && ts.isPropertyAccessExpression(parent.left)) return parent.left.name.text;
  return undefined;
}

/** Numbers, and names after dots: what compilers leave as it is. */
function landmarks(node: ts.Node, tree: ts.SourceFile): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (part: ts.Node): void => {
    if (ts.isTypeNode(part)) return;
    if (ts.isNumericLiteral(part)) found.add(String(Number(part.getText(tree).replaceAll('_', ''))));
    if (ts.isPropertyAccessExpression(part)) found.add(`.${part.name.text}`);
    ts.forEachChild(part, visit);
  };
  visit(node);
  return found;
}

/** Names of what is inserted, which no program has. */
const own = '$deepmaker';
const call = '$deepmakerCall';

/** `isTyped`: the text is TypeScript, and what checks types before it runs would otherwise not know the recorder's name. */
function instrumented(tree: ts.SourceFile, node: FunctionNode, isTyped = false): RecordedCalls {
  const values = argumentsOf(node);
  if (values === undefined) {
    return { kind: 'missing', reason: t('takes the arguments apart in the signature of an arrow function') };
  }
  const recorder = isTyped ? `(globalThis as any).${recorderName}` : `globalThis.${recorderName}`;
  const open = `const ${own} = ${recorder}, ${call} = ${own}.enter() ? ${own}.inputs(${values}) : undefined; try {`;
  const close = `} finally { ${own}.exit(${call}); }`;
  const leave = `${own}.leave(${call}, (`;
  const { body } = node;
  if (!ts.isBlock(body)) {
    const text = [
      tree.text.slice(0, body.getStart(tree)),
      `{ ${open} return ${leave}${body.getText(tree)})); ${close} }`,
      tree.text.slice(body.end),
    ];
    return { kind: 'instrumented', text: text.join('') };
  }
  const directives = body.statements.filter(
    (each) => ts.isExpressionStatement(each) && ts.isStringLiteral(each.expression),
  );
  const start = directives.at(-1)?.end ?? body.getStart(tree) + 1;
  const pieces: [at: number, text: string][] = [[start, ` ${open}`]];
  for (const expression of returned(body)) {
    pieces.push([expression.getStart(tree), leave], [expression.end, '))']);
  }
  pieces.push([body.end - 1, ` ${close} `]);
  let text = '';
  let at = 0;
  for (const [position, inserted] of pieces) {
    text += tree.text.slice(at, position) + inserted;
    at = position;
  }
  return { kind: 'instrumented', text: text + tree.text.slice(at) };
}

/** An array of the arguments, as the function sees them when it starts. */
function argumentsOf({ parameters, kind }: FunctionNode): string | undefined {
  const values = parameters.map(({ name, dotDotDotToken }) => {
    const value = rebuilt(name);
    return dotDotDotToken && value !== undefined ? `...${value}` : value;
  });
  if (values.every((value) => value !== undefined)) return `[${values.join(', ')}]`;
  return kind === ts.SyntaxKind.ArrowFunction ? undefined : '[...arguments]';
}

/** The values of the function's own `return` statements, in order. */
function returned(body: ts.Block): ts.Expression[] {
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
    if (ts.isReturnStatement(node) && node.expression) found.push(node.expression);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(body, visit);
  return found;
}
