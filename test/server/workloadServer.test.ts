/** Recordings and profiles through the language server, as an editor asks for them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { CodeLens } from 'vscode-languageserver-protocol';
import type { HotspotsOutcome, RecordBegun, RecordOutcome, RunOutcome } from '../../server/protocol.ts';
import { RpcClient } from './rpcClient.ts';

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.cjs');

let root: string;
let client: RpcClient;

before(async () => {
  assert.ok(existsSync(cli), 'dist/cli.cjs is missing: run npm run build first');
  root = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-workload-')));
  cpSync(join(import.meta.dirname, '..', 'fixtures', 'record'), root, { recursive: true });
  client = new RpcClient(process.execPath, [cli, 'lsp', '--stdio']);
  await client.request('initialize', {
    processId: process.pid,
    rootUri: pathToFileURL(root).href,
    capabilities: {},
    initializationOptions: { commands: 'client' },
  }).response;
  client.notify('initialized', {});
});

after(async () => {
  assert.equal(await client.stop(), 0, 'the server ends with code 0');
  rmSync(root, { recursive: true, force: true });
});

const ask = <T>(method: string, params: object) => client.request<T>(method, params).response;

describe('record', () => {
  const settings = { population: 4, generations: 1, samples: 500, searchEpochs: 2, fullEpochs: 4, workers: 1 };
  const region = () => ({ uri: pathToFileURL(join(root, 'price.ts')).href, name: 'price' });
  const begin = (more: object = {}) =>
    ask<RecordBegun>('deepmaker/record/begin', { region: region(), trusted: true, settings, ...more });

  test('what a command called is what the run starts from', async () => {
    const begun = await begin();
    assert.ok(begun.kind === 'prepared', JSON.stringify(begun));
    const env = { ...process.env, NODE_OPTIONS: begun.nodeOptions };
    assert.equal(spawnSync(process.execPath, ['esm.ts', '3000'], { cwd: root, env }).status, 0);
    const end = { region: region(), folder: begun.folder, command: 'node esm.ts 3000', exit: 0 };
    const ended = await ask<RecordOutcome>('deepmaker/record/end', end);
    assert.ok(ended.kind === 'recorded', JSON.stringify(ended));
    assert.equal(ended.calls, 3000);
    // Its ranges are in the record: without one the source would have to give them.
    const params = { region: region(), target: 'cpu', trusted: true, settings };
    assert.equal((await ask<RunOutcome>('deepmaker/run', params)).kind, 'needs-ranges');
    const outcome = await ask<RunOutcome>('deepmaker/run', { ...params, record: ended.id });
    assert.ok(outcome.kind === 'done', JSON.stringify(outcome));
    assert.match(
      outcome.front.notes?.[0] ?? '',
      /^Errors are those of real inputs: 400 samples of 3,000 calls of "node esm/,
    );
  });

  test('is refused without trust, for what cannot be approximated, and for folders of others', async () => {
    const untrusted = await begin({ trusted: false });
    assert.match(untrusted.kind === 'failed' ? untrusted.message : '', /not trusted/);
    const none = await begin({ region: { ...region(), name: 'cost' } });
    assert.match(none.kind === 'failed' ? none.message : '', /There is no function cost/);
    const impure = await begin({ region: { uri: pathToFileURL(join(root, 'bench.ts')).href, name: 'bench' } });
    assert.equal(impure.kind, 'refused');
    const end = { region: region(), folder: root, command: 'true', exit: 0 };
    const foreign = await ask<RecordOutcome>('deepmaker/record/end', end);
    assert.match(foreign.kind === 'failed' ? foreign.message : '', /is no recording of this project/);
    assert.ok(readdirSync(root).includes('price.ts'), 'and is left alone');
  });
});

describe('hotspots', () => {
  /** A profile in which each function ran for as many milliseconds, and called nothing. */
  function writeProfile(times: readonly (readonly [file: string, name: string, ms: number])[]): string {
    const frames = times.map(([file, functionName]) => {
      const text = readFileSync(join(root, file), 'utf8');
      const lines = text.slice(0, text.indexOf(`${functionName}(`) + functionName.length).split('\n');
      const url = pathToFileURL(join(root, file)).href;
      return { functionName, url, lineNumber: lines.length - 1, columnNumber: lines.at(-1)!.length };
    });
    const top = { functionName: '(root)', url: '', lineNumber: -1, columnNumber: -1 };
    const nodes = [
      { id: 1, callFrame: top, children: frames.map((_, at) => at + 2) },
      ...frames.map((callFrame, at) => ({ id: at + 2, callFrame })),
    ];
    const timeDeltas = [0, ...times.map(([, , ms]) => ms * 1000)];
    const profile = { nodes, startTime: 0, endTime: 1e6, samples: frames.map((_, at) => at + 2), timeDeltas };
    writeFileSync(join(root, 'x.cpuprofile'), JSON.stringify(profile));
    return pathToFileURL(join(root, 'x.cpuprofile')).href;
  }

  const uriOf = (file: string) => pathToFileURL(join(root, file)).href;
  const lensesOf = async (file: string, text = readFileSync(join(root, file), 'utf8')) => {
    const document = { uri: uriOf(file), languageId: 'typescript', version: 1, text };
    client.notify('textDocument/didOpen', { textDocument: document });
    const lenses = await ask<CodeLens[]>('textDocument/codeLens', { textDocument: { uri: document.uri } });
    client.notify('textDocument/didClose', { textDocument: { uri: document.uri } });
    return lenses.map(({ range, command }) => [range.start.line, command?.title, command?.command]);
  };

  test('functions are ranked, and show their share in lenses until these are hidden', async () => {
    assert.deepEqual(await lensesOf('price.ts'), []);
    const uri = writeProfile([
      ['bench.ts', 'bench', 60],
      ['price.ts', 'price', 40],
    ]);
    const outcome = await ask<HotspotsOutcome>('deepmaker/hotspots', { uri });
    assert.ok(outcome.kind === 'hotspots', JSON.stringify(outcome));
    assert.equal(outcome.seconds, 0.1);
    const [first, second] = outcome.functions;
    assert.deepEqual(first, { uri: uriOf('price.ts'), name: 'price', line: 4, share: 0.4, selfShare: 0.4 });
    assert.deepEqual([second?.name, second?.share], ['bench', 0.6], 'what cannot be approximated comes last');
    assert.match(second?.reason ?? '', /^it returns nothing\./);

    const title = '40.0 % of the time, 40.0 % in its own code: approximate it';
    const lenses = [
      [3, title, 'deepmaker.approximate'],
      [3, 'Record inputs...', 'deepmaker.record'],
    ];
    assert.deepEqual(await lensesOf('price.ts'), lenses);
    const moved = lenses.map(([line, ...rest]) => [(line as number) + 2, ...rest]);
    assert.deepEqual(await lensesOf('price.ts', `\n\n${readFileSync(join(root, 'price.ts'), 'utf8')}`), moved);
    const [refused, ...none] = await lensesOf('bench.ts');
    assert.match(
      String(refused?.[1]),
      /^60\.0 % of the time, 60\.0 % in its own code\. Not to be approximated: it returns/,
    );
    assert.deepEqual(none, []);

    assert.equal((await ask<HotspotsOutcome>('deepmaker/hotspots', {})).kind, 'hotspots');
    assert.deepEqual(await lensesOf('price.ts'), []);
  });

  test('a file that is no profile changes nothing', async () => {
    await ask('deepmaker/hotspots', { uri: writeProfile([['price.ts', 'price', 40]]) });
    const outcome = await ask<HotspotsOutcome>('deepmaker/hotspots', { uri: uriOf('package.json') });
    assert.match(outcome.kind === 'failed' ? outcome.message : '', /package\.json is no CPU profile/);
    const gone = await ask<HotspotsOutcome>('deepmaker/hotspots', { uri: uriOf('gone.cpuprofile') });
    assert.equal(gone.kind, 'failed');
    assert.equal((await lensesOf('price.ts')).length, 2);
  });
});
