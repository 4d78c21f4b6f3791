/** `deepmaker/hotspots`: a CPU profile as a ranked list, and as lenses on the functions until they are hidden again. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CodeLens } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { formatPercent } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import { findHotspots, type Hotspot, shortReason } from '../hotspots/hotspots.ts';
import type { ServerContext } from '../languageServer.ts';
import { commandIds, type HotspotsOutcome, type HotspotsParams, HotspotsRequest } from '../protocol.ts';
import { projectRoot } from '../store.ts';
import { filePathOf, notAFile } from './files.ts';
import { lspRequest } from './lspTypes.ts';
import { refreshLenses } from './refreshLenses.ts';

export function registerHotspots(context: ServerContext): void {
  context.connection.onRequest(lspRequest(HotspotsRequest.type), (params) => show(context, params));
}

async function show(context: ServerContext, { uri, folder }: HotspotsParams): Promise<HotspotsOutcome> {
  const { hotspots } = context;
  if (uri === undefined) {
    hotspots.clear();
    refreshLenses(context);
    return { kind: 'hotspots', seconds: 0, functions: [] };
  }
  const path = filePathOf(uri);
  if (path === undefined) return notAFile(uri);
  const around = folder === undefined ? path : join(filePathOf(folder) ?? path, 'profile');
  const found = await findHotspots({ ...(await context.source()), root: projectRoot(around) }, path);
  if (found.kind === 'failed') return found;
  hotspots.clear();
  for (const hotspot of found.functions) {
    hotspots.set(hotspot.file, [...(hotspots.get(hotspot.file) ?? []), hotspot]);
  }
  refreshLenses(context);
  const functions = found.functions.map((hotspot) => {
    const { file, name, line, share, selfShare } = hotspot;
    const reason = shortReason(hotspot);
    const verdict = reason === undefined ? {} : { reason };
    return { uri: pathToFileURL(file).href, name, line, share, selfShare, ...verdict };
  });
  return { kind: 'hotspots', seconds: found.seconds, functions };
}

/** On the functions of a file that a profile was shown for, wherever they have moved to since. */
export async function hotspotLenses(
  { hotspots, source, client }: ServerContext,
  document: TextDocument,
  file: string,
): Promise<CodeLens[]> {
  const known = hotspots.get(file);
  if (!known) return [];
  const { module, project } = await source();
  return module.regions(project, file).flatMap(({ name, nameRange, applied }) => {
    const hotspot = known.find((each) => each.name === name);
    // What is applied has lenses of its own.
    if (!hotspot || applied) return [];
    const start = document.positionAt(nameRange.pos);
    const lens = (title: string, command: string): CodeLens => ({
      range: { start, end: start },
      command: { title, command, arguments: [{ uri: document.uri, name }] },
    });
    const lenses = [lens(titleOf(hotspot), commandIds.approximate)];
    // Recording needs a client that runs commands in a terminal.
    const mayRecord = client.commands && hotspot.suitability > 0;
    return mayRecord ? [...lenses, lens(t('Record inputs...'), commandIds.record)] : lenses;
  });
}

function titleOf(hotspot: Hotspot): string {
  const { share, selfShare } = hotspot;
  const times = [formatPercent(share), formatPercent(selfShare)] as const;
  const reason = shortReason(hotspot);
  return reason === undefined
    ? t('{0} of the time, {1} in its own code: approximate it', ...times)
    : t('{0} of the time, {1} in its own code. Not to be approximated: {2}', ...times, reason);
}
