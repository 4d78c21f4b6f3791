/** `deepmaker/apply` and `deepmaker/revert`: each answers one WorkspaceEdit, so that one undo takes it back, and changes nothing itself. */
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type TextDocumentEdit, TextEdit, type WorkspaceEdit } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { ServerContext } from '../languageServer.ts';
import {
  approximationsIn,
  forgetApplied,
  isGenerated,
  planApply,
  planRevert,
  recordApplied,
  type SourceChange,
} from '../pipeline/apply.ts';
import { readResult } from '../pipeline/run.ts';
import { ApplyRequest, type EditOutcome, RevertRequest } from '../protocol.ts';
import { projectRoot } from '../store.ts';

export function registerEdits(context: ServerContext): void {
  const { connection } = context;
  forgetReverted(context);
  connection.onRequest(ApplyRequest.type, async ({ runId, candidateId, target, uri }): Promise<EditOutcome> => {
    const root = projectRoot(fileURLToPath(uri));
    const result = readResult(root, runId);
    if (!result) {
      return { kind: 'failed', message: 'This run is no longer stored.', hint: 'Approximate the function again.' };
    }
    const document = openDocument(context, uri);
    const change = await planApply(result, candidateId, target, document.getText());
    if (change.kind === 'failed') return change;
    recordApplied(root, result, candidateId, target);
    return { kind: 'edit', label: `Approximate ${result.region.name}`, edit: workspaceEdit(document, change) };
  });

  connection.onRequest(RevertRequest.type, async ({ uri, name }): Promise<EditOutcome> => {
    const file = fileURLToPath(uri);
    const document = openDocument(context, uri);
    const change = await planRevert(file, name, document.getText());
    if (change.kind === 'failed') return change;
    return { kind: 'edit', label: `Revert ${name}`, edit: workspaceEdit(document, change) };
  });
}

/**
 * An edit that is only previewed, or undone, leaves its record behind; what is saved is what counts. A record without its
 * call in the saved text goes.
 */
function forgetReverted({ documents, source }: ServerContext): void {
  documents.onDidSave(async ({ document }) => {
    if (!document.uri.startsWith('file:')) return;
    const file = fileURLToPath(document.uri);
    const root = projectRoot(file);
    const records = approximationsIn(root, file);
    if (records.length === 0) return;
    const { module } = await source();
    const applied = new Set(module.findApplied(document.getText()).map(({ name }) => name));
    for (const { name } of records) if (!applied.has(name)) forgetApplied(root, file, name);
  });
}

/** The editor's text where the file is open, the disk's otherwise. */
function openDocument({ documents }: ServerContext, uri: string): TextDocument {
  return documents.get(uri) ?? TextDocument.create(uri, '', 0, readFileSync(fileURLToPath(uri), 'utf8'));
}

function workspaceEdit(document: TextDocument, change: SourceChange): WorkspaceEdit {
  const sourceEdit: TextDocumentEdit = {
    textDocument: { uri: document.uri, version: document.version || null },
    edits: change.edits.map(({ start, end, text }) =>
      TextEdit.replace({ start: document.positionAt(start), end: document.positionAt(end) }, text),
    ),
  };
  const uri = pathToFileURL(change.generatedFile).href;
  if (change.generatedText === undefined) {
    if (!isGenerated(change.generatedFile)) return { documentChanges: [sourceEdit] };
    return { documentChanges: [sourceEdit, { kind: 'delete', uri, options: { ignoreIfNotExists: true } }] };
  }
  return {
    documentChanges: [
      { kind: 'create', uri, options: { overwrite: true } },
      {
        textDocument: { uri, version: null },
        edits: [TextEdit.insert({ line: 0, character: 0 }, change.generatedText)],
      },
      sourceEdit,
    ],
  };
}
