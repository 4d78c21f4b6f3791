/**
 * Whether code changes what its caller or its module owns. Every expression is asked what it may share with a parameter
 * of the function or a variable of a module. The answer only grows while the code is walked again and again, and does
 * not look at the order of statements, so it errs on the side of "may".
 */
import { changesAt, isAccess, isAssignment, rootIdentifier } from './changes.ts';
import { type FunctionNode, isFunctionNode, ts, unwrap } from './compiler.ts';
import { chainingMethods, copyingMethods } from './globals.ts';
import type { Finding, Reached } from './reach.ts';
import { meaningOf, resolved, symbolOf, thisContainer } from './symbols.ts';

/** 'whole': may be the very object. 'inside': a new container that may hold it. */
interface Share {
  readonly depth: 'inside' | 'whole';
  readonly origin: { readonly kind: 'parameter' | 'variable'; readonly name: string; readonly symbol: ts.Symbol };
}

interface Flow {
  readonly checker: ts.TypeChecker;
  readonly variables: Map<ts.Symbol, Share>;
  /** What `this` may share, by method. */
  readonly receivers: Map<ts.Node, Share>;
  readonly results: Map<ts.Node, Share>;
  changed: boolean;
}

export function findForeignChanges(
  checker: ts.TypeChecker,
  root: FunctionNode,
  reached: readonly Reached[],
): Finding[] {
  const flow: Flow = { checker, variables: new Map(), receivers: new Map(), results: new Map(), changed: true };
  for (const { name } of root.parameters) {
    for (const identifier of boundNames(name)) {
      const symbol = checker.getSymbolAtLocation(identifier);
      if (!symbol || isPrimitive(flow, identifier)) continue;
      grow(flow, flow.variables, symbol, {
        depth: 'whole',
        origin: { kind: 'parameter', name: identifier.text, symbol },
      });
    }
  }
  // What runs while a module loads may build up that module's variables.
  const code = reached.filter(({ kind }) => kind !== 'value');
  const functions = [...code, ...reached.filter(({ kind, node }) => kind === 'value' && isFunctionNode(node))];
  while (flow.changed) {
    flow.changed = false;
    for (const { node } of functions) propagate(flow, node);
  }
  return functions.flatMap((part) => foreignChanges(flow, part));
}

function boundNames(name: ts.BindingName): ts.Identifier[] {
  if (ts.isIdentifier(name)) return [name];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? boundNames(element.name) : []));
}

function grow<Key>(flow: Flow, map: Map<Key, Share>, key: Key, share: Share | undefined): void {
  const known = map.get(key);
  if (!share || known?.depth === 'whole' || known?.depth === share.depth) return;
  map.set(key, share);
  flow.changed = true;
}

function foreignChanges(flow: Flow, reached: Reached): Finding[] {
  const { checker } = flow;
  const findings: Finding[] = [];
  const visit = (node: ts.Node): void => {
    for (const { kind, target } of changesAt(checker, node)) {
      const share = kind === 'assigned' ? outerVariable(flow, target) : shareOf(flow, target);
      if (share?.depth !== 'whole') continue;
      const { origin } = share;
      const what =
        origin.kind === 'parameter'
          ? `${reached.name === undefined ? 'its' : 'the'} parameter`
          : "the module's variable";
      findings.push({ problem: `changes ${what} \`${origin.name}\``, node, reached, variable: origin.symbol });
    }
    ts.forEachChild(node, visit);
  };
  visit(reached.node);
  return findings;
}

/** An assigned name that is declared outside of every function. Globals that no one declares are reported elsewhere. */
function outerVariable(flow: Flow, target: ts.Expression): Share | undefined {
  if (!ts.isIdentifier(target)) return undefined;
  const meaning = meaningOf(flow.checker, target);
  if (meaning.kind !== 'project') return undefined;
  return { depth: 'whole', origin: { kind: 'variable', name: target.text, symbol: meaning.symbol } };
}

function propagate(flow: Flow, root: ts.Node): void {
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer) bind(flow, node.name, shareOf(flow, node.initializer));
    else if (ts.isForOfStatement(node) && ts.isVariableDeclarationList(node.initializer)) {
      const share = shareOf(flow, node.expression);
      for (const { name } of node.initializer.declarations) bind(flow, name, share && { ...share, depth: 'whole' });
    } else if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) assign(flow, node);
    else if (ts.isReturnStatement(node) && node.expression) returned(flow, node, node.expression);
    else if (ts.isArrowFunction(node) && !ts.isBlock(node.body))
      grow(flow, flow.results, node, shareOf(flow, node.body));
    else if (ts.isCallExpression(node) || ts.isNewExpression(node)) call(flow, node);
    ts.forEachChild(node, visit);
  };
  visit(root);
}

function bind(flow: Flow, name: ts.BindingName, share: Share | undefined): void {
  if (!share) return;
  if (!ts.isIdentifier(name)) {
    for (const element of name.elements) {
      if (ts.isBindingElement(element))
        bind(flow, element.name, { ...share, depth: element.dotDotDotToken ? 'inside' : 'whole' });
    }
    return;
  }
  const symbol = flow.checker.getSymbolAtLocation(name);
  if (symbol && !isPrimitive(flow, name)) grow(flow, flow.variables, symbol, share);
}

function assign(flow: Flow, { left, right }: ts.BinaryExpression): void {
  const share = shareOf(flow, right);
  if (!share) return;
  const target = unwrap(left);
  if (ts.isArrayLiteralExpression(target) || ts.isObjectLiteralExpression(target)) {
    ts.forEachChild(target, function visit(node): void {
      if (ts.isIdentifier(node)) growVariable(flow, node, { ...share, depth: 'whole' });
      ts.forEachChild(node, visit);
    });
  } else if (ts.isIdentifier(target)) growVariable(flow, target, share);
  else store(flow, target, share);
}

function growVariable(flow: Flow, node: ts.Identifier, share: Share): void {
  const symbol = symbolOf(flow.checker, node);
  if (symbol && !isPrimitive(flow, node)) grow(flow, flow.variables, symbol, share);
}

/** `target.x = value`, `target.push(value)`: the variable at the root of the target holds the value from now on. */
function store(flow: Flow, target: ts.Expression, share: Share): void {
  const variable = rootIdentifier(target);
  if (variable) growVariable(flow, variable, { ...share, depth: 'inside' });
}

function returned(flow: Flow, node: ts.Node, expression: ts.Expression): void {
  const owner = ts.findAncestor(node, ts.isFunctionLike);
  if (owner) grow(flow, flow.results, owner, shareOf(flow, expression));
}

function call(flow: Flow, node: ts.CallExpression | ts.NewExpression): void {
  const target = calledFunction(flow, node);
  const given = [...(node.arguments ?? [])];
  const callee = unwrap(node.expression);
  const receiver = isAccess(callee) ? shareOf(flow, callee.expression) : undefined;
  if (target) {
    for (const [index, { name, dotDotDotToken }] of target.parameters.entries()) {
      const passed = dotDotDotToken
        ? strongest(given.slice(index).map((value) => shareOf(flow, value)))
        : given[index] && shareOf(flow, given[index]);
      bind(flow, name, passed && dotDotDotToken ? { ...passed, depth: 'inside' } : passed);
    }
    grow(flow, flow.receivers, target, receiver);
  } else if (isAccess(callee)) {
    const added = strongest(given.filter((value) => !isFunctionNode(value)).map((value) => shareOf(flow, value)));
    if (added && changesAt(flow.checker, node).length > 0) store(flow, callee.expression, added);
  }
  callbacks(flow, { given, receiver, callee });
}

/** Functions given to a call are called with what else it has: its receiver, its other arguments, or parts of these. */
function callbacks(
  flow: Flow,
  {
    given,
    receiver,
    callee,
  }: { readonly given: readonly ts.Expression[]; readonly receiver: Share | undefined; readonly callee: ts.Expression },
): void {
  const others = strongest([receiver, ...given.map((value) => shareOf(flow, value))]);
  if (!others) return;
  const isReduction =
    isAccess(callee) && ts.isPropertyAccessExpression(callee) && /^reduce(?:Right)?$/u.test(callee.name.text);
  for (const value of given) {
    const target = functionOf(flow, value);
    for (const [index, { name }] of (target?.parameters ?? []).entries()) {
      const accumulated = isReduction && index === 0 && given[1] !== undefined;
      bind(flow, name, accumulated ? shareOf(flow, given[1]!) : { ...others, depth: 'whole' });
    }
  }
}

function strongest(shares: readonly (Share | undefined)[]): Share | undefined {
  return shares.find((share) => share?.depth === 'whole') ?? shares.find((share) => share !== undefined);
}

/** What a value may share with parameters and modules. */
function shareOf(flow: Flow, node: ts.Expression): Share | undefined {
  const value = unwrap(node);
  if (ts.isIdentifier(value)) return variableShare(flow, value);
  if (value.kind === ts.SyntaxKind.ThisKeyword) return flow.receivers.get(thisContainer(value));
  if (isAccess(value)) {
    const share = shareOf(flow, value.expression);
    return share && !isPrimitive(flow, value) ? { ...share, depth: 'whole' } : undefined;
  }
  if (ts.isConditionalExpression(value))
    return strongest([shareOf(flow, value.whenTrue), shareOf(flow, value.whenFalse)]);
  if (ts.isBinaryExpression(value)) return binaryShare(flow, value);
  if (ts.isArrayLiteralExpression(value))
    return contained(strongest(value.elements.map((element) => partShare(flow, element))));
  if (ts.isObjectLiteralExpression(value)) {
    return contained(
      strongest(
        value.properties.map((property) => {
          if (ts.isPropertyAssignment(property)) return shareOf(flow, property.initializer);
          if (ts.isShorthandPropertyAssignment(property)) return variableShare(flow, property.name);
          return ts.isSpreadAssignment(property) ? spreadShare(flow, property.expression) : undefined;
        }),
      ),
    );
  }
  if (ts.isCallExpression(value)) return callShare(flow, value);
  if (ts.isNewExpression(value)) {
    const given = strongest((value.arguments ?? []).map((argument) => partShare(flow, argument)));
    return given && holdsObjects(flow, value)
      ? { ...given, depth: sharesBuffer(flow, value) ? 'whole' : 'inside' }
      : undefined;
  }
  return undefined;
}

const contained = (share: Share | undefined): Share | undefined => share && { ...share, depth: 'inside' };

function variableShare(flow: Flow, node: ts.Identifier): Share | undefined {
  const symbol = symbolOf(flow.checker, node);
  const known = symbol && flow.variables.get(symbol);
  if (known || !symbol) return known;
  const meaning = meaningOf(flow.checker, node);
  if (meaning.kind === 'namespace') {
    return { depth: 'whole', origin: { kind: 'variable', name: node.text, symbol: meaning.symbol } };
  }
  if (meaning.kind !== 'project' || isPrimitive(flow, node)) return undefined;
  const { declaration } = meaning;
  const isState =
    ts.isVariableDeclaration(declaration) || ts.isBindingElement(declaration) || ts.isClassDeclaration(declaration);
  return isState
    ? { depth: 'whole', origin: { kind: 'variable', name: node.text, symbol: meaning.symbol } }
    : undefined;
}

function binaryShare(flow: Flow, { left, operatorToken, right }: ts.BinaryExpression): Share | undefined {
  switch (operatorToken.kind) {
    case ts.SyntaxKind.BarBarToken:
    case ts.SyntaxKind.QuestionQuestionToken:
    case ts.SyntaxKind.AmpersandAmpersandToken:
      return strongest([shareOf(flow, left), shareOf(flow, right)]);
    case ts.SyntaxKind.CommaToken:
    case ts.SyntaxKind.EqualsToken:
      return shareOf(flow, right);
    default:
      return undefined;
  }
}

const partShare = (flow: Flow, node: ts.Expression): Share | undefined =>
  ts.isSpreadElement(node) ? spreadShare(flow, node.expression) : shareOf(flow, node);

/** Spreading copies one level: what is shared is what the copy holds. */
function spreadShare(flow: Flow, node: ts.Expression): Share | undefined {
  const share = shareOf(flow, node);
  return share && holdsObjects(flow, node) ? share : undefined;
}

function callShare(flow: Flow, node: ts.CallExpression): Share | undefined {
  if (isPrimitive(flow, node)) return undefined;
  const target = calledFunction(flow, node);
  if (target) return flow.results.get(target);
  const callee = unwrap(node.expression);
  const name = isAccess(callee) && ts.isPropertyAccessExpression(callee) ? callee.name.text : callee.getText();
  const receiver = isAccess(callee) ? shareOf(flow, callee.expression) : undefined;
  if (receiver && chainingMethods.has(name)) return receiver;
  const share = strongest([receiver, ...node.arguments.map((argument) => partShare(flow, argument))]);
  if (callee.getText() === 'Object.assign') {
    const [target, ...sources] = node.arguments.map((argument) => spreadShare(flow, argument));
    return strongest([target && shareOf(flow, node.arguments[0]!), contained(strongest(sources))]);
  }
  if (copyingMethods.has(name)) return holdsObjects(flow, node) ? contained(share) : undefined;
  return share && { ...share, depth: 'whole' };
}

/** The function of the project that a call runs; undefined for those of packages and the language. */
function calledFunction(flow: Flow, node: ts.CallExpression | ts.NewExpression): ts.SignatureDeclaration | undefined {
  if (ts.isCallExpression(node)) return functionOf(flow, node.expression);
  const symbol = flow.checker.getSymbolAtLocation(unwrap(node.expression));
  const declaration = symbol && resolved(flow.checker, symbol).valueDeclaration;
  return declaration && ts.isClassLike(declaration)
    ? declaration.members.find((part) => ts.isConstructorDeclaration(part))
    : undefined;
}

function functionOf(flow: Flow, node: ts.Expression): FunctionNode | undefined {
  const value = unwrap(node);
  if (isFunctionNode(value)) return value;
  const name = ts.isPropertyAccessExpression(value) ? value.name : value;
  const symbol = ts.isIdentifier(name) ? flow.checker.getSymbolAtLocation(name) : undefined;
  for (const declaration of symbol ? (resolved(flow.checker, symbol).declarations ?? []) : []) {
    if (isFunctionNode(declaration)) return declaration;
    const initializer =
      'initializer' in declaration ? (declaration.initializer as ts.Expression | undefined) : undefined;
    const inner = initializer && unwrap(initializer);
    if (inner && isFunctionNode(inner)) return inner;
  }
  return undefined;
}

function isPrimitive({ checker }: Flow, node: ts.Node): boolean {
  return isPrimitiveType(checker.getTypeAtLocation(node));
}

function isPrimitiveType(type: ts.Type): boolean {
  if (type.isUnion()) return type.types.every(isPrimitiveType);
  const objects =
    ts.TypeFlags.Object |
    ts.TypeFlags.Any |
    ts.TypeFlags.Unknown |
    ts.TypeFlags.NonPrimitive |
    ts.TypeFlags.Instantiable;
  return (type.flags & (objects | ts.TypeFlags.Intersection)) === 0;
}

/** Whether elements or properties of the value are objects, which a copy of the value would share. */
function holdsObjects({ checker }: Flow, node: ts.Expression): boolean {
  const type = checker.getTypeAtLocation(node);
  if (sharedViews.test(type.symbol?.name ?? '')) return sharesBuffer({ checker }, node);
  const element = checker.getIndexTypeOfType(type, ts.IndexKind.Number);
  if (element) return !isPrimitiveType(element);
  if (type.symbol && /^(?:Map|Set|WeakMap|WeakSet|Iterator|.*Iterator)$/u.test(type.symbol.name)) {
    return checker.getTypeArguments(type as ts.TypeReference).some((argument) => !isPrimitiveType(argument));
  }
  return (
    checker.getPropertiesOfType(type).some((property) => {
      const inner = checker.getTypeOfSymbolAtLocation(property, node);
      return !isPrimitiveType(inner) && inner.getCallSignatures().length === 0;
    }) || (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0
  );
}

const sharedViews = /^(?:(?:Big)?(?:Float|Int|Uint)\d+(?:Clamped)?Array|DataView)$/u;

/** `new Float64Array(other.buffer)` sees the same bytes; `new Float64Array(other)` copies them. */
function sharesBuffer({ checker }: Pick<Flow, 'checker'>, node: ts.Expression): boolean {
  if (!ts.isNewExpression(node) || !node.arguments?.[0]) return false;
  const type = checker.getTypeAtLocation(node.arguments[0]);
  const members = type.isUnion() ? type.types : [type];
  return members.some(({ symbol }) => /^(?:Shared)?ArrayBuffer$/u.test(symbol?.name ?? ''));
}
