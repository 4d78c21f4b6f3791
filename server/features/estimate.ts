/** `deepmaker/estimate`: the networks of a stored run on another target than the one that they were measured for. */
import { loadConfig } from '../config.ts';
import type { ServerContext } from '../languageServer.ts';
import { estimateRun } from '../pipeline/estimates.ts';
import { readRun } from '../pipeline/readRun.ts';
import { type EstimateParams, EstimateRequest, type Failure, type TargetEstimates } from '../protocol.ts';
import { guardDisk, projectRoot } from '../store.ts';
import { filePathOf, notAFile, runFolderAt } from './files.ts';
import { lspRequest } from './lspTypes.ts';

export function registerEstimate({ connection }: ServerContext): void {
  connection.onRequest(lspRequest(EstimateRequest.type), (params) => guardDisk(() => estimate(params)));
}

async function estimate({ uri, runId, target, settings }: EstimateParams): Promise<TargetEstimates | Failure> {
  const path = filePathOf(uri);
  if (path === undefined) return notAFile(uri);
  const loaded = loadConfig({ root: projectRoot(path), layers: settings ? [settings] : [] });
  if (loaded.kind === 'failed') return loaded;
  const run = readRun(projectRoot(path), runFolderAt(path) ?? runId);
  return run.kind === 'failed' ? run : estimateRun(run, target, loaded.config);
}
