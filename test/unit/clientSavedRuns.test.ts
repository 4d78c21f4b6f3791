/** Saved runs in the editor: picked from a list, opened as files, and what a panel without a source does. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { HostMessage } from '../../client/messages.ts';
import type { RunSummary, Subject } from '../../server/protocol.ts';
import { estimatesFor, frontView, region } from './clientHelpers.ts';
import { type FakeServer, startClient } from './clientStart.ts';
import * as fake from './clientVscode.ts';

const { registerCommands } = await import('../../client/commands.ts');
const { registerSavedRuns } = await import('../../client/savedRuns.ts');

const { editor } = fake;
beforeEach(fake.reset);

const folder = 'file:///project/.deepmaker/runs/mnist-1';
const dataset: Subject = { kind: 'dataset', uri: folder, name: 'mnist' };
const front = frontView({ runId: 'mnist-1', subject: dataset, measure: 'classes' });

const summary = (more: Partial<RunSummary> = {}): RunSummary => ({
  uri: folder,
  kind: 'dataset',
  name: 'mnist',
  modifiedMs: 0,
  measure: 'classes',
  networks: 3,
  error: 0.0123,
  ...more,
});

/** A client on a server that answers each method with what `answers` says. */
function start(answers: Record<string, (params: never) => unknown>) {
  const sent: { readonly method: string; readonly params: unknown }[] = [];
  const server: FakeServer = {
    async request(type, params) {
      if (type.method === 'deepmaker/estimate' && !answers[type.method]) return estimatesFor('cpu') as never;
      sent.push({ method: type.method, params });
      const answer = answers[type.method];
      assert.ok(answer, `nobody answers ${type.method}`);
      return answer(params as never) as never;
    },
  };
  const { client } = startClient(server);
  registerCommands(client);
  registerSavedRuns(client);
  return { client, sent };
}

const openEditor = async (file: string) => {
  const panel = new fake.FakeWebviewPanel();
  const provider = fake.customEditors.get('deepmaker.run')!;
  await provider.resolveCustomEditor(await provider.openCustomDocument(new fake.Uri(file)), panel);
  return panel;
};
const posted = (panel: fake.FakeWebviewPanel) =>
  (panel.posted as HostMessage[]).filter(({ kind }) => kind !== 'target');

test('a run is picked from the workspace, with what it came to, and shown', async () => {
  editor.files = [`${folder}/result.json`];
  editor.picked = ['$(database) mnist'];
  const { sent } = start({ 'deepmaker/runs': () => [summary()], 'deepmaker/front': () => ({ kind: 'front', front }) });
  assert.equal(await fake.commands.executeCommand('deepmaker.openRun'), front);
  assert.deepEqual(sent, [
    { method: 'deepmaker/runs', params: { uris: [`${folder}/result.json`] } },
    { method: 'deepmaker/front', params: { uri: folder } },
  ]);
  const [item] = editor.lists[0]!;
  assert.equal(item?.description, '3 networks, best error 1.23 % (wrong classes)');
  assert.match(String(item?.detail), /\.deepmaker\/runs\/mnist-1$/);
  assert.deepEqual(posted(editor.panels[0]!), [
    { kind: 'front', front },
    { kind: 'status', status: { kind: 'ready' } },
  ]);
});

test('nothing is opened where there is no run, where none is picked, or where it cannot be read', async () => {
  const failed = { kind: 'failed', message: 'The run is not finished.' };
  const answers = (runs: readonly RunSummary[]) => ({ 'deepmaker/runs': () => runs, 'deepmaker/front': () => failed });
  start(answers([]));
  await fake.commands.executeCommand('deepmaker.openRun');
  assert.match(editor.messages.at(-1)!.text, /no finished run in this workspace/);
  start(answers([summary()]));
  editor.picked = [undefined];
  assert.equal(await fake.commands.executeCommand('deepmaker.openRun'), undefined);
  assert.equal(editor.messages.length, 1, 'leaving the list says nothing');
  editor.picked = ['$(database) mnist'];
  await fake.commands.executeCommand('deepmaker.openRun');
  assert.match(editor.messages.at(-1)!.text, /not finished/);
  assert.equal(editor.panels.length, 0);
});

test('a file of a run opens as its front, or says why not', async () => {
  start({ 'deepmaker/front': () => ({ kind: 'front', front }) });
  const panel = await openEditor(`${folder}/result.json`);
  assert.deepEqual(
    posted(panel).map(({ kind }) => kind),
    ['front', 'status'],
  );
  start({ 'deepmaker/front': () => ({ kind: 'failed', message: 'The run is not finished.', hint: 'Run it again.' }) });
  assert.deepEqual(posted(await openEditor(`${folder}/run.json`)), [
    {
      kind: 'status',
      status: { kind: 'failed', note: { message: 'The run is not finished.', hint: 'Run it again.' } },
    },
  ]);
});

test('an editor on a file of a run does not take the panel that follows the function', async () => {
  const { client } = start({ 'deepmaker/front': () => ({ kind: 'front', front: frontView() }) });
  await openEditor('file:///project/.deepmaker/runs/price-1/run.json');
  assert.equal(client.panels.find(region), undefined);
  assert.equal(client.panels.showing(region).length, 1);
});

test('what a network is used for shows in every panel of the run', async () => {
  const { client } = start({
    'deepmaker/front': () => ({ kind: 'front', front: frontView() }),
    'deepmaker/apply': () => ({ kind: 'edit', label: 'Apply', edit: {} }),
  });
  client.panels.show(frontView());
  const opened = await openEditor('file:///project/.deepmaker/runs/price-1/run.json');
  opened.say({ kind: 'use', candidateId: 'a' });
  await new Promise((resolve) => setImmediate(resolve));
  for (const panel of [opened, editor.panels[0]!]) {
    const shown = posted(panel).findLast((message) => message.kind === 'front')?.front;
    assert.equal(shown?.applied, 'a');
  }
});

test('a data set has no source: its panel shows its folder, and asks the server for nothing', async () => {
  const { sent } = start({ 'deepmaker/front': () => ({ kind: 'front', front }) });
  const panel = await openEditor(`${folder}/result.json`);
  for (const message of [
    { kind: 'use', candidateId: 'a' },
    { kind: 'preview', candidateId: 'a' },
    { kind: 'revert' },
    { kind: 'run' },
    { kind: 'reveal' },
  ]) {
    panel.say(message);
  }
  assert.deepEqual(
    sent.map(({ method }) => method),
    ['deepmaker/front'],
  );
  assert.deepEqual(
    editor.executed.map(([id, uri]) => [id, String(uri)]),
    [['revealInExplorer', folder]],
  );
});

test('a network of a data set is exported to the folder that the user chooses, and opened', async () => {
  const written = { kind: 'written', files: ['/project/out/classifyMnist.ts'], figures: ['Wrong class in 1.2 %.'] };
  const { sent } = start({
    'deepmaker/front': () => ({ kind: 'front', front }),
    'deepmaker/export': () => written,
  });
  const panel = await openEditor(`${folder}/result.json`);
  const press = async () => {
    panel.say({ kind: 'export', candidateId: 'b', target: 'arm' });
    await new Promise((resolve) => setTimeout(resolve));
  };
  await press();
  assert.equal(sent.length, 1, 'nothing is exported where no folder is chosen');
  editor.folder = 'file:///project/out';
  editor.pressed = ['Open'];
  await press();
  const params = {
    uri: folder,
    candidateId: 'b',
    target: 'arm',
    folder: 'file:///project/out',
    settings: {},
    trusted: true,
  };
  assert.deepEqual(sent.at(-1), { method: 'deepmaker/export', params });
  assert.equal(editor.messages.at(-1)?.text, 'Wrote out/classifyMnist.ts. Wrong class in 1.2 %.');
  assert.deepEqual(editor.executed.at(-1)?.map(String), ['vscode.open', 'file:///project/out/classifyMnist.ts']);
  editor.trusted = false;
  await press();
  assert.equal(sent.length, 2, 'nothing is exported in Restricted Mode');
  assert.match(editor.messages.at(-1)!.text, /needs a workspace that you trust/);
});

test("an editor that is closed before its run was read is nobody's panel", async () => {
  let answer: (outcome: unknown) => void = () => undefined;
  const { client } = start({ 'deepmaker/front': () => new Promise((resolve) => (answer = resolve)) });
  const panel = new fake.FakeWebviewPanel();
  const provider = fake.customEditors.get('deepmaker.run')!;
  const opened = provider.resolveCustomEditor(provider.openCustomDocument(new fake.Uri(`${folder}/run.json`)), panel);
  panel.dispose();
  answer({ kind: 'front', front });
  await opened;
  assert.deepEqual(client.panels.showing(dataset), []);
});

test('an editor on a run that goes on elsewhere follows it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const note = { kind: 'none', message: 'It goes on.', hint: 'Wait.' };
  const answers = [
    { ...note, running: true },
    { kind: 'front', front },
  ];
  start({ 'deepmaker/front': () => answers.shift() });
  const panel = await openEditor(`${folder}/run.json`);
  assert.deepEqual(posted(panel).at(-1), {
    kind: 'status',
    status: { kind: 'none', note: { message: note.message, hint: note.hint } },
  });
  t.mock.timers.tick(2000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(posted(panel).at(-1), { kind: 'status', status: { kind: 'ready' } });
});
