/** States that nothing goes on in: before the first run, and after the source has changed or cannot be run. */
import assert from 'node:assert/strict';
import { suite, teardown, test } from 'mocha';
import * as vscode from 'vscode';
import { commandIds } from '../../../server/protocol.ts';
import { askDriver } from './askDriver.ts';
import { openFile, positionOf, readBytes, until, workspaceFile } from './editor.ts';
import { panelStatus, run, untilSaid } from './longRun.ts';

suite('States', () => {
  teardown(async () => {
    await vscode.commands.executeCommand('notifications.clearAll');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  test('no runs yet, in the workspace and for a function', async () => {
    const document = await openFile('prices.ts');
    await vscode.commands.executeCommand('deepmaker.openRun');
    await untilSaid('There is no finished run in this workspace.');
    await vscode.commands.executeCommand(commandIds.showFront, { uri: document.uri.toString(), name: 'settle' });
    await untilSaid('There is no finished run for settle.');
  });

  test('a failure gives its reason and opens the log', async () => {
    const document = await openFile('prices.ts');
    const settings = workspaceFile('deepmaker.config.json');
    const original = await vscode.workspace.fs.readFile(settings);
    await vscode.workspace.fs.writeFile(settings, Buffer.from('{ "population": "many" }'));
    try {
      const outcome = await run({ uri: document.uri.toString(), name: 'settle' });
      assert.equal(outcome?.kind, 'failed', JSON.stringify(outcome));
      await untilSaid('population');
      // Toasts may be gone again on a slow machine; the list keeps them.
      await vscode.commands.executeCommand('notifications.showList');
      await askDriver({ kind: 'click', surface: 'workbench', role: 'button', name: '^Open log$' });
      await until('the log', () =>
        vscode.window.visibleTextEditors.find(
          ({ document: { uri, languageId } }) => uri.scheme === 'output' && languageId === 'log',
        ),
      );
    } finally {
      await vscode.workspace.fs.writeFile(settings, original);
      await vscode.commands.executeCommand('workbench.action.closePanel');
    }
  });

  test('a function that has changed since its run is said to be stale', async () => {
    const document = await openFile('prices.ts');
    const original = await readBytes(document.uri);
    const outcome = await run({ uri: document.uri.toString(), name: 'settle' });
    assert.equal(outcome?.kind, 'done', JSON.stringify(outcome));
    const edit = new vscode.WorkspaceEdit();
    const at = positionOf(document, 'step < 300', 'step < '.length);
    edit.replace(document.uri, new vscode.Range(at, at.translate(0, 3)), '200');
    try {
      await vscode.workspace.applyEdit(edit);
      await document.save();
      await until(
        'the panel says that the run is stale',
        async () =>
          /settle, or something it depends on, has changed since this run\./.test(await panelStatus()) || undefined,
      );
      const panel = await askDriver({ kind: 'snapshot', surface: 'panel' });
      assert.match(panel, /Run again to search networks for the function as it is now/);
    } finally {
      await vscode.workspace.fs.writeFile(document.uri, Buffer.from(original, 'latin1'));
    }
  });
});
