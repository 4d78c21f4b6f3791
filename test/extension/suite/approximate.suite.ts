/** From the light bulb to the changed source and back, in a workspace that is trusted. */
import assert from 'node:assert/strict';
import { suite, suiteSetup, teardown, test } from 'mocha';
import * as vscode from 'vscode';
import type { DeepMakerApi } from '../../../client/api.ts';
import { commandIds, type RegionReference, type RunOutcome } from '../../../server/protocol.ts';
import { askDriver } from './askDriver.ts';
import {
  approximateActions,
  exists,
  openFile,
  positionOf,
  readBytes,
  runCheckTask,
  undoOnce,
  until,
  workspaceFile,
} from './editor.ts';

const file = 'prices.ts';

suite('Approximate', () => {
  let original: string;

  suiteSetup(async () => {
    original = await readBytes(workspaceFile(file));
  });

  teardown(async () => {
    await vscode.commands.executeCommand('notifications.clearAll');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  test('the extension is activated by a TypeScript file', async () => {
    await openFile(file);
    const extension = vscode.extensions.getExtension('deepmaker.deepmaker');
    assert.ok(extension, 'The extension is installed.');
    await until('the extension is active', () => extension.isActive || undefined);
  });

  test('the action is offered on the name of a function', async () => {
    const document = await openFile(file);
    const [action] = await until('a code action on the name', async () => {
      const actions = await approximateActions(document, positionOf(document, 'presentValue('));
      return actions.length > 0 ? actions : undefined;
    });
    assert.equal(action?.title, 'Approximate this function');
    assert.deepEqual(action.command?.arguments, [{ uri: document.uri.toString(), name: 'presentValue' }]);
  });

  test('the action is not offered in the body of a function', async () => {
    const document = await openFile(file);
    assert.deepEqual(await approximateActions(document, positionOf(document, 'value +=')), []);
  });

  test('a function that cannot be approximated shows a disabled action with the reason', async () => {
    const document = await openFile(file);
    const editor = await vscode.window.showTextDocument(document);
    const position = positionOf(document, 'nextDay(');
    editor.selection = new vscode.Selection(position, position);
    // The extension API leaves `disabled` out of what it returns, so this looks at the menu itself. VS Code drops a question
    // for actions while it is busy with the text, so it is asked until there is an answer.
    await until('the reason, in the window', async () => {
      await vscode.commands.executeCommand('editor.action.codeAction', { kind: 'refactor.rewrite.approximate' });
      for (let looks = 0; looks < 10; looks++) {
        const window = await askDriver({ kind: 'snapshot', surface: 'workbench' });
        if (window.includes('its parameter `day` is a Date')) return true;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      return undefined;
    });
  });

  test('the target is picked in the status bar', async () => {
    await openFile(file);
    const commands = await vscode.commands.getCommands(true);
    assert.ok(commands.includes(commandIds.pickTarget));
    await askDriver({ kind: 'click', surface: 'workbench', role: 'button', name: 'DeepMaker target: CPU' });
    await until('the list of targets', async () => {
      const window = await askDriver({ kind: 'snapshot', surface: 'workbench' });
      return /Generate code for/.test(window) || undefined;
    });
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
  });

  test('a network is looked at before it is used, and its figures are copied', async () => {
    const document = await openFile(file);
    const outcome = await run({ uri: document.uri.toString(), name: 'presentValue' });
    assert.equal(outcome?.kind, 'done', JSON.stringify(outcome));
    await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Copy as CSV' });
    const copied = await until('the copied figures', async () => (await vscode.env.clipboard.readText()) || undefined);
    assert.match(copied, /^id,topology,activation,/);
    await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Preview changes' });
    const preview = await until('the source as it would be', () =>
      vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'deepmaker-preview' && uri.path.endsWith(file)),
    );
    assert.match(preview.getText(), /return presentValueApprox/);
    await askDriver({ kind: 'screenshot', name: 'preview' });
    assert.equal(document.getText(), original, 'nothing is changed');
    assert.equal(await exists(workspaceFile('presentValue.approx.ts')), false);

    await vscode.commands.executeCommand('notifications.clearAll');
    await askDriver({ kind: 'click', surface: 'workbench', role: 'button', name: '^Use this network$' });
    await until('the source calls the network', () => changedText(document, original));
    await until('the preview is closed', () =>
      vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(({ label }) => label.includes('preview of')))
        ? undefined
        : true,
    );
    await openFile(file);
    await undoOnce(document);
    assert.equal(document.getText(), original);
  });

  test('a network from the panel replaces the body, one undo brings it back, and another target is estimated', async () => {
    const document = await openFile(file);
    await useNetworkFromPanel({ uri: document.uri.toString(), name: 'presentValue' });
    const changed = await until('the source calls the network', () => changedText(document, original));
    assert.match(changed, /presentValue\.approx/);
    assert.match(changed, /year <= 400/, 'The exact function stays.');
    assert.ok(await exists(workspaceFile('presentValue.approx.ts')), 'The generated file is there.');

    await undoOnce(document);
    assert.equal(document.getText(), original);
    await until('the generated file is gone', async () =>
      (await exists(workspaceFile('presentValue.approx.ts'))) ? undefined : true,
    );
    await switchTarget();
  });

  test('revert brings the file back byte for byte', async () => {
    const document = await openFile(file);
    const region = { uri: document.uri.toString(), name: 'ripple' };
    await useNetworkFromPanel(region);
    await until('the source calls the network', () => changedText(document, original));
    await until('the change is on disk', async () => {
      await vscode.workspace.saveAll();
      return (await readBytes(document.uri)) === original ? undefined : true;
    });

    await vscode.commands.executeCommand('deepmaker.approximations.focus');
    await until('the view lists the network with its figures', async () => {
      const window = await askDriver({ kind: 'snapshot', surface: 'workbench' });
      return /treeitem "ripple, error [\d.]+ %/.test(window) || undefined;
    });
    await askDriver({ kind: 'screenshot', name: 'approximations-view' });
    assert.equal(await runCheckTask(), 0, 'what was just measured is measured again');

    await vscode.commands.executeCommand(commandIds.revert, region);
    await until('the file is as it was, byte for byte', async () => {
      await vscode.workspace.saveAll();
      return (await readBytes(document.uri)) === original || undefined;
    });
    await until('the view says that no function calls a network', async () => {
      const window = await askDriver({ kind: 'snapshot', surface: 'workbench' });
      return window.includes('No function of this workspace calls a network') || undefined;
    });
  });

  test('a run that is stopped changes nothing, and the next one works', async () => {
    const document = await openFile(file);
    const region = { uri: document.uri.toString(), name: 'settle' };
    const settings = vscode.workspace.getConfiguration('deepmaker');
    // Long enough that it cannot end before it is stopped.
    await settings.update('generations', 500, vscode.ConfigurationTarget.Workspace);
    await settings.update('searchEpochs', 400, vscode.ConfigurationTarget.Workspace);
    const running = run(region);
    await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Stop$' });
    assert.equal((await running)?.kind, 'cancelled');
    assert.match(await askDriver({ kind: 'read', surface: 'panel', role: 'status', name: '' }), /Cancelled/);
    assert.equal(document.getText(), original);
    assert.equal(document.isDirty, false);

    await settings.update('generations', undefined, vscode.ConfigurationTarget.Workspace);
    await settings.update('searchEpochs', undefined, vscode.ConfigurationTarget.Workspace);
    assert.equal((await run(region))?.kind, 'done');
  });

  test('another extension approximates a function, and reads the figures', async () => {
    const document = await openFile(file);
    const api = vscode.extensions.getExtension<DeepMakerApi>('deepmaker.deepmaker')!.exports;
    assert.equal(api.version, 1);
    const outcome = await api.approximate({ uri: document.uri, name: 'settle' });
    assert.ok(outcome.kind === 'done', JSON.stringify(outcome));
    assert.ok(outcome.front.length > 0 && outcome.front.every(({ params, error }) => params > 0 && error.nrmse >= 0));
    assert.equal(outcome.applied, false);
    const refused = await api.approximate({ uri: document.uri, name: 'nextDay' });
    assert.ok(refused.kind === 'refused' && /Date/.test(refused.reasons[0]!.message), JSON.stringify(refused));
    assert.deepEqual(await api.approximations(), []);
  });
});

/** Resolves when the run is over; undefined where it was refused. */
function run(region: RegionReference): Thenable<RunOutcome | undefined> {
  return vscode.commands.executeCommand<RunOutcome | undefined>(commandIds.approximate, region);
}

async function useNetworkFromPanel(region: RegionReference): Promise<void> {
  const outcome = await run(region);
  assert.equal(outcome?.kind, 'done', JSON.stringify(outcome));
  await askDriver({ kind: 'click', surface: 'panel', role: 'option', name: 'parameter', part: 'circle.target' });
  await askDriver({ kind: 'screenshot', name: `panel-${region.name}` });
  await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Use this network' });
}

/** The panel shows the figures of another target at once, without another run. */
async function switchTarget(): Promise<void> {
  const settings = vscode.workspace.getConfiguration('deepmaker');
  const shown = (text: RegExp) =>
    until(`the panel shows ${text}`, async () => {
      const panel = await askDriver({ kind: 'snapshot', surface: 'panel' });
      return text.test(panel) || undefined;
    });
  await askDriver({ kind: 'click', surface: 'panel', role: 'tab', name: '^Target$' });
  await shown(/On CPU/);
  await settings.update('target', 'fpga', vscode.ConfigurationTarget.Workspace);
  try {
    await shown(/On FPGA.*DSP.*Devices of the paper/s);
    await askDriver({ kind: 'screenshot', name: 'panel-target' });
  } finally {
    await settings.update('target', undefined, vscode.ConfigurationTarget.Workspace);
  }
  await shown(/On CPU/);
}

const changedText = (document: vscode.TextDocument, original: string): string | undefined =>
  document.getText() === original ? undefined : document.getText();
