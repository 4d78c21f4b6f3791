/**
 * Takes statements out of a function into one of their own, which can be approximated, and puts them back. Their text
 * moves as it is, and what putting back needs is in the text, so that it gives the same bytes:
 *
 *     function price(spot: number) {
 *       const sum = pricePart(spot);
 *       return sum / 2;
 *     }
 *     // deepmaker: lifted pricePart from price, 1 statement for 1, 0 before
 *     function pricePart(spot: number) {
 *       let sum = 0; ..
 *       return sum;
 *     }
 *     // deepmaker: end of lifted pricePart
 */
import { t } from '../../engine/texts.ts';
import type { Reason } from '../protocol.ts';
import { parseText } from './applied.ts';
import { lineAt, ts } from './compiler.ts';
import { type Liveness, livenessOf, type Variable } from './liveness.ts';
import type { SourceProject } from './project.ts';
import { editedSlice } from './recursion.ts';
import { exitsOf, type Selection, type StatementPlace, statementsAt, statementsOfText } from './selection.ts';
import type { SourceView } from './session.ts';
import { topLevelFunctions } from './sites.ts';
import { indentation, lineEnd, lineEnding, lineStart, restOfLine, usesSemicolons } from './textStyle.ts';
import type { Lifted, SourceEdit } from './types.ts';

export type LiftOutcome =
  | {
      readonly kind: 'lifted';
      /** The new function. */
      readonly name: string;
      /** The whole file. */
      readonly text: string;
      readonly lifted: Lifted;
      /** The line of the original text that a line of the new one shows. */
      lineOf(line: number): number;
    }
  | { readonly kind: 'refused'; readonly reasons: readonly Reason[] }
  | { readonly kind: 'none' };

/** By lines, or by the text of statements that were lifted before. */
export function lift(project: SourceProject, file: string, place: StatementPlace | Lifted): LiftOutcome {
  const view = project.view(file);
  if (!view) return { kind: 'none' };
  const { sourceFile } = view;
  const found =
    'first' in place ? statementsAt(sourceFile, place) : statementsOfText(sourceFile, place.from, place.text);
  if (!found) return { kind: 'none' };
  const refused = (problems: readonly { readonly problem: string; readonly line: number }[]): LiftOutcome => ({
    kind: 'refused',
    reasons: problems.map(({ problem, line }) => ({
      message: t('The selection was not approximated: it {0}.', problem),
      line,
    })),
  });
  if ('problem' in found) return refused([found]);
  const live = livenessOf(view.checker, found);
  const hoisted = live.declared
    .filter(({ isHoisted }) => isHoisted)
    .map(({ name }) => ({
      problem: t('declares `{0}` by `var`. Use `let`', name),
      line: lineAt(sourceFile, found.statements[0]!.getStart(sourceFile)),
    }));
  const problems = [...exitsOf(sourceFile, found), ...hoisted];
  return problems.length > 0 ? refused(problems) : liftSelection(view, found, live);
}

function liftSelection({ checker, sourceFile }: SourceView, selection: Selection, live: Liveness): LiftOutcome {
  const { text } = sourceFile;
  const { site, statements } = selection;
  const [start, end] = [statements[0]!.getStart(sourceFile), statements.at(-1)!.end];
  const body = text.slice(start, end);
  const typed = /\.[cm]?tsx?$/u.test(sourceFile.fileName);
  const typeOf = ({ type }: Variable) =>
    // Compilers before 5.7 know no arguments of these types.
    checker
      .typeToString(type, site.node, ts.TypeFormatFlags.NoTruncation)
      .replace(/Array<ArrayBuffer(?:Like)?>/gu, 'Array');
  const name = freeName(sourceFile, `${site.nameNode.text}Part`);
  const semicolon = usesSemicolons(sourceFile) ? ';' : '';
  const ending = lineEnding(text);
  const results = [...live.declared, ...live.set];
  const calls = callStatements(live, `${name}(${live.inputs.map((each) => each.name).join(', ')})`, {
    declare: (variable) => `let ${variable.name}${typed ? `: ${typeOf(variable)}` : ''}`,
    semicolon,
  });
  const inner = indentation(text, start) || '  ';
  const begun = live.begun.map((each) => `${inner}let ${each.name}${typed ? `: ${typeOf(each)}` : ''}${semicolon}`);
  const returned = results.length === 0 ? [] : [`${inner}return ${resultText(results)}${semicolon}`];
  const comment = commentOf(selection, live, typed ? undefined : typeOf);
  const parameters = live.inputs.map((each) => (typed ? `${each.name}: ${typeOf(each)}` : each.name)).join(', ');
  const opening = `// deepmaker: lifted ${name} from ${site.name}, ${count(calls.length)} for ${statements.length}, ${begun.length} before`;
  const lines = [
    opening,
    ...comment,
    `function ${name}(${parameters}) {`,
    ...begun,
    inner + body,
    ...returned,
    '}',
    `// deepmaker: end of lifted ${name}`,
  ];
  const owner = site.kind === 'method' ? site.statement.parent : site.statement;
  const at = restOfLine(text, owner.end) ?? owner.end;
  const inserted = lines.map((line) => ending + line).join('');
  const edits: SourceEdit[] = [
    { start, end, text: calls.join(' ') },
    { start: at, end: at, text: inserted },
  ];
  const changed = editedSlice(text, 0, text.length, edits);
  const bodyLine = lineAt(
    parseText(changed),
    changed.indexOf(opening) + inserted.indexOf(inner + body) - ending.length,
  );
  const firstLine = lineAt(sourceFile, start);
  const height = lineAt(sourceFile, end) - firstLine;
  return {
    kind: 'lifted',
    name,
    text: changed,
    lifted: { from: site.name, text: body },
    lineOf: (line) => (line >= bodyLine && line <= bodyLine + height ? line - bodyLine + firstLine : firstLine),
  };
}

const count = (calls: number): string => `${calls} statement${calls === 1 ? '' : 's'}`;

function freeName({ text }: ts.SourceFile, wanted: string): string {
  const isTaken = (name: string) =>
    new RegExp(`(?<![\\p{ID_Continue}$])${name.replaceAll('$', '\\$')}(?![\\p{ID_Continue}$])`, 'u').test(text);
  let name = wanted;
  for (let index = 2; isTaken(name); index++) name = `${wanted}${index}`;
  return name;
}

const resultText = (results: readonly Variable[]): string =>
  results.length === 1 ? results[0]!.name : `{ ${results.map(({ name }) => name).join(', ')} }`;

interface Writing {
  declare(variable: Variable): string;
  readonly semicolon: string;
}

/** Where variables are declared and others set, the declarations come first. */
function callStatements({ declared, set }: Liveness, call: string, { declare, semicolon }: Writing): string[] {
  if (set.length === 0) {
    if (declared.length === 0) return [call + semicolon];
    const word = declared.some(({ changes }) => changes) ? 'let' : 'const';
    return [`${word} ${resultText(declared)} = ${call}${semicolon}`];
  }
  const results = [...declared, ...set];
  // A line that starts with a parenthesis goes on with the line before it, where that has no semicolon.
  const assignment =
    results.length === 1
      ? `${results[0]!.name} = ${call};`
      : `;({ ${results.map(({ name }) => name).join(', ')} } = ${call});`;
  const plain = semicolon && declared.length === 0 ? assignment.replace(/^;/u, '') : assignment;
  return [
    ...declared.map((variable) => `${declare(variable)};`),
    declared.length > 0 ? assignment.replace(/^;/u, '') : plain,
  ];
}

/** Tags of the function around the statements, and of a comment above them, that speak of their inputs and results. */
function commentOf(
  { site, statements }: Selection,
  { inputs, declared, set }: Liveness,
  typeOf: ((variable: Variable) => string) | undefined,
): string[] {
  const names = new Set([...inputs, ...declared, ...set].map(({ name }) => name));
  const results = [...declared, ...set];
  const tags = [...ts.getJSDocTags(site.owner), ...ts.getJSDocTags(statements[0]!)].flatMap((tag) => {
    const name = tag.tagName.text;
    const content = (ts.getTextOfJSDocComment(tag.comment) ?? '').split(/\r?\n/u, 1)[0]!.trim();
    if (name === 'approximate') return [` * @approximate ${content}`.trimEnd()];
    if (name !== 'range' && name !== 'length' && name !== 'shape') return [];
    const root = /^[\p{ID_Continue}$]+/u.exec(content)?.[0] ?? '';
    if (!names.has(root)) return [];
    const isResult = name !== 'range' && !inputs.some((input) => input.name === root);
    const path = isResult ? content.replace(root, results.length === 1 ? 'result' : `result.${root}`) : content;
    return [` * @${name} ${path}`];
  });
  const types = typeOf ? inputs.map((input) => ` * @param {${typeOf(input)}} ${input.name}`) : [];
  const lines = [...new Set([...tags, ...types])];
  return lines.length === 0 ? [] : ['/**', ...lines, ' */'];
}

const openingPattern = /^\/\/ deepmaker: lifted (\S+) from (\S+), (\d+) statements? for (\d+), (\d+) before\s*$/u;

/** The function that the statements of a place became: the only one that was lifted from there. */
export function liftedName(text: string, place: StatementPlace): string | undefined {
  const names = [...text.matchAll(/^[ \t]*\/\/ deepmaker: lifted (\S+) from (\S+),/gmu)].filter(
    ([, , from]) => from === place.name,
  );
  return names.length === 1 ? names[0]![1] : undefined;
}

/** The edits that put the statements back; undefined where `name` was not lifted, or is called from elsewhere too. */
export function unliftEdits(text: string, name: string): readonly SourceEdit[] | undefined {
  if (!text.includes(`// deepmaker: lifted ${name} from `)) return undefined;
  const file = parseText(text);
  const site = topLevelFunctions(file).find((each) => each.name === name);
  const body = site?.node.body;
  if (!site || !body || !ts.isBlock(body)) return undefined;
  const opening = (ts.getLeadingCommentRanges(text, site.statement.pos) ?? []).flatMap((range) => {
    const match = openingPattern.exec(text.slice(range.pos, range.end));
    return match?.[1] === name ? [{ range, match }] : [];
  })[0];
  const closing = `// deepmaker: end of lifted ${name}`;
  const closed = text.indexOf(closing, site.statement.end);
  const [call, ...others] = callsOf(file, name, site.statement);
  if (!opening || closed < 0 || !call || others.length > 0) return undefined;
  const [calls, moved, begun] = opening.match.slice(3).map(Number) as [number, number, number];
  const block = call.parent;
  if (!ts.isBlock(block)) return undefined;
  const last = block.statements.indexOf(call);
  const first = block.statements[last - calls + 1];
  const [start, end] = [body.statements[begun], body.statements[begun + moved - 1]];
  if (!first || !start || !end) return undefined;
  const line = lineStart(text, opening.range.pos);
  const lineBreak = /(?:\r\n|\n)$/u.exec(text.slice(Math.max(0, line - 2), line))?.[0].length ?? 0;
  return [
    { start: first.getStart(file), end: call.end, text: text.slice(start.getStart(file), end.end) },
    { start: line - lineBreak, end: lineEnd(text, closed), text: '' },
  ];
}

/** The statements that call a function, outside of what was lifted. */
function callsOf(file: ts.SourceFile, name: string, own: ts.Node): ts.Statement[] {
  const found: ts.Statement[] = [];
  const visit = (node: ts.Node): void => {
    if (node === own) return;
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === name) {
      const statement = ts.findAncestor(node, ts.isStatement);
      if (statement) found.push(statement);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
