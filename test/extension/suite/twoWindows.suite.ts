/** Two windows on one workspace, each with an extension host and a language server of its own. */
import assert from 'node:assert/strict';
import { suite, suiteTeardown, test } from 'mocha';
import * as vscode from 'vscode';
import { commandIds } from '../../../server/protocol.ts';
import { askDriver } from './askDriver.ts';
import { openFile, positionOf, readBytes, until } from './editor.ts';
import { makeRunsLong, run, untilTrained } from './longRun.ts';

const name = 'presentValue';
const window = 'other';

suite('Two windows', () => {
  suiteTeardown(() => makeRunsLong(false));

  test('a run in one is seen in the other, which is told to wait, and each follows what the other one applies', async () => {
    const document = await openFile('prices.ts');
    const original = await readBytes(document.uri);
    const region = { uri: document.uri.toString(), name };
    const { line, character } = positionOf(document, `${name}(`);
    await askDriver({ kind: 'open-window', file: document.uri.path, line: line + 1, column: character + 1 });
    await otherShows(/prices\.ts/);
    await makeRunsLong(true);
    const first = run(region);
    await untilTrained(name);
    await askDriver({ kind: 'command', title: 'Explorer: Focus on Approximations View', window });
    await otherShows(/treeitem "presentValue, being approximated"/);
    await askDriver({ kind: 'command', title: 'DeepMaker: Approximate this function', window });
    await otherShows(/presentValue is being approximated already/);
    await askDriver({ kind: 'screenshot', name: 'other-window', window });
    await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Stop$' });
    assert.equal((await first)?.kind, 'cancelled');
    await otherShows(/No function of this workspace calls a network/);

    await makeRunsLong(false);
    assert.equal((await run(region))?.kind, 'done');
    await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Use this network' });
    await untilSaved(document, (text) => text !== original);
    await otherShows(/treeitem "presentValue, error [\d.]+ %/);
    await otherShows(/button "Approximated: error [\d.]+ %/);

    await askDriver({ kind: 'command', title: 'DeepMaker: Show the networks of a function', window });
    await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Revert$', window });
    await askDriver({ kind: 'command', title: 'File: Save All', window });
    await until('the exact function, in the first window', () => document.getText() === original || undefined);
    await until('the same in its panel', async () => {
      const panel = await askDriver({ kind: 'snapshot', surface: 'panel' });
      return /button "Use this network/.test(panel) || undefined;
    });

    await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Use this network', window });
    await askDriver({ kind: 'command', title: 'File: Save All', window });
    await until('the network, in the first window', () => document.getText() !== original || undefined);
    await vscode.commands.executeCommand(commandIds.revert, region);
    await untilSaved(document, (text) => text === original);
    await otherShows(/No function of this workspace calls a network/);
    await until('the same in the panel of the other one', async () => {
      const panel = await askDriver({ kind: 'snapshot', surface: 'panel', window });
      return /button "Use this network/.test(panel) || undefined;
    });
  });
});

function otherShows(text: RegExp): Promise<true> {
  return until(`${text}, in the other window`, async () => {
    const snapshot = await askDriver({ kind: 'snapshot', surface: 'workbench', window });
    return text.test(snapshot) || undefined;
  });
}

/** Saves what has been changed, once it has. */
function untilSaved(document: vscode.TextDocument, expected: (text: string) => boolean): Promise<true> {
  return until('the change on disk', async () => {
    if (!expected(document.getText())) return undefined;
    await vscode.workspace.saveAll();
    return expected(await readBytes(document.uri)) || undefined;
  });
}
