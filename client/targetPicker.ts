import * as vscode from 'vscode';
import type { TargetDescription, TargetId } from '../engine/types.ts';
import { commandIds, TargetsRequest } from '../server/protocol.ts';
import { isSupported } from './region.ts';
import { failureOf, type Requests } from './requests.ts';
import { changesTarget, currentTarget, saveTarget } from './settings.ts';
import { tellFailure } from './tell.ts';

/** Owns the status bar item that shows the target. Lives from activation to deactivation. */
export class TargetItem implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  readonly #listeners: readonly vscode.Disposable[];

  constructor() {
    this.#item = vscode.window.createStatusBarItem('deepmaker.target', vscode.StatusBarAlignment.Right, 90);
    this.#item.name = vscode.l10n.t('DeepMaker target');
    this.#item.command = commandIds.pickTarget;
    this.#listeners = [
      vscode.workspace.onDidChangeConfiguration((event) => changesTarget(event) && this.#update()),
      vscode.window.onDidChangeActiveTextEditor(() => this.#update()),
    ];
    this.#update();
  }

  /** Shown only where it says something about the file in front. */
  #update(): void {
    const target = currentTarget().toUpperCase();
    this.#item.text = `$(chip) ${target}`;
    this.#item.tooltip = vscode.l10n.t('DeepMaker generates code for {0}. Select to change.', target);
    this.#item.accessibilityInformation = { label: vscode.l10n.t('DeepMaker target: {0}', target) };
    if (isSupported(vscode.window.activeTextEditor?.document)) this.#item.show();
    else this.#item.hide();
  }

  dispose(): void {
    for (const listener of this.#listeners) listener.dispose();
    this.#item.dispose();
  }
}

interface TargetEntry extends vscode.QuickPickItem {
  readonly target?: TargetDescription;
}

/** The entries of the picker: what can be checked here first, then what cannot, each with what is missing and its command. */
export function targetEntries(targets: readonly TargetDescription[], current: TargetId): readonly TargetEntry[] {
  const entry = (target: TargetDescription): TargetEntry => ({
    label: target.label,
    ...(target.id === current ? { description: vscode.l10n.t('current') } : {}),
    detail: [target.description, ...(target.unavailable === undefined ? [] : [target.unavailable])].join('. '),
    target,
  });
  const available = targets.filter(({ unavailable }) => unavailable === undefined);
  const unavailable = targets.filter((target) => !available.includes(target));
  return [
    ...available.map(entry),
    ...(unavailable.length > 0
      ? [
          {
            label: vscode.l10n.t('Code that cannot be checked on this machine'),
            kind: vscode.QuickPickItemKind.Separator,
          },
        ]
      : []),
    ...unavailable.map(entry),
  ];
}

/** Lets the user pick the target and remembers it. */
export async function pickTarget(requests: Requests, log: vscode.LogOutputChannel): Promise<void> {
  try {
    const targets = await requests.request(TargetsRequest.type, {});
    const title = vscode.l10n.t('Generate code for');
    const picked = await vscode.window.showQuickPick(targetEntries(targets, currentTarget()), {
      title,
      matchOnDetail: true,
    });
    if (picked?.target) await saveTarget(picked.target.id);
  } catch (error) {
    tellFailure(log, failureOf(error));
  }
}
