/** Places where code assigns to something or changes it in place. */
import { ts, unwrap } from './compiler.ts';
import { borrowingMethods, mutatingMethods, mutatingObjectFunctions } from './globals.ts';
import { resolved, symbolOf } from './symbols.ts';

/** `target` is what is assigned to, or whose content changes. */
export interface Change {
  readonly kind: 'assigned' | 'mutated';
  readonly target: ts.Expression;
  readonly node: ts.Node;
}

/** The changes that this very node makes, not those of the nodes inside it. */
export function changesAt(checker: ts.TypeChecker, node: ts.Node): Change[] {
  if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) return assigned(node.left, node);
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
    const { operator } = node;
    return operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken
      ? assigned(node.operand, node)
      : [];
  }
  if (ts.isDeleteExpression(node)) return assigned(node.expression, node);
  if ((ts.isForOfStatement(node) || ts.isForInStatement(node)) && !ts.isVariableDeclarationList(node.initializer)) {
    return assigned(node.initializer, node);
  }
  return ts.isCallExpression(node) ? calledMutator(checker, node) : [];
}

export const isAssignment = (kind: ts.SyntaxKind): boolean =>
  kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;

/** Assignment targets, also inside destructuring patterns. */
function assigned(left: ts.Expression, node: ts.Node): Change[] {
  const target = unwrap(left);
  if (ts.isIdentifier(target)) return [{ kind: 'assigned', target, node }];
  if (isAccess(target)) return [{ kind: 'mutated', target: target.expression, node }];
  if (ts.isArrayLiteralExpression(target)) {
    return target.elements.flatMap((element) =>
      assigned(ts.isSpreadElement(element) ? element.expression : withoutDefault(element), node),
    );
  }
  if (!ts.isObjectLiteralExpression(target)) return [];
  return target.properties.flatMap((property) => {
    if (ts.isShorthandPropertyAssignment(property)) return assigned(property.name, node);
    if (ts.isPropertyAssignment(property)) return assigned(withoutDefault(property.initializer), node);
    return ts.isSpreadAssignment(property) ? assigned(property.expression, node) : [];
  });
}

const withoutDefault = (element: ts.Expression): ts.Expression =>
  ts.isBinaryExpression(element) && element.operatorToken.kind === ts.SyntaxKind.EqualsToken ? element.left : element;

/** `xs.push(1)`, `xs.push.call(xs, 1)`, `Object.assign(target, ..)`: only where the method is the language's own, not one of the project. */
function calledMutator(checker: ts.TypeChecker, node: ts.CallExpression): Change[] {
  const callee = unwrap(node.expression);
  if (!isAccess(callee)) return [];
  const name = accessedName(callee);
  if (name === undefined) return [];
  const [first] = node.arguments;
  if (ts.isIdentifier(callee.expression) && callee.expression.text === 'Object') {
    return mutatingObjectFunctions.has(name) && first ? [{ kind: 'mutated', target: first, node }] : [];
  }
  const borrowed = unwrap(callee.expression);
  if (borrowingMethods.has(name) && isAccess(borrowed) && first) {
    return mutatingMethods.has(accessedName(borrowed) ?? '') ? [{ kind: 'mutated', target: first, node }] : [];
  }
  if (!mutatingMethods.has(name)) return [];
  const declaration = checker.getSymbolAtLocation(
    ts.isPropertyAccessExpression(callee) ? callee.name : callee.argumentExpression,
  )?.declarations?.[0];
  const isOurs = declaration !== undefined && !declaration.getSourceFile().isDeclarationFile;
  return isOurs ? [] : [{ kind: 'mutated', target: callee.expression, node }];
}

export const isAccess = (node: ts.Node): node is ts.PropertyAccessExpression | ts.ElementAccessExpression =>
  ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);

export function accessedName(node: ts.PropertyAccessExpression | ts.ElementAccessExpression): string | undefined {
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  return ts.isStringLiteralLike(node.argumentExpression) ? node.argumentExpression.text : undefined;
}

/** The variable at the root of `table.rows[0]`. */
export function rootIdentifier(node: ts.Expression): ts.Identifier | undefined {
  const target = unwrap(node);
  if (ts.isIdentifier(target)) return target;
  return isAccess(target) ? rootIdentifier(target.expression) : undefined;
}

/** Every change of a module's variable in the module that declares it, in order. */
export function changesOfVariable(checker: ts.TypeChecker, symbol: ts.Symbol, file: ts.SourceFile): Change[] {
  const changes: Change[] = [];
  const visit = (node: ts.Node): void => {
    for (const change of changesAt(checker, node)) {
      const root = rootIdentifier(change.target);
      const used = root?.text === symbol.name ? symbolOf(checker, root) : undefined;
      if (used && resolved(checker, used) === symbol) changes.push(change);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return changes;
}
