/** Not a test: makes the README's picture of the extension at work (`npm run screenshot`). */
import { suite, test } from 'mocha';
import * as vscode from 'vscode';
import { commandIds } from '../../../server/protocol.ts';
import { askDriver } from './askDriver.ts';
import { openFile, positionOf } from './editor.ts';

suite('Screenshot', () => {
  test('the front of the option example, beside its function', async () => {
    const document = await openFile('options.ts');
    await vscode.commands.executeCommand('workbench.action.closeSidebar');
    await vscode.workspace.getConfiguration('editor').update('minimap.enabled', false, true);
    const uri = document.uri.toString();
    await vscode.commands.executeCommand(commandIds.approximate, { uri, name: 'americanPut' });
    await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Use this network' });
    await vscode.commands.executeCommand('notifications.clearAll');
    const editor = await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One });
    const top = positionOf(document, 'The price of', 0);
    editor.selection = new vscode.Selection(top, top);
    editor.revealRange(new vscode.Range(top, top), vscode.TextEditorRevealType.AtTop);
    // Focusing a point of the front scrolls it into view.
    await askDriver({ kind: 'press', surface: 'panel', role: 'option', name: 'In use', keys: ['Shift'] });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await askDriver({ kind: 'screenshot', name: 'screenshot' });
  });
});
