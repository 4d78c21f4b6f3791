/** Stored runs in the editor: picked from a list, or opened as the file that they are. */
import * as vscode from 'vscode';
import { formatAmount, formatPercent } from '../engine/format.ts';
import { measureName } from '../engine/plot/figure.ts';
import { type RunSummary, RunsRequest } from '../server/protocol.ts';
import { type Client, openSettled } from './commands.ts';
import { readFront } from './panels.ts';
import { failureOf } from './requests.ts';
import { tellFailure } from './tell.ts';

export const savedRunIds = { openRun: 'deepmaker.openRun', editor: 'deepmaker.run' } as const;

export function registerSavedRuns(client: Client): readonly vscode.Disposable[] {
  return [
    vscode.commands.registerCommand(savedRunIds.openRun, () => openRun(client)),
    vscode.window.registerCustomEditorProvider(savedRunIds.editor, {
      openCustomDocument: (uri) => ({ uri, dispose: () => undefined }),
      resolveCustomEditor: ({ uri }, webview) => client.panels.openEditor(webview, uri),
    }),
  ];
}

/** Answers the front that was opened, for whoever executes the command from code. */
async function openRun({ session, panels }: Client) {
  const found = await vscode.workspace.findFiles('**/.deepmaker/runs/*/result.json', '**/node_modules/**');
  try {
    const runs = await session.request(RunsRequest.type, { uris: found.map((uri) => uri.toString()) });
    if (runs.length === 0) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('There is no finished run in this workspace. Approximate a function, or run deepmaker search.'),
      );
      return undefined;
    }
    const picked = await vscode.window.showQuickPick(runs.map(itemOf), {
      placeHolder: vscode.l10n.t('Select a run, the newest first'),
      matchOnDescription: true,
      matchOnDetail: true,
    });
    if (!picked) return undefined;
    const outcome = await readFront(session, { uri: picked.run.uri });
    if (outcome.kind === 'failed') {
      tellFailure(session.log, outcome);
      return undefined;
    }
    openSettled(panels, outcome.front).reveal();
    return outcome.front;
  } catch (error) {
    tellFailure(session.log, failureOf(error));
    return undefined;
  }
}

function itemOf(run: RunSummary): vscode.QuickPickItem & { readonly run: RunSummary } {
  const { kind, name, networks, error, measure, modifiedMs, uri } = run;
  return {
    run,
    label: `$(${kind === 'function' ? 'symbol-function' : 'database'}) ${name}`,
    description: vscode.l10n.t(
      '{0}, best error {1} ({2})',
      formatAmount(networks, 'network'),
      formatPercent(error),
      measureName(measure),
    ),
    detail: `${new Date(modifiedMs).toLocaleString(vscode.env.language)}, ${vscode.workspace.asRelativePath(vscode.Uri.parse(uri))}`,
  };
}
