/** What an expression may share with a parameter of the function or a variable of a module. */
import { isAccess } from './changes.ts';
import { type FunctionNode, isFunctionNode, ts, unwrap } from './compiler.ts';
import { chainingMethods, copyingMethods } from './globals.ts';
import { meaningOf, resolved, symbolOf, thisContainer } from './symbols.ts';

/** 'whole': may be the very object. 'inside': a new container that may hold it. */
export interface Share {
  readonly depth: 'inside' | 'whole';
  readonly origin: { readonly kind: 'parameter' | 'variable'; readonly name: string; readonly symbol: ts.Symbol };
}

export interface Flow {
  readonly checker: ts.TypeChecker;
  readonly variables: Map<ts.Symbol, Share>;
  /** What `this` may share, by method. */
  readonly receivers: Map<ts.Node, Share>;
  readonly results: Map<ts.Node, Share>;
  changed: boolean;
}

export function strongest(shares: readonly (Share | undefined)[]): Share | undefined {
  return shares.find((share) => share?.depth === 'whole') ?? shares.find((share) => share !== undefined);
}

/** What a value may share with parameters and modules. */
export function shareOf(flow: Flow, node: ts.Expression): Share | undefined {
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
export function calledFunction(
  flow: Flow,
  node: ts.CallExpression | ts.NewExpression,
): ts.SignatureDeclaration | undefined {
  if (ts.isCallExpression(node)) return functionOf(flow, node.expression);
  const symbol = flow.checker.getSymbolAtLocation(unwrap(node.expression));
  const declaration = symbol && resolved(flow.checker, symbol).valueDeclaration;
  return declaration && ts.isClassLike(declaration)
    ? declaration.members.find((part) => ts.isConstructorDeclaration(part))
    : undefined;
}

export function functionOf(flow: Flow, node: ts.Expression): FunctionNode | undefined {
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

export function isPrimitive({ checker }: Flow, node: ts.Node): boolean {
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
