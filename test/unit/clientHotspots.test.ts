/** The hotspots of a profile in the editor: offered when one is opened, listed, and revealed in the source. */
import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import type { Requests } from '../../client/requests.ts';
import type { HotFunction, HotspotsOutcome } from '../../server/protocol.ts';
import * as fake from './clientVscode.ts';

const { registerHotspots } = await import('../../client/hotspots.ts');

const { editor } = fake;
const profile = 'file:///project/CPU.1.cpuprofile';
const functions: readonly HotFunction[] = [
  { uri: 'file:///project/price.ts', name: 'price', line: 4, share: 0.4, selfShare: 0.1 },
  { uri: 'file:///project/bench.ts', name: 'bench', line: 4, share: 0.6, selfShare: 0.05, reason: 'it reads a file' },
];

let sent: object[] = [];
let answer: HotspotsOutcome;
beforeEach(() => {
  fake.reset();
  sent = [];
  answer = { kind: 'hotspots', seconds: 2, functions };
});

before(() => {
  const requests: Pick<Requests, 'request'> = {
    async request(_type, params) {
      sent.push(params as object);
      return answer as never;
    },
  };
  const log = { error: () => undefined, show: () => undefined };
  registerHotspots({ session: { ...requests, log } } as never);
});

const show = () => fake.commands.executeCommand('deepmaker.showHotspots', new fake.Uri(profile));
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('functions are listed with their shares, and the one that is picked is revealed', async () => {
  editor.picked = ['$(flame) 40.0 % price'];
  assert.deepEqual(await show(), functions);
  await settled();
  const [first, second] = editor.lists[0]!;
  assert.deepEqual([first?.description, first?.detail], ['price.ts:4', '10.0 % in its own code. Can be approximated.']);
  assert.equal(second?.label, '$(circle-slash) 60.0 % bench');
  assert.equal(second?.detail, '5.00 % in its own code. Cannot be approximated: it reads a file');
  assert.deepEqual(editor.shown, ['file:///project/price.ts']);
});

test('a profile that is opened is offered once; other files are not', async () => {
  editor.pressed = ['Show hotspots'];
  const open = (text: string) =>
    fake.tabChanges.fire({ opened: [{ input: new fake.TabInputCustom(new fake.Uri(text)) }] });
  for (const text of [profile, profile, 'file:///project/price.ts']) open(text);
  await settled();
  assert.deepEqual(
    editor.messages.map(({ text }) => text),
    ['DeepMaker can show the hotspots of this profile in your source.'],
  );
  assert.deepEqual(
    editor.executed.map(([id]) => id),
    ['deepmaker.showHotspots'],
  );
  assert.equal((sent[0] as { uri: string }).uri, profile);
});

test('a profile of other code, one that cannot be read, and hiding', async () => {
  answer = { kind: 'hotspots', seconds: 2, functions: [] };
  await show();
  assert.deepEqual(editor.statusTexts, ['No function of this workspace takes time in this profile.']);
  answer = { kind: 'failed', message: 'x.cpuprofile is no JSON file.', hint: 'Make one with node --cpu-prof.' };
  assert.equal(await show(), undefined);
  assert.equal(editor.messages[0]?.text, 'x.cpuprofile is no JSON file. Make one with node --cpu-prof.');
  await fake.commands.executeCommand('deepmaker.hideHotspots');
  assert.deepEqual(sent.at(-1), {});
});
