import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { HostMessage } from '../../client/messages.ts';
import type { FrontView, RunOutcome, RunParams } from '../../server/protocol.ts';
import { estimatesFor, frontView, point, region } from './clientHelpers.ts';
import { type FakeServer, startClient } from './clientStart.ts';
import * as fake from './clientVscode.ts';

const { registerCommands } = await import('../../client/commands.ts');
const { exactScheme } = await import('../../client/compare.ts');
const { RequestCancelled, ServerUnavailable } = await import('../../client/requests.ts');
const { previewScheme } = await import('../../client/preview.ts');

const { editor } = fake;
beforeEach(fake.reset);

interface Sent {
  readonly method: string;
  readonly params: unknown;
  readonly cancelled: () => boolean;
}

/** A client on a server that answers each method with what `answers` says. */
function start(answers: Record<string, (params: never, server: Server) => unknown>) {
  const sent: Sent[] = [];
  const listeners = new Map<string, (value: never) => void>();
  const server = {
    report: (token: string | number | undefined, value: unknown) => listeners.get(String(token))?.(value as never),
    aborted: () => Promise.resolve(),
  };
  const requests: FakeServer = {
    async request(type, params, token) {
      if (type.method === 'deepmaker/estimate' && !answers[type.method]) return estimatesFor('cpu') as never;
      sent.push({ method: type.method, params, cancelled: () => token?.isCancellationRequested ?? false });
      const aborted = () =>
        new Promise<void>((resolve) => {
          if (token?.isCancellationRequested) resolve();
          else token?.onCancellationRequested(() => resolve());
        });
      const answer = answers[type.method];
      assert.ok(answer, `nobody answers ${type.method}`);
      return (await answer(params as never, { ...server, aborted })) as never;
    },
    onProgress(_type, token, listener) {
      listeners.set(token, listener as (value: never) => void);
      return { dispose: () => listeners.delete(token) };
    },
  };
  const { client, logged } = startClient(requests);
  registerCommands(client);
  const run = () => fake.commands.executeCommand('deepmaker.approximate', region) as Promise<RunOutcome>;
  return { client, sent, logged, listeners, run };
}

interface Server {
  report(token: string | number | undefined, value: unknown): void;
  /** Resolves when the client cancels the request. */
  aborted(): Promise<void>;
}

const done = (front: FrontView = frontView()): RunOutcome => ({ kind: 'done', front });
const posted = (panel: fake.FakeWebviewPanel | undefined) =>
  ((panel?.posted ?? []) as HostMessage[]).filter(({ kind }) => kind !== 'target');
const statuses = (panel: fake.FakeWebviewPanel | undefined) =>
  posted(panel).flatMap((message) => (message.kind === 'status' ? [message.status.kind] : []));
const lastFront = (panel: fake.FakeWebviewPanel | undefined) =>
  posted(panel).findLast((message) => message.kind === 'front')?.front;
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a run opens its panel with the first front, reports progress, and ends with an offer', async () => {
  const { run, listeners } = start({
    'deepmaker/run': ({ workDoneToken, partialResultToken }: RunParams, server) => {
      server.report(workDoneToken, { kind: 'begin', title: 'Approximating', percentage: 0 });
      server.report(partialResultToken, frontView({ stage: 'searching' }));
      server.report(workDoneToken, { kind: 'report', message: 'Generation 2 of 5', percentage: 40 });
      server.report(workDoneToken, { kind: 'report', percentage: 30 });
      return done(frontView({ points: [point('b', 20, 0.011, { speedup: 3.2 })] }));
    },
  });
  assert.equal((await run()).kind, 'done');
  assert.equal(editor.panels.length, 1);
  assert.deepEqual(statuses(editor.panels[0]), ['running', 'running', 'ready']);
  assert.equal(lastFront(editor.panels[0])?.stage, 'done');
  assert.deepEqual(editor.progress, [
    { increment: 0 },
    { message: 'Generation 2 of 5', increment: 40 },
    { increment: 0 },
  ]);
  assert.deepEqual(editor.messages, [
    {
      level: 'information',
      text: 'price: 2-20-1 network, 1.10 % error (NRMSE), 3.2 times faster than the exact function.',
      buttons: ['Use this network', 'Show front'],
    },
  ]);
  assert.equal(listeners.size, 0, 'nobody listens after the end');
});

test('a network that misses the criterion is shown but not offered', async () => {
  const { run } = start({
    'deepmaker/run': () => done(frontView({ criterion: { met: false, reason: 'The exact function is faster.' } })),
  });
  await run();
  assert.deepEqual(editor.messages, [
    { level: 'warning', text: 'price: The exact function is faster.', buttons: ['Show front'] },
  ]);
});

test('the request carries the target, trust, and only the settings that somebody set', async () => {
  editor.settings = { population: 6, trainer: 'reference', maxError: null, target: 'arm' };
  const { run, sent } = start({ 'deepmaker/run': () => done() });
  await run();
  const params = sent[0]!.params as RunParams;
  assert.deepEqual(params.settings, { population: 6, trainer: 'reference' });
  assert.equal(params.target, 'arm');
  assert.equal(params.trusted, true);
});

test('missing ranges are asked for, and sent together', async () => {
  editor.typed = ['10, 160', '0, 1'];
  const missing = ['spot', 'rate'].map((path) => ({ path, tag: `@range ${path} [min, max]` }));
  const { run, sent } = start({
    'deepmaker/run': ({ ranges }: RunParams) =>
      Object.keys(ranges ?? {}).length === 0 ? { kind: 'needs-ranges', missing } : done(),
  });
  assert.equal((await run()).kind, 'done');
  assert.equal(sent.length, 2);
  assert.deepEqual((sent[1]!.params as RunParams).ranges, { spot: [10, 160], rate: [0, 1] });
});

test('leaving an input box ends the run quietly', async () => {
  editor.typed = [undefined];
  const { run, sent } = start({
    'deepmaker/run': () => ({ kind: 'needs-ranges', missing: [{ path: 'spot', tag: '@range spot [0, 1]' }] }),
  });
  assert.deepEqual(await run(), { kind: 'cancelled', evaluated: 0 });
  assert.equal(sent.length, 1);
  assert.deepEqual(editor.messages, []);
  assert.deepEqual(editor.statusTexts, ['Cancelled.']);
});

test('a cancelled run says so quietly, and the next one works', async () => {
  let first = true;
  const { run, sent } = start({
    'deepmaker/run': async ({ partialResultToken }: RunParams, server) => {
      if (!first) return done();
      first = false;
      server.report(partialResultToken, frontView({ stage: 'searching' }));
      setImmediate(() => editor.cancelNotification());
      await server.aborted();
      return { kind: 'cancelled', evaluated: 30 };
    },
  });
  assert.deepEqual(await run(), { kind: 'cancelled', evaluated: 30 });
  assert.equal(sent[0]?.cancelled(), true);
  assert.deepEqual(statuses(editor.panels[0]), ['running', 'stopping', 'cancelled']);
  assert.deepEqual(editor.statusTexts, ['Cancelled. 30 networks will not be trained again.']);
  assert.equal((await run()).kind, 'done');
  assert.deepEqual(statuses(editor.panels[0]).slice(3), ['waiting', 'running', 'ready']);
});

test('a server that rejects a cancelled request has cancelled it', async () => {
  const { run } = start({
    'deepmaker/run': () => {
      throw new RequestCancelled();
    },
  });
  assert.deepEqual(await run(), { kind: 'cancelled', evaluated: 0 });
});

test('the panel can stop its run', async () => {
  const { run } = start({
    'deepmaker/run': async ({ partialResultToken }: RunParams, server) => {
      server.report(partialResultToken, frontView({ stage: 'sampling' }));
      setImmediate(() => editor.panels[0]?.say({ kind: 'stop' }));
      await server.aborted();
      return { kind: 'cancelled', evaluated: 0 };
    },
  });
  assert.equal((await run()).kind, 'cancelled');
});

test('one run at a time per region', async () => {
  let finish: (outcome: RunOutcome) => void = () => undefined;
  const { run, sent } = start({ 'deepmaker/run': () => new Promise<RunOutcome>((resolve) => (finish = resolve)) });
  const first = run();
  await settled();
  assert.equal(((await run()) as { kind: string }).kind, 'busy');
  finish(done());
  assert.equal((await first).kind, 'done');
  assert.equal(sent.length, 1);
});

test('a panel that is closed during the run stays closed', async () => {
  const { run } = start({
    'deepmaker/run': ({ partialResultToken }: RunParams, server) => {
      server.report(partialResultToken, frontView({ stage: 'searching' }));
      editor.panels[0]?.dispose();
      server.report(partialResultToken, frontView({ stage: 'training' }));
      return done();
    },
  });
  await run();
  assert.equal(editor.panels.length, 1);
  assert.equal(editor.messages.length, 1);
});

test('a refused function says why and where', async () => {
  const { run, logged } = start({
    'deepmaker/run': () => ({
      kind: 'refused',
      name: 'price',
      reasons: [
        { message: 'It returns a Date.', line: 3 },
        { message: 'It awaits.', line: 7 },
      ],
    }),
  });
  await run();
  assert.deepEqual(editor.messages, [
    { level: 'warning', text: 'price was not approximated: It returns a Date. (1 more)', buttons: ['Show lines'] },
  ]);
  assert.deepEqual(logged, [
    'file:///project/price.ts:3: It returns a Date.',
    'file:///project/price.ts:7: It awaits.',
  ]);
  assert.equal(editor.panels.length, 0, 'there is nothing to show in a panel');
});

test('a failure says what to do next, in the message and in an open panel', async () => {
  const { run } = start({
    'deepmaker/run': ({ partialResultToken }: RunParams, server) => {
      server.report(partialResultToken, frontView({ stage: 'sampling', points: [] }));
      return { kind: 'failed', message: 'All outputs are the same.', hint: 'Widen the ranges.' };
    },
  });
  await run();
  assert.equal(editor.messages[0]?.text, 'All outputs are the same. Widen the ranges.');
  assert.deepEqual(posted(editor.panels[0]).at(-1), {
    kind: 'status',
    status: { kind: 'failed', note: { message: 'All outputs are the same.', hint: 'Widen the ranges.' } },
  });
});

test('a server that is gone is a failure with a next step', async () => {
  const { run } = start({
    'deepmaker/run': () => {
      throw new ServerUnavailable('The DeepMaker server stopped.');
    },
  });
  assert.equal((await run()).kind, 'failed');
  assert.match(editor.messages[0]?.text ?? '', /server stopped\. Try again: a run continues where it stopped\./);
});

test('nothing runs in a workspace that is not trusted', async () => {
  editor.trusted = false;
  editor.pressed = ['Manage workspace trust'];
  const { run, sent } = start({});
  assert.equal(await run(), undefined);
  await settled();
  assert.equal(sent.length, 0);
  assert.equal(editor.messages[0]?.level, 'warning');
  assert.ok(editor.executed.some(([id]) => id === 'workbench.trust.manage'));
});

test('using a network applies one edit and marks it in the panel', async () => {
  const edit = { documentChanges: [] };
  const { run, sent } = start({
    'deepmaker/run': () => done(),
    'deepmaker/apply': () => ({ kind: 'edit', label: 'Use', edit }),
  });
  await run();
  editor.panels[0]?.say({ kind: 'use', candidateId: 'a' });
  await settled();
  await settled();
  const params = { runId: 'price-1', candidateId: 'a', target: 'cpu', uri: region.uri, settings: {}, trusted: true };
  assert.deepEqual(sent[1]?.params, params);
  assert.deepEqual(editor.appliedEdits, [edit]);
  assert.equal(lastFront(editor.panels[0])?.applied, 'a');
  assert.deepEqual(statuses(editor.panels[0]).slice(-2), ['editing', 'ready']);
});

test('a network that does not pay is used only after a question', async () => {
  const edit = { documentChanges: [] };
  const message = 'The network 2-4-1 would be 2 times slower, 95 % interval 1.9 to 2.1.';
  for (const pressed of [undefined, 'Use it all the same']) {
    fake.reset();
    const { run, sent } = start({
      'deepmaker/run': () => done(),
      'deepmaker/apply': (params) =>
        (params as { force?: boolean }).force ? { kind: 'edit', label: 'Use', edit } : { kind: 'objection', message },
    });
    await run();
    if (pressed !== undefined) editor.pressed = [pressed];
    editor.panels[0]?.say({ kind: 'use', candidateId: 'a' });
    await settled();
    await settled();
    assert.equal(editor.messages.at(-1)?.text, 'Use this network for price?');
    const params = { runId: 'price-1', candidateId: 'a', target: 'cpu', uri: region.uri, settings: {}, trusted: true };
    const forced = { ...params, force: true };
    assert.deepEqual(sent[2]?.params, pressed === undefined ? undefined : forced);
    assert.deepEqual(editor.appliedEdits, pressed === undefined ? [] : [edit]);
    assert.equal(lastFront(editor.panels[0])?.applied, pressed === undefined ? undefined : 'a');
    assert.deepEqual(statuses(editor.panels[0]).at(-1), 'ready');
  }
});

test('reverting takes the mark away', async () => {
  const { run } = start({
    'deepmaker/run': () => done(frontView({ applied: 'b' })),
    'deepmaker/revert': () => ({ kind: 'edit', label: 'Revert', edit: {} }),
  });
  await run();
  await fake.commands.executeCommand('deepmaker.revert', region);
  assert.equal(lastFront(editor.panels[0])?.applied, undefined);
  assert.deepEqual(editor.statusTexts, ['price is exact again.']);
});

test('undo takes the mark away, and typing asks nothing', async () => {
  const { run, sent } = start({
    'deepmaker/run': () => done(frontView({ applied: 'b' })),
    'deepmaker/front': () => ({ kind: 'front', front: frontView() }),
  });
  await run();
  const uri = new fake.Uri(region.uri);
  fake.documentChanges.fire({ document: { uri } });
  fake.documentChanges.fire({ document: { uri: new fake.Uri('file:///project/other.ts') }, reason: 1 });
  await settled();
  assert.equal(sent.length, 1);
  assert.equal(lastFront(editor.panels[0])?.applied, 'b');
  fake.documentChanges.fire({ document: { uri }, reason: 1 });
  await settled();
  assert.deepEqual(sent[1]?.params, { ...region, runId: 'price-1' });
  assert.equal(lastFront(editor.panels[0])?.applied, undefined);
});

test('an edit that the editor refuses changes nothing and says so', async () => {
  editor.acceptsEdits = false;
  const { run } = start({
    'deepmaker/run': () => done(),
    'deepmaker/apply': () => ({ kind: 'edit', label: 'Use', edit: {} }),
  });
  await run();
  editor.panels[0]?.say({ kind: 'use', candidateId: 'a' });
  await settled();
  await settled();
  assert.equal(lastFront(editor.panels[0])?.applied, undefined);
  assert.match(editor.messages.at(-1)?.text ?? '', /^The source was not changed/);
  assert.deepEqual(statuses(editor.panels[0]).at(-1), 'ready', 'it can be tried again');
});

test('a webview that starts anew is told everything', async () => {
  const { run } = start({ 'deepmaker/run': () => done() });
  await run();
  const [panel] = editor.panels;
  panel!.posted.length = 0;
  panel!.say({ kind: 'ready' });
  assert.deepEqual(posted(panel), [
    { kind: 'locale', locale: { name: 'en-US', texts: {} } },
    { kind: 'front', front: frontView() },
    { kind: 'status', status: { kind: 'ready' } },
  ]);
});

test("a panel's texts are in the editor's language before it draws anything", async () => {
  fake.l10n.bundle = { Networks: 'Netze' };
  fake.env.language = 'de';
  try {
    const { run } = start({ 'deepmaker/run': () => done() });
    await run();
    editor.panels[0]!.say({ kind: 'ready' });
    const [first] = posted(editor.panels[0]).slice(-3);
    assert.deepEqual(first, { kind: 'locale', locale: { name: 'de', texts: { Networks: 'Netze' } } });
  } finally {
    fake.l10n.bundle = undefined;
    fake.env.language = 'en';
  }
});

test('saving a source asks whether the front still holds, and shows that it does not', async () => {
  const stale = 'price, or something it depends on, has changed since this run.';
  const { run, sent } = start({
    'deepmaker/run': () => done(),
    'deepmaker/front': () => ({ kind: 'front', front: frontView({ stale }) }),
  });
  await run();
  fake.documentSaves.fire({ uri: new fake.Uri('file:///project/notes.md'), languageId: 'markdown' });
  await settled();
  assert.equal(sent.length, 1);
  fake.documentSaves.fire({ uri: new fake.Uri('file:///project/rates.ts'), languageId: 'typescript' });
  await settled();
  assert.deepEqual(sent[1]?.params, { ...region, runId: 'price-1' });
  assert.equal(lastFront(editor.panels[0])?.stale, stale);
});

const storedState = {
  version: 2,
  kind: 'function',
  ...region,
  runId: 'price-1',
  sort: { column: 'params', descending: false },
  ...{ dominated: false, budget: {}, tab: 'networks', open: [] },
};

test('a panel comes back after a reload, and an unfinished run can be continued from it', async () => {
  const restore = async (front: unknown) => {
    const { client } = start({ 'deepmaker/front': () => front });
    const panel = new fake.FakeWebviewPanel();
    await client.panels.deserializeWebviewPanel(panel as never, storedState);
    return statuses(panel).at(-1);
  };
  assert.equal(await restore({ kind: 'front', front: frontView() }), 'ready');
  assert.equal(await restore({ kind: 'front', front: frontView({ stage: 'searching' }) }), 'cancelled');
  assert.equal(await restore({ kind: 'failed', message: 'The run is damaged.' }), 'failed');
  const none = { kind: 'none', message: 'There is no finished run for price.', hint: 'Approximate it.' };
  assert.equal(await restore(none), 'none');
});

test('a run that is not over comes back with its front, and is followed while another process is at it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const message = 'price is being approximated in another window: 10 networks trained so far.';
  const going = (evaluations: number) => ({
    ...{ kind: 'none', message, hint: 'Its front grows here, too.', running: true },
    front: frontView({ stage: 'searching', evaluations }),
  });
  const answers: unknown[] = [going(10), going(20), { kind: 'front', front: frontView() }];
  const { client, sent } = start({ 'deepmaker/front': () => answers.shift() });
  const panel = new fake.FakeWebviewPanel();
  await client.panels.deserializeWebviewPanel(panel as never, storedState);
  const seen = () => posted(panel).flatMap((said) => (said.kind === 'front' ? [said.front.evaluations] : []));
  assert.deepEqual(seen(), [10]);
  assert.deepEqual(posted(panel).at(-1), {
    kind: 'status',
    status: { kind: 'none', note: { message, hint: 'Its front grows here, too.' } },
  });
  t.mock.timers.tick(2000);
  await settled();
  assert.deepEqual(seen(), [10, 20]);
  t.mock.timers.tick(2000);
  await settled();
  assert.equal(statuses(panel).at(-1), 'ready');
  t.mock.timers.tick(10_000);
  await settled();
  assert.equal(
    sent.filter(({ method }) => method === 'deepmaker/front').length,
    3,
    'nobody asks after a run that is over',
  );
});

test('statements have one panel, by their lines and by the function that they become', async () => {
  const lines = { uri: region.uri, name: 'price:12-18' };
  const named = { uri: region.uri, name: 'priceRate' };
  const front = frontView({ subject: { kind: 'function', ...named } });
  let stop = () => undefined as unknown;
  const { client, sent } = start({
    'deepmaker/run': async (params: { partialResultToken: string }, server) => {
      server.report(params.partialResultToken, { ...front, stage: 'searching' });
      stop = () => client.runs.stop(named);
      assert.equal(client.runs.isRunning(lines) && client.runs.isRunning(named), true);
      stop();
      return { kind: 'done', front };
    },
    'deepmaker/front': () => ({ kind: 'front', front }),
  });
  await fake.commands.executeCommand('deepmaker.approximate', lines);
  await settled();
  assert.equal(editor.panels.length, 1);
  assert.ok(sent[0]?.cancelled(), 'the panel stops the run');
  assert.equal(statuses(editor.panels[0]!).at(-1), 'ready');
  for (const asked of [lines, named]) await fake.commands.executeCommand('deepmaker.showFront', asked);
  assert.equal(editor.panels.length, 1);
});

test('where a function has no run yet, asking for its networks offers to search them', async () => {
  const message = 'There is no finished run for price.';
  const { sent } = start({
    'deepmaker/front': () => ({ kind: 'none', message, hint: 'Approximate it.' }),
    'deepmaker/run': () => done(),
  });
  await fake.commands.executeCommand('deepmaker.showFront', region);
  assert.deepEqual(editor.messages, [{ level: 'information', text: message, buttons: ['Approximate this function'] }]);
  assert.equal(sent.length, 1);
  editor.pressed = ['Approximate this function'];
  await fake.commands.executeCommand('deepmaker.showFront', region);
  await settled();
  assert.equal(sent.at(-1)?.method, 'deepmaker/run');
});

test('a panel without a usable state is closed', async () => {
  const { client, sent } = start({});
  const panel = new fake.FakeWebviewPanel();
  await client.panels.deserializeWebviewPanel(panel as never, { version: 99 });
  assert.equal(panel.closed, true);
  assert.equal(sent.length, 0);
});

test('comparing shows the exact source beside what is there now, and the generated file', async () => {
  editor.documents[region.uri] = 'return priceApprox(x);\n';
  const range = { start: { line: 0, character: 7 }, end: { line: 0, character: 21 } };
  const { client } = start({
    'deepmaker/revert': () => ({
      kind: 'edit',
      label: 'Revert',
      edit: {
        documentChanges: [
          { textDocument: { uri: region.uri, version: 3 }, edits: [{ range, newText: 'x * x' }] },
          { kind: 'delete', uri: 'file:///project/price.approx.ts' },
        ],
      },
    }),
  });
  await fake.commands.executeCommand('deepmaker.compare', region);
  const [, title, resources] = editor.executed.find(([id]) => id === 'vscode.changes') ?? [];
  assert.equal(title, 'price: exact and approximate');
  const text = (uri: unknown) => (uri === undefined ? undefined : String(uri));
  assert.deepEqual(
    (resources as unknown[][]).map((sides) => sides.map(text)),
    [
      [region.uri, `${exactScheme}:///project/price.ts?price`, region.uri],
      ['file:///project/price.approx.ts', undefined, 'file:///project/price.approx.ts'],
    ],
  );
  const exact = client.exact.provideTextDocumentContent(
    fake.Uri.parse(`${exactScheme}:///project/price.ts?price`) as never,
  );
  assert.equal(exact, 'return x * x;\n');
  assert.deepEqual(editor.appliedEdits, [], 'nothing is changed');
});

test('a preview shows the source and the generated file as they would be, and changes nothing', async () => {
  editor.documents[region.uri] = 'return x * x;\n';
  const range = { start: { line: 0, character: 7 }, end: { line: 0, character: 12 } };
  const start0 = { line: 0, character: 0 };
  const generated = 'file:///project/price.approx.ts';
  const edit = {
    documentChanges: [
      { kind: 'create', uri: generated, options: { overwrite: true } },
      {
        textDocument: { uri: generated, version: null },
        edits: [{ range: { start: start0, end: start0 }, newText: 'export {};\n' }],
      },
      { textDocument: { uri: region.uri, version: 3 }, edits: [{ range, newText: 'priceApprox(x)' }] },
    ],
  };
  const { client, run, sent } = start({
    'deepmaker/run': () => done(),
    'deepmaker/preview': () => ({ kind: 'edit', label: 'Approximate price', edit }),
    'deepmaker/front': () => ({ kind: 'front', front: frontView() }),
    'deepmaker/apply': () => ({ kind: 'edit', label: 'Approximate price', edit }),
  });
  await run();
  const preview = async () => {
    editor.executed.length = 0;
    editor.panels[0]?.say({ kind: 'preview', candidateId: 'a' });
    await settled();
    return editor.executed.find(([id]) => id === '_workbench.openMultiDiffEditor')?.[1] as unknown as Shown;
  };
  interface Shown {
    readonly multiDiffSourceUri: fake.Uri;
    readonly title: string;
    readonly resources: readonly { readonly originalUri?: fake.Uri; readonly modifiedUri: fake.Uri }[];
  }
  const { title, resources, multiDiffSourceUri } = await preview();
  assert.deepEqual(sent.find(({ method }) => method === 'deepmaker/preview')?.params, {
    ...{ runId: 'price-1', candidateId: 'a', target: 'cpu', uri: region.uri, settings: {}, trusted: true },
  });
  assert.equal(title, 'price: preview of 2-10-1');
  const query = '?price-1 price a';
  const then = `${previewScheme}:///project/price.ts${query}`;
  const thenGenerated = `${previewScheme}:///project/price.approx.ts${query}`;
  const texts = (shown: Shown['resources']) =>
    shown.map(({ originalUri, modifiedUri }) => [originalUri && String(originalUri), String(modifiedUri)]);
  assert.deepEqual(texts(resources), [
    [region.uri, then],
    [undefined, thenGenerated],
  ]);
  const text = (uri: string) => client.previews.provideTextDocumentContent(fake.Uri.parse(uri) as never);
  assert.equal(text(then), 'return priceApprox(x);\n');
  assert.equal(text(thenGenerated), 'export {};\n');
  assert.deepEqual(editor.appliedEdits, []);

  editor.documents[generated] = 'of another network';
  const again = await preview();
  assert.deepEqual(texts(again.resources)[1], [generated, thenGenerated], 'beside the file that is there');

  editor.executed.length = 0;
  await fake.commands.executeCommand('deepmaker.usePreview', fake.Uri.parse('file:///project/price.ts'));
  assert.equal(editor.appliedEdits.length, 0, 'no preview');
  const tab = {};
  const group = { tabs: [tab], activeTab: tab };
  Object.assign(fake.tabGroups, { all: [group], activeTabGroup: group });
  const used = fake.commands.executeCommand('deepmaker.usePreview', multiDiffSourceUri);
  // Somebody opens another editor before it is done.
  Object.assign(fake.tabGroups, { activeTabGroup: { tabs: [], activeTab: {} } });
  await used;
  assert.equal(editor.appliedEdits.length, 1);
  assert.equal(
    (sent.find(({ method }) => method === 'deepmaker/apply')?.params as { candidateId: string } | undefined)
      ?.candidateId,
    'a',
  );
  assert.deepEqual(editor.closedTabs, [tab]);
});

test('figures are copied, the log is shown, and what a network can be exported for is told', async () => {
  const targets = [{ id: 'cpu', label: 'CPU' }] as const;
  const answers = [
    { kind: 'targets', targets },
    { kind: 'failed', message: 'It is gone.', hint: 'Run again.' },
  ];
  const { run, sent } = start({ 'deepmaker/run': () => done(), 'deepmaker/exportTargets': () => answers.shift() });
  await run();
  const [panel] = editor.panels;
  panel!.say({ kind: 'copy', what: 'csv', text: 'a,b' });
  await settled();
  assert.equal(editor.clipboard, 'a,b');
  assert.deepEqual(editor.statusTexts, ['Copied the networks as CSV.']);
  panel!.say({ kind: 'targets', candidateId: 'a' });
  await settled();
  assert.deepEqual(sent[1]?.params, { uri: region.uri, candidateId: 'a', runId: 'price-1' });
  assert.deepEqual(posted(panel).at(-1), { kind: 'targets', candidateId: 'a', targets });
  panel!.say({ kind: 'targets', candidateId: 'a' });
  await settled();
  const problem = 'It is gone. Run again.';
  assert.deepEqual(posted(panel).at(-1), { kind: 'targets', candidateId: 'a', targets: [], problem });
});

test('stopping a run closes the box that asks for its ranges', async () => {
  editor.boxesStayOpen = true;
  const { client, run } = start({
    'deepmaker/run': () => ({ kind: 'needs-ranges', missing: [{ path: 'spot', tag: '@approximate spot [1, 2]' }] }),
  });
  const running = run();
  await settled();
  client.runs.stop(region);
  assert.equal((await running).kind, 'cancelled');
});

test('answers that come after a panel is closed trouble nobody, and are told all the same', async () => {
  const waiting: ((answer: unknown) => void)[] = [];
  const later = () => new Promise((answer) => waiting.push(answer));
  const { client, run } = start({
    'deepmaker/run': () => done(),
    ...{ 'deepmaker/apply': later, 'deepmaker/estimate': later, 'deepmaker/exportTargets': later },
  });
  await run();
  const panel = editor.panels[0]!;
  panel.say({ kind: 'use', candidateId: 'b' });
  panel.say({ kind: 'targets', candidateId: 'b' });
  await settled();
  panel.dispose();
  assert.equal(waiting.length, 3);
  waiting[0]!(estimatesFor('cpu'));
  waiting[1]!({ kind: 'edit', label: 'Use', edit: {} });
  waiting[2]!({ kind: 'targets', targets: [] });
  await settled();
  await settled();
  assert.deepEqual(editor.statusTexts, ['price calls the network now.']);
  assert.deepEqual(client.panels.showing(region), []);
});

test('a panel that says why a run failed says so still after the source was changed', async () => {
  const { run } = start({
    'deepmaker/run': ({ partialResultToken }: RunParams, server) => {
      server.report(partialResultToken, frontView({ stage: 'searching' }));
      return { kind: 'failed', message: 'All outputs are the same.' };
    },
    'deepmaker/revert': () => ({ kind: 'edit', label: 'Revert', edit: {} }),
  });
  await run();
  await fake.commands.executeCommand('deepmaker.revert', region);
  assert.deepEqual(statuses(editor.panels[0]), ['running', 'failed', 'editing', 'failed']);
});

test('of two questions about a front the later one decides what is shown', async () => {
  const waiting: ((applied: string | undefined) => void)[] = [];
  const { client } = start({
    'deepmaker/front': () =>
      new Promise((answer) =>
        waiting.push((applied) => answer({ kind: 'front', front: applied ? { ...front, applied } : front })),
      ),
  });
  const uri = new fake.Uri('file:///project/undone.ts');
  const front = frontView({ subject: { kind: 'function', uri: String(uri), name: 'undone' } });
  client.panels.show({ ...front, applied: 'b' }).settle();
  const undo = () => fake.documentChanges.fire({ document: { uri }, reason: 1 });
  undo();
  undo();
  // Only the first one was asked before the source changed.
  for (const applied of ['b', undefined, undefined]) {
    waiting.shift()?.(applied);
    await settled();
  }
  assert.equal(lastFront(editor.panels.at(-1))?.applied, undefined);
});

test('what other extensions apply and take out again shows in open panels', async () => {
  const { createApi } = await import('../../client/api.ts');
  const { client } = start({
    'deepmaker/run': () => done(),
    'deepmaker/apply': () => ({ kind: 'edit', label: 'Use', edit: {} }),
    'deepmaker/revert': () => ({ kind: 'edit', label: 'Revert', edit: {} }),
  });
  const api = createApi(client);
  const price = { uri: new fake.Uri(region.uri) as never, name: region.name };
  assert.equal((await api.approximate(price, { apply: true })).kind, 'done');
  assert.equal(lastFront(editor.panels[0])?.applied, 'b');
  assert.deepEqual(statuses(editor.panels[0]).slice(-2), ['editing', 'ready']);
  await api.revert(price);
  assert.equal(lastFront(editor.panels[0])?.applied, undefined);
});
