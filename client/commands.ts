/** The commands, each in a few lines: whose region, one request, and how its end is told. */
import * as vscode from 'vscode';
import { commandIds, type FrontView, type RegionReference } from '../server/protocol.ts';
import { compareRegion, type VirtualTexts } from './compare.ts';
import type { Applied } from './edits.ts';
import { exportNetwork, exportTargets } from './exportNetwork.ts';
import { applyShown, revertShown } from './inUse.ts';
import type { PanelMessage } from './messages.ts';
import { tellOutcome } from './outcome.ts';
import { type Panels, readFront } from './panels.ts';
import type { ParetoPanel } from './paretoPanel.ts';
import { parsePreview, previewCandidate } from './preview.ts';
import { appliedRegion, parseRegion, regionAtCursor, revealRegion } from './region.ts';
import { failureOf, type Requests } from './requests.ts';
import type { Runs } from './run.ts';
import type { Session } from './session.ts';
import { pickTarget } from './targetPicker.ts';
import { ensureTrusted, tellFailure, tellQuietly } from './tell.ts';

/** Commands that the server does not name; those that it names too are in the protocol. */
export const clientCommandIds = {
  openLog: 'deepmaker.openLog',
  restartServer: 'deepmaker.restartServer',
  /** The button of a preview's editor. */
  usePreview: 'deepmaker.usePreview',
} as const;

/** What lives from activation to deactivation. */
export interface Client {
  readonly session: Requests & Pick<Session, 'log' | 'restart'>;
  readonly panels: Panels;
  readonly runs: Runs;
  readonly exact: VirtualTexts;
  readonly previews: VirtualTexts;
}

export function registerCommands(client: Client): readonly vscode.Disposable[] {
  const { session } = client;
  const register = (id: string, run: (argument?: unknown) => unknown) => vscode.commands.registerCommand(id, run);
  const onApplied = (id: string, run: (client: Client, region: RegionReference) => Promise<unknown>) =>
    register(id, async (argument) => {
      const region = await regionFor(client, argument, appliedRegion);
      return region && run(client, region);
    });
  return [
    register(commandIds.approximate, async (argument) => {
      if (!ensureTrusted()) return undefined;
      const region = await regionFor(client, argument, regionAtCursor);
      return region && approximate(client, region);
    }),
    onApplied(commandIds.revert, revert),
    onApplied(commandIds.compare, compare),
    onApplied(commandIds.showFront, showFront),
    register(clientCommandIds.usePreview, (argument) => usePreview(client, argument)),
    register(commandIds.pickTarget, () => pickTarget(session, session.log)),
    register(clientCommandIds.openLog, () => session.log.show()),
    register(clientCommandIds.restartServer, () => session.restart()),
  ];
}

/** The region that a lens or code action names, or else the one that `find` finds. */
async function regionFor({ session }: Client, argument: unknown, find: typeof regionAtCursor) {
  try {
    return parseRegion(argument) ?? (await find(session));
  } catch (error) {
    tellFailure(session.log, failureOf(error));
    return undefined;
  }
}

/** Answers how the run ended, for whoever executes the command from code. */
export async function approximate(client: Client, region: RegionReference, record?: string) {
  const { runs, panels, session } = client;
  const answer = await runs.start(region, record === undefined ? {} : { record });
  if (answer.kind === 'busy') {
    panels.find(runs.subjectOf(region))?.reveal();
    tellQuietly(vscode.l10n.t('{0} is being approximated already.', region.name));
  } else if (answer.kind !== 'needs-ranges') {
    tellOutcome(region, answer, {
      log: session.log,
      use: (front, candidateId) => void use(client, front, candidateId),
      showFront: (front) => {
        // An open panel may show a newer run by the time that somebody answers the message.
        const panel = panels.find(front.subject) ?? openSettled(panels, front);
        panel.reveal();
      },
    });
  }
  return answer;
}

async function use(client: Client, front: FrontView, candidateId: string): Promise<Applied> {
  const outcome = await applyShown(client, front, candidateId);
  if (outcome.kind === 'failed') tellFailure(client.session.log, outcome);
  if (outcome.kind === 'applied') {
    const done = vscode.l10n.t('{0} calls the network now.', front.subject.name);
    // What a check on another target found is worth more than a glance.
    if (outcome.checked.length === 0) tellQuietly(done);
    else void vscode.window.showInformationMessage([done, ...outcome.checked].join(' '));
  }
  return outcome;
}

async function revert(client: Client, region: RegionReference): Promise<Applied> {
  const outcome = await revertShown(client, region);
  if (outcome.kind === 'failed') tellFailure(client.session.log, outcome);
  if (outcome.kind === 'applied') tellQuietly(vscode.l10n.t('{0} is exact again.', region.name));
  return outcome;
}

async function compare({ session, exact }: Client, region: RegionReference): Promise<void> {
  const outcome = await compareRegion(session, exact, region);
  if (outcome.kind === 'failed') tellFailure(session.log, outcome);
}

async function preview({ session, previews }: Client, front: FrontView, candidateId: string): Promise<void> {
  const outcome = await previewCandidate(session, previews, front, candidateId);
  if (outcome.kind === 'failed') tellFailure(session.log, outcome);
}

/** Applies what a preview shows, and closes it: the same is in the source then. */
async function usePreview(client: Client, argument: unknown): Promise<void> {
  const of = parsePreview(argument);
  if (!of) return;
  const { uri, name, runId, candidateId } = of;
  // Checking the code may take a while, in which somebody opens another editor.
  const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
  const outcome = await readFront(client.session, { uri, name, runId });
  if (outcome.kind !== 'front') {
    tellFailure(client.session.log, { ...outcome, kind: 'failed' });
    return;
  }
  const applied = await use(client, outcome.front, candidateId);
  const isOpen = vscode.window.tabGroups.all.some(({ tabs }) => tabs.some((open) => open === tab));
  if (applied.kind === 'applied' && tab && isOpen) await vscode.window.tabGroups.close(tab);
}

async function showFront(client: Client, region: RegionReference): Promise<void> {
  const { session, panels } = client;
  const open = panels.find(region);
  if (open) {
    open.reveal();
    return;
  }
  const outcome = await readFront(session, region);
  // Statements may be asked for by their lines; their panel goes by the name of the function that they become.
  if (outcome.kind === 'front') (panels.find(outcome.front.subject) ?? openSettled(panels, outcome.front)).reveal();
  else if (outcome.kind === 'failed') tellFailure(session.log, outcome);
  else tellNothingYet(client, region, outcome.message);
}

function tellNothingYet(client: Client, region: RegionReference, message: string): void {
  const run = vscode.l10n.t('Approximate this function');
  void vscode.window.showInformationMessage(message, run).then((choice) => {
    if (choice === run && ensureTrusted()) void approximate(client, region);
  });
}

/** A panel for a front of a run that is over. */
export function openSettled(panels: Panels, front: FrontView): ParetoPanel {
  const panel = panels.show(front);
  panel.settle();
  return panel;
}

/** Does what the user asked for in a panel. */
export function handlePanelMessage(
  client: Client,
  panel: ParetoPanel,
  message: Exclude<PanelMessage, { kind: 'ready' }>,
): void {
  const { subject, front } = panel;
  switch (message.kind) {
    case 'targets':
      if (front) void exportTargets(client.session, front, message.candidateId).then((answer) => panel.tell(answer));
      return;
    case 'export':
      if (front) void exportNetwork(client.session, front, message.candidateId, message.target);
      return;
    case 'copy':
      void copy(message);
      return;
    case 'pickTarget':
      void pickTarget(client.session, client.session.log);
      return;
    case 'log':
      client.session.log.show();
      return;
    case 'reveal':
      if (subject.kind === 'function') void revealRegion(subject);
      else void vscode.commands.executeCommand('revealInExplorer', vscode.Uri.parse(subject.uri));
      return;
    default:
      // What is left changes source, and a data set has none.
      if (subject.kind === 'function') handleSourceMessage(client, { subject, front }, message);
  }
}

type SourceMessage = Extract<PanelMessage, { kind: 'use' | 'preview' | 'revert' | 'compare' | 'stop' | 'run' }>;

function handleSourceMessage(
  client: Client,
  { subject, front }: { readonly subject: RegionReference; readonly front: FrontView | undefined },
  message: SourceMessage,
): void {
  switch (message.kind) {
    case 'use':
      if (front) void use(client, front, message.candidateId);
      return;
    case 'preview':
      if (front) void preview(client, front, message.candidateId);
      return;
    case 'revert':
      void revert(client, subject);
      return;
    case 'compare':
      void compare(client, subject);
      return;
    case 'stop':
      client.runs.stop(subject);
      return;
    case 'run':
      if (ensureTrusted()) void approximate(client, subject);
      return;
  }
}

async function copy({ text, what }: Extract<PanelMessage, { kind: 'copy' }>): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  tellQuietly(
    what === 'csv' ? vscode.l10n.t('Copied the networks as CSV.') : vscode.l10n.t('Copied the networks as JSON.'),
  );
}
