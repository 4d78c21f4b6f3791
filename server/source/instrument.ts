/**
 * Counts branches: the region's own code and that of every function of the project it reaches, with a counter at the start
 * of each branch. Only insertions, so lines stay what they are.
 */
import { appliedPairs } from './applied.ts';
import { isFunctionNode, lineAt, ts } from './compiler.ts';
import type { SourceProject } from './project.ts';
import { explore } from './reach.ts';
import { topLevelFunctions } from './sites.ts';

/** The global array that the inserted code counts in. */
export const branchCounters = '__deepmakerBranches';

export interface Branch {
  /** Absolute path. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** For example `if (spot > strike)`, cut to one short line. */
  readonly condition: string;
  /** Which way it is. */
  readonly way: 'true' | 'false' | 'case' | 'loop' | 'right';
}

export interface Instrumented {
  /** New texts of files, by absolute path. */
  readonly texts: ReadonlyMap<string, string>;
  /** In the order of their counters. */
  readonly branches: readonly Branch[];
}

/** Undefined where there is no such function. */
export function instrument(project: SourceProject, file: string, name: string): Instrumented | undefined {
  const view = project.view(file);
  if (!view) return undefined;
  const sites = topLevelFunctions(view.sourceFile);
  const pair = appliedPairs(view.sourceFile).find(({ marker }) => marker.name === name);
  const site = pair?.exactSite ?? sites.find((each) => each.name === name);
  if (!site) return undefined;
  const { reached } = explore(view.checker, { root: site.node, own: [site.owner] });
  const branches: Branch[] = [];
  const insertions = new Map<ts.SourceFile, Insertion[]>();
  for (const { node } of reached) {
    const source = node.getSourceFile();
    if (!isFunctionNode(node) || source.isDeclarationFile) continue;
    const own = insertions.get(source) ?? [];
    insertions.set(source, own);
    collect({ source, branches, insertions: own }, node.body, 0);
  }
  const texts = [...insertions].map(([source, own]) => [source.fileName, inserted(source.text, own)] as const);
  return { texts: new Map(texts), branches };
}

interface Insertion {
  readonly at: number;
  readonly text: string;
  readonly opens: boolean;
  /** Of the node that it belongs to: what opens at the same place opens the outer node first. */
  readonly depth: number;
}

interface Collection {
  readonly source: ts.SourceFile;
  readonly branches: Branch[];
  readonly insertions: Insertion[];
}

function collect(collection: Collection, node: ts.Node, depth: number): void {
  if (ts.isTypeNode(node)) return;
  countWays(collection, node, depth);
  ts.forEachChild(node, (child) => collect(collection, child, depth + 1));
}

function countWays(collection: Collection, node: ts.Node, depth: number): void {
  const counter = (at: ts.Node, way: Branch['way']) => counterOf(collection, at, way);
  if (ts.isIfStatement(node)) {
    statement(collection, node.thenStatement, counter(node.expression, 'true'), depth);
    const otherwise = counter(node.expression, 'false');
    if (node.elseStatement) statement(collection, node.elseStatement, otherwise, depth);
    else
      insert(collection, {
        at: node.thenStatement.end,
        text: ` else { ${otherwise}; }`,
        opens: false,
        depth: depth - 0.5,
      });
  } else if (ts.isConditionalExpression(node)) {
    expression(collection, node.whenTrue, counter(node.condition, 'true'), depth);
    expression(collection, node.whenFalse, counter(node.condition, 'false'), depth);
  } else if (ts.isBinaryExpression(node) && shortCircuits.has(node.operatorToken.kind)) {
    expression(collection, node.right, counter(node, 'right'), depth);
  } else if (ts.isCaseOrDefaultClause(node) && node.statements.length > 0) {
    const at = node.statements[0]!.getStart(collection.source);
    insert(collection, { at, text: `${counter(node, 'case')}; `, opens: true, depth });
  } else if (ts.isIterationStatement(node, false)) {
    statement(collection, node.statement, counter(node, 'loop'), depth);
  }
}

const shortCircuits: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
]);

const mostText = 50;

function counterOf({ source, branches }: Collection, node: ts.Node, way: Branch['way']): string {
  const start = node.getStart(source);
  const [head] = source.text.slice(start, node.end).split(/\s*(?:\{|\r?\n)/u);
  const condition = head!.length > mostText ? `${head!.slice(0, mostText)}…` : head!;
  branches.push({ file: source.fileName, line: lineAt(source, start), condition, way });
  return `globalThis.${branchCounters}[${branches.length - 1}]++`;
}

const insert = ({ insertions }: Collection, insertion: Insertion) => insertions.push(insertion);

function statement(collection: Collection, node: ts.Statement, counter: string, depth: number): void {
  const start = node.getStart(collection.source);
  if (ts.isBlock(node)) insert(collection, { at: start + 1, text: ` ${counter};`, opens: true, depth });
  else wrap(collection, node, [`{ ${counter}; `, ' }'], depth);
}

const expression = (collection: Collection, node: ts.Expression, counter: string, depth: number): void =>
  wrap(collection, node, [`(${counter}, `, ')'], depth);

function wrap(collection: Collection, node: ts.Node, [open, close]: readonly [string, string], depth: number): void {
  insert(collection, { at: node.getStart(collection.source), text: open, opens: true, depth });
  insert(collection, { at: node.end, text: close, opens: false, depth });
}

/** At one place, what closes comes before what opens; inner nodes close first and open last. */
function inserted(text: string, insertions: readonly Insertion[]): string {
  const order = [...insertions].sort((a, b) => {
    if (a.at !== b.at) return a.at - b.at;
    if (a.opens !== b.opens) return a.opens ? 1 : -1;
    return a.opens ? a.depth - b.depth : b.depth - a.depth;
  });
  let result = '';
  let at = 0;
  for (const insertion of order) {
    result += text.slice(at, insertion.at) + insertion.text;
    at = insertion.at;
  }
  return result + text.slice(at);
}
