/** The stored front of a run, for panels that are opened again. */
import { readFileSync } from 'node:fs';
import type { ServerContext } from '../languageServer.ts';
import { approximationsIn } from '../pipeline/approximations.ts';
import { frontViewOf, type RunResult, readResult } from '../pipeline/run.ts';
import { type Failure, type FrontParams, FrontRequest, type FrontView } from '../protocol.ts';
import { guardDisk, listRuns, projectRoot } from '../store.ts';
import { filePathOf, notAFile } from './files.ts';

export function registerFront(context: ServerContext): void {
  context.connection.onRequest(FrontRequest.type, (params) => guardDisk(() => storedFront(context, params)));
}

async function storedFront(
  context: ServerContext,
  { uri, runId, name }: FrontParams,
): Promise<{ readonly kind: 'front'; readonly front: FrontView } | Failure> {
  const file = filePathOf(uri);
  if (file === undefined) return notAFile(uri);
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
