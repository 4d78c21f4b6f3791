/** Adds and removes the import of a generated function, so that removing gives the same bytes back. */
import type { ImportPlacement } from './applied.ts';
import { ts } from './compiler.ts';
import type { ModuleStyle } from './moduleStyle.ts';
import { lineEnd, lineEnding, lineStart, quoteOf, restOfLine, specifierOf, usesSemicolons } from './textStyle.ts';
import type { SourceEdit } from './types.ts';

export interface GeneratedImport {
  readonly approxName: string;
  readonly guardName?: string;
  readonly importPath: string;
}

/** An import is put after the last import, or below the file's head: shebang, directives, licence. */
export function addImport(
  file: ts.SourceFile,
  generated: GeneratedImport,
  {
    style,
    applied,
  }: {
    readonly style: ModuleStyle;
    readonly applied: readonly (GeneratedImport & { placement: ImportPlacement })[];
  },
): { readonly edit: SourceEdit; readonly placement: ImportPlacement } {
  const { text } = file;
  const statement = importStatement(file, generated, style);
  const terminated = usesSemicolons(file) ? `${statement};` : statement;
  const ending = lineEnding(text);
  const last = lastImport(file, style);
  const head = last ? undefined : endOfHead(file);
  if (head?.kind === 'line') return { edit: insertion(head.offset, terminated + ending + ending), placement: 'first' };
  const anchor = last ?? head!.directive;
  // An import that stands above code by our doing keeps its line breaks to itself: the new one goes above it.
  const ours = applied.find((entry) => findImport(file, entry)?.statement === anchor);
  if (ours?.placement === 'first' || ours?.placement === 'above') {
    return { edit: insertion(anchor.getStart(file), terminated + ending), placement: 'above' };
  }
  const end = head ? undefined : restOfLine(text, anchor.end);
  if (end !== undefined) return { edit: insertion(end, ending + terminated), placement: 'after' };
  // Other code, or a comment of several lines, shares the line: what is inserted has to bring its own separator.
  if (text[anchor.end - 1] === ';') return { edit: insertion(anchor.end, ` ${statement};`), placement: 'inline' };
  return { edit: insertion(anchor.end, `; ${statement}`), placement: 'separated' };
}

const insertion = (at: number, text: string): SourceEdit => ({ start: at, end: at, text });

/** Without a semicolon. */
function importStatement(file: ts.SourceFile, generated: GeneratedImport, style: ModuleStyle): string {
  const quote = quoteOf(file);
  const specifier = `${quote}${generated.importPath}${quote}`;
  const names = importedBy(generated).join(', ');
  return style === 'commonjs' ? `const { ${names} } = require(${specifier})` : `import { ${names} } from ${specifier}`;
}

/** The names that an applied source imports. */
export const importedBy = ({ approxName, guardName }: GeneratedImport): readonly string[] =>
  guardName === undefined ? [approxName] : [approxName, guardName];

/** A `require` has to run before the code that uses it, so only those at the head of the file count. */
function lastImport(file: ts.SourceFile, style: ModuleStyle): ts.Statement | undefined {
  if (style === 'esm')
    return file.statements.findLast((statement) => !ts.isVariableStatement(statement) && specifierOf(statement));
  const head = file.statements.findIndex((statement) => !isDirective(statement) && !specifierOf(statement));
  return file.statements.slice(0, head < 0 ? undefined : head).findLast((statement) => specifierOf(statement));
}

const isDirective = (statement: ts.Statement): boolean =>
  ts.isExpressionStatement(statement) && ts.isStringLiteral(statement.expression);

/** Comments that speak of the file, and stay on top even where no blank line follows them. */
const fileComment =
  /@(?:license|licence|copyright|fileoverview|file|packageDocumentation)\b|^\/\*!|^\/\/\s*@ts-(?:no)?check/u;

type Head =
  | { readonly kind: 'line'; readonly offset: number }
  /** Other code follows the last directive on its line. */
  | { readonly kind: 'directive'; readonly directive: ts.Statement };

function endOfHead(file: ts.SourceFile): Head {
  const { text } = file;
  let offset = text.startsWith('\uFEFF') ? 1 : 0;
  if (text.startsWith('#!', offset)) offset = nextLine(text, offset);
  const firstOther = file.statements.findIndex((statement) => !isDirective(statement));
  const directive = file.statements[(firstOther < 0 ? file.statements.length : firstOther) - 1];
  if (directive) {
    if (restOfLine(text, directive.end) === undefined) return { kind: 'directive', directive };
    offset = nextLine(text, directive.end);
    if (offset === text.length && !/[\r\n]$/u.test(text)) return { kind: 'directive', directive };
  }
  const first = file.statements[firstOther];
  for (const { pos, end } of ts.getLeadingCommentRanges(text, offset) ?? []) {
    if (first && pos >= first.getStart(file)) break;
    const after = nextLine(text, end);
    const blankFollows = restOfLine(text, end) !== undefined && lineEnd(text, after) === after && after < text.length;
    if (restOfLine(text, end) === undefined) break;
    if (blankFollows || fileComment.test(text.slice(pos, end))) offset = after;
  }
  while (offset < text.length && /^[ \t]*(?:\r\n|\n)/u.test(text.slice(offset))) offset = nextLine(text, offset);
  return { kind: 'line', offset };
}

function nextLine(text: string, offset: number): number {
  const end = lineEnd(text, offset);
  return text.startsWith('\r\n', end) ? end + 2 : Math.min(end + 1, text.length);
}

export interface FoundImport {
  readonly statement: ts.Statement;
  readonly specifier: ts.StringLiteralLike;
  readonly elements: ts.NodeArray<ts.ImportSpecifier> | ts.NodeArray<ts.BindingElement>;
  readonly element: ts.ImportSpecifier | ts.BindingElement;
}

/** By name and path; by name alone where the path was changed, as editors do when files move. */
export function findImport(file: ts.SourceFile, { approxName, importPath }: GeneratedImport): FoundImport | undefined {
  const found = file.statements.flatMap((statement): FoundImport[] => {
    const specifier = specifierOf(statement);
    const elements = specifier && importedNames(statement);
    const element = [...(elements ?? [])].find(({ name }) => ts.isIdentifier(name) && name.text === approxName);
    return elements && element ? [{ statement, specifier, elements, element }] : [];
  });
  return (
    found.find(({ specifier }) => specifier.text === importPath) ??
    found.find(({ specifier }) => specifier.text.includes('.approx'))
  );
}

function importedNames(statement: ts.Statement): FoundImport['elements'] | undefined {
  if (ts.isImportDeclaration(statement)) {
    const bindings = statement.importClause?.namedBindings;
    return bindings && ts.isNamedImports(bindings) ? bindings.elements : undefined;
  }
  if (!ts.isVariableStatement(statement)) return undefined;
  const [declaration] = statement.declarationList.declarations;
  return declaration && ts.isObjectBindingPattern(declaration.name) ? declaration.name.elements : undefined;
}

/** Edits that turn the names that one approximation imports into those of another, the guard's included. */
export function renameImported(
  file: ts.SourceFile,
  { element, elements }: FoundImport,
  before: GeneratedImport,
  after: GeneratedImport,
): SourceEdit[] {
  const guard = [...elements].find(({ name }) => ts.isIdentifier(name) && name.text === before.guardName);
  const rename = { start: element.name.getStart(file), end: element.name.end, text: after.approxName };
  if (guard && after.guardName !== undefined) {
    return [rename, { start: guard.name.getStart(file), end: guard.name.end, text: after.guardName }];
  }
  if (after.guardName !== undefined) return [{ ...rename, text: importedBy(after).join(', ') }];
  if (!guard) return [rename];
  const own: readonly ts.Node[] = [...elements];
  const previous = own[own.indexOf(guard) - 1];
  const next = own[own.indexOf(guard) + 1];
  const start = previous ? previous.end : guard.getStart(file);
  const end = previous ? guard.end : next!.getStart(file);
  return [rename, { start, end, text: '' }];
}

/** No edit where someone removed the import already. */
export function removeImport(
  file: ts.SourceFile,
  target: GeneratedImport & { readonly placement: ImportPlacement },
): SourceEdit[] {
  const found = findImport(file, target);
  if (!found) return [];
  const { statement } = found;
  const elements: readonly (ts.ImportSpecifier | ts.BindingElement)[] = [...found.elements];
  const names = importedBy(target);
  const isOurs = (element: ts.ImportSpecifier | ts.BindingElement) =>
    ts.isIdentifier(element.name) && names.includes(element.name.text);
  // Others have joined the statement: each of ours goes with the separator before the next one that stays, or after the
  // last one that does.
  const lastKept = elements.findLastIndex((element) => !isOurs(element));
  if (lastKept >= 0) {
    return elements.flatMap((element, index): SourceEdit[] => {
      if (!isOurs(element)) return [];
      return index < lastKept
        ? [{ start: element.getStart(file), end: elements[index + 1]!.getStart(file), text: '' }]
        : [{ start: elements[index - 1]!.end, end: element.end, text: '' }];
    });
  }
  return [removeStatement(file, statement, target)];
}

function removeStatement(
  file: ts.SourceFile,
  statement: ts.Statement,
  target: { readonly placement: ImportPlacement },
): SourceEdit {
  const start = statement.getStart(file);
  if (target.placement === 'separated' && file.text.slice(start - 2, start) === '; ') {
    // A semicolon after it belongs to what was inserted next.
    const end = statement.end - (file.text[statement.end - 1] === ';' ? 1 : 0);
    return { start: start - 2, end, text: '' };
  }
  return { ...importBounds(file.text, start, statement.end, target.placement), text: '' };
}

function importBounds(text: string, start: number, end: number, placement: ImportPlacement): Bounds {
  const bounds = (from: number, to: number): Bounds => ({ start: from, end: to });
  if (placement === 'inline' && text[start - 1] === ' ') return bounds(start - 1, end);
  if (lineStart(text, start) !== start || lineEnd(text, end) !== end) return bounds(start, end);
  const before = /(?:\r\n|\n)$/u.exec(text.slice(Math.max(0, start - 2), start))?.[0].length ?? 0;
  const after = /^(?:\r\n|\n)/u.exec(text.slice(end, end + 2))?.[0].length ?? 0;
  if (placement === 'after' && before > 0) return bounds(start - before, end);
  if (placement !== 'first') return bounds(start, end + after);
  const blank = /^(?:\r\n|\n)/u.exec(text.slice(end + after, end + after + 2))?.[0].length ?? 0;
  return bounds(start, end + after + blank);
}

type Bounds = Pick<SourceEdit, 'start' | 'end'>;
