/** The language server while much happens at once: fast typing in a long file, cancelled requests, and its own sudden end. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { CodeAction } from 'vscode-languageserver-protocol';
import type { FrontView, RunOutcome } from '../../server/protocol.ts';
import { RpcClient } from './rpcClient.ts';

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.cjs');

const hill = `/**
 * @approximate error 0.1
 * @range x [0, 2]
 */
export function hill(x: number): number {
  let sum = 0;
  for (let i = 1; i <= 200; i++) sum += Math.exp(-((x - i / 200) ** 2)) / 200;
  return sum;
}
`;

/** 10,000 lines below the function, each ten of them another one. */
const rest = Array.from({ length: 1000 }, (_, index) => {
  const body = Array.from({ length: 7 }, (__, line) => `  y += Math.cos(y * ${line}) / ${index + 1};`).join('\n');
  return `export function wave${index}(x: number): number {\n  let y = x;\n${body}\n  return y;\n}`;
}).join('\n');

const quick = { population: 6, generations: 2, samples: 1000, searchEpochs: 4, fullEpochs: 20, workers: 1 };
/** Ends only when it is stopped. */
const endless = { ...quick, population: 20, generations: 500, samples: 4000, searchEpochs: 20 };

let folder: string;
let uri: string;
let client: RpcClient;
let generations = 0;

beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-load-')));
  writeFileSync(join(folder, 'hill.ts'), hill + rest);
  uri = pathToFileURL(join(folder, 'hill.ts')).href;
  await start();
});

afterEach(async () => {
  client.kill();
  await gone();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function start(): Promise<void> {
  generations = 0;
  client = new RpcClient(process.execPath, [cli, 'lsp', '--stdio']);
  client.onNotification((_method, params) => {
    if ((params as { value?: FrontView }).value?.stage === 'searching') generations++;
  });
  const initialize = { processId: process.pid, rootUri: pathToFileURL(folder).href, capabilities: {} };
  await client.request('initialize', initialize).response;
  client.notify('initialized', {});
  client.notify('textDocument/didOpen', {
    textDocument: { uri, languageId: 'typescript', version: 1, text: hill + rest },
  });
}

const run = (settings: object) =>
  client.request<RunOutcome>('deepmaker/run', {
    region: { uri, name: 'hill' },
    target: 'cpu',
    trusted: true,
    settings,
    partialResultToken: 'fronts',
  });

const actionsAt = (line: number) => {
  const position = { line, character: 18 };
  return client.request<CodeAction[]>('textDocument/codeAction', {
    textDocument: { uri },
    range: { start: position, end: position },
    context: { diagnostics: [], triggerKind: 1 },
  });
};

async function searching(): Promise<void> {
  while (generations === 0) await setTimeout(20);
}

/** The processes below the server, at any depth. */
function descendants(): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid=,stat='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/u));
  const below = (parent: number): number[] =>
    rows
      .filter(([, ppid, state]) => Number(ppid) === parent && !state?.startsWith('Z'))
      .flatMap(([pid]) => [Number(pid), ...below(Number(pid))]);
  return below(client.pid);
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !/^\d+ \(.*\) Z/u.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
};

let watched: number[] = [];
async function gone(): Promise<void> {
  for (let i = 0; i < 200 && watched.some(isRunning); i++) await setTimeout(25);
  assert.deepEqual(watched.filter(isRunning), [], 'a process was left behind');
  watched = [];
}

test('two hundred edits a second in a file of 10,000 lines, while a search runs', async (t) => {
  const running = run(endless);
  await searching();
  watched = descendants();
  const last = hill.split('\n').length - 1 + 9 * 999;
  const waits: number[] = [];
  let version = 1;
  const answers: Promise<void>[] = [];
  for (let tick = 0; tick < 60; tick++) {
    // Ten edits every 50 ms, the last of which moves the lines below.
    for (let edit = 0; edit < 10; edit++) {
      const position = { line: last, character: 0 };
      client.notify('textDocument/didChange', {
        textDocument: { uri, version: ++version },
        contentChanges: [{ range: { start: position, end: position }, text: edit === 9 ? '// more\n' : ' ' }],
      });
    }
    const asked = performance.now();
    answers.push(
      actionsAt(4).response.then(
        ([action]) => {
          waits.push(performance.now() - asked);
          assert.equal(action?.title, 'Approximate this function');
        },
        (error: Error) => assert.match(error.message, /The text has changed/u),
      ),
    );
    await setTimeout(50);
  }
  await Promise.all(answers);
  const sorted = waits.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(0);
  t.diagnostic(
    `${waits.length} of 60 code actions were not overtaken by an edit: median ${at(0.5)} ms, 95th percentile ${at(0.95)} ms, longest ${at(1)} ms`,
  );

  // What was typed last counts.
  const start = { line: 7, character: 0 };
  client.notify('textDocument/didChange', {
    textDocument: { uri, version: ++version },
    contentChanges: [{ range: { start, end: start }, text: '  sum += Math.random();\n' }],
  });
  const [refused] = await actionsAt(4).response;
  assert.match(refused?.disabled?.reason ?? '', /uses randomness/u);

  assert.ok(generations > 0);
  client.notify('$/cancelRequest', { id: running.id });
  assert.equal((await running.response).kind, 'cancelled');
});

test('a storm of cancelled requests and runs leaves a server that works, and no process', async () => {
  for (let round = 0; round < 20; round++) {
    const asked = Array.from({ length: 20 }, (_, index) => actionsAt(4 + index));
    const started = run({ ...endless, seed: round });
    if (round % 3 === 0) await setTimeout(round * 10);
    for (const { id } of [...asked, started]) client.notify('$/cancelRequest', { id });
    const outcome = await started.response.catch((error: Error) => error);
    assert.ok(
      outcome instanceof Error || outcome.kind === 'cancelled' || outcome.kind === 'failed',
      JSON.stringify(outcome),
    );
    await Promise.allSettled(asked.map(({ response }) => response));
  }
  watched = descendants().filter((pid) => !isCompilerService(pid));
  await gone();
  const outcome = await run(quick).response;
  assert.equal(outcome.kind, 'done', JSON.stringify(outcome));
});

/** esbuild stays with the server for the next bundle; it ends with it. */
const isCompilerService = (pid: number): boolean => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('esbuild');

test('a server that is killed in the middle of a run takes its processes along, and the run goes on in the next one', async () => {
  const long = { ...quick, population: 12, generations: 4, searchEpochs: 20 };
  const interrupted = run(long);
  interrupted.response.catch(() => undefined);
  await searching();
  watched = descendants();
  assert.ok(watched.length > 0, 'the sandbox is a process');
  client.kill();
  await assert.rejects(interrupted.response, /The server ended/u);
  await gone();

  const [runName] = readdirSync(join(folder, '.deepmaker', 'runs'));
  const journal = join(folder, '.deepmaker', 'runs', runName!, 'journal.jsonl');
  const before = readFileSync(journal, 'utf8');
  assert.ok(before.length > 0);
  await start();
  const resumed = await run(long).response;
  assert.ok(resumed.kind === 'done', JSON.stringify(resumed));
  const after = readFileSync(journal, 'utf8');
  const whole = before.slice(0, before.lastIndexOf('\n') + 1);
  assert.ok(after.startsWith(whole), 'what was trained before is kept');

  rmSync(join(folder, '.deepmaker'), { recursive: true });
  const straight = await run(long).response;
  assert.ok(straight.kind === 'done');
  const figures = ({ points }: FrontView) => points.map(({ id, params, error }) => ({ id, params, error }));
  assert.deepEqual(figures(resumed.front), figures(straight.front), 'the front of a run that was never interrupted');
});
