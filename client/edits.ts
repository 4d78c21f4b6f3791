/** Puts a network into the source and takes it out again: each is one edit, and one undo takes it back. */
import * as vscode from 'vscode';
import {
  type ApplyParams,
  ApplyRequest,
  type EditOutcome,
  type Failure,
  type FrontView,
  type Objection,
  type RegionReference,
  RevertRequest,
} from '../server/protocol.ts';
import { failureOf, RequestCancelled, type Requests } from './requests.ts';
import { currentTarget, runSettings } from './settings.ts';

/** 'declined': the user was asked, and said no, or stopped the check. */
export type Applied =
  /** `checked`: what was found when the code ran on this machine, or why it did not. */
  { readonly kind: 'applied'; readonly checked: readonly string[] } | Declined | Failure;

interface Declined {
  readonly kind: 'declined';
}

/**
 * Swaps the function's body for this network, as code for the target that is picked; one that does not pay only after a
 * question.
 */
export const applyCandidate = (requests: Requests, front: FrontView, candidateId: string): Promise<Applied> => {
  const { runId, subject } = front;
  const target = currentTarget();
  const settings = runSettings(vscode.Uri.parse(subject.uri));
  const params = { runId, candidateId, target, uri: subject.uri, settings, trusted: vscode.workspace.isTrusted };
  return applyEdit(requests, async () => {
    const outcome = await requestApply(requests, params);
    if (outcome.kind !== 'objection') return outcome;
    if (!(await wantsAllTheSame(subject.name, outcome.message))) return { kind: 'declined' };
    const forced = await requestApply(requests, { ...params, force: true });
    return forced.kind === 'objection' ? { kind: 'failed', message: forced.message } : forced;
  });
};

/** Code for the CPU was measured by the run; any other is compiled or simulated first, which takes a while. */
function requestApply(requests: Requests, params: ApplyParams): Thenable<EditOutcome | Objection> {
  if (params.target === 'cpu') return requests.request(ApplyRequest.type, params);
  const progress = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t('Checking the code for {0}', params.target.toUpperCase()),
    cancellable: true,
  };
  return vscode.window.withProgress(progress, (_, token) => requests.request(ApplyRequest.type, params, token));
}

async function wantsAllTheSame(name: string, objection: string): Promise<boolean> {
  const useIt = vscode.l10n.t('Use it all the same');
  const question = vscode.l10n.t('Use this network for {0}?', name);
  const choice = await vscode.window.showWarningMessage(question, { modal: true, detail: objection }, useIt);
  return choice === useIt;
}

/** Puts the exact function back. */
export const revertRegion = (requests: Requests, region: RegionReference): Promise<Applied> =>
  applyEdit(requests, () => requests.request(RevertRequest.type, region));

/** The changed documents stay unsaved, as with every refactoring of the editor. */
async function applyEdit(requests: Requests, ask: () => Promise<EditOutcome | Declined>): Promise<Applied> {
  try {
    const outcome = await ask();
    if (outcome.kind !== 'edit') return outcome;
    const edit = await requests.toWorkspaceEdit(outcome.edit);
    if (edit && (await vscode.workspace.applyEdit(edit, { isRefactoring: true }))) {
      return { kind: 'applied', checked: outcome.checked ?? [] };
    }
  } catch (error) {
    return error instanceof RequestCancelled ? { kind: 'declined' } : failureOf(error);
  }
  return {
    kind: 'failed',
    message: vscode.l10n.t('The source was not changed: a file was edited in the meantime or cannot be written.'),
    hint: vscode.l10n.t('Try again.'),
  };
}
