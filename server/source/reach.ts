/**
 * Everything of the project that a function's result depends on, and what on the way there is not pure: clocks,
 * randomness, input and output, state that changes. Packages in node_modules are taken as pure; sampling runs every
 * function twice and so finds out those that are not.
 */

import { changesOfVariable, isAccess } from './changes.ts';
import { type FunctionNode, isFunctionNode, lineAt, ts, unwrap } from './compiler.ts';
import { globalProblem } from './globals.ts';
import { meaningOf, resolved, symbolOf, thisContainer } from './symbols.ts';

/** Code that runs, or has run, when the function is called. */
export interface Reached {
  readonly node: ts.Node;
  /** The helper or variable it belongs to; undefined for the function itself. */
  readonly name?: string;
  /** 'member': part of a class, so that `this` is an object of the project. 'value': runs once, when its module loads. */
  readonly kind: 'function' | 'member' | 'value';
  /** Where the function itself uses what leads here. */
  readonly entry: ts.Node;
}

/** `problem` completes "it ..." or "it calls `helper`, which ...". */
export interface Finding {
  readonly problem: string;
  readonly node: ts.Node;
  readonly reached: Reached;
  /** The outer variable that it is about. */
  readonly variable?: ts.Symbol;
}

export interface Reach {
  /** The function itself first, then what it uses, in the order of use. */
  readonly reached: readonly Reached[];
  readonly findings: readonly Finding[];
  /** Packages and generated code, as text that changes when they do; sorted. */
  readonly external: readonly string[];
}

export interface ReachOptions {
  readonly root: FunctionNode;
  /** The function's declarations: the function, and the public one where `root` is its exact copy. */
  readonly own: readonly ts.Declaration[];
}

interface Exploration {
  readonly checker: ts.TypeChecker;
  readonly options: ReachOptions;
  readonly reached: Reached[];
  readonly seen: Set<ts.Node>;
  readonly findings: Finding[];
  readonly external: Set<string>;
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
  if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier)) report('waits (`await`)');
  else if (ts.isYieldExpression(node)) report('yields (`yield`)');
  else if (node.kind === ts.SyntaxKind.ThisKeyword && !ownsThis(reached, node)) {
    report('uses `this`, so its result depends on an object');
  } else if (node.kind === ts.SyntaxKind.SuperKeyword && !ownsThis(reached, node)) report('uses `super`');
  else if (node.kind === ts.SyntaxKind.ImportKeyword) report('loads a module while it runs (`import()`)');
  else if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) report('uses `import.meta`');
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
  if (node.text === 'arguments' && !symbolOf(checker, node)?.declarations) return void report('uses `arguments`');
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
      return void report(`uses \`${usedText(node)}\` of \`${meaning.specifier}\``);
    case 'missing':
      return void report(`uses \`${node.text}\` of \`${meaning.specifier}\`, whose code was not found`);
    case 'global': {
      const problem = globalProblem(node.text, usedText(node), meaning.declared);
      if (problem) report(problem);
      return;
    }
    case 'project':
      // A loop at the top level of a module declares variables of its own.
      if (isWithin(meaning.declaration, reached.node)) return;
      declaration(exploration, reached, { use: node, symbol: meaning.symbol, node: meaning.declaration });
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
  const target = resolved(checker, symbol);
  const own = target.declarations?.find((other) => options.own.includes(other));
  if (own && ts.isMethodDeclaration(own) && !isThroughClass(node.expression, own)) {
    exploration.findings.push({
      problem: `calls itself through an object (\`${node.getText()}\`), so the exact copy would call the approximation`,
      node,
      reached,
    });
    return;
  }
  const found = target.declarations?.find((other) => isCode(other)) ?? target.valueDeclaration;
  if (!found || found.getSourceFile().isDeclarationFile) return;
  if (isCode(found) || isNamespaceOf(checker, node.expression)) {
    declaration(exploration, reached, { use: node, symbol: target, node: found });
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

interface Use {
  readonly use: ts.Node;
  readonly symbol: ts.Symbol;
  readonly node: ts.Declaration;
}

function declaration(exploration: Exploration, reached: Reached, target: Use): void {
  const { checker, options, findings } = exploration;
  const { use, symbol, node } = target;
  const add: Add = (code, kind) => {
    if (!code || exploration.seen.has(code)) return;
    exploration.seen.add(code);
    const entry = reached.name === undefined ? use : reached.entry;
    exploration.reached.push({
      node: code,
      name: symbol.name === 'default' ? use.getText() : symbol.name,
      kind,
      entry,
    });
  };
  if (options.own.includes(node)) {
    if (reached.name === undefined) return;
    const problem = `calls \`${use.getText()}\` back; only direct recursion can be kept exact`;
    findings.push({ problem, node: use, reached });
  } else if (ts.isShorthandPropertyAssignment(node)) {
    const value = checker.getShorthandAssignmentValueSymbol(node);
    const inner = value?.valueDeclaration;
    if (inner) declaration(exploration, reached, { use, symbol: value, node: inner });
  } else if (ts.isClassDeclaration(node)) {
    outerState(exploration, reached, target, add);
    addClass(node, add);
  } else if (ts.isFunctionDeclaration(node)) add(node.body && node, 'function');
  else if (ts.isMethodDeclaration(node) || ts.isAccessor(node)) add(node, 'member');
  else if (ts.isEnumDeclaration(node)) add(node, 'value');
  else if (ts.isExportAssignment(node)) add(codeOf(node.expression), 'value');
  else if (ts.isPropertyAssignment(node)) add(codeOf(node.initializer), 'value');
  // CommonJS: `exports.scale = ..` declares `scale`.
  else if (ts.isBinaryExpression(node)) add(codeOf(node.right), 'value');
  else if (isAccess(node) && ts.isBinaryExpression(node.parent)) add(codeOf(node.parent.right), 'value');
  else {
    const variable = ts.findAncestor(node, ts.isVariableDeclaration);
    if (!variable) return;
    outerState(exploration, reached, target, add);
    add(variable.initializer && codeOf(variable.initializer), 'value');
  }
}

type Add = (code: ts.Node | undefined, kind: Reached['kind']) => void;

/** What runs when a class is made or an object of it; methods are added where they are used. */
function addClass(node: ts.ClassDeclaration, add: Add): void {
  for (const part of node.members) {
    if (ts.isPropertyDeclaration(part)) add(part.initializer, 'member');
    if (ts.isConstructorDeclaration(part) || ts.isClassStaticBlockDeclaration(part)) add(part, 'member');
  }
  for (const clause of node.heritageClauses ?? []) {
    if (clause.token === ts.SyntaxKind.ExtendsKeyword) for (const type of clause.types) add(type.expression, 'value');
  }
}

const codeOf = (node: ts.Expression): ts.Expression => (isFunctionNode(unwrap(node)) ? unwrap(node) : node);

/** A variable of a module may be read where nothing changes it, other than its module while it loads. */
function outerState({ checker, findings }: Exploration, reached: Reached, { use, symbol, node }: Use, add: Add): void {
  const file = node.getSourceFile();
  for (const change of changesOfVariable(checker, symbol, file)) {
    const setup = change.kind === 'mutated' ? loadingStatement(change.node) : undefined;
    if (setup) {
      add(setup, 'value');
      continue;
    }
    const line = lineAt(file, change.node.getStart(file));
    findings.push({
      problem: `reads \`${symbol.name}\`, which line ${line} changes`,
      node: use,
      reached,
      variable: symbol,
    });
    return;
  }
}

/** The top-level statement around code that runs once, while its module loads. */
function loadingStatement(node: ts.Node): ts.Statement | undefined {
  for (let current = node; ; current = current.parent) {
    if (ts.isFunctionLike(current) || ts.isClassLike(current)) return undefined;
    if (ts.isSourceFile(current.parent)) return ts.isStatement(current) ? current : undefined;
  }
}
