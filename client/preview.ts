/** Shows what a network would change in the source before it is there: the texts of now beside those of then. */
import * as vscode from 'vscode';
import * as z from 'zod/mini';
import { type Failure, type FrontView, PreviewRequest } from '../server/protocol.ts';
import { applyTextEdits, changesOf, type VirtualTexts } from './compare.ts';
import { failureOf, type Requests } from './requests.ts';
import { currentTarget, runSettings } from './settings.ts';

export const previewScheme = 'deepmaker-preview';

const previewed = z.object({ uri: z.string(), name: z.string(), runId: z.string(), candidateId: z.string() });

/** What a preview is of. Its address says so, and nothing has to be remembered of an editor that somebody closes. */
export type Previewed = z.infer<typeof previewed>;

const addressOf = (of: Previewed): vscode.Uri =>
  vscode.Uri.from({ scheme: previewScheme, path: `/${of.name}`, query: JSON.stringify(of) });

/** From the argument that an editor gives a command of its title; undefined for anything that is no preview. */
export function parsePreview(argument: unknown): Previewed | undefined {
  if (!(argument instanceof vscode.Uri) || argument.scheme !== previewScheme) return undefined;
  try {
    return previewed.safeParse(JSON.parse(argument.query)).data;
  } catch {
    return undefined;
  }
}

/** Opens the changes in one editor, whose title has a button to apply them. Nothing is changed. */
export async function previewCandidate(
  requests: Requests,
  previews: VirtualTexts,
  front: FrontView,
  candidateId: string,
): Promise<{ readonly kind: 'shown' } | Failure> {
  const { runId, subject, points } = front;
  const settings = runSettings(vscode.Uri.parse(subject.uri));
  const own = { runId, candidateId, uri: subject.uri, settings };
  const params = { ...own, trusted: vscode.workspace.isTrusted, target: currentTarget() };
  try {
    const outcome = await requests.request(PreviewRequest.type, params);
    if (outcome.kind === 'failed') return outcome;
    const resources: { readonly originalUri?: vscode.Uri; readonly modifiedUri: vscode.Uri }[] = [];
    // The source first: it is what the user knows.
    const changes = changesOf(outcome.edit).toSorted((a, b) => Number(a.generated) - Number(b.generated));
    for (const { uri, edits, generated } of changes) {
      const now = vscode.Uri.parse(uri);
      const then = now.with({ scheme: previewScheme, query: `${runId} ${subject.name} ${candidateId}` });
      const before = generated ? await existing(now) : now;
      // A generated file is written anew as a whole.
      const text = generated ? '' : (await vscode.workspace.openTextDocument(now)).getText();
      previews.set(then, applyTextEdits(text, edits));
      resources.push({ ...(before && { originalUri: before }), modifiedUri: then });
    }
    const topology = points.find(({ id }) => id === candidateId)?.topology ?? candidateId;
    // `vscode.changes` opens the same editor, but without an address by which a button could know it.
    await vscode.commands.executeCommand('_workbench.openMultiDiffEditor', {
      multiDiffSourceUri: addressOf({ uri: subject.uri, name: subject.name, runId, candidateId }),
      title: vscode.l10n.t('{0}: preview of {1}', subject.name, topology),
      resources,
    });
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
