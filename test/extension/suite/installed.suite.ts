/** The packaged extension: everything that a run needs is in the package. */
import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { suite, test } from 'mocha';
import * as vscode from 'vscode';
import { commandIds, type RunOutcome } from '../../../server/protocol.ts';
import { openFile } from './editor.ts';

suite('Installed from the VSIX', () => {
  test('a function is approximated', async () => {
    const document = await openFile('prices.ts');
    const extension = vscode.extensions.getExtension('deepmaker.deepmaker');
    assert.ok(extension, 'The extension is installed.');
    const program = process.platform === 'win32' ? 'esbuild.exe' : 'esbuild';
    await access(vscode.Uri.joinPath(extension.extensionUri, 'dist', program).fsPath, constants.X_OK);
    await extension.activate();
    const region = { uri: document.uri.toString(), name: 'presentValue' };
    const outcome = await vscode.commands.executeCommand<RunOutcome | undefined>(commandIds.approximate, region);
    assert.equal(outcome?.kind, 'done', JSON.stringify(outcome));
  });
});
