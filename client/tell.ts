/** Messages that offer a next step. None of them is waited for: a message that nobody answers must not hold a command. */
import * as vscode from 'vscode';
import type { Failure } from '../server/protocol.ts';

/** A failure with its hint, and the log one click away. */
export function tellFailure(log: vscode.LogOutputChannel, { message, hint }: Failure): void {
  const text = hint === undefined ? message : `${message} ${hint}`;
  log.error(text);
  const openLog = vscode.l10n.t('Open log');
  void vscode.window.showErrorMessage(text, openLog).then((choice) => choice === openLog && log.show());
}

/** What runs code needs trust: sampling runs the user's. Answers whether there is any, and explains where there is not. */
export function ensureTrusted(
  reason = vscode.l10n.t('DeepMaker runs your function to sample it, which needs a workspace that you trust.'),
): boolean {
  if (vscode.workspace.isTrusted) return true;
  const manage = vscode.l10n.t('Manage workspace trust');
  void vscode.window
    .showWarningMessage(reason, manage)
    .then((choice) => choice === manage && vscode.commands.executeCommand('workbench.trust.manage'));
  return false;
}

/** For outcomes that the user asked for and needs no button to dismiss. */
export const tellQuietly = (text: string): vscode.Disposable => vscode.window.setStatusBarMessage(text, 5000);
