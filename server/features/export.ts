/** `deepmaker/export` and `deepmaker/exportTargets`: a network of a stored run as code in a folder, and for what. */

import { join } from 'node:path';
import { t } from '../../engine/texts.ts';
import { loadConfig } from '../config.ts';
import type { ServerContext } from '../languageServer.ts';
import { exportDataset } from '../pipeline/exportDataset.ts';
import { exportTargets } from '../pipeline/exportTargets.ts';
import { exportArtifacts } from '../pipeline/onDisk.ts';
import { readRun, type StoredRun } from '../pipeline/readRun.ts';
import { readResult } from '../pipeline/run.ts';
import {
  type ExportOutcome,
  type ExportParams,
  ExportRequest,
  ExportTargetsRequest,
  type Failure,
  type NetworkReference,
} from '../protocol.ts';
import { guardDisk, projectRoot, runFolder } from '../store.ts';
import { filePathOf, notAFile } from './files.ts';
import { lspRequest } from './lspTypes.ts';
import { signalOf } from './run.ts';

export function registerExport({ connection }: ServerContext): void {
  connection.onRequest(lspRequest(ExportRequest.type), (params, token) => exportNetwork(params, signalOf(token)));
  connection.onRequest(lspRequest(ExportTargetsRequest.type), (params) => guardDisk(() => targetsOf(params)));
}

async function targetsOf(params: NetworkReference) {
  const run = runOf(params);
  if (run.kind === 'failed') return run;
  return exportTargets(run, params.candidateId);
}

/** A function's run is found by its id in the project of its source, a data set's by its folder. */
function runOf({ uri, runId }: NetworkReference): StoredRun | Failure {
  const path = filePathOf(uri);
  if (path === undefined) return notAFile(uri);
  const root = projectRoot(path);
  if (runId === undefined) return readRun(root, path);
  const result = readResult(root, runId);
  if (result) return { kind: 'function', folder: runFolder(root, runId), result };
  return { kind: 'failed', message: t('This run is no longer stored.'), hint: t('Approximate the function again.') };
}

async function exportNetwork(params: ExportParams, signal: AbortSignal): Promise<ExportOutcome> {
  const { folder: to, candidateId, target, settings, trusted } = params;
  const folder = filePathOf(to);
  if (folder === undefined) return notAFile(to);
  const run = runOf(params);
  if (run.kind === 'failed') return run;
  if (!trusted) {
    return {
      kind: 'failed',
      message: t('Exporting a network runs its code, and this workspace is not trusted.'),
      hint: t('Trust the workspace, then export again.'),
    };
  }
  const root = run.kind === 'function' ? projectRoot(run.result.region.file) : projectRoot(run.folder);
  const loaded = loadConfig({ root, layers: settings ? [settings] : [] });
  if (loaded.kind === 'failed') return loaded;
  const { config } = loaded;
  if (run.kind === 'function') {
    const outcome = await exportArtifacts(run.result, folder, { candidateId, target, config, signal });
    if (outcome.kind === 'failed') return outcome;
    const { files, figures } = outcome;
    return { kind: 'written', files, figures };
  }
  // The data is found as the command line finds it: from the folder of the project, or in the ones that it knows.
  return exportDataset(run.result, {
    folder,
    dataFolders: [root, join(run.folder, '../../..')],
    candidateId,
    target,
    config,
    signal,
  });
}
