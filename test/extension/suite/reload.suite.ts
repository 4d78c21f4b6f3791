/**
 * The window is reloaded in the middle of a run. The extension host goes with it and the suite starts again in the next
 * one, where it finds the process ids that it left in a file.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'mocha';
import * as vscode from 'vscode';
import { askDriver } from './askDriver.ts';
import { exists, openFile, readBytes, until, workspaceFile } from './editor.ts';
import { makeRunsLong, panelStatus, run, serverProcesses, untilEnded, untilTrained } from './longRun.ts';

const name = 'settle';

suite('Reload', () => {
  test('the panel comes back, nothing is left behind, and the run goes on from its journal', async () => {
    const file = workspaceFile('reload.json');
    if (!(await exists(file))) await reload(file);
    await untilEnded(JSON.parse(await readBytes(file)) as readonly number[]);
    const journal = await untilTrained(name);
    await until(
      'words about the run',
      async () => /The run for settle did not finish\./.test(await panelStatus()) || undefined,
    );
    // What was found is in the plot, and stays there while the run goes on.
    await askDriver({ kind: 'read', surface: 'panel', role: 'listbox', name: '' });
    await askDriver({ kind: 'screenshot', name: 'panel-reloaded' });

    await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Run' });
    const after = await untilTrained(name, journal.length);
    assert.deepEqual(after.slice(0, journal.length), journal);
    await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Stop$' });
    await until('the end', async () => /Cancelled after/.test(await panelStatus()) || undefined);
  });
});

/** Never resolves: the process ends. */
async function reload(file: vscode.Uri): Promise<never> {
  await makeRunsLong(true);
  void run({ uri: (await openFile('prices.ts')).uri.toString(), name });
  // A first generation is on the panel, so there is something to come back to.
  await until('a generation in the panel', async () => /generation [2-9]/.test(await panelStatus()) || undefined);
  const { server, started } = await until('the server', serverProcesses);
  await vscode.workspace.fs.writeFile(file, Buffer.from(JSON.stringify([server, ...started])));
  await vscode.commands.executeCommand('workbench.action.reloadWindow');
  return new Promise<never>(() => undefined);
}
