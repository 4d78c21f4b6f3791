/** The stored front of a run, for panels that are opened again or that open a stored run. */

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { formatAmount } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { ServerContext } from '../languageServer.ts';
import { approximationsIn } from '../pipeline/approximations.ts';
import { datasetView } from '../pipeline/datasetView.ts';
import { readFront } from '../pipeline/lastFront.ts';
import { readRun, type StoredRun } from '../pipeline/readRun.ts';
import { frontViewOf, type RunResult, readPlan, readResult } from '../pipeline/run.ts';
import { withStatements } from '../pipeline/statements.ts';
import { type FrontOutcome, type FrontParams, FrontRequest, type FrontView } from '../protocol.ts';
import { holderText, runHolder } from '../runLock.ts';
import { guardDisk, listRuns, projectRoot, readJournal, runFolder } from '../store.ts';
import { filePathOf, notAFile, runFolderAt } from './files.ts';
import { lspRequest } from './lspTypes.ts';

export function registerFront(context: ServerContext): void {
  context.connection.onRequest(lspRequest(FrontRequest.type), (params) =>
    guardDisk(() => storedFront(context, params)),
  );
}

export async function storedFront(context: ServerContext, params: FrontParams): Promise<FrontOutcome> {
  const file = filePathOf(params.uri);
  if (file === undefined) return notAFile(params.uri);
  const folder = runFolderAt(file);
  if (folder === undefined) return functionFront(context, file, params);
  const run = readRun(projectRoot(folder), folder);
  return run.kind === 'failed' ? run : { kind: 'front', front: await viewOf(context, run) };
}

async function viewOf(context: ServerContext, run: StoredRun): Promise<FrontView> {
  if (run.kind === 'dataset') return datasetView(run.result, run.folder);
  return functionView(context, pathToFileURL(run.result.region.file).href, run.result);
}

async function functionView(context: ServerContext, uri: string, result: RunResult): Promise<FrontView> {
  const stale = await staleText(context, result);
  const view = frontViewOf(result, uri, await appliedCandidate(context, uri, result));
  return stale === undefined ? view : { ...view, stale };
}

/** Why none of a run's networks can go into the source any more; undefined where they can. */
async function staleText({ source }: ServerContext, { region }: RunResult): Promise<string | undefined> {
  const { file, name, sourceHash } = region;
  const { module, project: shared } = await source();
  const text = shared.text(file);
  if (text === undefined) return t('{0}, which {1} was in, is no longer there.', basename(file), name);
  const whole = await withStatements(region, text);
  const project = whole === text ? shared : module.createSourceProject();
  if (whole !== text) project.setOverlay(file, whole);
  const analysis = module.analyse(project, { file, name });
  switch (analysis.kind) {
    case 'none':
      return t('There is no function {0} any more.', name);
    case 'refused':
      return t('{0} can no longer be approximated: {1}', name, analysis.reasons[0]!.message);
    case 'region':
      return analysis.region.sourceHash === sourceHash
        ? undefined
        : t('{0}, or something it depends on, has changed since this run.', name);
  }
}

async function functionFront(
  context: ServerContext,
  file: string,
  { uri, runId, name: asked }: FrontParams,
): Promise<FrontOutcome> {
  const root = projectRoot(file);
  const name = asked && (await functionName(context, file, asked));
  for (const id of runId === undefined ? listRuns(root) : [runId]) {
    const result = readResult(root, id);
    if (!result || (runId === undefined && !(result.region.file === file && result.region.name === name))) continue;
    return { kind: 'front', front: await functionView(context, uri, result) };
  }
  return (
    (runId === undefined ? undefined : unfinished(root, runId, uri)) ?? {
      kind: 'none',
      message: name ? t('There is no finished run for {0}.', name) : t('This run is no longer stored.'),
      hint: t('Approximate the function to search networks for it.'),
    }
  );
}

/** Statements go by the name of the function that they are, or would be. */
async function functionName({ source }: ServerContext, file: string, name: string): Promise<string> {
  const { module, project } = await source();
  const place = module.parsePlace(name);
  const text = place && project.text(file);
  if (!place || text === undefined) return name;
  const applied = module.liftedName(text, place);
  if (applied !== undefined) return applied;
  const lifted = module.lift(project, file, place);
  return lifted.kind === 'lifted' ? lifted.name : name;
}

/** What is there of a run that is not over: it goes on elsewhere, or was interrupted; undefined where that is nothing. */
function unfinished(root: string, runId: string, uri: string): Extract<FrontOutcome, { kind: 'none' }> | undefined {
  const folder = runFolder(root, runId);
  const plan = readPlan(folder);
  if (!plan) return undefined;
  const { name } = plan.region;
  const stored = readFront(folder);
  const front = stored && { front: { ...stored, subject: { ...stored.subject, uri } } };
  const holder = runHolder(folder);
  const trained = formatAmount(readJournal(folder).length, 'network');
  if (holder) {
    const message = t('{0} is being approximated {1}: {2} trained so far.', name, holderText(holder), trained);
    return { kind: 'none', message, hint: t('Its front grows here, too.'), ...front, running: true };
  }
  const message = t('The run for {0} did not finish. {1} will not be trained again.', name, trained);
  return { kind: 'none', message, hint: t('Run it again to continue where it stopped.'), ...front };
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
