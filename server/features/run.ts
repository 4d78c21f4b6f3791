/** `deepmaker/run`: one approximation, with progress, a front per generation, and cancellation. */

import type { CancellationToken, WorkDoneProgressReporter } from 'vscode-languageserver/node';
import { t } from '../../engine/texts.ts';
import { loadConfig } from '../config.ts';
import type { ServerContext } from '../languageServer.ts';
import { approximate } from '../pipeline/approximate.ts';
import { frontViewOf } from '../pipeline/run.ts';
import { type FrontView, type RegionReference, type RunOutcome, type RunParams, RunRequest } from '../protocol.ts';
import { projectRoot } from '../store.ts';
import { filePathOf, notAFile } from './files.ts';
import { appliedCandidate } from './front.ts';
import { lspProgress, lspRequest } from './lspTypes.ts';

export function registerRun(context: ServerContext): void {
  const { connection } = context;
  connection.onRequest(lspRequest(RunRequest.type), (params: RunParams, token) => {
    const progress = connection.window.attachWorkDoneProgress(params.workDoneToken);
    return runRegion(context, params, { signal: signalOf(token), progress });
  });
}

export interface RunReporting {
  readonly signal: AbortSignal;
  readonly progress: WorkDoneProgressReporter;
}

/** Begins and ends the progress where the run gets as far as that. */
export async function runRegion(
  context: ServerContext,
  params: RunParams,
  { signal, progress }: RunReporting,
): Promise<RunOutcome> {
  const { connection, documents } = context;
  if (!params.trusted) {
    return {
      kind: 'failed',
      message: t('Approximating a function runs its code, and this workspace is not trusted.'),
      hint: t('Trust the workspace, then run the command again.'),
    };
  }
  const file = filePathOf(params.region.uri);
  if (file === undefined) return notAFile(params.region.uri);
  const layers = params.settings ? [params.settings] : [];
  const loaded = loadConfig({ root: projectRoot(file), layers });
  if (loaded.kind === 'failed') return loaded;

  progress.begin(t('Approximating {0}', params.region.name), 0, undefined, true);
  const overlay = documents.get(params.region.uri)?.getText();
  try {
    const outcome = await approximate(
      {
        file,
        name: params.region.name,
        target: params.target,
        config: loaded.config,
        ...(params.ranges ? { ranges: params.ranges } : {}),
        ...(params.record === undefined ? {} : { record: params.record }),
        ...(overlay === undefined ? {} : { overlay }),
      },
      {
        signal,
        onProgress: (message, fraction) => progress.report(Math.round(fraction * 100), message),
        onFront(front) {
          if (params.partialResultToken === undefined) return;
          const view = { ...front, subject: subjectOf(params.region, front) };
          void connection.sendProgress(lspProgress(RunRequest.partial), params.partialResultToken, view);
        },
      },
    );
    if (outcome.kind !== 'done') return outcome;
    const applied = await appliedCandidate(context, params.region.uri, outcome.result);
    return { kind: 'done', front: frontViewOf(outcome.result, params.region.uri, applied) };
  } finally {
    progress.done();
  }
}

/** The file as the client calls it. Statements have the name of the function that they become, as lenses call them. */
const subjectOf = ({ uri }: RegionReference, { subject: { name } }: FrontView) =>
  ({ kind: 'function', uri, name }) as const;

export function signalOf(token: CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}
