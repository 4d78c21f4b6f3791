/** `deepmaker/export`: a network of a stored run on a data set as code in a folder. */
import { join } from 'node:path';
import type { ServerContext } from '../languageServer.ts';
import { exportDataset } from '../pipeline/exportDataset.ts';
import { readRun } from '../pipeline/readRun.ts';
import { type ExportOutcome, type ExportParams, ExportRequest } from '../protocol.ts';
import { projectRoot } from '../store.ts';
import { filePathOf, notAFile } from './files.ts';
import { signalOf } from './run.ts';

export function registerExport({ connection }: ServerContext): void {
  connection.onRequest(ExportRequest.type, (params, token) => exportNetwork(params, signalOf(token)));
}

async function exportNetwork(
  { uri, folder: to, candidateId, target, trusted }: ExportParams,
  signal: AbortSignal,
): Promise<ExportOutcome> {
  if (!trusted) {
    return {
      kind: 'failed',
      message: 'Exporting a network runs its code, and this workspace is not trusted.',
      hint: 'Trust the workspace, then export again.',
    };
  }
  const [from, folder] = [filePathOf(uri), filePathOf(to)];
  if (from === undefined || folder === undefined) return notAFile(from === undefined ? uri : to);
  const root = projectRoot(from);
  const run = readRun(root, from);
  if (run.kind === 'failed') return run;
  if (run.kind === 'function') {
    return {
      kind: 'failed',
      message: `${run.result.runId} is a run of a function, whose code goes beside its source.`,
      hint: 'Choose "Use this network", or run deepmaker export.',
    };
  }
  // The data is found as the command line finds it: from the folder of the project, or in the ones that it knows.
  return exportDataset(run.result, {
    folder,
    dataFolders: [root, join(from, '../../..')],
    candidateId,
    target,
    signal,
  });
}
