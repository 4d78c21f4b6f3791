/**
 * Whether code changes what its caller or its module owns. The code is walked again and again, until no variable is found
 * to share more than before. The order of statements does not count, so the answer errs on the side of "may".
 */
import { t } from '../../engine/texts.ts';
import { changesAt, isAccess, isAssignment, rootIdentifier } from './changes.ts';
import { type FunctionNode, isFunctionNode, ts, unwrap } from './compiler.ts';
import type { Finding, Reached } from './declarations.ts';
import { calledFunction, type Flow, functionOf, isPrimitive, type Share, shareOf, strongest } from './shares.ts';
import { meaningOf, symbolOf } from './symbols.ts';

/** Changes of parameters and of variables of modules, in all code that the function reaches. */
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
  const functions = reached.filter(({ kind }) => kind !== 'value');
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
      const root = kind === 'mutated' ? rootIdentifier(target) : undefined;
      if (root && root.text !== 'undefined' && meaningOf(checker, root).kind === 'global') {
        findings.push({ problem: t('changes the global `{0}`', root.text), node, reached });
      }
      if (share?.depth !== 'whole') continue;
      const { origin } = share;
      findings.push({ problem: changeText(reached, origin), node, reached, variable: origin.symbol });
    }
    ts.forEachChild(node, visit);
  };
  visit(reached.node);
  return findings;
}

function changeText(reached: Reached, { kind, name }: Share['origin']): string {
  if (kind === 'variable') return t("changes the module's variable `{0}`", name);
  return reached.name === undefined ? t('changes its parameter `{0}`', name) : t('changes the parameter `{0}`', name);
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
