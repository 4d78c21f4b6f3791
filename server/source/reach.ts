/**
 * Everything of the project that a function's result depends on, and what on the way there is not pure: clocks,
 * randomness, input and output, state that changes. Packages in node_modules are taken as pure; sampling runs every
 * function twice and so finds out those that are not.
 */

import { t } from '../../engine/texts.ts';
import { isAccess } from './changes.ts';
import { isFunctionNode, ts } from './compiler.ts';
import { type Exploration, type Finding, type Reached, type ReachOptions, reachDeclaration } from './declarations.ts';
import { globalProblem, memberProblem } from './globals.ts';
import { meaningOf, resolved, symbolOf, thisContainer } from './symbols.ts';

export interface Reach {
  /** The function itself first, then what it uses, in the order of use. */
  readonly reached: readonly Reached[];
  readonly findings: readonly Finding[];
  /** Packages and generated code, as text that changes when they do; sorted. */
  readonly external: readonly string[];
}

export function explore(checker: ts.TypeChecker, options: ReachOptions): Reach {
  const { root } = options;
  const start: Reached = { node: root, kind: 'function', entry: root };
  const exploration: Exploration = {
    checker,
    options,
    reached: [start],
    seen: new Set([root, ...options.own]),
    findings: [],
    external: new Set(),
  };
  // The list grows while it is walked.
  for (const reached of exploration.reached) visitParts(exploration, reached);
  const { reached, findings, external } = exploration;
  return { reached, findings, external: [...external].sort() };
}

function visitParts(exploration: Exploration, reached: Reached): void {
  const { node } = reached;
  if (!isFunctionNode(node)) {
    visit(exploration, reached, node);
    return;
  }
  for (const parameter of node.parameters) visit(exploration, reached, parameter);
  visit(exploration, reached, node.body);
}

function visit(exploration: Exploration, reached: Reached, node: ts.Node): void {
  if (isTypeOnly(node)) return;
  const report = (problem: string) => exploration.findings.push({ problem, node, reached });
  if (ts.isIdentifier(node)) {
    if (isUse(node)) use(exploration, reached, node);
    return;
  }
  if (isAccess(node)) {
    visit(exploration, reached, node.expression);
    if (ts.isElementAccessExpression(node)) visit(exploration, reached, node.argumentExpression);
    member(exploration, reached, node);
    return;
  }
  if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier)) report(t('waits (`await`)'));
  else if (ts.isYieldExpression(node) && !isWithinOwnFunction(reached, node)) report(t('yields (`yield`)'));
  else if (node.kind === ts.SyntaxKind.ThisKeyword) {
    if (!ownsThis(reached, node) && !exploration.options.receiver?.has(node))
      report(t('uses `this`, so its result depends on an object'));
  } else if (node.kind === ts.SyntaxKind.SuperKeyword && !ownsThis(reached, node)) report(t('uses `super`'));
  else if (node.kind === ts.SyntaxKind.ImportKeyword) report(t('loads a module while it runs (`import()`)'));
  else if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword)
    report(t('uses `import.meta`'));
  ts.forEachChild(node, (child) => visit(exploration, reached, child));
}

const isTypeOnly = (node: ts.Node): boolean =>
  (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node);

const ownsThis = (reached: Reached, node: ts.Node): boolean => {
  if (reached.kind === 'member') return true;
  const container = thisContainer(node);
  return container !== reached.node && !ts.isSourceFile(container) && isWithin(container, reached.node);
};

/** Whether the node is in a function inside the one that was reached: a generator there runs when it is iterated. */
function isWithinOwnFunction({ node: root }: Reached, node: ts.Node): boolean {
  const container = ts.findAncestor(node, isFunctionNode);
  return container !== undefined && container !== root && isWithin(container, root);
}

/** Whether the identifier reads or writes a variable, rather than naming a declaration, property or label. */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent) || ts.isMetaProperty(parent)) return false;
  return !('name' in parent && parent.name === node);
}

function use(exploration: Exploration, reached: Reached, node: ts.Identifier): void {
  const { checker, findings, external } = exploration;
  const report = (problem: string) => findings.push({ problem, node, reached });
  if (node.text === 'arguments' && !symbolOf(checker, node)?.declarations) return void report(t('uses `arguments`'));
  const meaning = meaningOf(checker, node);
  switch (meaning.kind) {
    case 'local':
    case 'namespace':
      return;
    case 'package':
      external.add(`${meaning.specifier}#${usedText(node)}`);
      return;
    case 'generated':
      external.add(meaning.file.text);
      return;
    case 'builtin':
      return void report(t('uses `{0}` of `{1}`', usedText(node), meaning.specifier));
    case 'missing':
      return void report(t('uses `{0}` of `{1}`, whose code was not found', node.text, meaning.specifier));
    case 'global': {
      const problem = globalProblem(node.text, usedText(node), meaning.declared);
      if (problem) report(problem);
      return;
    }
    case 'project':
      // A loop at the top level of a module declares variables of its own.
      if (isWithin(meaning.declaration, reached.node)) return;
      reachDeclaration(exploration, reached, { use: node, symbol: meaning.symbol, node: meaning.declaration });
  }
}

const isWithin = (inner: ts.Node, outer: ts.Node): boolean =>
  inner.getSourceFile() === outer.getSourceFile() && inner.pos >= outer.pos && inner.end <= outer.end;

/** `Math.random` for the `Math` of `Math.random()` and of `const { random } = Math`. */
function usedText(node: ts.Identifier): string {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return `${node.text}.${parent.name.text}`;
  if (ts.isElementAccessExpression(parent) && ts.isStringLiteralLike(parent.argumentExpression)) {
    return `${node.text}.${parent.argumentExpression.text}`;
  }
  if (ts.isVariableDeclaration(parent) && ts.isObjectBindingPattern(parent.name)) {
    const { elements } = parent.name;
    const names = elements.map(({ propertyName, name, dotDotDotToken }) =>
      dotDotDotToken ? undefined : (propertyName ?? name).getText(),
    );
    const named = names.find((name) => name === 'random') ?? names[0];
    if (named !== undefined && !names.includes(undefined)) return `${node.text}.${named}`;
  }
  return node.text;
}

/** `helpers.scale`, `Vector.dot`, `vector.length`: what the project declares under that name. */
function member(
  exploration: Exploration,
  reached: Reached,
  node: ts.PropertyAccessExpression | ts.ElementAccessExpression,
): void {
  const { checker, options } = exploration;
  const name = ts.isPropertyAccessExpression(node) ? node.name : node.argumentExpression;
  if (!ts.isMemberName(name) && !ts.isStringLiteralLike(name)) return;
  const symbol = checker.getSymbolAtLocation(name);
  if (!symbol) return;
  const problem = symbol.valueDeclaration?.getSourceFile().isDeclarationFile && memberProblem(symbol.name);
  if (problem) exploration.findings.push({ problem, node, reached });
  const target = resolved(checker, symbol);
  const own = target.declarations?.find((other) => options.own.includes(other));
  if (own && ts.isMethodDeclaration(own) && !isThroughClass(node.expression, own)) {
    exploration.findings.push({
      problem: t(
        'calls itself through an object (`{0}`), so the exact copy would call the approximation',
        node.getText(),
      ),
      node,
      reached,
    });
    return;
  }
  const found = target.declarations?.find((other) => isCode(other)) ?? target.valueDeclaration;
  if (!found || found.getSourceFile().isDeclarationFile) return;
  if (isCode(found) || isNamespaceOf(checker, node.expression)) {
    reachDeclaration(exploration, reached, { use: node, symbol: target, node: found });
  }
}

const isCode = (node: ts.Declaration): boolean =>
  (ts.isMethodDeclaration(node) || ts.isAccessor(node)) && node.body !== undefined && ts.isClassLike(node.parent);

function isNamespaceOf(checker: ts.TypeChecker, node: ts.Expression): boolean {
  const symbol = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined;
  return (
    symbol !== undefined && (resolved(checker, symbol).flags & (ts.SymbolFlags.Namespace & ~ts.SymbolFlags.Enum)) !== 0
  );
}

/** `Pricer` for a static method, `Pricer.prototype` for another. */
function isThroughClass(target: ts.Expression, { parent }: ts.MethodDeclaration): boolean {
  const owner = ts.isPropertyAccessExpression(target) && target.name.text === 'prototype' ? target.expression : target;
  return ts.isIdentifier(owner) && ts.isClassDeclaration(parent) && owner.text === parent.name?.text;
}
