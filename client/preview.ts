/** Shows what a network would change in the source before it is there: the texts of now beside those of then. */
import * as vscode from 'vscode';
import { type Failure, type FrontView, PreviewRequest } from '../server/protocol.ts';
import { applyTextEdits, changesOf, type VirtualTexts } from './compare.ts';
import { failureOf, type Requests } from './requests.ts';
import { currentTarget } from './settings.ts';

export const previewScheme = 'deepmaker-preview';

/** Opens the changes in one editor. Nothing is changed. */
export async function previewCandidate(
  requests: Requests,
  previews: VirtualTexts,
  front: FrontView,
  candidateId: string,
): Promise<{ readonly kind: 'shown' } | Failure> {
  const { runId, subject, points } = front;
  const params = { runId, candidateId, uri: subject.uri, trusted: vscode.workspace.isTrusted, target: currentTarget() };
  try {
    const outcome = await requests.request(PreviewRequest.type, params);
    if (outcome.kind === 'failed') return outcome;
    const resources: (readonly [vscode.Uri, vscode.Uri | undefined, vscode.Uri])[] = [];
    // The source first: it is what the user knows.
    const changes = changesOf(outcome.edit).toSorted((a, b) => Number(a.generated) - Number(b.generated));
    for (const { uri, edits, generated } of changes) {
      const now = vscode.Uri.parse(uri);
      const then = now.with({ scheme: previewScheme, query: `${subject.name} ${candidateId}` });
      const before = generated ? await existing(now) : now;
      // A generated file is written anew as a whole.
      const text = generated ? '' : (await vscode.workspace.openTextDocument(now)).getText();
      previews.set(then, applyTextEdits(text, edits));
      resources.push([now, before, then]);
    }
    const topology = points.find(({ id }) => id === candidateId)?.topology ?? candidateId;
    await vscode.commands.executeCommand(
      'vscode.changes',
      vscode.l10n.t('{0}: preview of {1}', subject.name, topology),
      resources,
    );
    return { kind: 'shown' };
  } catch (error) {
    return failureOf(error);
  }
}

async function existing(uri: vscode.Uri): Promise<vscode.Uri | undefined> {
  try {
    await vscode.workspace.fs.stat(uri);
    return uri;
  } catch {
    return undefined;
  }
}
