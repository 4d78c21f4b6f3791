/**
 * "Approximate this function": offered on a function's name and signature, disabled with a reason where it cannot be.
 * Quick fixes on the diagnostics of stale approximations.
 */

import {
  type CodeAction,
  CodeActionTriggerKind,
  type Diagnostic,
  LSPErrorCodes,
  type Range,
  ResponseError,
} from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { formatCount } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { ServerContext } from '../languageServer.ts';
import { knownSlower } from '../pipeline/lastRun.ts';
import { approximateKind, commandIds, type RegionReference } from '../protocol.ts';
import type { SourceModule, SourceProject } from '../source/lazy.ts';
import { projectRoot } from '../store.ts';
import { diagnosticSource } from './diagnostics.ts';
import { filePathOf } from './files.ts';

const title = () => t('Approximate this function');

export function registerCodeAction({ connection, documents, source }: ServerContext): void {
  connection.onCodeAction(async ({ textDocument, range, context }, token): Promise<CodeAction[] | ResponseError> => {
    const document = documents.get(textDocument.uri);
    const file = filePathOf(textDocument.uri);
    if (!document || file === undefined) return [];
    const fixes = wanted(context.only, quickFix) ? quickFixes(textDocument.uri, context.diagnostics) : [];
    if (!wanted(context.only, approximateKind)) return fixes;
    const { version } = document;
    const { module, project } = await source();
    // Edits and cancellations that have arrived by now are read before the analysis, which takes tens of milliseconds.
    await new Promise((resolve) => setImmediate(resolve));
    if (token.isCancellationRequested) return fixes;
    if (document.version !== version)
      return new ResponseError(LSPErrorCodes.ContentModified, t('The text has changed.'));
    const analysis = module.analyse(project, {
      file,
      offset: document.offsetAt(range.start),
    });
    switch (analysis.kind) {
      case 'none':
        return [
          ...fixes,
          ...statementActions(module, project, { document, file, range, trigger: context.triggerKind }),
        ];
      case 'refused': {
        // A light bulb on every function that merely exists would be noise: reasons are for those who ask.
        if (context.triggerKind === CodeActionTriggerKind.Automatic) return fixes;
        const [first, ...more] = analysis.reasons;
        const rest = formatCount(more.length);
        const reason = more.length > 0 ? t('{0} (and {1} more)', first!.message, rest) : first!.message;
        return [...fixes, { title: title(), kind: approximateKind, disabled: { reason } }];
      }
      case 'region': {
        const { region } = analysis;
        const reference: RegionReference = { uri: textDocument.uri, name: region.name };
        const slower = knownSlower(projectRoot(file), region);
        const offered = slower === undefined ? title() : `${title()} (${slower})`;
        const command = { title: offered, command: commandIds.approximate, arguments: [reference] };
        return [...fixes, { title: offered, kind: approximateKind, command }];
      }
    }
  });
}

interface Selected {
  readonly document: TextDocument;
  readonly file: string;
  readonly range: Range;
  readonly trigger: CodeActionTriggerKind | undefined;
}

/** For whole statements that are selected in a function. */
function statementActions(
  module: SourceModule,
  project: SourceProject,
  { document, file, range, trigger }: Selected,
): CodeAction[] {
  const tree = project.syntax(file);
  const name = tree && module.placeOf(tree, document.offsetAt(range.start), document.offsetAt(range.end));
  const place = name === undefined ? undefined : module.parsePlace(name);
  if (name === undefined || !place) return [];
  const lifted = module.lift(project, file, place);
  if (lifted.kind === 'lifted') {
    const reference: RegionReference = { uri: document.uri, name };
    const command = { title: statementsTitle(), command: commandIds.approximate, arguments: [reference] };
    return [{ title: statementsTitle(), kind: approximateKind, command }];
  }
  if (lifted.kind === 'none' || trigger === CodeActionTriggerKind.Automatic) return [];
  return [{ title: statementsTitle(), kind: approximateKind, disabled: { reason: lifted.reasons[0]!.message } }];
}

const statementsTitle = () => t('Approximate these statements');

/** Kinds are hierarchical: a client that asks for `refactor` wants `refactor.rewrite.approximate` too. */
const wanted = (only: readonly string[] | undefined, offered: string): boolean =>
  only === undefined || only.some((kind) => kind === '' || offered === kind || offered.startsWith(`${kind}.`));

const quickFix = 'quickfix';

/** What can be done about an approximation that is stale. */
function quickFixes(uri: string, diagnostics: readonly Diagnostic[]): CodeAction[] {
  return diagnostics.flatMap((diagnostic) => {
    const name: unknown = diagnostic.data;
    if (diagnostic.source !== diagnosticSource || typeof name !== 'string') return [];
    const reference: RegionReference = { uri, name };
    const fix = (text: string, command: string, isPreferred: boolean): CodeAction => ({
      title: text,
      kind: quickFix,
      diagnostics: [diagnostic],
      isPreferred,
      command: { title: text, command, arguments: [reference] },
    });
    return [
      fix(t('Approximate again'), commandIds.approximate, true),
      fix(t('Revert to the exact function'), commandIds.revert, false),
    ];
  });
}
