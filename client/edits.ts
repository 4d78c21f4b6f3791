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

export type Applied = { readonly kind: 'applied' } | Failure;

/** Swaps the function's body for a call to this network. */
export const applyCandidate = (requests: Requests, front: FrontView, candidateId: string): Promise<Applied> =>
  applyEdit(requests, () =>
    requests.request(ApplyRequest.type, {
      runId: front.runId,
      candidateId,
      target: front.target,
      uri: front.subject.uri,
    }),
  );

/** Puts the exact function back. */
export const revertRegion = (requests: Requests, region: RegionReference): Promise<Applied> =>
  applyEdit(requests, () => requests.request(RevertRequest.type, region));

/** The changed documents stay unsaved, as with every refactoring of the editor. */
async function applyEdit(requests: Requests, ask: () => Promise<EditOutcome>): Promise<Applied> {
  try {
    const outcome = await ask();
    if (outcome.kind === 'failed') return outcome;
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
