/** `deepmaker/runs`: stored runs in one line each, to pick one from. */
import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { ServerContext } from '../languageServer.ts';
import { datasetMeasure } from '../pipeline/datasetView.ts';
import { readRun } from '../pipeline/readRun.ts';
import { measureOf } from '../pipeline/run.ts';
import { type RunSummary, RunsRequest } from '../protocol.ts';
import { projectRoot } from '../store.ts';
import { filePathOf, runFolderAt } from './files.ts';
import { lspRequest } from './lspTypes.ts';

export function registerRuns({ connection }: ServerContext): void {
  connection.onRequest(lspRequest(RunsRequest.type), ({ uris }) => {
    const folders = new Set(uris.flatMap((uri) => runFolderAt(filePathOf(uri) ?? '') ?? []));
    return [...folders].flatMap((folder) => summaryOf(folder) ?? []).sort((a, b) => b.modifiedMs - a.modifiedMs);
  });
}

/** Undefined for a run that is not finished, or cannot be read. */
function summaryOf(folder: string): RunSummary | undefined {
  const run = readRun(projectRoot(folder), folder);
  if (run.kind === 'failed') return undefined;
  const front = run.result.points.filter(({ onFront }) => onFront);
  return {
    uri: pathToFileURL(folder).href,
    kind: run.kind,
    name: run.kind === 'dataset' ? run.result.dataset.name : run.result.region.name,
    ...(run.kind === 'dataset' ? {} : { source: pathToFileURL(run.result.region.file).href }),
    modifiedMs: statSync(folder).mtimeMs,
    measure: run.kind === 'dataset' ? datasetMeasure(run.result.dataset) : measureOf(run.result.region),
    networks: front.length,
    error: Math.min(...front.map(({ error }) => error.nrmse)),
  };
}
