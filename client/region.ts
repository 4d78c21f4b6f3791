/** Which function a command is about: the one that a lens or code action names, or the one at the cursor. */
import * as vscode from 'vscode';
import type { CodeAction, Command } from 'vscode-languageserver-protocol';
import * as z from 'zod/mini';
import { approximateKind, CodeActionRequest, commandIds, type RegionReference } from '../server/protocol.ts';
import type { Requests } from './requests.ts';

const reference = z.object({ uri: z.string(), name: z.string() });

/** The languages whose functions can be approximated. */
export const languages: readonly string[] = ['typescript', 'typescriptreact', 'javascript', 'javascriptreact'];

/** The files of those languages, for watchers. */
export const sourceFiles = '**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}';

export const documentSelector = languages.map((language) => ({ scheme: 'file', language }));

/** The server reads and bundles files from disk. */
export const isSupported = (document: vscode.TextDocument | undefined): document is vscode.TextDocument =>
  document?.uri.scheme === 'file' && languages.includes(document.languageId);

/** Names a region among open panels and running runs, however its URI is escaped. */
export const regionKey = ({ uri, name }: RegionReference): string => `${vscode.Uri.parse(uri).toString()}#${name}`;

/** The argument of a command as a region; undefined for anything else, as when the command palette runs it. */
export const parseRegion = (argument: unknown): RegionReference | undefined => reference.safeParse(argument).data;

/**
 * The region at the cursor; where there is none, the user is told why, and the answer is undefined. Asks the server and
 * not the editor, which keeps disabled code actions, and so their reasons, to itself.
 */
export async function regionAtCursor(requests: Requests): Promise<RegionReference | undefined> {
  const editor = vscode.window.activeTextEditor;
  if (!isSupported(editor?.document)) {
    tell(vscode.l10n.t('Open a TypeScript or JavaScript file and put the cursor on the name of a function.'));
    return undefined;
  }
  const actions = await requests.request(CodeActionRequest.type, {
    textDocument: { uri: editor.document.uri.toString() },
    range: { start: plain(editor.selection.start), end: plain(editor.selection.end) },
    context: { diagnostics: [], only: [approximateKind] },
  });
  const action = actions?.find(offersApproximation);
  const region = parseRegion(action?.command?.arguments?.[0]);
  const reason = action?.disabled?.reason;
  if (region && reason === undefined) return region;
  tell(reason ?? vscode.l10n.t('Put the cursor on the name of a function, then run the command again.'));
  return undefined;
}

/** A server may answer bare commands too, which have no kind. */
const offersApproximation = (action: Command | CodeAction): action is CodeAction =>
  'kind' in action && action.kind === approximateKind;

const tell = (text: string) => void vscode.window.showInformationMessage(text);

export const plain = ({ line, character }: vscode.Position) => ({ line, character });

/** The region of an applied approximation: the only one of the file, the one that the user picks, or that at the cursor. */
export async function appliedRegion(requests: Requests): Promise<RegionReference | undefined> {
  const uri = vscode.window.activeTextEditor?.document.uri;
  const lenses = uri
    ? await vscode.commands.executeCommand<readonly vscode.CodeLens[] | undefined>(
        'vscode.executeCodeLensProvider',
        uri,
        100,
      )
    : undefined;
  const regions = (lenses ?? [])
    .filter(({ command }) => command?.command === commandIds.revert)
    .map(({ command }) => parseRegion(command?.arguments?.[0]))
    .filter((region) => region !== undefined);
  if (regions.length === 0) return regionAtCursor(requests);
  if (regions.length === 1) return regions[0];
  const picked = await vscode.window.showQuickPick(
    regions.map((region) => ({ label: region.name, region })),
    { placeHolder: vscode.l10n.t('Select a function') },
  );
  return picked?.region;
}

/** Shows a line of the region's file; `line` counts from 1. Without one, the function itself. Never rejects. */
export async function revealRegion(region: RegionReference, line?: number): Promise<void> {
  const uri = vscode.Uri.parse(region.uri);
  try {
    await reveal(await vscode.workspace.openTextDocument(uri), region.name, line);
  } catch {
    // A run outlives its source.
    const path = vscode.workspace.asRelativePath(uri);
    void vscode.window.showWarningMessage(
      vscode.l10n.t('{0} could not be opened. It may have been moved or deleted.', path),
    );
  }
}

async function reveal(document: vscode.TextDocument, name: string, line: number | undefined): Promise<void> {
  const row = (line ?? (await lineOf(document, name)) ?? 1) - 1;
  const range = document.validateRange(new vscode.Range(row, 0, row, 0));
  // The panel lies beside the source, so the source opens in the column where it already is, or in the first.
  const shown = vscode.window.visibleTextEditors.find((editor) => editor.document === document);
  await vscode.window.showTextDocument(document, {
    selection: range,
    viewColumn: shown?.viewColumn ?? vscode.ViewColumn.One,
  });
}

/** The line of a function's name, from 1, as the editor's outline has it. */
async function lineOf(document: vscode.TextDocument, name: string): Promise<number | undefined> {
  const symbols = await vscode.commands.executeCommand<readonly vscode.DocumentSymbol[] | undefined>(
    'vscode.executeDocumentSymbolProvider',
    document.uri,
  );
  let scope: readonly vscode.DocumentSymbol[] = symbols ?? [];
  let found: vscode.DocumentSymbol | undefined;
  for (const part of name.split('.')) {
    found = scope.find((symbol) => symbol.name === part);
    scope = found?.children ?? [];
  }
  return found && found.selectionRange.start.line + 1;
}
