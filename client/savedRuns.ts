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
    vscode.commands.registerCommand(savedRunIds.openRun, (folder?: unknown) => openRun(client, folder)),
    vscode.window.registerCustomEditorProvider(savedRunIds.editor, {
      openCustomDocument: (uri) => ({ uri, dispose: () => undefined }),
      resolveCustomEditor: ({ uri }, webview) => client.panels.openEditor(webview, uri),
    }),
  ];
}

/** The finished runs of the workspace, the newest first. */
export async function savedRuns({ session }: Pick<Client, 'session'>): Promise<readonly RunSummary[]> {
  const found = await vscode.workspace.findFiles('**/.deepmaker/runs/*/result.json', '**/node_modules/**');
  return session.request(RunsRequest.type, { uris: found.map((uri) => uri.toString()) });
}

/** Answers the front that was opened, for whoever executes the command from code; a run's folder says which. */
async function openRun(client: Client, folder?: unknown) {
  const { session } = client;
  try {
    if (typeof folder === 'string') return await openFolder(client, folder);
    const runs = await savedRuns(client);
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
    return picked && (await openFolder(client, picked.run.uri));
  } catch (error) {
    tellFailure(session.log, failureOf(error));
    return undefined;
  }
}

async function openFolder({ session, panels }: Client, uri: string) {
  const outcome = await readFront(session, { uri });
  if (outcome.kind !== 'front') {
    tellFailure(session.log, { ...outcome, kind: 'failed' });
    return undefined;
  }
  openSettled(panels, outcome.front).reveal();
  return outcome.front;
}

function itemOf(run: RunSummary): vscode.QuickPickItem & { readonly run: RunSummary } {
  const { kind, name, uri } = run;
  return {
    run,
    label: `$(${kind === 'function' ? 'symbol-function' : 'database'}) ${name}`,
    description: figuresOf(run),
    detail: `${dateOf(run)}, ${vscode.workspace.asRelativePath(vscode.Uri.parse(uri))}`,
  };
}

/** `9 networks, best error 0.31 % (NRMSE)` */
export const figuresOf = ({ networks: count, error, measure }: RunSummary): string =>
  vscode.l10n.t(
    '{0}, best error {1} ({2})',
    formatAmount(count, 'network'),
    formatPercent(error),
    measureName(measure),
  );

export const dateOf = ({ modifiedMs }: RunSummary): string => new Date(modifiedMs).toLocaleString(vscode.env.language);
