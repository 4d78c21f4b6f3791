/** Switching the target: every open panel shows what its networks take there, and applying uses it. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { type HostMessage, parseHostMessage } from '../../client/messages.ts';
import { estimateRows, statusText } from '../../client/webview/targetRows.ts';
import type { TargetDescription, TargetId } from '../../engine/types.ts';
import type { ApplyParams, EstimateParams, Failure, TargetEstimates } from '../../server/protocol.ts';
import { estimatesFor, frontView, region } from './clientHelpers.ts';
import { type FakeServer, startClient } from './clientStart.ts';
import * as fake from './clientVscode.ts';

const { pickTarget } = await import('../../client/targetPicker.ts');

beforeEach(fake.reset);
const settled = () => new Promise((resolve) => setImmediate(resolve));

interface Asked {
  readonly params: EstimateParams;
  answer(outcome: TargetEstimates | Failure): void;
}

/** Panels on a server whose estimates the test answers by hand. */
function start() {
  const asked: Asked[] = [];
  const applied: ApplyParams[] = [];
  const server: FakeServer = {
    async request(type, params) {
      if (type.method === 'deepmaker/apply') {
        applied.push(params as ApplyParams);
        return {
          kind: 'edit',
          label: 'Use',
          edit: {},
          checked: ['Checked for ARM on 12 test rows: NRMSE 1 %.'],
        } as never;
      }
      assert.equal(type.method, 'deepmaker/estimate');
      return new Promise((answer) => asked.push({ params: params as EstimateParams, answer: answer as never }));
    },
  };
  const { panels } = startClient(server).client;
  return { panels, asked, applied };
}

function pick(target: TargetId): void {
  fake.editor.settings = { target };
  fake.configurationChanges.fire({ affectsConfiguration: (section) => section === 'deepmaker.target' });
}

const targetsOf = (panel: fake.FakeWebviewPanel | undefined) =>
  ((panel?.posted ?? []) as HostMessage[]).flatMap((message) => (message.kind === 'target' ? [message.figures] : []));

test('a finished run is estimated once, and anew when the target is switched', async () => {
  const { panels, asked } = start();
  const front = frontView();
  panels.show(frontView({ stage: 'searching' }));
  assert.equal(asked.length, 0, 'a run that goes on has nothing to estimate');
  panels.show(front);
  panels.show({ ...front, applied: 'b' });
  assert.deepEqual(
    asked.map(({ params }) => params),
    [{ uri: region.uri, runId: 'price-1', target: 'cpu', settings: {} }],
  );
  asked[0]!.answer(estimatesFor('cpu'));
  await settled();
  pick('fpga');
  assert.equal(asked[1]!.params.target, 'fpga');
  asked[1]!.answer(estimatesFor('fpga'));
  await settled();
  const [panel] = fake.editor.panels;
  assert.deepEqual(targetsOf(panel), [
    { kind: 'estimating', target: 'cpu' },
    { kind: 'estimated', estimates: estimatesFor('cpu') },
    { kind: 'estimating', target: 'fpga' },
    { kind: 'estimated', estimates: estimatesFor('fpga') },
  ]);
  fake.configurationChanges.fire({ affectsConfiguration: () => false });
  assert.equal(asked.length, 2);
  panel!.posted.length = 0;
  panel!.say({ kind: 'ready' });
  assert.deepEqual(targetsOf(panel), [{ kind: 'estimated', estimates: estimatesFor('fpga') }], 'also after a reload');
});

test('what is read again of a finished run is not estimated again', async () => {
  const { panels, asked } = start();
  panels.show(frontView());
  panels.show(frontView({ stale: 'It has changed.' }));
  assert.equal(asked.length, 1);
  asked[0]!.answer(estimatesFor('cpu'));
  await settled();
  assert.deepEqual(targetsOf(fake.editor.panels[0]).at(-1), { kind: 'estimated', estimates: estimatesFor('cpu') });
  panels.show(frontView({ runId: 'price-2' }));
  assert.equal(asked[1]!.params.runId, 'price-2');
});

test('an answer for a target that is no longer picked is dropped', async () => {
  const { panels, asked } = start();
  panels.show(frontView());
  pick('arm');
  asked[0]!.answer(estimatesFor('cpu'));
  await settled();
  asked[1]!.answer({ kind: 'failed', message: 'The run is gone.', hint: 'Run it again.' });
  await settled();
  assert.deepEqual(targetsOf(fake.editor.panels[0]).slice(1), [
    { kind: 'estimating', target: 'arm' },
    { kind: 'failed', target: 'arm', message: 'The run is gone.', hint: 'Run it again.' },
  ]);
});

test('applying uses the target that is picked, and tells what was checked', async () => {
  const { panels, applied } = start();
  panels.show(frontView()).settle();
  pick('arm');
  fake.editor.panels[0]!.say({ kind: 'use', candidateId: 'b' });
  await settled();
  await settled();
  const params = { runId: 'price-1', candidateId: 'b', target: 'arm', uri: region.uri, settings: {}, trusted: true };
  assert.deepEqual(applied, [params]);
  const told = 'price calls the network now. Checked for ARM on 12 test rows: NRMSE 1 %.';
  assert.equal(fake.editor.messages.at(-1)?.text, told);
});

test('estimates arrive as they were sent, and what is none is refused', () => {
  const over = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  const unavailable = estimatesFor('arm', {
    unavailable: 'Install gcc.',
    networks: [{ id: 'a', figures: [], refusal: 'No.' }],
  });
  for (const figures of [
    { kind: 'estimated', estimates: estimatesFor('fpga') },
    { kind: 'estimated', estimates: unavailable },
    { kind: 'estimating', target: 'gpu' },
  ] as const) {
    assert.deepEqual(parseHostMessage(over({ kind: 'target', figures })), { kind: 'target', figures });
  }
  for (const figures of [{ kind: 'estimating' }, { kind: 'estimated', estimates: { kind: 'estimates' } }]) {
    assert.equal(parseHostMessage({ kind: 'target', figures }), undefined);
  }
});

test('the table has a row for every network that can be used, by size, each with its figures or why not', () => {
  const [a, , c] = estimatesFor('fpga').networks;
  const oneClock = { label: 'Latency', value: 1, unit: 'clocks', basis: 'Counted.' };
  const estimates = estimatesFor('fpga', { networks: [c!, { id: 'b', figures: [], refusal: 'No code.' }, a!] });
  const { columns, rows } = estimateRows(frontView(), estimates, 'c');
  assert.deepEqual(
    columns.map((column) => (typeof column === 'string' ? column : column.label)),
    ['Network', 'Parameters', 'Latency'],
  );
  const [clock] = estimateRows(frontView(), { ...estimates, networks: [{ ...a!, figures: [oneClock] }] }, 'c').rows;
  assert.equal(clock?.cells[1], '1 clock');
  assert.deepEqual(rows, [
    { cells: ['2-10-1 tanh', '1.2 kB', '7 clocks'], current: false },
    { cells: ['2-20-1 tanh', '–', '–'], note: 'No code.', current: false },
    { cells: ['2-200-1 tanh', '3.6 kB', '9 clocks'], current: true },
  ]);
});

test('the line above it says whether code can be checked here, and what was measured for another target', () => {
  const text = (view: Parameters<typeof frontView>[0], estimates: TargetEstimates) =>
    statusText(frontView(view), { kind: 'estimated', estimates });
  assert.equal(text({}, estimatesFor('cpu')), 'Some code. Its code can be checked on this machine.');
  const arm = text({}, estimatesFor('arm', { unavailable: 'It needs gcc. Install it.' }));
  assert.match(arm, /Not checked here: It needs gcc. Install it\. The errors and times above are of code for CPU/);
  assert.doesNotMatch(text({ target: 'arm' }, estimatesFor('arm')), /above/);
});

test('a target whose tools are missing can be picked, and its entry says what to install', async () => {
  const problem = 'Simulating needs iverilog. On Debian or Ubuntu: apt-get install -y iverilog';
  const targets: TargetDescription[] = [
    { id: 'fpga', label: 'FPGA', description: 'A circuit', unavailable: problem },
    { id: 'cpu', label: 'CPU', description: 'TypeScript' },
  ];
  const { client } = startClient({ request: async () => targets as never });
  fake.editor.settings = { target: 'cpu' };
  fake.editor.picked = ['FPGA'];
  await pickTarget(client.session, client.session.log);
  const entries = fake.editor.lists.at(-1) as { label: string; detail?: string }[];
  assert.deepEqual(
    entries.map(({ label, detail }) => [label, detail]),
    [
      ['CPU', 'TypeScript'],
      ['Code that cannot be checked on this machine', undefined],
      ['FPGA', `A circuit. ${problem}`],
    ],
  );
  assert.equal(fake.editor.settings.target, 'fpga');
});
