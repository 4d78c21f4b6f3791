/** "Record inputs from a run" in the editor: the command, the task, and the run that starts from the record. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { RunOutcome } from '../../server/protocol.ts';
import { frontView, region } from './clientHelpers.ts';
import { type FakeServer, startClient } from './clientStart.ts';
import * as fake from './clientVscode.ts';

const { registerRecording } = await import('../../client/recordInputs.ts');

const { editor } = fake;
beforeEach(fake.reset);

const folder = '/project/.deepmaker/records/recording-1';
const begun = { kind: 'prepared', folder, nodeOptions: '--require "/hook.cjs"' };
const recorded = { kind: 'recorded', id: 'price-0123456789', calls: 1200 };
const done: RunOutcome = { kind: 'done', front: frontView() };

function start(answers: Record<string, unknown>) {
  const sent: { readonly method: string; readonly params: object }[] = [];
  const server: FakeServer = {
    async request(type, params) {
      sent.push({ method: type.method, params: params as object });
      assert.ok(type.method in answers, `nobody answers ${type.method}`);
      return answers[type.method] as never;
    },
  };
  const { client } = startClient(server);
  const stored = new Map<string, unknown>();
  const memory = {
    keys: () => [...stored.keys()],
    get: (key: string) => stored.get(key),
    update: async (key: string, value: unknown) => void stored.set(key, value),
  };
  registerRecording(client, memory as never);
  const record = () => fake.commands.executeCommand('deepmaker.record', region) as Promise<RunOutcome | undefined>;
  return { sent, stored, record };
}

const methods = (sent: readonly { readonly method: string }[]) => sent.map(({ method }) => method);
const all = { 'deepmaker/record/begin': begun, 'deepmaker/record/end': recorded, 'deepmaker/run': done };

test('the command runs as a task with the hook, and the run starts from what was recorded', async () => {
  editor.typed = [' npm run bench '];
  editor.exitCode = 3;
  editor.dirty = [region.uri];
  const { sent, stored, record } = start(all);
  assert.equal((await record())?.kind, 'done');
  const asked = ['deepmaker/record/begin', 'deepmaker/record/end', 'deepmaker/run', 'deepmaker/estimate'];
  assert.deepEqual(methods(sent), asked);
  assert.deepEqual(editor.tasks, [{ command: 'npm run bench', env: { NODE_OPTIONS: begun.nodeOptions } }]);
  assert.deepEqual(sent[1]?.params, { region, folder, command: 'npm run bench', exit: 3 });
  assert.equal((sent[2]!.params as { record?: string }).record, recorded.id);
  assert.deepEqual([...stored.values()], ['npm run bench'], 'the next question begins with it');
  assert.deepEqual(editor.dirty, [], 'a program runs what is saved');
});

test('a task that somebody ends still gives its record', async () => {
  editor.typed = ['npm start'];
  editor.exitCode = undefined;
  const { sent, record } = start(all);
  assert.equal((await record())?.kind, 'done');
  assert.equal((sent[1]!.params as { exit: unknown }).exit, 'SIGTERM');
});

test('nothing runs without trust, without a command, or where the server refuses', async () => {
  const failed = { kind: 'failed', message: 'It cannot.', hint: 'Do this.' };
  editor.typed = [undefined];
  const left = start(all);
  assert.equal(await left.record(), undefined);
  editor.typed = ['true'];
  const refused = start({ ...all, 'deepmaker/record/begin': failed });
  await refused.record();
  editor.trusted = false;
  const untrusted = start(all);
  await untrusted.record();
  assert.deepEqual([left.sent.length, refused.sent.length, untrusted.sent.length], [0, 1, 0]);
  assert.deepEqual(editor.tasks, []);
  assert.deepEqual(
    editor.messages.map(({ level, text }) => [level, text]),
    [
      ['error', 'It cannot. Do this.'],
      ['warning', 'Recording runs a command of yours, which needs a workspace that you trust.'],
    ],
  );
});

test('a recording without calls says why, and no run starts', async () => {
  editor.typed = ['true'];
  const { sent, record } = start({
    ...all,
    'deepmaker/record/end': {
      kind: 'failed',
      message: 'price was not called.',
      hint: 'Record a command that uses it.',
    },
  });
  await record();
  assert.deepEqual(methods(sent), ['deepmaker/record/begin', 'deepmaker/record/end']);
  assert.equal(editor.messages[0]?.text, 'price was not called. Record a command that uses it.');
});
