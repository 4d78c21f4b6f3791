/**
 * The commands of code actions and lenses, for editors that have no part of ours: a plain LSP client sends them back with
 * `workspace/executeCommand`, and questions, progress and edits go through standard LSP.
 */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MessageType, ShowDocumentRequest, ShowMessageNotification } from 'vscode-languageserver/node';
import { z } from 'zod';
import { formatAmount } from '../../engine/format.ts';
import { inEnglish, t } from '../../engine/texts.ts';
import type { ServerContext } from '../languageServer.ts';
import { readRun } from '../pipeline/readRun.ts';
import {
  commandIds,
  type EditOutcome,
  type Failure,
  type FrontView,
  type Objection,
  type RegionReference,
  type RunOutcome,
} from '../protocol.ts';
import { reportPage } from '../report/page.ts';
import { reportOf } from '../report/report.ts';
import { guardDisk, projectRoot, runFolder, writeAtomically } from '../store.ts';
import { apply, revert } from './edits.ts';
import { filePathOf } from './files.ts';
import { storedFront } from './front.ts';
import { carryOutFileEdits } from './plainEdits.ts';
import { runRegion, signalOf } from './run.ts';

export const serverCommands = [commandIds.approximate, commandIds.revert, commandIds.showFront] as const;

const reference = z.tuple([z.object({ uri: z.string(), name: z.string() })], z.unknown());

export function registerCommands(context: ServerContext): void {
  const { connection } = context;
  connection.onExecuteCommand(async ({ command, arguments: given }, token) => {
    const run = runners[command as (typeof serverCommands)[number]];
    const parsed = reference.safeParse(given);
    if (!run)
      return tell(
        context,
        failure(t('There is no command {0}.', command), t('Use one of {0}.', serverCommands.join(', '))),
      );
    if (!parsed.success)
      return tell(context, failure(t('{0} takes one { uri, name }.', command), t('Pick it from a code action.')));
    return run(context, parsed.data[0], signalOf(token));
  });
}

type Runner = (context: ServerContext, region: RegionReference, signal: AbortSignal) => Promise<void>;

const runners: Readonly<Record<(typeof serverCommands)[number], Runner>> = {
  [commandIds.approximate]: approximateAndApply,
  [commandIds.revert]: async (context, region) => {
    await carryOut(context, await guardDisk(() => revert(context, region)), t('{0} is exact again.', region.name));
  },
  [commandIds.showFront]: showReport,
};

async function approximateAndApply(
  context: ServerContext,
  region: RegionReference,
  signal: AbortSignal,
): Promise<void> {
  const { connection } = context;
  if (!(await isTrusted(context, region.name))) return;
  const progress = await connection.window.createWorkDoneProgress();
  const stop = 'token' in progress ? AbortSignal.any([signal, signalOf(progress.token)]) : signal;
  const params = { region, target: 'cpu', trusted: true } as const;
  const outcome = await runRegion(context, params, { signal: stop, progress });
  if (outcome.kind === 'done') await useChosen(context, region, outcome.front, stop);
  else tell(context, failureOf(region, outcome));
}

/** Asks once, as long as the server lives: sampling runs the user's code. */
async function isTrusted({ connection, client }: ServerContext, name: string): Promise<boolean> {
  if (client.trusted) return true;
  const question = t(
    'Approximating {0} runs its code, in a sandbox without files and network. Do you trust this workspace?',
    name,
  );
  const answer = await connection.window.showWarningMessage(
    question,
    { title: t('Trust and run') },
    { title: t('Cancel') },
  );
  client.trusted = answer?.title === t('Trust and run');
  return client.trusted;
}

async function useChosen(
  context: ServerContext,
  { uri, name }: RegionReference,
  front: FrontView,
  signal: AbortSignal,
): Promise<void> {
  const { runId, target, chosen, criterion } = front;
  if (chosen === undefined) {
    tell(
      context,
      failure(`${name}: ${criterion?.reason ?? t('No network was good enough.')}`, t('Allow a larger error.')),
    );
    return;
  }
  const params = { runId, candidateId: chosen, target, uri, trusted: true };
  let outcome = await guardDisk(() => apply(context, params, signal));
  if (outcome.kind === 'objection') {
    if (!(await wantsAllTheSame(context, name, outcome))) return;
    outcome = await guardDisk(() => apply(context, { ...params, force: true }, signal));
  }
  if (outcome.kind === 'objection') say(context, MessageType.Error, outcome.message);
  else
    await carryOut(
      context,
      outcome,
      [t('{0} calls a network now.', name), criterion?.reason].filter(Boolean).join(' '),
    );
}

async function wantsAllTheSame({ connection }: ServerContext, name: string, { message }: Objection): Promise<boolean> {
  const useIt = { title: t('Use it all the same') };
  const question = t('Use this network for {0}? {1}', name, message);
  const answer = await connection.window.showWarningMessage(question, useIt, { title: t('Cancel') });
  return answer?.title === useIt.title;
}

async function carryOut(context: ServerContext, outcome: EditOutcome, done: string): Promise<void> {
  if (outcome.kind === 'failed') return tell(context, outcome);
  const { connection, client } = context;
  const edit = client.fileEdits ? outcome.edit : carryOutFileEdits(outcome.edit);
  const { applied, failureReason } = await connection.workspace.applyEdit({ label: outcome.label, edit });
  if (applied) say(context, MessageType.Info, done);
  else
    tell(
      context,
      failure(
        t('The source was not changed: {0}.', failureReason ?? t('the editor refused the edit')),
        t('Try again.'),
      ),
    );
}

/** The panel of an editor that has none: the run's report, in the browser where the editor can open one. */
async function showReport(context: ServerContext, region: RegionReference): Promise<void> {
  const { connection } = context;
  const outcome = await guardDisk(async () => {
    const stored = await storedFront(context, region);
    const file = filePathOf(region.uri);
    if (stored.kind === 'none') return { ...stored, kind: 'failed' } as const;
    if (stored.kind === 'failed' || file === undefined) return stored;
    const root = projectRoot(file);
    const { runId } = stored.front;
    const run = readRun(root, runId);
    if (run.kind === 'failed') return run;
    const page = join(runFolder(root, runId), 'report.html');
    writeAtomically(
      page,
      inEnglish(() => reportPage(reportOf(run))),
    );
    return { kind: 'written', page } as const;
  });
  if (outcome.kind !== 'written') {
    if (outcome.kind === 'failed') tell(context, outcome);
    return;
  }
  const shown = await connection
    .sendRequest(ShowDocumentRequest.type, { uri: pathToFileURL(outcome.page).href, external: true })
    .catch(() => ({ success: false }));
  if (!shown.success) say(context, MessageType.Info, t('The front of {0}: {1}', region.name, outcome.page));
}

function failureOf({ name }: RegionReference, outcome: Exclude<RunOutcome, { kind: 'done' }>): Failure {
  switch (outcome.kind) {
    case 'failed':
      return outcome;
    case 'cancelled':
      return failure(t('Cancelled. {0} will not be trained again.', formatAmount(outcome.evaluated, 'network')));
    case 'needs-ranges':
      return failure(
        t('{0} needs the ranges of its inputs.', name),
        t('Write in its JSDoc comment: {0}.', outcome.missing.map(({ tag }) => tag).join(', ')),
      );
    case 'refused':
      return failure(outcome.reasons.map(({ message, line }) => t('{0} (line {1})', message, String(line))).join(' '));
  }
}

const failure = (message: string, hint?: string): Failure => ({
  kind: 'failed',
  message,
  ...(hint === undefined ? {} : { hint }),
});

const tell = (context: ServerContext, { message, hint }: Failure): void =>
  say(context, MessageType.Error, hint === undefined ? message : `${message} ${hint}`);

/** A notification: the connection's own `showInformationMessage` is a question without answers, for which some editors wait. */
const say = ({ connection }: ServerContext, type: MessageType, message: string): void =>
  void connection.sendNotification(ShowMessageNotification.type, { type, message });
