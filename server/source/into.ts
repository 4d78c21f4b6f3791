/** Arrays that a function gets to write its result into. */
import { ts } from './compiler.ts';
import type { FunctionSite } from './sites.ts';
import { symbolOf } from './symbols.ts';

export interface Written {
  readonly parameter: ts.ParameterDeclaration & { readonly name: ts.Identifier };
  readonly symbol: ts.Symbol;
  readonly index: number;
  /** 'nothing', 'itself', or 'something' besides. */
  readonly returns: 'nothing' | 'itself' | 'something';
}

/** The parameters that the function writes elements of, and reads nothing of but their length. */
export function writtenParameters(checker: ts.TypeChecker, { node }: FunctionSite): Written[] {
  return node.parameters.flatMap((parameter, index): Written[] => {
    const symbol = ts.isIdentifier(parameter.name) ? checker.getSymbolAtLocation(parameter.name) : undefined;
    if (!symbol || parameter.dotDotDotToken || parameter.initializer) return [];
    const uses = usesOf(checker, node.body, symbol).map(kindOfUse);
    if (!uses.includes('written') || uses.includes('other')) return [];
    const named = parameter as Written['parameter'];
    return [{ parameter: named, symbol, index, returns: returnsOf(checker, node.body, symbol) }];
  });
}

function usesOf(checker: ts.TypeChecker, body: ts.Node, symbol: ts.Symbol) {
  const uses: ts.Identifier[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node.text === symbol.name && symbolOf(checker, node) === symbol) uses.push(node);
    ts.forEachChild(node, visit);
  };
  visit(body);
  return uses;
}

/**
 * 'changed': `out[i] += x`, which reads what was written before. Whether it reads only that, sampling finds out: it gives
 * arrays whose content is no number.
 */
type Use = 'written' | 'changed' | 'length' | 'returned' | 'other';

function kindOfUse(use: ts.Identifier): Use {
  const node = outermost(use);
  const { parent } = node;
  if (ts.isReturnStatement(parent)) return 'returned';
  if (ts.isArrowFunction(parent)) return parent.body === node ? 'returned' : 'other';
  if (ts.isElementAccessExpression(parent) && parent.expression === node) return kindOfElement(parent);
  if (!ts.isPropertyAccessExpression(parent) || parent.expression !== node) return 'other';
  if (parent.name.text === 'length') return isChanged(outermost(parent)) ? 'other' : 'length';
  const call = parent.parent;
  const isFilled = ts.isCallExpression(call) && call.expression === parent && /^(?:fill|set)$/u.test(parent.name.text);
  return isFilled && ts.isExpressionStatement(call.parent) ? 'written' : 'other';
}

function kindOfElement(element: ts.ElementAccessExpression): Use {
  const target = outermost(element);
  if (!isChanged(target)) return 'other';
  const { parent } = target;
  const isPlain = ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
  return isPlain ? 'written' : 'changed';
}

function isChanged(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isBinaryExpression(parent)) {
    const { kind } = parent.operatorToken;
    return parent.left === node && kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
  }
  if (!ts.isPrefixUnaryExpression(parent) && !ts.isPostfixUnaryExpression(parent)) return false;
  return parent.operator === ts.SyntaxKind.PlusPlusToken || parent.operator === ts.SyntaxKind.MinusMinusToken;
}

/** The expression with the parentheses and assertions around it. */
function outermost(node: ts.Node): ts.Node {
  let outer = node;
  while (ts.isParenthesizedExpression(outer.parent) || ts.isNonNullExpression(outer.parent)) outer = outer.parent;
  return outer;
}

function returnsOf(checker: ts.TypeChecker, body: ts.Node, symbol: ts.Symbol): Written['returns'] {
  const isIt = (node: ts.Expression) => symbolOf(checker, node) === symbol;
  const kindOf = (node: ts.Expression): Written['returns'] => (isIt(node) ? 'itself' : 'something');
  if (!ts.isBlock(body)) return kindOf(body as ts.Expression);
  const kinds = new Set<Written['returns']>();
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isReturnStatement(node)) kinds.add(node.expression ? kindOf(node.expression) : 'nothing');
    ts.forEachChild(node, visit);
  };
  visit(body);
  const [only = 'nothing', ...others] = kinds;
  return others.length === 0 ? only : 'something';
}
