/** The stored front of a run, for panels that are opened again. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ServerContext } from '../languageServer.ts';
import { approximationsIn } from '../pipeline/apply.ts';
import { frontViewOf, type RunResult, readResult } from '../pipeline/run.ts';
import { type FrontParams, FrontRequest } from '../protocol.ts';
import { listRuns, projectRoot } from '../store.ts';

export function registerFront(context: ServerContext): void {
  context.connection.onRequest(FrontRequest.type, async (params) => {
    const file = fileURLToPath(params.uri);
    const root = projectRoot(file);
    for (const runId of params.runId === undefined ? listRuns(root) : [params.runId]) {
      const result = readResult(root, runId);
      if (!result || !matches(params, file, result.region)) continue;
      const applied = await appliedCandidate(context, params.uri, result);
      return { kind: 'front', front: frontViewOf(result, params.uri, applied) } as const;
    }
    return {
      kind: 'failed',
      message: params.name ? `There is no finished run for ${params.name}.` : 'This run is no longer stored.',
      hint: 'Choose "Approximate this function" to start one.',
    } as const;
  });
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

const matches = (params: FrontParams, file: string, region: { file: string; name: string }): boolean =>
  params.runId !== undefined || (region.file === file && region.name === params.name);
