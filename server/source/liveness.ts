/** What selected statements need of the function around them, and what that needs of them. */
import { changesAt } from './changes.ts';
import { ts } from './compiler.ts';
import type { Selection } from './selection.ts';
import { symbolOf } from './symbols.ts';

export interface Variable {
  readonly name: string;
  readonly type: ts.Type;
}

export interface Liveness {
  /** Variables of the function around them that they read, or may leave as they are. */
  readonly inputs: readonly Variable[];
  /** Those that get their first value here; the function around them declares them. */
  readonly begun: readonly Variable[];
  /** Variables of the function around them that they set and that are used elsewhere. */
  readonly set: readonly Variable[];
  /** Variables that they declare and that are used behind them; `changes`: they are set again there. `isHoisted`: by `var`. */
  readonly declared: readonly (Variable & { readonly changes: boolean; readonly isHoisted: boolean })[];
}

export function livenessOf(checker: ts.TypeChecker, { site, statements }: Selection): Liveness {
  const [start, end] = [statements[0]!.pos, statements.at(-1)!.end];
  const isInside = (node: ts.Node) => node.pos >= start && node.end <= end;
  const uses = new Map<ts.Symbol, { inside: ts.Identifier[]; outside: ts.Identifier[]; set: Set<ts.Node> }>();
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node)) return;
    if (ts.isIdentifier(node)) {
      const symbol = symbolOf(checker, node);
      if (symbol && isVariableOf(site.node, symbol)) {
        const own = uses.get(symbol) ?? { inside: [], outside: [], set: new Set<ts.Node>() };
        uses.set(symbol, own);
        if (symbol.valueDeclaration !== node.parent || !('name' in node.parent) || node.parent.name !== node)
          own[isInside(node) ? 'inside' : 'outside'].push(node);
      }
    }
    for (const { kind, target } of changesAt(checker, node)) {
      const symbol = kind === 'assigned' ? symbolOf(checker, target) : undefined;
      if (symbol) uses.get(symbol)?.set.add(target);
    }
    ts.forEachChild(node, visit);
  };
  // Twice: what is set is known by its uses.
  visit(site.node);
  visit(site.node);

  const result = {
    inputs: [] as Variable[],
    begun: [] as Variable[],
    set: [] as Variable[],
    declared: [] as Liveness['declared'][number][],
  };
  for (const [symbol, { inside, outside, set }] of uses) {
    const declaration = symbol.valueDeclaration!;
    const variable = { name: symbol.name, type: plainType(checker, symbol, declaration) };
    if (isInside(declaration)) {
      const after = isHoisted(declaration) ? outside : outside.filter((node) => node.pos >= end);
      if (after.length > 0)
        result.declared.push({
          ...variable,
          changes: after.some((node) => set.has(node)),
          isHoisted: isHoisted(declaration),
        });
      continue;
    }
    if (inside.length === 0) continue;
    const isSet = inside.some((node) => set.has(node));
    const isBegun = isSet && startsUnset(statements, inside[0]!);
    result[isBegun ? 'begun' : 'inputs'].push(variable);
    // In a loop, the statements themselves may read it the next time.
    if (isSet && (outside.length > 0 || !isBegun)) result.set.push(variable);
  }
  return result;
}

/** Declared in the function, not in one inside it. */
function isVariableOf(owner: ts.Node, symbol: ts.Symbol): boolean {
  const declaration = symbol.valueDeclaration;
  if (!declaration || (symbol.flags & ts.SymbolFlags.Property) !== 0) return false;
  const scope = ts.findAncestor(declaration.parent, (node) => ts.isFunctionLike(node) || ts.isSourceFile(node));
  return scope === owner;
}

/** Whether one of the statements is `x = ..`, and nothing before it uses `x`. Duplicates in uses are of the same node. */
function startsUnset(statements: readonly ts.Statement[], first: ts.Identifier): boolean {
  const { parent } = first;
  return (
    ts.isBinaryExpression(parent) &&
    parent.left === first &&
    parent.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
    ts.isExpressionStatement(parent.parent) &&
    statements.includes(parent.parent) &&
    !mentions(parent.right, first.text)
  );
}

function mentions(node: ts.Node, name: string): boolean {
  if (ts.isIdentifier(node) && node.text === name) return true;
  return ts.forEachChild(node, (child) => mentions(child, name) || undefined) ?? false;
}

function isHoisted(declaration: ts.Node): boolean {
  const list = ts.findAncestor(declaration, ts.isVariableDeclarationList);
  return list !== undefined && (list.flags & ts.NodeFlags.BlockScoped) === 0;
}

/** `number` for a constant 3: what another call may give. */
function plainType(checker: ts.TypeChecker, symbol: ts.Symbol, declaration: ts.Node): ts.Type {
  const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
  return type.isUnion() || type.flags & ts.TypeFlags.EnumLiteral ? type : checker.getBaseTypeOfLiteralType(type);
}
