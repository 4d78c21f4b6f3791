/** Marks approximations that no longer stand for the function beside them, also where another file changed. */

import { CodeLensRefreshRequest, type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver/node';
import { t } from '../../engine/texts.ts';
import type { ServerContext } from '../languageServer.ts';
import { guardDisk } from '../store.ts';
import { type Stood, standings } from './standing.ts';

/** What quick fixes are offered on. */
export const diagnosticSource = 'deepmaker';

/** Long enough that typing does not analyse at every key. */
const quietMs = 400;

export function registerDiagnostics(context: ServerContext): void {
  const { connection, documents, client } = context;
  let published = new Set<string>();
  let lastSaid = '[]';
  let timer: NodeJS.Timeout | undefined;

  async function publish(): Promise<void> {
    const found = await guardDisk(() => standings(context));
    if ('kind' in found) return;
    const byUri = new Map<string, Diagnostic[]>();
    for (const each of found) {
      const own = diagnosticOf(each);
      if (own) byUri.set(each.uri, [...(byUri.get(each.uri) ?? []), own]);
    }
    for (const uri of published) if (!byUri.has(uri)) void connection.sendDiagnostics({ uri, diagnostics: [] });
    for (const [uri, diagnostics] of byUri) void connection.sendDiagnostics({ uri, diagnostics });
    published = new Set(byUri.keys());
    // Lenses say the same, also in files that nobody has typed in.
    const said = JSON.stringify([...byUri]);
    if (said !== lastSaid && client.codeLensRefresh) void connection.sendRequest(CodeLensRefreshRequest.type);
    lastSaid = said;
  }

  function schedule(): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      publish().catch((error: Error) => connection.console.error(error.stack ?? error.message));
    }, quietMs);
  }
  documents.onDidChangeContent(schedule);
  documents.onDidSave(schedule);
  documents.onDidClose(schedule);
  connection.onExit(() => clearTimeout(timer));
}

function diagnosticOf({ record, document, standing }: Stood): Diagnostic | undefined {
  if (!('message' in standing) || !standing.applied) return undefined;
  const { nameStart } = standing.applied;
  const name = record.name.split('.').at(-1)!;
  return {
    range: { start: document.positionAt(nameStart), end: document.positionAt(nameStart + name.length) },
    severity: DiagnosticSeverity.Warning,
    source: diagnosticSource,
    code: standing.kind,
    message: t('{0} Approximate it again, or revert to the exact function.', standing.message),
    // The name, for the quick fixes: a client gives it back with the diagnostic.
    data: record.name,
  };
}
