/** How a file is written: what inserted text has to look like. */
import { ts } from './compiler.ts';

const lineBreak = /\r\n|\n/u;

export const lineEnding = (text: string): string => lineBreak.exec(text)?.[0] ?? '\n';

export function lineStart(text: string, offset: number): number {
  let start = offset;
  while (start > 0 && !isLineBreak(text, start - 1)) start--;
  // The byte order mark belongs to the file, not to its first line.
  return start === 0 && text.startsWith('\uFEFF') ? 1 : start;
}

export function lineEnd(text: string, offset: number): number {
  let end = offset;
  while (end < text.length && !isLineBreak(text, end)) end++;
  return end;
}

const isLineBreak = (text: string, at: number): boolean => /[\r\n\u2028\u2029]/u.test(text[at]!);

/** The white space that the line of `offset` starts with. */
export const indentation = (text: string, offset: number): string =>
  /^[ \t]*/u.exec(text.slice(lineStart(text, offset), offset))![0];

/** One step of indentation, read off the body's first statement where that stands on a line of its own. */
export function indentationStep(body: ts.Block, file: ts.SourceFile, outer: string): string {
  const first = body.statements[0];
  const inner = first ? indentation(file.text, first.getStart(file)) : '';
  if (inner.startsWith(outer) && inner.length > outer.length) return inner.slice(outer.length);
  return /^\t/mu.test(file.text) ? '\t' : '  ';
}

/** Whether statements end with semicolons here, by majority. */
export function usesSemicolons(file: ts.SourceFile): boolean {
  let balance = 0;
  const visit = (node: ts.Node): void => {
    if (
      ts.isImportDeclaration(node) ||
      ts.isVariableStatement(node) ||
      ts.isExpressionStatement(node) ||
      ts.isReturnStatement(node)
    ) {
      balance += file.text[node.end - 1] === ';' ? 1 : -1;
    }
    if (Math.abs(balance) < 20) ts.forEachChild(node, visit);
  };
  visit(file);
  return balance >= 0;
}

/** The quotes around the specifiers of imports, by majority; else single ones. */
export function quoteOf(file: ts.SourceFile): string {
  let balance = 0;
  for (const statement of file.statements) {
    const specifier = specifierOf(statement);
    if (specifier) balance += file.text[specifier.getStart(file)] === '"' ? 1 : -1;
  }
  return balance > 0 ? '"' : "'";
}

/** The module that a statement imports: `import .. from 'x'`, `import 'x'`, `const .. = require('x')`. */
export function specifierOf(statement: ts.Statement): ts.StringLiteralLike | undefined {
  if (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier)) {
    return statement.moduleSpecifier;
  }
  if (ts.isImportEqualsDeclaration(statement) && ts.isExternalModuleReference(statement.moduleReference)) {
    const { expression } = statement.moduleReference;
    return ts.isStringLiteralLike(expression) ? expression : undefined;
  }
  if (ts.isVariableStatement(statement)) {
    for (const { initializer } of statement.declarationList.declarations) {
      const specifier = initializer && requiredModule(initializer);
      if (specifier) return specifier;
    }
  }
  return undefined;
}

/** 'x' of `require('x')`, also in `require('x').part`. */
export function requiredModule(expression: ts.Expression): ts.StringLiteralLike | undefined {
  if (ts.isPropertyAccessExpression(expression)) return requiredModule(expression.expression);
  if (!ts.isCallExpression(expression) || !ts.isIdentifier(expression.expression)) return undefined;
  const [argument] = expression.arguments;
  return expression.expression.text === 'require' && argument && ts.isStringLiteralLike(argument)
    ? argument
    : undefined;
}

/** The offset after white space, semicolons and one-line comments, where they fill the rest of the line. */
export function restOfLine(text: string, offset: number): number | undefined {
  const end = lineEnd(text, offset);
  const filler = /^(?:[ \t;]|\/\*(?:(?!\*\/).)*\*\/)*(?:\/\/.*)?$/u;
  return filler.test(text.slice(offset, end)) ? end : undefined;
}
