/** The stored front of a run, for panels that are opened again or that open a stored run. */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { ServerContext } from '../languageServer.ts';
import { approximationsIn } from '../pipeline/approximations.ts';
import { datasetView } from '../pipeline/datasetView.ts';
import { readRun, type StoredRun } from '../pipeline/readRun.ts';
import { frontViewOf, type RunResult, readResult } from '../pipeline/run.ts';
import { type Failure, type FrontParams, FrontRequest, type FrontView } from '../protocol.ts';
import { guardDisk, listRuns, projectRoot } from '../store.ts';
import { filePathOf, notAFile, runFolderAt } from './files.ts';

type StoredFront = { readonly kind: 'front'; readonly front: FrontView } | Failure;

export function registerFront(context: ServerContext): void {
  context.connection.onRequest(FrontRequest.type, (params) => guardDisk(() => storedFront(context, params)));
}

export async function storedFront(context: ServerContext, params: FrontParams): Promise<StoredFront> {
  const file = filePathOf(params.uri);
  if (file === undefined) return notAFile(params.uri);
  const folder = runFolderAt(file);
  if (folder === undefined) return functionFront(context, file, params);
  const run = readRun(projectRoot(folder), folder);
  return run.kind === 'failed' ? run : { kind: 'front', front: await viewOf(context, run) };
}

async function viewOf(context: ServerContext, run: StoredRun): Promise<FrontView> {
  if (run.kind === 'dataset') return datasetView(run.result, run.folder);
  const uri = pathToFileURL(run.result.region.file).href;
  return frontViewOf(run.result, uri, await appliedCandidate(context, uri, run.result));
}

async function functionFront(
  context: ServerContext,
  file: string,
  { uri, runId, name }: FrontParams,
): Promise<StoredFront> {
  const root = projectRoot(file);
  for (const id of runId === undefined ? listRuns(root) : [runId]) {
    const result = readResult(root, id);
    if (!result || (runId === undefined && !(result.region.file === file && result.region.name === name))) continue;
    return { kind: 'front', front: frontViewOf(result, uri, await appliedCandidate(context, uri, result)) };
  }
  return {
    kind: 'failed',
    message: name ? `There is no finished run for ${name}.` : 'This run is no longer stored.',
    hint: 'Choose "Approximate this function" to start one.',
  };
}

/** The candidate of this run that the source calls now, if any. */
export async function appliedCandidate(
  { documents, source }: ServerContext,
  uri: string,
  { runId, region }: RunResult,
): Promise<string | undefined> {
  const record = approximationsIn(projectRoot(region.file), region.file).find(
    (entry) => entry.name === region.name && entry.runId === runId,
  );
  if (!record) return undefined;
  const { module } = await source();
  const text = documents.get(uri)?.getText() ?? readFileSync(region.file, 'utf8');
  return module.findApplied(text).some(({ name }) => name === region.name) ? record.candidateId : undefined;
}
