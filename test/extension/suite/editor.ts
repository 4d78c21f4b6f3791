/** What the suites do with the editor. */
import assert from 'node:assert/strict';
import path from 'node:path';
import * as vscode from 'vscode';
import { approximateKind } from '../../../server/protocol.ts';
import { askDriver } from './askDriver.ts';

/** The first analysis loads the TypeScript compiler, on a machine that may be busy. */
const answerTimeoutMs = 60_000;
const pollMs = 200;

export function workspaceFile(name: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'The host opens a folder.');
  return vscode.Uri.joinPath(folder.uri, name);
}

export async function openFile(name: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(workspaceFile(name));
  await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One });
  return document;
}

/** The position inside the first occurrence of `text`, `into` characters after its start. */
export function positionOf(document: vscode.TextDocument, text: string, into = 1): vscode.Position {
  const at = document.getText().indexOf(text);
  assert.ok(at >= 0, `${path.basename(document.fileName)} contains ${text}`);
  return document.positionAt(at + into);
}

/**
 * Our code actions at a position or for a selection, as the user's light bulb asks for them. VS Code cancels such a question when another
 * extension, still starting, registers its own actions: then it is asked again.
 */
export function approximateActions(
  document: vscode.TextDocument,
  at: vscode.Position | vscode.Range,
): Promise<readonly vscode.CodeAction[]> {
  return until('an answer about code actions', async () => {
    try {
      const actions = await vscode.commands.executeCommand<readonly vscode.CodeAction[] | undefined>(
        'vscode.executeCodeActionProvider',
        document.uri,
        at instanceof vscode.Position ? new vscode.Range(at, at) : at,
        approximateKind,
      );
      return (actions ?? []).filter(({ kind }) => kind?.value === approximateKind);
    } catch (error) {
      if (error instanceof Error && error.name === 'Canceled') return undefined;
      throw error;
    }
  });
}

/** Asks again until the answer is there. `what` says what is waited for; it is the message where it does not come. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | PromiseLike<T | undefined>,
  timeoutMs = answerTimeoutMs,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    assert.ok(Date.now() < end, `Waited ${timeoutMs / 1000} s for this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

export async function readBytes(uri: vscode.Uri): Promise<string> {
  return Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('latin1');
}

export function exists(uri: vscode.Uri): Promise<boolean> {
  return Promise.resolve(vscode.workspace.fs.stat(uri)).then(
    () => true,
    () => false,
  );
}

/** Runs "deepmaker: check" as the user would; answers its exit code. */
export async function runCheckTask(): Promise<number | undefined> {
  const [task] = await vscode.tasks.fetchTasks({ type: 'deepmaker' });
  assert.ok(task, 'the folder has a task');
  const ended = new Promise<number | undefined>((resolve) => {
    const listener = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
      if (execution.task.name !== task.name) return;
      listener.dispose();
      resolve(exitCode);
    });
  });
  await vscode.tasks.executeTask(task);
  return ended;
}

/** The swap creates a file too, and VS Code may ask whether to undo in all files. */
export async function undoOnce(document: vscode.TextDocument): Promise<void> {
  const changed = document.getText();
  await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One });
  void vscode.commands.executeCommand('undo');
  await until('the undo', async () => {
    if (document.getText() !== changed) return true;
    const window = await askDriver({ kind: 'snapshot', surface: 'workbench' });
    const question = /button "(Undo in \d+ Files)"/.exec(window)?.[1];
    if (question) await askDriver({ kind: 'click', surface: 'workbench', role: 'button', name: question });
    return undefined;
  });
}
