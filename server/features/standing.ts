/** What the editor's features say about applied approximations: records, standings, and where they are in the text. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { ServerContext } from '../languageServer.ts';
import { type Approximation, readApproximations } from '../pipeline/approximations.ts';
import { type Standing, standingOf } from '../pipeline/stale.ts';
import { projectRoot } from '../store.ts';
import { filePathOf } from './files.ts';

export interface Stood {
  readonly record: Approximation;
  readonly uri: string;
  readonly document: TextDocument;
  readonly standing: Standing;
}

/** The standing of every approximation of the projects that have an open document. Loads no compiler without any. */
export async function standings({ documents, source }: ServerContext): Promise<Stood[]> {
  const files = documents.all().flatMap(({ uri }) => filePathOf(uri) ?? []);
  const roots = [...new Set(files.map(projectRoot))];
  const records = roots.flatMap((root) => (readApproximations(root) ?? []).map((record) => ({ root, record })));
  if (records.length === 0) return [];
  const { module, project } = await source();
  return records.flatMap(({ root, record }): Stood[] => {
    const file = resolve(root, record.file);
    const text = project.text(file);
    if (text === undefined) return [];
    const uri = pathToFileURL(file).href;
    const document = documentOf({ documents }, file) ?? TextDocument.create(uri, '', 0, text);
    return [{ record, uri: document.uri, document, standing: standingOf({ module, project, root }, record) }];
  });
}

/** The open document of a file: an editor may write its URI in another way than we do. */
export const documentOf = ({ documents }: Pick<ServerContext, 'documents'>, file: string): TextDocument | undefined =>
  documents.all().find(({ uri }) => filePathOf(uri) === file);
