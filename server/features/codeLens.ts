/**
 * A lens on each approximated function: its measured figures, and what can be done with it. Others are on the functions of a
 * CPU profile that is shown, and on nothing else.
 */

import type { CodeLens } from 'vscode-languageserver/node';
import { formatCertificate, formatPercent, formatSpeedup } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { ServerContext } from '../languageServer.ts';
import { type Approximation, approximationsIn } from '../pipeline/approximations.ts';
import { type Standing, standingOf } from '../pipeline/stale.ts';
import { commandIds, type RegionReference } from '../protocol.ts';
import { projectRoot } from '../store.ts';
import { filePathOf } from './files.ts';
import { hotspotLenses } from './hotspots.ts';
import { refreshLenses } from './refreshLenses.ts';

export function registerCodeLens(context: ServerContext): void {
  const { connection, documents, source } = context;
  // Lenses depend on a setting, and on a file beside the source that has just been written.
  connection.onDidChangeConfiguration(() => refreshLenses(context));
  connection.onCodeLens(async ({ textDocument }): Promise<CodeLens[]> => {
    const document = documents.get(textDocument.uri);
    const text = document?.getText();
    const file = filePathOf(textDocument.uri);
    // Most files have no approximation, and must not load the compiler to learn that.
    const mayBeApplied = text?.includes('.approx') ?? false;
    if (!document || !text || file === undefined || !(mayBeApplied || context.hotspots.has(file))) return [];
    if (!(await enabled(context, textDocument.uri))) return [];
    const hot = await hotspotLenses(context, document, file);
    if (!mayBeApplied) return hot;
    const { module, project } = await source();
    const records = approximationsIn(projectRoot(file), file);
    const root = projectRoot(file);
    const applied = module.findApplied(text).flatMap(({ name, nameStart }) => {
      const start = document.positionAt(nameStart);
      const range = { start, end: start };
      const reference: RegionReference = { uri: textDocument.uri, name };
      const record = records.find((entry) => entry.name === name);
      const title = record ? titleOf(record, standingOf({ module, project, root }, record)) : t('Approximated');
      const lens = (text: string, command: string): CodeLens => ({
        range,
        command: { title: text, command, arguments: [reference] },
      });
      return [
        lens(title, commandIds.showFront),
        ...(context.client.commands ? [lens(t('Compare'), commandIds.compare)] : []),
        lens(t('Revert'), commandIds.revert),
      ];
    });
    return [...applied, ...hot];
  });
}

function titleOf({ error, speedup, certificate }: Approximation, standing: Standing): string {
  if ('message' in standing) return t('Stale: {0}', standing.message);
  const figures = [formatPercent(error.nrmse), formatSpeedup(speedup)] as const;
  return certificate
    ? t('Approximated: error {0}, {1}. Certified: {2}', ...figures, formatCertificate(certificate))
    : t('Approximated: error {0}, {1}', ...figures);
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
