/** A workspace that is not trusted: the extension looks, explains, and runs none of its code. */
import assert from 'node:assert/strict';
import { suite, test } from 'mocha';
import * as vscode from 'vscode';
import { commandIds } from '../../../server/protocol.ts';
import { askDriver } from './askDriver.ts';
import { exists, openFile, until, workspaceFile } from './editor.ts';

suite('Restricted Mode', () => {
  test('the command explains, and nothing is sampled', async () => {
    assert.equal(vscode.workspace.isTrusted, false, 'The host opens the workspace in Restricted Mode.');
    const document = await openFile('prices.ts');
    const region = { uri: document.uri.toString(), name: 'presentValue' };
    const outcome = await vscode.commands.executeCommand(commandIds.approximate, region);
    assert.equal(outcome, undefined);
    await until('the explanation, in the window', async () => {
      const window = await askDriver({ kind: 'snapshot', surface: 'workbench' });
      return window.includes('needs a workspace that you trust') || undefined;
    });
    assert.equal(await exists(workspaceFile('.deepmaker')), false, 'No run was started.');
  });
});
