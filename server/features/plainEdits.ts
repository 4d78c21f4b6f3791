/** Workspace edits for editors that cannot create or delete files in one: the files are written here, the rest is theirs. */
import { rmSync } from 'node:fs';
import { TextDocumentEdit, type WorkspaceEdit } from 'vscode-languageserver/node';
import { writeAtomically } from '../store.ts';
import { filePathOf } from './files.ts';

/** Creates and deletes what the edit says; answers what is left of it, changes of texts that are there. */
export function carryOutFileEdits({ documentChanges = [] }: WorkspaceEdit): WorkspaceEdit {
  const created = new Set<string>();
  const left: TextDocumentEdit[] = [];
  for (const change of documentChanges) {
    if (TextDocumentEdit.is(change)) {
      const { uri } = change.textDocument;
      if (created.has(uri)) writeAtomically(filePathOf(uri)!, change.edits.map(textOf).join(''));
      else left.push(change);
    } else if (change.kind === 'create') created.add(change.uri);
    else if (change.kind === 'delete') rmSync(filePathOf(change.uri)!, { force: true });
  }
  return { documentChanges: left };
}

const textOf = (edit: TextDocumentEdit['edits'][number]): string => ('newText' in edit ? edit.newText : '');
