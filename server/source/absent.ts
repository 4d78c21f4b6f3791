/** What a function takes for an optional field or parameter that is missing, read off the places where it reads it. */
import type { Literal } from '../../engine/types.ts';
import { isAccess } from './changes.ts';
import { ts, unwrap } from './compiler.ts';
import type { Reached } from './declarations.ts';
import { symbolOf } from './symbols.ts';

/**
 * The one literal that stands in for what is missing at every place where it is read: `x ?? 3`, `x || 3`,
 * `const { x = 3 } = options`. Undefined where there is none, where there are two, where it is read in another way, or
 * where the code may ask whether it is there.
 */
export function absentValue(
  checker: ts.TypeChecker,
  reached: readonly Reached[],
  declared: ts.Symbol,
): Literal | undefined {
  const [declaration] = declared.declarations ?? [];
  if (!declaration) return undefined;
  const found = new Set<Literal | undefined>();
  const isIt = (symbol: ts.Symbol | undefined) => symbol?.declarations?.[0] === declaration;
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node)) return;
    const read = readOf(checker, node, isIt);
    if (read) found.add(read.instead && literalOf(checker, read.instead));
    else if (mayTell(checker, node, isIt)) found.add(undefined);
    ts.forEachChild(node, visit);
  };
  for (const { node } of reached) visit(node);
  const [only, ...others] = found;
  return others.length === 0 ? only : undefined;
}

/** The expression that is used where what is read is missing. */
interface Read {
  readonly instead: ts.Expression | undefined;
}

function readOf(
  checker: ts.TypeChecker,
  node: ts.Node,
  isIt: (symbol: ts.Symbol | undefined) => boolean,
): Read | undefined {
  if (ts.isBindingElement(node)) {
    const name = node.propertyName ?? node.name;
    const type = ts.isObjectBindingPattern(node.parent) ? checker.getTypeAtLocation(node.parent) : undefined;
    const property = ts.isIdentifier(name) ? type?.getProperty(name.text) : undefined;
    return isIt(property) ? { instead: node.initializer } : undefined;
  }
  const isRead =
    ts.isExpression(node) &&
    (isAccess(node)
      ? isIt(checker.getSymbolAtLocation(ts.isPropertyAccessExpression(node) ? node.name : node.argumentExpression))
      : ts.isIdentifier(node) && isUse(node) && isIt(symbolOf(checker, node)));
  return isRead ? { instead: alternative(node) } : undefined;
}

/** Names in declarations and behind a dot are no uses of a variable. */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isBindingElement(parent) && parent.propertyName === node) return false;
  return !('name' in parent && parent.name === node) || ts.isShorthandPropertyAssignment(parent);
}

/** 3 for the `x` of `(x) ?? 3`. Where `||` skips a given 0, it takes what it takes for a missing one. */
function alternative(node: ts.Node): ts.Expression | undefined {
  let inner = node;
  while (ts.isParenthesizedExpression(inner.parent)) inner = inner.parent;
  const { parent } = inner;
  if (!ts.isBinaryExpression(parent) || parent.left !== inner) return undefined;
  const { kind } = parent.operatorToken;
  return kind === ts.SyntaxKind.QuestionQuestionToken || kind === ts.SyntaxKind.BarBarToken ? parent.right : undefined;
}

function literalOf(checker: ts.TypeChecker, node: ts.Expression): Literal | undefined {
  const value = unwrap(node);
  if (value.kind === ts.SyntaxKind.TrueKeyword) return true;
  if (value.kind === ts.SyntaxKind.FalseKeyword) return false;
  if (ts.isPrefixUnaryExpression(value) && value.operator === ts.SyntaxKind.MinusToken) {
    return ts.isNumericLiteral(value.operand) ? -Number(value.operand.text) : undefined;
  }
  if (ts.isNumericLiteral(value)) return Number(value.text);
  if (ts.isStringLiteralLike(value)) return value.text;
  const type = isAccess(value) ? checker.getTypeAtLocation(value) : undefined;
  return type?.isStringLiteral() || type?.isNumberLiteral() ? type.value : undefined;
}

/** `'x' in options`, `{ ...options }`, `for (const key in options)`: whether the field is there can be told from these. */
function mayTell(checker: ts.TypeChecker, node: ts.Node, isIt: (symbol: ts.Symbol | undefined) => boolean): boolean {
  const holder =
    ts.isSpreadAssignment(node) || ts.isForInStatement(node)
      ? node.expression
      : ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.InKeyword
        ? node.right
        : undefined;
  if (holder) return checker.getTypeAtLocation(holder).getProperties().some(isIt);
  // The language's own functions, such as Object.keys, see all fields.
  if (!ts.isCallExpression(node)) return false;
  const isOurs = checker.getResolvedSignature(node)?.declaration?.getSourceFile().isDeclarationFile === false;
  return !isOurs && node.arguments.some((value) => checker.getTypeAtLocation(value).getProperties().some(isIt));
}
