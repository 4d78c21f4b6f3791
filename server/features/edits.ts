/** `deepmaker/apply` and `deepmaker/revert`: each answers one WorkspaceEdit, so that one undo takes it back, and changes nothing itself. */

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type TextDocumentEdit, TextEdit, type WorkspaceEdit } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { t } from '../../engine/texts.ts';
import { loadConfig } from '../config.ts';
import type { ServerContext } from '../languageServer.ts';
import { planApply, planRevert, type SourceChange } from '../pipeline/apply.ts';
import { approximationsIn, approximationsProblem, forgetApplied, recordApplied } from '../pipeline/approximations.ts';
import { readResult } from '../pipeline/run.ts';
import {
  type ApplyParams,
  ApplyRequest,
  type EditOutcome,
  type Objection,
  PreviewRequest,
  type RegionReference,
  RevertRequest,
} from '../protocol.ts';
import { guardDisk, projectRoot } from '../store.ts';
import { filePathOf, notAFile } from './files.ts';
import { lspRequest } from './lspTypes.ts';
import { signalOf } from './run.ts';

export function registerEdits(context: ServerContext): void {
  const { connection } = context;
  forgetReverted(context);
  connection.onRequest(lspRequest(ApplyRequest.type), (params, token) =>
    guardDisk(() => apply(context, params, signalOf(token))),
  );
  connection.onRequest(lspRequest(PreviewRequest.type), (params, token) =>
    guardDisk(() => preview(context, params, signalOf(token))),
  );
  connection.onRequest(lspRequest(RevertRequest.type), (params) => guardDisk(() => revert(context, params)));
}

export async function apply(
  context: ServerContext,
  params: ApplyParams,
  signal: AbortSignal,
): Promise<EditOutcome | Objection> {
  const planned = await plan(context, params, signal);
  if (planned.kind !== 'planned') return planned;
  const { root, result, outcome } = planned;
  const problem = approximationsProblem(root);
  if (problem) return problem;
  const { generated, point } = planned.change;
  recordApplied(root, result, { target: params.target, generated, point });
  return outcome;
}

/** What is only looked at may be slower, and leaves no record. */
async function preview(
  context: ServerContext,
  params: Omit<ApplyParams, 'force'>,
  signal: AbortSignal,
): Promise<EditOutcome> {
  const planned = await plan(context, { ...params, force: true }, signal);
  if (planned.kind === 'planned') return planned.outcome;
  return planned.kind === 'objection' ? { kind: 'failed', message: planned.message } : planned;
}

async function plan(
  context: ServerContext,
  { runId, candidateId, target, uri, trusted, settings, force = false }: ApplyParams,
  signal: AbortSignal,
) {
  if (!trusted) {
    return {
      kind: 'failed',
      message: t('Using a network runs its code to check it, and this workspace is not trusted.'),
      hint: t('Trust the workspace, then use the network again.'),
    } as const;
  }
  const file = filePathOf(uri);
  if (file === undefined) return notAFile(uri);
  const root = projectRoot(file);
  const result = readResult(root, runId);
  if (!result) {
    const message = t('This run is no longer stored.');
    return { kind: 'failed', message, hint: t('Approximate the function again.') } as const;
  }
  const loaded = loadConfig({ root, layers: settings ? [settings] : [] });
  if (loaded.kind === 'failed') return loaded;
  const document = openDocument(context, uri, file);
  const change = await planApply(
    result,
    candidateId,
    { target, force, config: loaded.config, signal },
    document.getText(),
  );
  if (change.kind !== 'change') return change;
  const label = t('Approximate {0}', result.region.name);
  const outcome = { kind: 'edit', label, edit: workspaceEdit(document, change), checked: change.checked } as const;
  return { kind: 'planned', root, result, change, outcome } as const;
}

export async function revert(context: ServerContext, { uri, name }: RegionReference): Promise<EditOutcome> {
  const file = filePathOf(uri);
  if (file === undefined) return notAFile(uri);
  const document = openDocument(context, uri, file);
  const change = await planRevert(file, name, document.getText());
  if (change.kind === 'failed') return change;
  return { kind: 'edit', label: t('Revert {0}', name), edit: workspaceEdit(document, change) };
}

/**
 * An edit that is only previewed, or undone, leaves its record behind; what is saved is what counts. A record without its
 * call in the saved text goes.
 */
function forgetReverted({ documents, source }: ServerContext): void {
  documents.onDidSave(async ({ document }) => {
    const file = filePathOf(document.uri);
    if (file === undefined) return;
    const root = projectRoot(file);
    const records = approximationsIn(root, file);
    if (records.length === 0) return;
    const { module } = await source();
    const applied = new Set(module.findApplied(document.getText()).map(({ name }) => name));
    for (const { name } of records) if (!applied.has(name)) forgetApplied(root, file, name);
  });
}

/** The editor's text where the file is open, the disk's otherwise. */
function openDocument({ documents }: ServerContext, uri: string, file: string): TextDocument {
  return documents.get(uri) ?? TextDocument.create(uri, '', 0, readFileSync(file, 'utf8'));
}

function workspaceEdit(document: TextDocument, change: SourceChange): WorkspaceEdit {
  const sourceEdit: TextDocumentEdit = {
    textDocument: { uri: document.uri, version: document.version || null },
    edits: change.edits.map(({ start, end, text }) =>
      TextEdit.replace({ start: document.positionAt(start), end: document.positionAt(end) }, text),
    ),
  };
  const { generated } = change;
  if (generated.kind === 'kept') return { documentChanges: [sourceEdit] };
  const uri = pathToFileURL(generated.path).href;
  if (generated.kind === 'deleted') {
    return { documentChanges: [sourceEdit, { kind: 'delete', uri, options: { ignoreIfNotExists: true } }] };
  }
  return {
    documentChanges: [
      { kind: 'create', uri, options: { overwrite: true } },
      { textDocument: { uri, version: null }, edits: [TextEdit.insert({ line: 0, character: 0 }, generated.text)] },
      sourceEdit,
    ],
  };
}
