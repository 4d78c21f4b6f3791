/** The language server over a pipe, as any editor runs it: `deepmaker lsp --stdio`, spoken to in raw JSON-RPC. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { CodeAction, CodeLens, TextDocumentEdit } from 'vscode-languageserver-protocol';
import type { TargetDescription } from '../../engine/types.ts';
import type { EditOutcome, FrontView, Objection, RunOutcome, RunParams } from '../../server/protocol.ts';
import { RpcClient } from './rpcClient.ts';

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.cjs');

const source = `/**
 * @approximate error 0.1
 * @range x [0, 2]
 * @range y [-1, 1]
 */
export function hill(x: number, y: number): number {
  let sum = 0;
  for (let i = 1; i <= 200; i++) sum += Math.exp(-((x - i / 200) ** 2) - y * y) / 200;
  return sum;
}

export function now(x: number): number {
  return x + Date.now();
}

export function bare(x: number): number {
  return Math.sin(x);
}
`;

const settings = { population: 6, generations: 2, samples: 1000, searchEpochs: 4, fullEpochs: 20, workers: 1 };

let folder: string;
let file: string;
let uri: string;
let client: RpcClient;
const notifications: { method: string; params: unknown }[] = [];

before(() => assert.ok(existsSync(cli), 'dist/cli.cjs is missing: run npm run build first'));

beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-lsp-')));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  file = join(folder, 'hill.ts');
  writeFileSync(file, source);
  uri = pathToFileURL(file).href;
  notifications.length = 0;
  client = new RpcClient(process.execPath, [cli, 'lsp', '--stdio']);
  client.onNotification((method, params) => notifications.push({ method, params }));
  await client.request('initialize', {
    processId: process.pid,
    rootUri: pathToFileURL(folder).href,
    capabilities: {},
    initializationOptions: { commands: 'client' },
  }).response;
  client.notify('initialized', {});
  open(source);
});

afterEach(async () => {
  assert.equal(await client.stop(), 0, 'the server ends with code 0');
  rmSync(folder, { recursive: true, force: true });
});

after(() => client.kill());

const open = (text: string) =>
  client.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'typescript', version: 1, text } });

function positionOf(needle: string): { line: number; character: number } {
  const lines = source.slice(0, source.indexOf(needle)).split('\n');
  return { line: lines.length - 1, character: lines.at(-1)!.length };
}

const codeActions = (needle: string, triggerKind = 1) => {
  const start = positionOf(needle);
  return client.request<CodeAction[]>('textDocument/codeAction', {
    textDocument: { uri },
    range: { start, end: start },
    context: { diagnostics: [], triggerKind },
  }).response;
};

const run = (name: string, more: Partial<RunParams> = {}) =>
  client.request<RunOutcome>('deepmaker/run', {
    region: { uri, name },
    target: 'cpu',
    trusted: true,
    settings,
    ...more,
  } satisfies RunParams);

describe('code action', () => {
  test('is offered on the name, with the function as its argument', async () => {
    const [action] = await codeActions('hill(x');
    assert.equal(action?.title, 'Approximate this function');
    assert.equal(action.kind, 'refactor.rewrite.approximate');
    assert.deepEqual(action.command, {
      title: 'Approximate this function',
      command: 'deepmaker.approximate',
      arguments: [{ uri, name: 'hill' }],
    });
  });

  test('is not offered in the body', async () => {
    assert.deepEqual(await codeActions('let sum'), []);
  });

  test('is offered for whole statements that are selected, and says why others will not do', async () => {
    const selected = async (from: string, to: string) => {
      const range = { start: positionOf(from), end: positionOf(to) };
      const context = { diagnostics: [], triggerKind: 1 };
      return client.request<CodeAction[]>('textDocument/codeAction', { textDocument: { uri }, range, context })
        .response;
    };
    const [action] = await selected('let sum', '  return sum');
    const title = 'Approximate these statements';
    const command = 'deepmaker.approximate';
    assert.deepEqual(action?.command, { title, command, arguments: [{ uri, name: 'hill:7-8' }] });
    const [refused] = await selected('let sum', '\n}\n\nexport function now');
    assert.match(refused?.disabled?.reason ?? '', /returns from the function around it/);
  });

  test('statements are approximated, applied in one edit, and reverted to the first text', async () => {
    const outcome = await run('hill:7-8').response;
    assert.ok(outcome.kind === 'done', JSON.stringify(outcome));
    const { front } = outcome;
    assert.equal(front.subject.name, 'hillPart', 'the function that they become');
    const applied = await client.request<EditOutcome>('deepmaker/apply', {
      ...{ runId: front.runId, candidateId: front.chosen, target: 'cpu', uri, force: true, trusted: true },
    }).response;
    assert.ok(applied.kind === 'edit', JSON.stringify(applied));
    const { text } = apply(source, applied.edit.documentChanges!);
    assert.match(text, /const sum = hillPart\(x, y\);\n {2}return sum;/);
    client.notify('textDocument/didChange', { textDocument: { uri, version: 2 }, contentChanges: [{ text }] });
    const reverted = await client.request<EditOutcome>('deepmaker/revert', { uri, name: front.subject.name }).response;
    assert.ok(reverted.kind === 'edit', JSON.stringify(reverted));
    assert.equal(apply(text, reverted.edit.documentChanges!).text, source);
  });

  test('is disabled with the reason where the function cannot be approximated', async () => {
    const [action] = await codeActions('now(x');
    assert.match(action?.disabled?.reason ?? '', /Date/);
    assert.deepEqual(await codeActions('now(x', 2), [], 'and silent where the editor only looks for a light bulb');
  });

  test('follows unsaved text', async () => {
    client.notify('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [{ text: source.replace('x + Date.now()', 'x + 1') }],
    });
    const [action] = await codeActions('now(x');
    assert.equal(action?.disabled, undefined);
    assert.ok(action?.command);
  });
});

describe('run', () => {
  test('answers a measured front, with progress, a front per generation, and an edit that can be reverted', async () => {
    const outcome = await run('hill', { workDoneToken: 'progress', partialResultToken: 'fronts' }).response;
    assert.ok(outcome.kind === 'done', JSON.stringify(outcome));
    const { front } = outcome;
    assert.equal(front.stage, 'done');
    assert.ok(front.points.some((point) => point.id === front.chosen && point.latencyNs! > 0 && point.speedup! > 0));

    const values = (token: string) =>
      notifications
        .filter(({ method }) => method === '$/progress')
        .map(({ params }) => params as { token: string; value: unknown })
        .filter((entry) => entry.token === token)
        .map(({ value }) => value);
    const generations = (values('fronts') as FrontView[]).filter(({ stage }) => stage === 'searching');
    assert.deepEqual(
      generations.map(({ generation }) => generation),
      [1, 2],
    );
    const kinds = (values('progress') as { kind: string }[]).map(({ kind }) => kind);
    assert.equal(kinds[0], 'begin');
    assert.equal(kinds.at(-1), 'end');

    const asked = { runId: front.runId, candidateId: front.chosen, target: 'cpu', uri, trusted: true };
    const objection = await client.request<Objection>('deepmaker/apply', asked).response;
    assert.equal(objection.kind, 'objection');
    assert.match(objection.message, /^Its error is [\d.]+ %, the bound 10 %\.$/, 'the search is too short to meet it');
    const records = join(folder, '.deepmaker', 'approximations.json');
    const preview = await client.request<EditOutcome>('deepmaker/preview', asked).response;
    assert.ok(preview.kind === 'edit', JSON.stringify(preview));
    assert.equal(existsSync(records), false, 'what is only looked at leaves no record');

    const params = { ...asked, force: true };
    const applied = await client.request<EditOutcome>('deepmaker/apply', params).response;
    assert.ok(applied.kind === 'edit', JSON.stringify(applied));
    assert.deepEqual(applied, preview);
    assert.ok(existsSync(records));
    const changed = apply(source, applied.edit.documentChanges!);
    assert.match(changed.text, /return hillApproxAccepts\(x, y\) \? hillApprox\(x, y\) : hillExact\(x, y\);/);
    assert.match(changed.text, /function hillExact\(x: number, y: number\)/);
    assert.match(changed.created ?? '', /^\/\/ Generated by DeepMaker/);

    writeFileSync(join(folder, 'hill.approx.ts'), changed.created!);
    client.notify('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [{ text: changed.text }],
    });
    const lenses = await client.request<CodeLens[]>('textDocument/codeLens', { textDocument: { uri } }).response;
    assert.deepEqual(
      lenses.map(({ command }) => command!.command),
      ['deepmaker.showFront', 'deepmaker.compare', 'deepmaker.revert'],
    );
    assert.match(
      lenses[0]!.command!.title,
      /^Approximated: error [\d.]+ %, [\d.]+ times (faster|slower)\. Certified: error at most [\d.]+ % for at least 90 % of inputs/,
    );

    const reverted = await client.request<EditOutcome>('deepmaker/revert', { uri, name: 'hill' }).response;
    assert.ok(reverted.kind === 'edit', JSON.stringify(reverted));
    assert.equal(apply(changed.text, reverted.edit.documentChanges!).text, source);

    const stored = await client.request<{ kind: string; front: FrontView }>('deepmaker/front', { uri, name: 'hill' })
      .response;
    assert.deepEqual(stored.front.points, front.points);
    assert.equal(stored.front.stale, undefined, 'the function is what it was, with the network in it');

    for (const [from, to, expected] of [
      ['y * y', 'y * x', 'hill, or something it depends on, has changed since this run.'],
      ['function hill(', 'function mound(', 'There is no function hill any more.'],
    ] as const) {
      const text = source.replace(from, to);
      client.notify('textDocument/didChange', { textDocument: { uri, version: 3 }, contentChanges: [{ text }] });
      const again = await client.request<{ front: FrontView }>('deepmaker/front', { uri, name: 'hill' }).response;
      assert.equal(again.front.stale, expected);
    }
  });

  test('asks for the ranges that the source does not give, and takes them', async () => {
    const outcome = await run('bare').response;
    assert.deepEqual(outcome, { kind: 'needs-ranges', missing: [{ path: 'x', tag: '@range x [min, max]' }] });
    const second = await run('bare', { ranges: { x: [0, 3] } }).response;
    assert.equal(second.kind, 'done', JSON.stringify(second));
  });

  test('is refused with reasons and lines', async () => {
    const outcome = await run('now').response;
    assert.ok(outcome.kind === 'refused');
    assert.equal(outcome.reasons[0]?.line, 13);
  });

  test('runs no code in a workspace that is not trusted', async () => {
    const outcome = await run('hill', { trusted: false }).response;
    assert.ok(outcome.kind === 'failed');
    assert.match(outcome.message, /not trusted/);
    assert.equal(existsSync(join(folder, '.deepmaker')), false);
  });

  test('stops when it is cancelled, and a second run goes on from there', async () => {
    const slow = { ...settings, population: 30, generations: 40, searchEpochs: 50 };
    const first = run('hill', { settings: slow, partialResultToken: 'fronts' });
    while (!notifications.some(({ params }) => (params as { value?: FrontView }).value?.stage === 'searching')) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    client.notify('$/cancelRequest', { id: first.id });
    const outcome = await first.response;
    assert.ok(outcome.kind === 'cancelled', JSON.stringify(outcome));
    assert.ok(outcome.evaluated >= 30);
    assert.equal(readFileSync(file, 'utf8'), source);
    assert.equal((await run('hill').response).kind, 'done');
  });
});

test('bad requests get errors, and the server goes on', async () => {
  await assert.rejects(client.request('deepmaker/nothing', {}).response, /Unhandled method/);
  client.sendRaw('Content-Length: 3\r\n\r\n{{{');
  const targets = await client.request<TargetDescription[]>('deepmaker/targets', {}).response;
  assert.deepEqual(
    targets.map(({ id }) => id),
    ['cpu', 'onnx', 'gpu', 'arm', 'fpga'],
  );
  assert.equal(targets[0]?.unavailable, undefined);
  const front = await client.request<{ kind: string }>('deepmaker/front', { uri, name: 'nothing' }).response;
  assert.equal(front.kind, 'none');
});

test('documents that are no files get reasons, and keep no others from being analysed', async () => {
  const untitled = 'untitled:Untitled-1';
  for (const other of [untitled, 'git:/hill.ts?ref', 'file://host/hill.ts']) {
    client.notify('textDocument/didOpen', {
      textDocument: { uri: other, languageId: 'typescript', version: 1, text: source },
    });
  }
  const [action] = await codeActions('hill(x');
  assert.ok(action?.command);
  const requests: readonly [method: string, params: object][] = [
    ['deepmaker/run', { region: { uri: untitled, name: 'hill' }, target: 'cpu', trusted: true }],
    ['deepmaker/apply', { runId: 'hill-1', candidateId: 'c1', target: 'cpu', uri: untitled, trusted: true }],
    ['deepmaker/estimate', { runId: 'hill-1', target: 'cpu', uri: untitled }],
    ['deepmaker/revert', { uri: untitled, name: 'hill' }],
    ['deepmaker/front', { uri: untitled, name: 'hill' }],
  ];
  for (const [method, params] of requests) {
    const answer = await client.request<{ kind: string; message: string }>(method, params).response;
    assert.equal(answer.kind, 'failed', method);
    assert.match(answer.message, /^untitled:Untitled-1 is not a file/, method);
  }
  const gone = pathToFileURL(join(folder, 'gone.ts')).href;
  const answer = await client.request<EditOutcome>('deepmaker/revert', { uri: gone, name: 'hill' }).response;
  assert.ok(answer.kind === 'failed' && /gone\.ts cannot be used: it is no longer there/.test(answer.message));
});

test('a range without width, a taken run and an unknown target are told before any code runs', async () => {
  const narrow = await run('bare', { ranges: { x: [1, 1] } }).response;
  assert.ok(narrow.kind === 'failed' && /The range \[1, 1\] of x/.test(narrow.message));
  const elsewhere = await run('hill', { target: 'moon' as 'cpu' }).response;
  assert.ok(elsewhere.kind === 'failed' && /no target "moon"/.test(elsewhere.message));
  assert.equal(existsSync(join(folder, '.deepmaker')), false);

  const first = run('hill', { partialResultToken: 'fronts' });
  while (!notifications.some(({ method }) => method === '$/progress')) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const second = await run('hill').response;
  assert.ok(second.kind === 'failed' && /being approximated already/.test(second.message), JSON.stringify(second));
  client.notify('textDocument/didClose', { textDocument: { uri } });
  assert.equal((await first.response).kind, 'done', 'closing the document does not end the run');
});

test('a run in a copied project is applied to the copy', async () => {
  const outcome = await run('hill').response;
  assert.ok(outcome.kind === 'done', JSON.stringify(outcome));
  const copy = `${folder}-copy`;
  try {
    cpSync(folder, copy, { recursive: true });
    const { runId, chosen } = outcome.front;
    const target = { target: 'cpu', uri: pathToFileURL(join(copy, 'hill.ts')).href };
    const params = { runId, candidateId: chosen, ...target, trusted: true, force: true };
    const applied = await client.request<EditOutcome>('deepmaker/apply', params).response;
    assert.ok(applied.kind === 'edit', JSON.stringify(applied));
    assert.deepEqual(applied.edit.documentChanges?.[0], {
      kind: 'create',
      uri: pathToFileURL(join(copy, 'hill.approx.ts')).href,
      options: { overwrite: true },
    });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

/** What an editor does with the answer: the source's new text, and that of a created file. */
function apply(text: string, changes: readonly object[]): { text: string; created?: string } {
  let created: string | undefined;
  let result = text;
  for (const change of changes as TextDocumentEdit[]) {
    if (!('edits' in change)) continue;
    const edits = change.edits as { range: { start: Position; end: Position }; newText: string }[];
    if (change.textDocument.uri === uri) {
      const offsets = edits.map(({ range, newText }) => ({
        start: offset(text, range.start),
        end: offset(text, range.end),
        newText,
      }));
      for (const { start, end, newText } of offsets.sort((a, b) => b.start - a.start)) {
        result = result.slice(0, start) + newText + result.slice(end);
      }
    } else created = edits[0]!.newText;
  }
  return created === undefined ? { text: result } : { text: result, created };
}

type Position = { line: number; character: number };
const offset = (text: string, { line, character }: Position) =>
  text
    .split('\n')
    .slice(0, line)
    .reduce((sum, row) => sum + row.length + 1, 0) + character;
