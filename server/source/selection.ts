/** Statements of a function, by their lines or their text, and why they cannot be taken out of it. */
import { t } from '../../engine/texts.ts';
import { isFunctionNode, lineAt, ts } from './compiler.ts';
import { type FunctionSite, topLevelFunctions } from './sites.ts';

/** Statements that follow each other in one block. */
export interface Selection {
  readonly site: FunctionSite;
  readonly statements: readonly ts.Statement[];
}

export interface SelectionProblem {
  /** The end of a sentence that starts with "it". */
  readonly problem: string;
  readonly line: number;
}

/** `price:12-18`: lines 12 to 18 of the function `price`, from 1, both included. */
export interface StatementPlace {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

export function parsePlace(text: string): StatementPlace | undefined {
  const [, name, first, last] = /^(.+):(\d+)-(\d+)$/u.exec(text) ?? [];
  return name === undefined ? undefined : { name, first: Number(first), last: Number(last) };
}

/** The place of what is selected from `start` to `end`, where that lies in a function; without the white space around it. */
export function placeOf(file: ts.SourceFile, start: number, end: number): string | undefined {
  const selected = file.text.slice(start, end);
  const first = start + (selected.length - selected.trimStart().length);
  const last = start + selected.trimEnd().length;
  const site = topLevelFunctions(file).find(
    ({ node }) => ts.isBlock(node.body) && node.body.getStart(file) < first && last < node.body.end,
  );
  return site && first < last ? `${site.name}:${lineAt(file, first)}-${lineAt(file, last)}` : undefined;
}

const siteOf = (file: ts.SourceFile, name: string): FunctionSite | undefined =>
  topLevelFunctions(file).find((site) => site.name === name);

/** Undefined where there is no such function. */
export function statementsAt(file: ts.SourceFile, place: StatementPlace): Selection | SelectionProblem | undefined {
  const site = siteOf(file, place.name);
  if (!site) return undefined;
  const linesOf = (node: ts.Node) => [lineAt(file, node.getStart(file)), lineAt(file, node.end)] as const;
  for (const block of blocksOf(site)) {
    const touched = block.statements.filter((statement) => {
      const [start, end] = linesOf(statement);
      return end >= place.first && start <= place.last;
    });
    const isWhole = (statement: ts.Statement) => {
      const [start, end] = linesOf(statement);
      return start >= place.first && end <= place.last;
    };
    if (touched.length === 0 || !touched.some(isWhole)) continue;
    const cut = touched.find((statement) => !isWhole(statement));
    if (cut) {
      return { problem: t('is cut off. Select whole statements of one block'), line: linesOf(cut)[0] };
    }
    return { site, statements: touched };
  }
  return { problem: t('holds no whole statement. Select whole statements of one block'), line: place.first };
}

/** The same statements again, in a text that may have changed around them. */
export function statementsOfText(file: ts.SourceFile, name: string, text: string): Selection | undefined {
  const site = siteOf(file, name);
  for (const block of site ? blocksOf(site) : []) {
    for (const [index, first] of block.statements.entries()) {
      const start = first.getStart(file);
      if (!file.text.startsWith(text, start)) continue;
      const end = block.statements.findIndex((statement) => statement.end === start + text.length);
      if (end >= index) return { site: site!, statements: block.statements.slice(index, end + 1) };
    }
  }
  return undefined;
}

/** The blocks of a function, other than those of functions inside it; outer ones first. */
function blocksOf({ node }: FunctionSite): ts.Block[] {
  const blocks: ts.Block[] = [];
  const visit = (inner: ts.Node): void => {
    if (isFunctionNode(inner)) return;
    if (ts.isBlock(inner)) blocks.push(inner);
    ts.forEachChild(inner, visit);
  };
  visit(node.body);
  return blocks;
}

/** Every way out of the statements but their end. */
export function exitsOf(file: ts.SourceFile, { statements }: Selection): SelectionProblem[] {
  const problems: SelectionProblem[] = [];
  const visit = (node: ts.Node, targets: readonly string[]): void => {
    const report = (problem: string) => problems.push({ problem, line: lineAt(file, node.getStart(file)) });
    if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
    if (ts.isReturnStatement(node)) report(t('returns from the function around it (`return`)'));
    else if (ts.isYieldExpression(node)) report(t('yields (`yield`)'));
    else if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier))
      report(t('waits (`await`)'));
    else if (ts.isBreakOrContinueStatement(node)) {
      const word = ts.isBreakStatement(node) ? 'break' : 'continue';
      const target = node.label?.text ?? word;
      if (!targets.includes(target)) report(t('leaves a loop around it (`{0}`)', word));
    }
    const inner = ts.isIterationStatement(node, false)
      ? [...targets, 'break', 'continue']
      : ts.isSwitchStatement(node)
        ? [...targets, 'break']
        : ts.isLabeledStatement(node)
          ? [...targets, node.label.text]
          : targets;
    ts.forEachChild(node, (child) => visit(child, inner));
  };
  for (const statement of statements) visit(statement, []);
  return problems;
}
