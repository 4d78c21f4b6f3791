/** Puts a network into the source and takes it out again: each is one edit, and one undo takes it back. */
import * as vscode from 'vscode';
import {
  ApplyRequest,
  type EditOutcome,
  type Failure,
  type FrontView,
  type RegionReference,
  RevertRequest,
} from '../server/protocol.ts';
import { failureOf, type Requests } from './requests.ts';

/** 'declined': the user was asked, and said no. */
export type Applied = { readonly kind: 'applied' } | Declined | Failure;

interface Declined {
  readonly kind: 'declined';
}

/** Swaps the function's body for a call to this network; one that does not pay only after a question. */
export const applyCandidate = (requests: Requests, front: FrontView, candidateId: string): Promise<Applied> => {
  const { runId, target, subject } = front;
  const params = { runId, candidateId, target, uri: subject.uri };
  return applyEdit(requests, async () => {
    const outcome = await requests.request(ApplyRequest.type, params);
    if (outcome.kind !== 'objection') return outcome;
    if (!(await wantsAllTheSame(subject.name, outcome.message))) return { kind: 'declined' };
    const forced = await requests.request(ApplyRequest.type, { ...params, force: true });
    return forced.kind === 'objection' ? { kind: 'failed', message: forced.message } : forced;
  });
};

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
    if (edit && (await vscode.workspace.applyEdit(edit, { isRefactoring: true }))) return { kind: 'applied' };
  } catch (error) {
    return failureOf(error);
  }
  return {
    kind: 'failed',
    message: vscode.l10n.t('The source was not changed: a file was edited in the meantime or cannot be written.'),
    hint: vscode.l10n.t('Try again.'),
  };
}
