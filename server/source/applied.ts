/**
 * Applied approximations, as the source itself tells: the exact function stands between two marker comments, and the
 * first of them says everything that reverting needs.
 */
import { ts } from './compiler.ts';
import { type FunctionSite, topLevelFunctions } from './sites.ts';

/**
 * Which bytes around the import were added with it.
 * after: the line break before it.  above: the one after it.  first: that and a blank line after it.
 * inline: one space before it.  separated: a semicolon and a space before it.
 */
export type ImportPlacement = 'after' | 'above' | 'first' | 'inline' | 'separated';

export interface Marker {
  /** `price`, or `Pricer.price` for a method. */
  readonly name: string;
  readonly approxName: string;
  /** The guard that decides between the two; absent where every call goes to the network. */
  readonly guardName?: string;
  /** The import's specifier, for example `./price.approx.ts`. */
  readonly importPath: string;
  readonly placement: ImportPlacement;
}

export interface AppliedFunction extends Marker {
  readonly exactName: string;
  /** Offset of the public function's name. */
  readonly nameStart: number;
}

export interface AppliedPair {
  readonly marker: Marker;
  /** Offsets of the first marker comment. */
  readonly start: ts.TextRange;
  /** The last marker comment; undefined where someone removed it. `joined`: other code shared the function's line. */
  readonly end: (ts.TextRange & { readonly joined: boolean }) | undefined;
  readonly publicSite: FunctionSite;
  readonly exactSite: FunctionSite;
}

const opening = '// deepmaker: exact ';
const openingPattern =
  /^\/\/ deepmaker: exact (\S+), replaced by (\S+) from ("(?:[^"\\]|\\.)*")(?:, guard (\S+?))?(?:, import (above|first|inline|separated))?\s*$/u;
const closingPattern = /^\/\/ deepmaker: end (\S+?)(, joined)?\s*$/u;

export function openingMarker({ name, approxName, guardName, importPath, placement }: Marker): string {
  const guard = guardName === undefined ? '' : `, guard ${guardName}`;
  const suffix = guard + (placement === 'after' ? '' : `, import ${placement}`);
  return `${opening}${name}, replaced by ${approxName} from ${JSON.stringify(importPath)}${suffix}`;
}

export const closingMarker = (name: string, joined: boolean): string =>
  `// deepmaker: end ${name}${joined ? ', joined' : ''}`;

/** The approximations that the text holds, in order. A string search answers for the many texts that hold none. */
export function findApplied(text: string): AppliedFunction[] {
  if (!text.includes(opening)) return [];
  const file = parseText(text);
  return appliedPairs(file).map(({ marker, publicSite, exactSite }) => ({
    ...marker,
    exactName: exactSite.nameNode.text,
    nameStart: publicSite.nameNode.getStart(file),
  }));
}

/** Parses text that comes without a file name: as TypeScript, or as TSX where that has fewer errors. */
export function parseText(text: string): ts.SourceFile {
  const plain = ts.createSourceFile('text.ts', text, ts.ScriptTarget.ESNext, true);
  const plainErrors = syntaxErrors(plain).length;
  if (plainErrors === 0) return plain;
  const withJsx = ts.createSourceFile('text.tsx', text, ts.ScriptTarget.ESNext, true);
  return syntaxErrors(withJsx).length < plainErrors ? withJsx : plain;
}

/** The parser's own list, which the compiler's types do not show. */
export const syntaxErrors = (file: ts.SourceFile): readonly ts.DiagnosticWithLocation[] =>
  (file as ts.SourceFile & { readonly parseDiagnostics: readonly ts.DiagnosticWithLocation[] }).parseDiagnostics;

export function appliedPairs(file: ts.SourceFile): AppliedPair[] {
  if (!file.text.includes(opening)) return [];
  const sites = topLevelFunctions(file);
  return sites.flatMap((exactSite) => {
    const found = openingOf(exactSite, file);
    const publicSite = found && sites.find(({ name, node }) => name === found.marker.name && node !== exactSite.node);
    return publicSite ? [{ ...found, end: closingOf(exactSite, found.marker.name, file), publicSite, exactSite }] : [];
  });
}

function openingOf(site: FunctionSite, file: ts.SourceFile): { marker: Marker; start: ts.TextRange } | undefined {
  for (const range of ts.getLeadingCommentRanges(file.text, site.statement.pos) ?? []) {
    const match = openingPattern.exec(file.text.slice(range.pos, range.end));
    if (!match) continue;
    const [, name, approxName, path, guardName, placement = 'after'] = match;
    const importPath: string = JSON.parse(path!);
    const marker: Marker = {
      name: name!,
      approxName: approxName!,
      ...(guardName === undefined ? {} : { guardName }),
      importPath,
      placement: placement as ImportPlacement,
    };
    return { marker, start: range };
  }
  return undefined;
}

function closingOf(site: FunctionSite, name: string, file: ts.SourceFile): AppliedPair['end'] {
  const { end } = site.statement;
  const comments = [
    ...(ts.getTrailingCommentRanges(file.text, end) ?? []),
    ...(ts.getLeadingCommentRanges(file.text, end) ?? []),
  ];
  for (const range of comments) {
    const match = closingPattern.exec(file.text.slice(range.pos, range.end));
    if (match?.[1] === name) return { pos: range.pos, end: range.end, joined: match[2] !== undefined };
  }
  return undefined;
}
