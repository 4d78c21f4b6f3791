/**
 * The TypeScript compiler and its library files, as ts-morph packs them: TypeScript 7 itself has no JavaScript interface.
 * Analysis and rewriting work on the compiler's own nodes, because ts-morph's wrappers cost too much on large files.
 */
import { getLibFiles, libFolderInMemoryPath } from '@ts-morph/common';
import { ts } from 'ts-morph';

export { ts };

/** The folder, which exists in memory only, of `lib.esnext.d.ts` and its like. */
export const libFolder: string = libFolderInMemoryPath;

let libraryTexts: Map<string, string> | undefined;

/** The text of a library file, by its path under `libFolder`. */
export function libraryText(path: string): string | undefined {
  if (!path.startsWith(`${libFolder}/`)) return undefined;
  libraryTexts ??= new Map(getLibFiles().map(({ fileName, text }) => [`${libFolder}/${fileName}`, text]));
  return libraryTexts.get(path);
}

export type FunctionNode = ts.FunctionLikeDeclaration & { readonly body: ts.Block | ts.Expression };

export const isFunctionNode = (node: ts.Node): node is FunctionNode =>
  ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;

/** Looks through parentheses and type assertions. */
export function unwrap(node: ts.Expression): ts.Expression {
  let current = node;
  while (
    ts.isParenthesizedExpression(current) ||
    ts.isAsExpression(current) ||
    ts.isSatisfiesExpression(current) ||
    ts.isNonNullExpression(current) ||
    ts.isTypeAssertionExpression(current)
  ) {
    current = current.expression;
  }
  return current;
}

/** Line of an offset, from 1. */
export const lineAt = (file: ts.SourceFile, offset: number): number =>
  file.getLineAndCharacterOfPosition(offset).line + 1;

export const isInPackage = (path: string): boolean => path.includes('/node_modules/');
