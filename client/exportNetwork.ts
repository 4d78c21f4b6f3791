/** A network as code in a folder: what it can be written for, where to, and what was written. */
import * as vscode from 'vscode';
import type { TargetId } from '../engine/types.ts';
import { ExportRequest, ExportTargetsRequest, type FrontView } from '../server/protocol.ts';
import type { HostMessage } from './messages.ts';
import { failureOf, RequestCancelled, type Requests } from './requests.ts';
import type { Session } from './session.ts';
import { runSettings } from './settings.ts';
import { ensureTrusted, tellFailure } from './tell.ts';

const referenceOf = ({ runId, subject: { kind, uri } }: FrontView, candidateId: string) => ({
  ...{ uri, candidateId },
  ...(kind === 'function' ? { runId } : {}),
});

/** What the panel lists; it never rejects. */
export async function exportTargets(
  requests: Requests,
  front: FrontView,
  candidateId: string,
): Promise<HostMessage & { kind: 'targets' }> {
  const answer = await requests
    .request(ExportTargetsRequest.type, referenceOf(front, candidateId))
    .catch((error: unknown) => failureOf(error));
  if (answer.kind === 'targets') return { kind: 'targets', candidateId, targets: [...answer.targets] };
  const problem = [answer.message, answer.hint].filter(Boolean).join(' ');
  return { kind: 'targets', candidateId, targets: [], problem };
}

export async function exportNetwork(
  session: Pick<Session, 'request' | 'log'>,
  front: FrontView,
  candidateId: string,
  target: TargetId,
): Promise<void> {
  const { name } = front.subject;
  const reason = vscode.l10n.t(
    'Exporting a network runs its code to measure it, which needs a workspace that you trust.',
  );
  if (!ensureTrusted(reason)) return;
  const [folder] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Export the network for {0}', target.toUpperCase()),
      openLabel: vscode.l10n.t('Export here'),
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  if (!folder) return;
  const settings = runSettings(vscode.Uri.parse(front.subject.uri));
  const to = { target, folder: folder.toString(), settings, trusted: vscode.workspace.isTrusted };
  const params = { ...referenceOf(front, candidateId), ...to };
  const progress = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t('Exporting a network for {0}, and running its code on test rows', name),
    cancellable: true,
  };
  try {
    const outcome = await vscode.window.withProgress(progress, (_, token) =>
      session.request(ExportRequest.type, params, token),
    );
    if (outcome.kind === 'failed') tellFailure(session.log, outcome);
    else await tellWritten(outcome);
  } catch (error) {
    if (!(error instanceof RequestCancelled)) tellFailure(session.log, failureOf(error));
  }
}

async function tellWritten({
  files,
  figures,
}: {
  readonly files: readonly string[];
  readonly figures: readonly string[];
}) {
  const [first] = files;
  if (first === undefined) return;
  const open = vscode.l10n.t('Open');
  const path = vscode.workspace.asRelativePath(vscode.Uri.file(first));
  const choice = await vscode.window.showInformationMessage(
    vscode.l10n.t('Wrote {0}. {1}', path, figures.join(' ')),
    open,
  );
  // Unlike a text editor, the command opens files that are no text.
  if (choice === open) await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(first));
}
