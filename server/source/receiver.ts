/** The fields of `this` that a method reads: inputs like its parameters. */
import { t } from '../../engine/texts.ts';
import { changesAt, isAccess } from './changes.ts';
import { ts, unwrap } from './compiler.ts';
import { type FunctionSite, isStatic } from './sites.ts';
import { resolved, thisContainer } from './symbols.ts';

export interface Receiver {
  /** In the order of their first use. */
  readonly fields: readonly { readonly name: string; readonly type: ts.Type; readonly node: ts.Node }[];
  /** The uses of `this` that these are. */
  readonly nodes: ReadonlySet<ts.Node>;
  /** Other uses, with the end of a sentence that starts with "it". */
  readonly problems: readonly { readonly problem: string; readonly node: ts.Node }[];
}

const nothing: Receiver = { fields: [], nodes: new Set(), problems: [] };

export function receiverOf(checker: ts.TypeChecker, site: FunctionSite): Receiver {
  if (site.kind !== 'method' || isStatic(site)) return nothing;
  const fields = new Map<string, Receiver['fields'][number]>();
  const nodes = new Set<ts.Node>();
  const problems: { problem: string; node: ts.Node }[] = [];
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.ThisKeyword && thisContainer(node) === site.node) {
      nodes.add(node);
      const field = fieldOf(checker, node);
      if ('problem' in field) problems.push({ problem: field.problem, node });
      else if (!fields.has(field.name)) fields.set(field.name, { ...field, node });
    }
    for (const { target, kind, node: at } of changesAt(checker, node)) {
      const changed = kind === 'assigned' ? undefined : rootOf(target);
      if (changed && thisContainer(changed) === site.node) {
        problems.push({ problem: t('changes `{0}`, which belongs to its object', at.getText()), node: at });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(site.node.body);
  return { fields: [...fields.values()], nodes, problems };
}

function fieldOf(
  checker: ts.TypeChecker,
  node: ts.Node,
): { readonly name: string; readonly type: ts.Type } | { readonly problem: string } {
  const { parent } = node;
  if (!ts.isPropertyAccessExpression(parent) || parent.expression !== node) {
    return { problem: t('uses `this` as a whole, so its result depends on an object. Only fields of it may be read') };
  }
  const text = `\`${parent.getText()}\``;
  if (ts.isPrivateIdentifier(parent.name)) {
    return { problem: t('reads {0}, which no code outside of its class can set. Make it a `private` field', text) };
  }
  const symbol = checker.getSymbolAtLocation(parent.name);
  const declaration = symbol && resolved(checker, symbol).valueDeclaration;
  const isField =
    declaration !== undefined &&
    ((ts.isPropertyDeclaration(declaration) && !declaration.questionToken) ||
      ts.isParameter(declaration) ||
      // JavaScript declares a field by `this.rate = 1` in the constructor.
      ts.isBinaryExpression(declaration) ||
      isAccess(declaration));
  if (!isField) {
    return {
      problem:
        declaration && ts.isPropertyDeclaration(declaration)
          ? t('uses {0}, which is an optional field. Only fields of `this` may be read', text)
          : t('uses {0}, which is no field but code of its own. Only fields of `this` may be read', text),
    };
  }
  return { name: parent.name.text, type: checker.getTypeAtLocation(parent) };
}

/** The `this` at the root of `this.table[0]`. */
function rootOf(node: ts.Expression): ts.Node | undefined {
  const target = unwrap(node);
  if (target.kind === ts.SyntaxKind.ThisKeyword) return target;
  return isAccess(target) ? rootOf(target.expression) : undefined;
}
