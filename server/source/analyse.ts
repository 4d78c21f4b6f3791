/** Whether a function can be approximated: its signature as slots, its domain, or every reason why not. */

import { basename } from 'node:path';
import { inputSlots, outputSlots } from '../../engine/data/slots.ts';
import { t } from '../../engine/texts.ts';
import type { Signature } from '../../engine/types.ts';
import type { Reason } from '../protocol.ts';
import { fieldsOf, methodAccess, returning } from './access.ts';
import { findForeignChanges } from './aliases.ts';
import { type AppliedPair, appliedPairs } from './applied.ts';
import { lineAt, type ts } from './compiler.ts';
import type { Finding } from './declarations.ts';
import { domainOf } from './domain.ts';
import { sourceHash } from './hash.ts';
import { writtenParameters } from './into.ts';
import type { SourceProject } from './project.ts';
import { explore } from './reach.ts';
import { receiverOf } from './receiver.ts';
import { refusalText } from './refusal.ts';
import type { SourceView } from './session.ts';
import {
  checkForm,
  checkImage,
  checkLengths,
  checkSize,
  checkSyntax,
  parametersOf,
  resultOf,
  type Subject,
} from './signature.ts';
import {
  bodyStart,
  type FunctionSite,
  functionAt,
  isStatic,
  type MisplacedFunction,
  topLevelFunctions,
} from './sites.ts';
import { readTags } from './tags.ts';
import type { Analysis } from './types.ts';

export type AnalysisTarget =
  | { readonly file: string; readonly name: string }
  /** UTF-16 offset; a function is meant where its name or signature holds the offset. */
  | { readonly file: string; readonly offset: number };

/** Results live as long as the program they were found in, so an editor that asks again gets them at once. */
const known = new WeakMap<ts.Program, Map<string, Analysis>>();

/**
 * Describes the function, or says why it cannot be approximated: all reasons, in the order of their lines. Runs none of
 * its code. An approximated function is described by its exact copy, so it gives the same region as before.
 */
export function analyse(project: SourceProject, target: AnalysisTarget): Analysis {
  // Most positions are on no signature, and the syntax tree alone can tell.
  const tree = project.syntax(target.file);
  const wanted = tree && find(tree, target);
  if (!tree || !wanted) return { kind: 'none' };
  if ('problem' in wanted) return refusedPlace(tree, wanted);
  const view = project.view(target.file);
  if (!view) return { kind: 'none' };
  const results = known.get(view.program) ?? new Map<string, Analysis>();
  known.set(view.program, results);
  const key = `${target.file}#${wanted.name}`;
  let result = results.get(key);
  if (!result) {
    result = analyseFunction(view, target.file, wanted.name);
    results.set(key, result);
  }
  return result;
}

export interface RegionOutline {
  readonly name: string;
  readonly nameRange: ts.TextRange;
  /** From the first modifier to the body. */
  readonly signatureRange: ts.TextRange;
  /** Its JSDoc comment has an `@approximate` tag. */
  readonly tagged: boolean;
  /** It calls an approximation now. */
  readonly applied: boolean;
}

/** The functions at the top level of a file, by syntax alone; exact copies are not among them. */
export function regions(project: SourceProject, file: string): RegionOutline[] {
  const tree = project.syntax(file);
  if (!tree) return [];
  const pairs = appliedPairs(tree);
  const mayBeTagged = tree.text.includes('@approximate');
  return publicFunctions(tree, pairs).map((site) => ({
    name: site.name,
    nameRange: { pos: site.nameNode.getStart(tree), end: site.nameNode.end },
    signatureRange: { pos: site.start, end: bodyStart(site, tree) },
    tagged: mayBeTagged && readTags(site.owner, tree).approximate,
    applied: pairs.some(({ publicSite }) => publicSite.node === site.node),
  }));
}

function publicFunctions(tree: ts.SourceFile, pairs: readonly AppliedPair[]): FunctionSite[] {
  const exact = new Set(pairs.map(({ exactSite }) => exactSite.node));
  return topLevelFunctions(tree).filter(({ node }) => !exact.has(node));
}

function find(tree: ts.SourceFile, target: AnalysisTarget): FunctionSite | MisplacedFunction | undefined {
  if ('name' in target) return publicFunctions(tree, appliedPairs(tree)).find(({ name }) => name === target.name);
  const found = functionAt(tree, target.offset);
  if (!found || 'problem' in found) return found;
  return appliedPairs(tree).find(({ exactSite }) => exactSite.node === found.node)?.publicSite ?? found;
}

const sentence = (name: string, problem: string, hint?: string): string =>
  [refusalText(name, problem), ...(hint ? [hint] : [])].join(' ');

function refusedPlace(tree: ts.SourceFile, { name, nameNode, problem }: MisplacedFunction): Analysis {
  const line = lineAt(tree, nameNode.getStart(tree));
  return { kind: 'refused', name, reasons: [{ message: sentence(name, problem), line }] };
}

function analyseFunction(view: SourceView, file: string, name: string): Analysis {
  const { sourceFile } = view;
  const pairs = appliedPairs(sourceFile);
  const site = publicFunctions(sourceFile, pairs).find((other) => other.name === name);
  if (!site) return { kind: 'none' };
  const exact = pairs.find(({ publicSite }) => publicSite.node === site.node)?.exactSite ?? site;
  const reasons: Reason[] = [];
  const tags = readTags(site.owner, sourceFile);
  const { checker } = view;
  const receiver = receiverOf(checker, exact);
  const reach = explore(checker, { root: exact.node, own: [site.owner, exact.owner], receiver: receiver.nodes });
  const subject: Subject = {
    view,
    site,
    exact,
    tags,
    reached: reach.reached,
    written: writtenParameters(checker, exact),
    receiver,
    reject(problem, node, hint) {
      const line = typeof node === 'number' ? node : lineAt(sourceFile, node.getStart(sourceFile));
      const message = sentence(name, problem, hint);
      if (!reasons.some((reason) => reason.message === message && reason.line === line))
        reasons.push({ message, line });
    },
  };
  const line = lineAt(sourceFile, site.nameNode.getStart(sourceFile));
  const refused = (): Analysis => ({ kind: 'refused', name, reasons: reasons.sort((a, b) => a.line - b.line) });
  checkSyntax(subject);
  // Code that the parser had to guess gives reasons that are not there.
  if (reasons.length > 0) return refused();
  for (const { problem, hint, line: at } of tags.problems) subject.reject(problem, at, hint);
  checkForm(subject);
  const parameters = parametersOf(subject);
  const result = resultOf(subject);
  checkLengths(subject, [
    ...parameters,
    ...(result ? [{ name: result.into?.name ?? 'result', shape: result.shape }] : []),
  ]);
  const outputs = new Set(subject.written.map(({ symbol }) => symbol));
  const changes = findForeignChanges(checker, exact.node, reach.reached).filter(
    ({ variable }) => !variable || !outputs.has(variable),
  );
  const written = new Set(changes.map(({ variable }) => variable));
  const reads = reach.findings.filter(({ variable }) => !variable || !written.has(variable));
  for (const finding of [...reads, ...changes]) report(subject, finding);
  if (reasons.length > 0 || !result) return refused();

  const signature: Signature = { parameters, result: result.shape, ...(result.into && { into: result.into }) };
  if (!checkSize(subject, signature)) return refused();
  const inputs = inputSlots(signature);
  const { domain, missing, problems } = domainOf(signature, inputs, tags.ranges);
  for (const { problem, hint, line: at } of problems) subject.reject(problem, at, hint);
  checkImage(subject, signature, domain);
  if (reasons.length > 0) return refused();
  return {
    kind: 'region',
    region: {
      file,
      name,
      access: returning(accessOf(exact, signature), signature),
      line,
      signature,
      inputSlots: inputs,
      outputSlots: outputSlots(signature),
      ...(tags.maxError === undefined ? {} : { maxError: tags.maxError }),
      sourceHash: sourceHash(exact, signature, reach),
    },
    domain,
    missing,
  };
}

/** Findings in other files are shown where the function leads there. */
function report({ view, reject }: Subject, { problem, node, reached }: Finding): void {
  const file = node.getSourceFile();
  if (reached.name === undefined) {
    reject(t('it {0}', problem), node);
    return;
  }
  if (file === view.sourceFile) {
    const words =
      reached.kind === 'value'
        ? t('it uses `{0}`, which {1}', reached.name, problem)
        : t('it calls `{0}`, which {1}', reached.name, problem);
    reject(words, node);
    return;
  }
  const place = [basename(file.fileName), String(lineAt(file, node.getStart(file)))] as const;
  reject(
    reached.kind === 'value'
      ? t('it uses `{0}` ({1}, line {2}), which {3}', reached.name, ...place, problem)
      : t('it calls `{0}` ({1}, line {2}), which {3}', reached.name, ...place, problem),
    reached.entry,
  );
}

/** An expression for the function in the scope of its module. */
function accessOf(site: FunctionSite, signature: Signature): string {
  if (site.kind !== 'method') return site.name;
  const [owner, method] = site.name.split('.');
  if (isStatic(site)) return `${owner}.${method}`;
  return fieldsOf(signature).length > 0 ? methodAccess(signature, owner!, method!) : `${owner}.prototype.${method}`;
}
