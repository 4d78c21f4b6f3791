/** One feature after the other, from where a user begins to what is in the files afterwards. */
import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { suite, suiteSetup, suiteTeardown, teardown, test } from 'mocha';
import * as vscode from 'vscode';
import { commandIds, type RegionReference, type RunOutcome } from '../../../server/protocol.ts';
import { askDriver } from './askDriver.ts';
import {
  approximateActions,
  openFile,
  positionOf,
  readBytes,
  runCheckTask,
  undoOnce,
  until,
  workspaceFile,
} from './editor.ts';
import { run } from './longRun.ts';

const file = 'prices.ts';
const dialogs = () => vscode.workspace.getConfiguration('files.simpleDialog');

/** Code for another target runs there before it is written. */
const exportTimeoutMs = 150_000;

/** What each target writes. Circuits are left out: their synthesis takes minutes on a busy machine. */
const exported: Readonly<Record<string, readonly RegExp[]>> = {
  CPU: [/settle\.approx\.ts$/],
  GPU: [/settle\.approx\.ts$/],
  ONNX: [/\.onnx$/, /settle\.approx\.ts$/],
  ARM: [/\.c$/, /\.h$/, /\.tflite$/],
};

suite('Stories', () => {
  let original: string;

  suiteSetup(async () => {
    original = await readBytes(workspaceFile(file));
    // The system's own dialog is out of reach of tests.
    await dialogs().update('enable', true, vscode.ConfigurationTarget.Global);
  });
  suiteTeardown(() => dialogs().update('enable', undefined, vscode.ConfigurationTarget.Global));

  teardown(async () => {
    await vscode.commands.executeCommand('notifications.clearAll');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.workspace.fs.writeFile(workspaceFile(file), Buffer.from(original, 'latin1'));
  });

  test('selected statements become a network, one undo brings them back, and so does a revert', async () => {
    const document = await openFile(file);
    const from = positionOf(document, '  let sum = 0', 0);
    const range = new vscode.Range(from, positionOf(document, '  return sum', 0));
    const actions = await until('an action for the statements', async () => {
      const found = await approximateActions(document, range);
      return found.length > 0 ? found : undefined;
    });
    const { command } = actions.find(({ command: found }) => found?.command === commandIds.approximate)!;
    const [region] = command!.arguments as [RegionReference];
    assert.equal(region.name, `ripple:${from.line + 1}-${from.line + 2}`);
    assert.equal((await run(region))?.kind, 'done');

    for (const back of [
      () => undoOnce(document),
      () => askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Revert$' }),
    ]) {
      await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Use this network' });
      await until(
        'the statements in a function of their own',
        () => /const sum = ripplePart\(angle\);/.test(document.getText()) || undefined,
      );
      await back();
      await until('the first text', () => document.getText() === original || undefined);
    }
  });

  test('a hotspot leads to a run', async () => {
    const document = await openFile(file);
    const { line, character } = positionOf(document, 'settle(', 'settle'.length);
    const callFrame = { functionName: 'settle', url: pathToFileURL(document.uri.fsPath).href };
    const profile = {
      nodes: [
        { id: 1, callFrame: { functionName: '(root)', url: '', lineNumber: -1, columnNumber: -1 }, children: [2] },
        { id: 2, callFrame: { ...callFrame, lineNumber: line, columnNumber: character } },
      ],
      ...{ startTime: 0, endTime: 4000, samples: [2], timeDeltas: [4000] },
    };
    const saved = workspaceFile('settle.cpuprofile');
    await vscode.workspace.fs.writeFile(saved, Buffer.from(JSON.stringify(profile)));
    await vscode.commands.executeCommand('deepmaker.showHotspots', saved);
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    const lens = await until('a lens on the hotspot', async () => {
      const lenses = await vscode.commands.executeCommand<readonly vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        document.uri,
        100,
      );
      return lenses.find(({ command }) => command?.title.startsWith('100 % of the time'))?.command;
    });
    const outcome = await vscode.commands.executeCommand<RunOutcome>(lens.command, ...(lens.arguments ?? []));
    assert.equal(outcome.kind, 'done', JSON.stringify(outcome));
    await vscode.commands.executeCommand('deepmaker.hideHotspots');
  });

  for (const [target, patterns] of Object.entries(exported)) {
    test(`a network is exported for ${target}, as files`, async () => {
      const uri = (await openFile(file)).uri.toString();
      const before = await filesBelow();
      await vscode.commands.executeCommand(commandIds.showFront, { uri, name: 'settle' });
      await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Export as code' });
      await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: `^Export for ${target}$` });
      await askDriver({ kind: 'click', surface: 'workbench', role: 'button', name: 'Export here' });
      const written = async () => (await filesBelow()).filter((name) => !before.includes(name));
      const complete = async () => {
        const names = await written();
        return patterns.every((pattern) => names.some((name) => pattern.test(name))) || undefined;
      };
      await until(`files such as ${patterns.join(', ')}`, complete, exportTimeoutMs);
      // The next target writes some under the same names.
      for (const name of await written()) await vscode.workspace.fs.delete(workspaceFile(name));
    });
  }

  test('the check puts a stale network into the list of problems, at its place', async () => {
    const document = await openFile(file);
    const region = { uri: document.uri.toString(), name: 'settle' };
    assert.equal((await run(region))?.kind, 'done');
    await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Use this network' });
    await until('the network', () => document.getText() !== original || undefined);
    const edit = new vscode.WorkspaceEdit();
    const at = positionOf(document, 'step < 300', 'step < '.length);
    edit.replace(document.uri, new vscode.Range(at, at.translate(0, 3)), '200');
    await vscode.workspace.applyEdit(edit);
    await vscode.workspace.saveAll();
    try {
      assert.equal(await runCheckTask(), 1);
      const problem = await until('the problem', () =>
        vscode.languages
          .getDiagnostics(document.uri)
          .find(({ source, message }) => source === 'deepmaker check' && /settle/.test(message)),
      );
      const { line } = positionOf(document, 'settle(');
      assert.equal(problem.range.start.line, line);
    } finally {
      await vscode.commands.executeCommand(commandIds.revert, region);
      await vscode.workspace.saveAll();
    }
  });
});

/** Files of the workspace but those of runs, relative to it. */
async function filesBelow(folder = workspaceFile('.')): Promise<readonly string[]> {
  const entries = await vscode.workspace.fs.readDirectory(folder);
  const found = entries
    .filter(([name]) => name !== '.deepmaker')
    .map(async ([name, type]) => {
      const uri = vscode.Uri.joinPath(folder, name);
      return type === vscode.FileType.Directory ? filesBelow(uri) : [vscode.workspace.asRelativePath(uri)];
    });
  return (await Promise.all(found)).flat();
}
