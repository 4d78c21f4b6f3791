/** Shows what DeepMaker changed: every file that Revert would touch, as it was with the exact function and as it is now. */
import * as vscode from 'vscode';
import type { TextEdit, WorkspaceEdit } from 'vscode-languageserver-protocol';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { type Failure, type RegionReference, RevertRequest } from '../server/protocol.ts';
import { failureOf, type Requests } from './requests.ts';

export const exactScheme = 'deepmaker-exact';

/** One file of a comparison; a side is absent where the file does not exist on it. */
export interface FileChange {
  readonly uri: string;
  /** Turns the text of now into the text of the other side. */
  readonly edits: readonly TextEdit[];
  /** The file is generated: it comes and goes with the approximation. */
  readonly generated: boolean;
}

/** The files that an edit touches, in its order, each once. */
export function changesOf({ documentChanges, changes }: WorkspaceEdit): readonly FileChange[] {
  const files = new Map<string, FileChange>();
  const add = (uri: string, edits: readonly TextEdit[], generated: boolean) => {
    const known = files.get(uri);
    files.set(uri, {
      uri,
      edits: [...(known?.edits ?? []), ...edits],
      generated: generated || (known?.generated ?? false),
    });
  };
  for (const change of documentChanges ?? []) {
    if ('textDocument' in change) {
      add(
        change.textDocument.uri,
        change.edits.filter((edit): edit is TextEdit => 'newText' in edit),
        false,
      );
    } else if (change.kind === 'delete' || change.kind === 'create') add(change.uri, [], true);
  }
  // The protocol lets a client read either form, never both.
  if (!documentChanges) for (const [uri, edits] of Object.entries(changes ?? {})) add(uri, edits, false);
  return [...files.values()];
}

export const applyTextEdits = (text: string, edits: readonly TextEdit[]): string =>
  TextDocument.applyEdits(TextDocument.create('', '', 0, text), [...edits]);

/**
 * Holds texts that are in no file, for one side of editors that compare, each for as long as its document is open. Lives
 * from activation to deactivation.
 */
export class VirtualTexts implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #registrations: readonly vscode.Disposable[];

  constructor(scheme: string) {
    this.#registrations = [
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === scheme) this.#texts.delete(uri.toString());
      }),
    ];
  }

  set(uri: vscode.Uri, text: string): void {
    this.#texts.set(uri.toString(), text);
    this.#changed.fire(uri);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? '';
  }

  dispose(): void {
    for (const registration of this.#registrations) registration.dispose();
    this.#changed.dispose();
    this.#texts.clear();
  }
}

/** Opens the comparison in one editor. Nothing is changed. */
export async function compareRegion(
  requests: Requests,
  exact: VirtualTexts,
  region: RegionReference,
): Promise<{ readonly kind: 'shown' } | Failure> {
  try {
    const outcome = await requests.request(RevertRequest.type, region);
    if (outcome.kind === 'failed') return outcome;
    const resources: (readonly [vscode.Uri, vscode.Uri | undefined, vscode.Uri])[] = [];
    for (const { uri, edits, generated } of changesOf(outcome.edit)) {
      const now = vscode.Uri.parse(uri);
      if (generated) {
        resources.push([now, undefined, now]);
        continue;
      }
      const before = now.with({ scheme: exactScheme, query: region.name });
      const document = await vscode.workspace.openTextDocument(now);
      exact.set(before, applyTextEdits(document.getText(), edits));
      resources.push([now, before, now]);
    }
    const title = vscode.l10n.t('{0}: exact and approximate', region.name);
    await vscode.commands.executeCommand('vscode.changes', title, resources);
    return { kind: 'shown' };
  } catch (error) {
    return failureOf(error);
  }
}
