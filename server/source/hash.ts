/** A fingerprint of what decides a function's results: its tokens, and those of everything of the project it reaches. */
import { createHash } from 'node:crypto';
import type { Signature } from '../../engine/types.ts';
import { isFunctionNode, ts } from './compiler.ts';
import type { Reach } from './reach.ts';
import { renameRecursion } from './recursion.ts';
import type { FunctionSite } from './sites.ts';

/**
 * SHA-256, in hexadecimal. Comments, white space outside of literals, quotes, semicolons at the ends of statements,
 * names of files and the function's own name have no part in it. `site` is the exact function.
 */
export function sourceHash(site: FunctionSite, signature: Signature, reach: Reach): string {
  const hash = createHash('sha256');
  const add = (text: string) => hash.update(text).update('\0');
  add(JSON.stringify(signature));
  const [, ...others] = reach.reached;
  const own = new Set(renameRecursion(site, '', site.node.getSourceFile()).map(({ start }) => start));
  for (const part of [...site.node.parameters, site.node.body]) tokens(part, add, own);
  for (const { node } of others) {
    add('\u0001');
    const parts = isFunctionNode(node) ? [...node.parameters, node.body] : [node];
    for (const part of parts) tokens(part, add, new Set());
  }
  for (const text of reach.external) add(text);
  return hash.digest('hex');
}

/** Stands for the function's own name, which differs between the function and its exact copy. */
const ownName = '\u0002';

/** `own` holds the offsets at which the function refers to itself. */
function tokens(node: ts.Node, add: (text: string) => void, own: ReadonlySet<number>): void {
  const file = node.getSourceFile();
  const visit = (part: ts.Node): void => {
    if (ts.isJSDoc(part)) return;
    // `{ price }` has to be spelled out in the exact copy, as `{ price: priceExact }`.
    if (ts.isShorthandPropertyAssignment(part) && own.has(part.name.end)) {
      for (const text of [part.name.text, ':', ownName]) add(text);
      return;
    }
    const children = part.getChildren(file);
    if (children.length === 0 && part.kind !== ts.SyntaxKind.SyntaxList) {
      if (own.has(part.getStart(file))) add(ownName);
      else add(ts.isStringLiteral(part) ? JSON.stringify(part.text) : part.getText(file));
      return;
    }
    const isStatement = ts.isStatement(part);
    for (const child of children) {
      if (!(isStatement && child.kind === ts.SyntaxKind.SemicolonToken && child === children.at(-1))) visit(child);
    }
    if (isStatement) add(';');
  };
  visit(node);
}
