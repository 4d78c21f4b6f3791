/** "Record inputs from a run": a command in a task of the editor, and a run that starts from what it recorded. */
import * as vscode from 'vscode';
import {
  commandIds,
  RecordBeginRequest,
  type RecordBegun,
  RecordEndRequest,
  type RecordOutcome,
  type RegionReference,
} from '../server/protocol.ts';
import { approximate, type Client } from './commands.ts';
import { tellOutcome } from './outcome.ts';
import { parseRegion, regionAtCursor } from './region.ts';
import { failureOf } from './requests.ts';
import { runSettings } from './settings.ts';
import { ensureTrusted, tellFailure } from './tell.ts';

/** The command that was recorded last in this workspace. */
const rememberedKey = 'deepmaker.recordedCommand';

export const registerRecording = (client: Client, memory: vscode.Memento): vscode.Disposable =>
  vscode.commands.registerCommand(commandIds.record, async (argument) => {
    if (!ensureTrusted(vscode.l10n.t('Recording runs a command of yours, which needs a workspace that you trust.')))
      return;
    try {
      const region = parseRegion(argument) ?? (await regionAtCursor(client.session));
      return region && (await record(client, memory, region));
    } catch (error) {
      tellFailure(client.session.log, failureOf(error));
    }
  });

/** Answers how the run ended, for whoever executes the command from code. */
async function record(client: Client, memory: vscode.Memento, region: RegionReference) {
  const command = await askCommand(memory, region.name);
  if (command === undefined) return undefined;
  const uri = vscode.Uri.parse(region.uri);
  // A program runs what is saved.
  await vscode.workspace.openTextDocument(uri).then((document) => document.isDirty && document.save());
  const settings = runSettings(uri);
  const begun: RecordBegun = await client.session.request(RecordBeginRequest.type, {
    region,
    trusted: vscode.workspace.isTrusted,
    settings,
  });
  if (begun.kind === 'failed') return tellFailure(client.session.log, begun);
  if (begun.kind === 'refused') {
    return tellOutcome(region, begun, { log: client.session.log, use: () => undefined, showFront: () => undefined });
  }
  const exit = await runTask(command, begun.nodeOptions, uri);
  const params = { region, folder: begun.folder, command, exit };
  const ended: RecordOutcome = await client.session.request(RecordEndRequest.type, params);
  if (ended.kind === 'failed') return tellFailure(client.session.log, ended);
  client.session.log.info(`${ended.calls} calls of ${region.name} are recorded as ${ended.id}.`);
  return approximate(client, region, ended.id);
}

async function askCommand(memory: vscode.Memento, name: string): Promise<string | undefined> {
  const typed = await vscode.window.showInputBox({
    title: vscode.l10n.t('Record the calls of {0}', name),
    prompt: vscode.l10n.t('A command that uses the function. It runs as a task; to end it early, end the task.'),
    placeHolder: 'npm run bench',
    value: memory.get<string>(rememberedKey) ?? '',
    ignoreFocusOut: true,
  });
  const command = typed?.trim();
  if (!command) return undefined;
  await memory.update(rememberedKey, command);
  return command;
}

/** Runs in a terminal of its own, where it can be watched and ended; answers its exit code, or a signal's name. */
async function runTask(command: string, nodeOptions: string, uri: vscode.Uri): Promise<number | string> {
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  const task = new vscode.Task(
    { type: 'shell' },
    folder ?? vscode.TaskScope.Workspace,
    command,
    'DeepMaker',
    new vscode.ShellExecution(command, {
      env: { NODE_OPTIONS: nodeOptions },
      ...(folder && { cwd: folder.uri.fsPath }),
    }),
  );
  return new Promise((resolve, reject) => {
    let execution: vscode.TaskExecution | undefined;
    const stopListening = () => {
      for (const listener of listeners) listener.dispose();
    };
    const settle = (exit: number | string) => {
      stopListening();
      resolve(exit);
    };
    const listeners = [
      vscode.tasks.onDidEndTaskProcess((event) => event.execution === execution && settle(event.exitCode ?? 'SIGTERM')),
      // A task whose process never started, or was ended with its terminal, has no other end.
      vscode.tasks.onDidEndTask((event) => event.execution === execution && setTimeout(settle, 500, 'SIGTERM')),
    ];
    vscode.tasks.executeTask(task).then(
      (started) => {
        execution = started;
      },
      (error: unknown) => {
        stopListening();
        reject(error);
      },
    );
  });
}
