/** A search on images that the command line has made: found in the workspace, looked at, and its network taken away. */
import assert from 'node:assert/strict';
import { suite, suiteSetup, suiteTeardown, teardown, test } from 'mocha';
import * as vscode from 'vscode';
import { askDriver } from './askDriver.ts';
import { exists, readBytes, until, workspaceFile } from './editor.ts';

suite('Saved runs', () => {
  let runFolder: vscode.Uri;
  const dialogs = () => vscode.workspace.getConfiguration('files.simpleDialog');

  suiteSetup(async () => {
    const [result] = await vscode.workspace.findFiles('**/.deepmaker/runs/shapes-*/result.json');
    assert.ok(result, 'The session has searched shapes.json.');
    runFolder = vscode.Uri.joinPath(result, '..');
    // The system's own dialog is out of reach of tests.
    await dialogs().update('enable', true, vscode.ConfigurationTarget.Global);
  });
  suiteTeardown(() => dialogs().update('enable', undefined, vscode.ConfigurationTarget.Global));

  teardown(async () => {
    await vscode.commands.executeCommand('notifications.clearAll');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  test('a run is picked from a list, shows its front and plots, and exports a network', async () => {
    const opened = vscode.commands.executeCommand<{ runId: string } | undefined>('deepmaker.openRun');
    const list = await until('the list of runs', async () => {
      const window = await askDriver({ kind: 'snapshot', surface: 'workbench' });
      return /Select a run/.test(window) && /shapes/.test(window) ? window : undefined;
    });
    assert.match(list, /shapes.*best error [\d.]+ % \(wrong classes\)/);
    await askDriver({ kind: 'click', surface: 'workbench', role: 'option', name: 'shapes' });
    assert.equal((await opened)?.runId, runFolder.path.split('/').at(-1));

    assert.match(await askDriver({ kind: 'read', surface: 'panel', role: 'status', name: '' }), /a test error of/);
    await askDriver({ kind: 'click', surface: 'panel', role: 'tab', name: 'The search' });
    const panel = await askDriver({ kind: 'snapshot', surface: 'panel' });
    for (const text of ['data set', 'Front after each generation', 'Validation accuracy against epochs']) {
      assert.ok(panel.includes(text), `${text} in ${panel}`);
    }
    assert.doesNotMatch(panel, /Use this network|Run again/);
    await askDriver({ kind: 'press', surface: 'panel', role: 'option', name: 'parameter', keys: ['End', 'Enter'] });
    await askDriver({ kind: 'screenshot', name: 'saved-run' });

    await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Export as code' });
    await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Export for CPU' });
    await askDriver({ kind: 'click', surface: 'workbench', role: 'button', name: 'Export here' });
    const file = workspaceFile('shapes.approx.ts');
    await until('the exported file', async () => (await exists(file)) || undefined);
    assert.match(await readBytes(file), /export function classifyShapes/);
  });

  test('a file of a run opens as its front', async () => {
    for (const name of ['result.json', 'run.json']) {
      await vscode.commands.executeCommand('vscode.open', vscode.Uri.joinPath(runFolder, name));
      const { activeTab } = vscode.window.tabGroups.activeTabGroup;
      assert.ok(activeTab?.input instanceof vscode.TabInputCustom, `${name} is no text`);
      assert.match(await askDriver({ kind: 'read', surface: 'panel', role: 'status', name: '' }), /a test error of/);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    }
  });
});
