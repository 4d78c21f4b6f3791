/**
 * Swaps a function's body for a call to its approximation, and back. Both directions go through the parser and change
 * nothing but what they own, so that reverting gives the same bytes. What reverting needs is in the text itself:
 *
 *     export function price(spot: number): number {
 *       return priceApproxAccepts(spot) ? priceApprox(spot) : priceExact(spot);
 *     }
 *     // deepmaker: exact price, replaced by priceApprox from "./price.approx.ts", guard priceApproxAccepts
 *     function priceExact(spot: number): number { .. }
 *     // deepmaker: end price
 */
import { t } from '../../engine/texts.ts';
import type { Failure } from '../protocol.ts';
import type { CallForm } from './access.ts';
import {
  type AppliedPair,
  appliedPairs,
  closingMarker,
  type ImportPlacement,
  type Marker,
  openingMarker,
  parseText,
} from './applied.ts';
import { callEdit } from './calls.ts';
import { ts } from './compiler.ts';
import { addImport, findImport, importedBy, removeImport, renameImported } from './imports.ts';
import { importPathOf, type ModuleStyle, moduleStyleOf } from './moduleStyle.ts';
import { rebuilt } from './patterns.ts';
import type { SourceProject } from './project.ts';
import { editedSlice, renameRecursion, restoreRecursion } from './recursion.ts';
import { type FunctionSite, topLevelFunctions } from './sites.ts';
import { indentation, lineEnding, lineStart, restOfLine } from './textStyle.ts';
import type { SourceEdit } from './types.ts';

/** Edits of one text: offsets of the text before, none overlapping, any order. */
export type Rewrite = { readonly kind: 'edits'; readonly edits: readonly SourceEdit[] } | Failure;

export interface ApplyOptions {
  /** The function that the generated file exports. */
  readonly approxName: string;
  /** The guard that it exports, where calls are to be checked. */
  readonly guardName?: string;
  /** Absolute path. */
  readonly generatedFile: string;
  /** How the network is called; as the function itself where absent. */
  readonly form?: CallForm;
}

/**
 * Makes `name` call `approxName`; the exact function stays beside it. On a function that is approximated already, it
 * changes only what differs. Fails where the function is gone, or `approxName` means something else in the file.
 */
export function applyEdits(project: SourceProject, file: string, name: string, options: ApplyOptions): Rewrite {
  const tree = project.syntax(file);
  if (!tree) return { kind: 'failed', message: t('{0} cannot be read.', file), hint: t('Check that the file exists.') };
  return applyToTree(tree, name, {
    approxName: options.approxName,
    ...(options.guardName === undefined ? {} : { guardName: options.guardName }),
    ...(options.form && { form: options.form }),
    importPath: importPathOf(project, tree, { path: file, generatedFile: options.generatedFile }),
    style: moduleStyleOf(tree, file),
  });
}

export interface TreeOptions {
  readonly approxName: string;
  readonly guardName?: string;
  readonly importPath: string;
  readonly style: ModuleStyle;
  readonly form?: CallForm;
}

export function applyToTree(file: ts.SourceFile, name: string, options: TreeOptions): Rewrite {
  const pairs = appliedPairs(file);
  const pair = pairs.find(({ marker }) => marker.name === name);
  const exactNodes = new Set(pairs.map(({ exactSite }) => exactSite.node));
  const site = topLevelFunctions(file).find((other) => other.name === name && !exactNodes.has(other.node));
  if (!site) {
    return {
      kind: 'failed',
      message: t('There is no function {0} any more.', name),
      hint: t('Approximate a function that is there.'),
    };
  }
  if (site.node.parameters.some((parameter) => rebuilt(parameter.name) === undefined)) {
    return {
      kind: 'failed',
      message: t('{0} takes a parameter apart in its signature, so no call can pass it on.', name),
      hint: t('Give the parameter a name and take it apart in the body.'),
    };
  }
  if (pair) return { kind: 'edits', edits: reapply(file, pair, options) };
  const taken = importedBy(options).find((used) => usesName(file, used));
  if (taken !== undefined) {
    return {
      kind: 'failed',
      message: t('The name {0} is used in this file already.', taken),
      hint: t('Rename that {0}, then apply again.', taken),
    };
  }
  const added = addImport(file, options, { style: options.style, applied: pairs.map(({ marker }) => marker) });
  const marker: Marker = {
    name,
    ...guardOf(options),
    approxName: options.approxName,
    importPath: options.importPath,
    placement: added.placement,
  };
  const calls = { ...options, exactName: exactNameOf(site, file) };
  return { kind: 'edits', edits: [added.edit, callEdit(site, file, calls), exactEdit(site, file, marker)] };
}

const guardOf = ({ guardName }: TreeOptions) => (guardName === undefined ? {} : { guardName });

function reapply(file: ts.SourceFile, pair: AppliedPair, options: TreeOptions): SourceEdit[] {
  const { marker, start, publicSite, exactSite } = pair;
  const { approxName, importPath } = options;
  const { name, placement } = marker;
  const found = findImport(file, marker);
  const edits: SourceEdit[] = [];
  const mark = (at: ImportPlacement) =>
    edits.push({
      start: start.pos,
      end: start.end,
      text: openingMarker({ name, approxName, ...guardOf(options), importPath, placement: at }),
    });
  if (found) {
    mark(placement);
    const from = found.specifier.getStart(file);
    const quote = file.text[from]!;
    edits.push({ start: from, end: found.specifier.end, text: `${quote}${importPath}${quote}` });
    edits.push(...renameImported(file, found, marker, options));
  } else {
    const added = addImport(file, options, { style: options.style, applied: [] });
    mark(added.placement);
    edits.push(added.edit);
  }
  edits.push(callEdit(publicSite, file, { ...options, exactName: exactSite.nameNode.text }));
  return edits.filter(({ start: from, end, text }) => file.text.slice(from, end) !== text);
}

/** The insertion of the exact function, between its markers, below the line on which the public one ends. */
function exactEdit(site: FunctionSite, file: ts.SourceFile, marker: Marker): SourceEdit {
  const { text } = file;
  const { end } = site.statement;
  const free = restOfLine(text, end);
  const ending = lineEnding(text);
  const indent = indentation(text, site.start);
  const lines = [openingMarker(marker), exactText(site, file), closingMarker(marker.name, free === undefined)];
  const block = lines.map((line) => ending + indent + line).join('');
  return free === undefined ? insertion(end, block + ending) : insertion(free, block);
}

const insertion = (at: number, text: string): SourceEdit => ({ start: at, end: at, text });

/** The function as it was, verbatim, under its new name, without `export`, decorators and (in TypeScript) JSDoc. */
function exactText(site: FunctionSite, file: ts.SourceFile): string {
  const { text } = file;
  const exactName = exactNameOf(site, file);
  const edits = renameRecursion(site, exactName, file);
  const rest = (end: number) => editedSlice(text, site.nameNode.end, end, edits);
  const { owner, statement } = site;
  const comment = typeComment(site, file);
  if (ts.isVariableDeclaration(owner)) {
    const alone = ts.isVariableStatement(statement) && statement.declarationList.declarations.length === 1;
    const semicolon = !alone || text[statement.end - 1] === ';' ? ';' : '';
    return `${comment}const ${exactName}${rest(owner.end)}${semicolon}`;
  }
  if (ts.isFunctionDeclaration(owner)) {
    const keyword = owner.getChildren(file).find(({ kind }) => kind === ts.SyntaxKind.FunctionKeyword)!;
    return comment + text.slice(keyword.getStart(file), site.nameNode.getStart(file)) + exactName + rest(owner.end);
  }
  const modifiers = (ts.getModifiers(owner) ?? []).filter(({ kind }) => keptModifiers.has(kind));
  const prefix = modifiers.map((modifier) => `${modifier.getText(file)} `).join('');
  return comment + prefix + exactName + rest(owner.end);
}

const keptModifiers: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.StaticKeyword,
  ts.SyntaxKind.PublicKeyword,
  ts.SyntaxKind.PrivateKeyword,
  ts.SyntaxKind.ProtectedKeyword,
]);

/** In JavaScript the types are in the JSDoc, so the exact copy needs it too. */
function typeComment({ owner, statement }: FunctionSite, file: ts.SourceFile): string {
  const isTyped = (node: ts.Node) => ts.getJSDocTags(node).some((tag) => typeTags.has(tag.kind));
  if (!/\.[cm]?jsx?$/u.test(file.fileName) || !isTyped(owner)) return '';
  const comment = (ts.getLeadingCommentRanges(file.text, statement.pos) ?? []).findLast(({ pos }) =>
    file.text.startsWith('/**', pos),
  );
  if (!comment) return '';
  const indent = indentation(file.text, statement.getStart(file));
  return file.text.slice(comment.pos, comment.end) + lineEnding(file.text) + indent;
}

const typeTags: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.JSDocParameterTag,
  ts.SyntaxKind.JSDocReturnTag,
  ts.SyntaxKind.JSDocTypeTag,
]);

function exactNameOf({ nameNode }: FunctionSite, file: ts.SourceFile): string {
  const wanted = `${nameNode.text}Exact`;
  let name = wanted;
  for (let count = 2; usesName(file, name); count++) name = `${wanted}${count}`;
  return name;
}

/** As a whole word anywhere, comments and strings included: a name that is merely mentioned is not worth the doubt. */
function usesName({ text }: ts.SourceFile, name: string): boolean {
  const word = new RegExp(`(?<![\\p{ID_Continue}$])${name.replaceAll('$', '\\$')}(?![\\p{ID_Continue}$])`, 'u');
  return word.test(text);
}

/** Puts the exact body back, whatever happened to the rest of the file or to that body since. */
export function revertEdits(text: string, name: string): Rewrite {
  const file = parseText(text);
  const pair = appliedPairs(file).find(({ marker }) => marker.name === name);
  if (!pair) {
    return {
      kind: 'failed',
      message: t('{0} is not approximated in this file.', name),
      hint: t('There is nothing to revert.'),
    };
  }
  const { publicSite, exactSite, marker } = pair;
  const { body } = publicSite.node;
  const restored = restoreRecursion(exactSite, publicSite.nameNode.text, file);
  const edits: SourceEdit[] = [
    { start: body.getStart(file), end: body.end, text: restored },
    { ...exactBounds(text, pair), text: '' },
  ];
  edits.push(...removeImport(file, marker));
  return { kind: 'edits', edits };
}

/** From the line break before the opening marker to the end of the closing one. */
function exactBounds(text: string, { start, end, exactSite }: AppliedPair): { start: number; end: number } {
  const line = lineStart(text, start.pos);
  const isOwnLine = text.slice(line, start.pos).trim() === '';
  const lineBreak = /(?:\r\n|\n)$/u.exec(text.slice(Math.max(0, line - 2), line))?.[0].length ?? 0;
  const from = isOwnLine ? line - lineBreak : start.pos;
  if (!end) return { start: from, end: exactSite.statement.end };
  const joined = end.joined ? (/^(?:\r\n|\n)/u.exec(text.slice(end.end, end.end + 2))?.[0].length ?? 0) : 0;
  return { start: from, end: end.end + joined };
}

/** The text with the edits carried out. */
export const editText = (text: string, edits: readonly SourceEdit[]): string =>
  editedSlice(text, 0, text.length, edits);
