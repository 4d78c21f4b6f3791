/** A lens on each approximated function, and on nothing else: its measured figures, and what can be done with it. */
import { type CodeLens, CodeLensRefreshRequest } from 'vscode-languageserver/node';
import { formatCertificate, formatPercent, formatSpeedup } from '../../engine/format.ts';
import type { ServerContext } from '../languageServer.ts';
import { type Approximation, approximationsIn } from '../pipeline/approximations.ts';
import { type Standing, standingOf } from '../pipeline/stale.ts';
import { commandIds, type RegionReference } from '../protocol.ts';
import { projectRoot } from '../store.ts';
import { filePathOf } from './files.ts';

export function registerCodeLens(context: ServerContext): void {
  const { connection, documents, source } = context;
  // Lenses depend on a setting, and on a file beside the source that has just been written.
  connection.onDidChangeConfiguration(() => refresh(context));
  connection.onCodeLens(async ({ textDocument }): Promise<CodeLens[]> => {
    const document = documents.get(textDocument.uri);
    const text = document?.getText();
    const file = filePathOf(textDocument.uri);
    // Most files have no approximation, and must not load the compiler to learn that.
    if (!document || file === undefined || !text?.includes('.approx')) return [];
    if (!(await enabled(context, textDocument.uri))) return [];
    const { module, project } = await source();
    const records = approximationsIn(projectRoot(file), file);
    const root = projectRoot(file);
    return module.findApplied(text).flatMap(({ name, nameStart }) => {
      const start = document.positionAt(nameStart);
      const range = { start, end: start };
      const reference: RegionReference = { uri: textDocument.uri, name };
      const record = records.find((entry) => entry.name === name);
      const title = record ? titleOf(record, standingOf({ module, project, root }, record)) : 'Approximated';
      const lens = (text: string, command: string): CodeLens => ({
        range,
        command: { title: text, command, arguments: [reference] },
      });
      return [
        lens(title, commandIds.showFront),
        ...(context.client.commands ? [lens('Compare', commandIds.compare)] : []),
        lens('Revert', commandIds.revert),
      ];
    });
  });
}

function titleOf({ error, speedup, certificate }: Approximation, standing: Standing): string {
  if ('message' in standing) return `Stale: ${standing.message}`;
  const figures = `Approximated: error ${formatPercent(error.nrmse)}, ${formatSpeedup(speedup)}`;
  return certificate ? `${figures}. Certified: ${formatCertificate(certificate)}` : figures;
}

/** The setting `deepmaker.codeLens.enabled`; lenses are on in an editor that has no settings to ask for. */
async function enabled({ connection, client }: ServerContext, scopeUri: string): Promise<boolean> {
  if (!client.configuration) return true;
  const value: unknown = await connection.workspace.getConfiguration({
    section: 'deepmaker.codeLens.enabled',
    scopeUri,
  });
  return value !== false;
}

function refresh({ connection, client }: ServerContext): void {
  if (client.codeLensRefresh) void connection.sendRequest(CodeLensRefreshRequest.type);
}
