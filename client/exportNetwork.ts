/** A network of a data set as code: asks for the folder, and tells what was written. */
import * as vscode from 'vscode';
import { ExportRequest, type Subject } from '../server/protocol.ts';
import { failureOf, RequestCancelled } from './requests.ts';
import type { Session } from './session.ts';
import { currentTarget } from './settings.ts';
import { ensureTrusted, tellFailure } from './tell.ts';

export async function exportNetwork(
  session: Pick<Session, 'request' | 'log'>,
  { uri, name }: Subject,
  candidateId: string,
): Promise<void> {
  const reason = vscode.l10n.t(
    'Exporting a network runs its code to measure it, which needs a workspace that you trust.',
  );
  if (!ensureTrusted(reason)) return;
  const target = currentTarget();
  const [folder] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Export the network for {0}', target.toUpperCase()),
      openLabel: vscode.l10n.t('Export here'),
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  if (!folder) return;
  const params = { uri, candidateId, target, folder: folder.toString(), trusted: vscode.workspace.isTrusted };
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
  if (choice === open) await vscode.window.showTextDocument(vscode.Uri.file(first));
}
