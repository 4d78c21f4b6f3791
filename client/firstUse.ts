/**
 * Nothing runs before it is needed. A command needs the server, and so do a document that says something to DeepMaker, one
 * of a project in which functions call networks, and a code action that is asked for where there may be a function.
 */
import * as vscode from 'vscode';
import { approximateKind, CodeActionRequest } from '../server/protocol.ts';
import { documentSelector, isSupported, plain } from './region.ts';
import type { Session } from './session.ts';
import { mayBeSignature } from './signatureLine.ts';

/** The tag, the marker and the generated file of an applied network: what lenses, hovers and stale marks are about. */
const marks = /@approximate\b|deepmaker:|\.approx\b/;

/** Starts the server at the first use that is no command; commands start it by their requests. */
export function registerFirstUse(session: Session): vscode.Disposable {
  const start = async (document: vscode.TextDocument) => {
    if (isSupported(document) && (marks.test(document.getText()) || (await hasApproximations(document)))) {
      session.start();
    }
  };
  const untilRunning = vscode.Disposable.from(
    vscode.workspace.onDidOpenTextDocument(start),
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (isSupported(document) && contentChanges.some((change) => isMarked(document, change))) session.start();
    }),
    vscode.languages.registerCodeActionsProvider(
      [...documentSelector],
      { provideCodeActions: (...asked) => firstActions(session, asked) },
      { providedCodeActionKinds: [vscode.CodeActionKind.Empty.append(approximateKind)] },
    ),
  );
  for (const document of vscode.workspace.textDocuments) void start(document);
  // From then on the language client answers by itself.
  const started = session.onRunning(() => untilRunning.dispose());
  return vscode.Disposable.from(untilRunning, started);
}

/** A mark that is typed grows letter by letter in its line. */
const isMarked = (
  document: vscode.TextDocument,
  { text, range }: Pick<vscode.TextDocumentContentChangeEvent, 'text' | 'range'>,
): boolean => marks.test(text) || marks.test(document.lineAt(range.start.line).text);

/** A project that has approximations wants to know when one is stale, also because of a file that it does not stand in. */
async function hasApproximations({ uri }: vscode.TextDocument): Promise<boolean> {
  const root = vscode.workspace.getWorkspaceFolder(uri)?.uri;
  if (!root) return false;
  for (let folder = vscode.Uri.joinPath(uri, '..'); ; folder = vscode.Uri.joinPath(folder, '..')) {
    const list = vscode.Uri.joinPath(folder, '.deepmaker', 'approximations.json');
    const found = await Promise.resolve(vscode.workspace.fs.stat(list)).then(
      () => true,
      () => false,
    );
    if (found) return true;
    if (folder.path.length <= root.path.length) return false;
  }
}

type Asked = Parameters<vscode.CodeActionProvider['provideCodeActions']>;

async function firstActions(session: Session, [document, range, context, token]: Asked) {
  const explicit = context.triggerKind === vscode.CodeActionTriggerKind.Invoke;
  // What is merely selected is not asked about: statements are offered to those who open the menu.
  const selected = explicit && !range.isEmpty;
  if (!selected && !mayBeSignature((line) => document.lineAt(line).text, range.start.line)) return undefined;
  try {
    const actions = await session.request(
      CodeActionRequest.type,
      {
        textDocument: { uri: document.uri.toString() },
        range: { start: plain(range.start), end: plain(range.end) },
        context: {
          diagnostics: [],
          only: [approximateKind],
          triggerKind: explicit ? 1 : 2,
        },
      },
      token,
    );
    return await session.toCodeActions(actions ?? [], token);
  } catch {
    // Told where it happened: by the session, or in its log.
    return undefined;
  }
}
