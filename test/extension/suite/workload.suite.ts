/** Real programs in the editor: a task whose calls a run starts from, and a profile whose functions get lenses. */
import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { suite, teardown, test } from 'mocha';
import * as vscode from 'vscode';
import type { HotFunction, RunOutcome } from '../../../server/protocol.ts';
import { askDriver } from './askDriver.ts';
import { openFile, until, workspaceFile } from './editor.ts';

const program = `import { settle } from './prices.ts';
let sum = 0;
for (let call = 0; call < 3000; call++) sum += settle(1 + (call % 100) / 100);
console.log(sum);
`;

suite('Workloads', () => {
  teardown(async () => {
    await vscode.commands.executeCommand('notifications.clearAll');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  test('inputs are recorded from a task, and the run starts from them', async () => {
    await vscode.workspace.fs.writeFile(workspaceFile('bench.ts'), Buffer.from(program));
    const document = await openFile('prices.ts');
    const region = { uri: document.uri.toString(), name: 'settle' };
    const recording = vscode.commands.executeCommand<RunOutcome | undefined>('deepmaker.record', region);
    await until('the question for a command', async () => {
      const window = await askDriver({ kind: 'snapshot', surface: 'workbench' });
      return window.includes('Record the calls of settle') || undefined;
    });
    // VS Code's own Node, which a desktop's executable is, too, where it is told so.
    await askDriver({ kind: 'type', text: `ELECTRON_RUN_AS_NODE=1 "${process.execPath}" bench.ts` });
    const outcome = await recording;
    assert.equal(outcome?.kind, 'done', JSON.stringify(outcome));
    const [note] = (outcome as RunOutcome & { kind: 'done' }).front.notes ?? [];
    assert.match(note ?? '', /^Errors are those of real inputs: [\d,]+ samples of 3,000 calls of "ELECTRON/);
    for (const terminal of vscode.window.terminals) terminal.dispose();
  });

  test('a profile puts the share of each function above it', async () => {
    const document = await openFile('prices.ts');
    const url = pathToFileURL(document.uri.fsPath).href;
    const frame = (functionName: string) => {
      const { line, character } = document.positionAt(
        document.getText().indexOf(`${functionName}(`) + functionName.length,
      );
      return { functionName, url, lineNumber: line, columnNumber: character };
    };
    const nodes = [
      { id: 1, callFrame: { functionName: '(root)', url: '', lineNumber: -1, columnNumber: -1 }, children: [2, 3] },
      { id: 2, callFrame: frame('presentValue') },
      { id: 3, callFrame: frame('nextDay') },
    ];
    const profile = { nodes, startTime: 0, endTime: 4000, samples: [2, 3], timeDeltas: [0, 1000, 3000] };
    const file = workspaceFile('CPU.cpuprofile');
    await vscode.workspace.fs.writeFile(file, Buffer.from(JSON.stringify(profile)));
    const functions = await vscode.commands.executeCommand<readonly HotFunction[]>('deepmaker.showHotspots', file);
    assert.deepEqual(
      functions.map(({ name, share }) => [name, share]),
      [
        ['presentValue', 0.25],
        ['nextDay', 0.75],
      ],
    );
    await until('the list', async () => {
      const window = await askDriver({ kind: 'snapshot', surface: 'workbench' });
      return window.includes('75.0 % nextDay') || undefined;
    });
    const lenses = await vscode.commands.executeCommand<readonly vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      document.uri,
      100,
    );
    const titles = lenses.map(({ command }) => command?.title);
    assert.ok(titles.includes('25.0 % of the time, 25.0 % in its own code: approximate it'), titles.join('\n'));
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    await vscode.commands.executeCommand('deepmaker.hideHotspots');
  });
});
