import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Signature } from '../../engine/types.ts';
import { bundleRegion } from '../../server/sampling/bundle.ts';
import { Sandbox, type SandboxOptions } from '../../server/sampling/sandbox.ts';
import { succeeded } from './outcomes.ts';
import { fixture, line, loadFixture, number, numberToNumber, withSandbox } from './samplingSupport.ts';

const shared = await start({ memoryMb: 128 });
after(() => shared.dispose());

/** Evaluates a function of bad.ts on 0, 0.25, 0.5, 0.75, 1. */
async function evaluateBad(access: string, sandbox = shared) {
  await loadFixture(sandbox, 'bad.ts', access);
  return sandbox.evaluate(access, numberToNumber, line(0, 1, 5), 5, { timeLimitMs: 300 });
}

test('travels through every kind of shape', async () => {
  const weights = { kind: 'array', container: 'Float64Array', length: 2, element: number } as const;
  const signature: Signature = {
    parameters: [
      {
        name: 'quote',
        shape: {
          kind: 'object',
          fields: [
            { name: 'spot', shape: number },
            { name: 'weights', shape: weights },
          ],
        },
      },
      { name: 'kind', shape: { kind: 'category', values: ['call', 'put'] } },
      { name: 'doubled', shape: { kind: 'boolean' } },
    ],
    result: {
      kind: 'object',
      fields: [
        { name: 'value', shape: number },
        { name: 'up', shape: { kind: 'boolean' } },
      ],
    },
  };
  await loadFixture(shared, 'good.ts', 'price');
  const rows = Float64Array.of(10, 1, 2, 0, 0, 10, 1, 2, 1, 1);
  const { outputs } = succeeded(await shared.evaluate('price', signature, rows, 2));
  assert.deepEqual([...outputs], [15, 1, -30, 0]);
});

const denials: readonly [access: string, message: string][] = [
  ['readsFile', 'Error: `fs.readFileSync` is not available while sampling (bad.ts:48)'],
  ['readsFileLater', 'Error: `fs.readFileSync` is not available while sampling (bad.ts:49)'],
  ['startsProcess', 'Error: `child_process.spawnSync` is not available while sampling (bad.ts:50)'],
  ['startsThread', 'Error: `worker_threads.Worker` is not available while sampling (bad.ts:51)'],
  ['opensSocket', 'Error: `net.connect` is not available while sampling (bad.ts:52)'],
  ['fetches', 'Error: `fetch` is not available while sampling (bad.ts:53)'],
  ['exits', 'Error: `process.exit` is not available while sampling (bad.ts:54)'],
  ['evades', 'Error: `process.binding` is not available while sampling (bad.ts:55)'],
  ['liar', 'result is "0", not a number'],
  ['throwsOddly', 'a value that cannot be described'],
];

for (const [access, message] of denials) {
  test(`rejects every row of ${access}: ${message}`, async () => {
    const { statuses, outputs, firstProblem } = succeeded(await evaluateBad(access));
    assert.deepEqual([...statuses], [1, 1, 1, 1, 1]);
    assert.ok(outputs.every(Number.isNaN));
    assert.deepEqual(firstProblem, { row: 0, message });
  });
}

test('the permission model stands behind the refusals', async () => {
  const { outputs } = succeeded(await evaluateBad('permissions'));
  assert.deepEqual([...outputs], [0, 0, 0, 0, 0]);
});

for (const access of ['loopsAboveHalf', 'backtracks', 'waits']) {
  test(`ends ${access} and names the row`, async () => {
    const start = performance.now();
    const outcome = await evaluateBad(access);
    const input = access === 'loopsAboveHalf' ? 'x = 0.75' : 'x = 0';
    assert.deepEqual(outcome, {
      kind: 'failed',
      message: `The function did not return within 0.3 s for ${input}.`,
      hint: 'Narrow the @range of its inputs to values for which it returns soon.',
    });
    assert.ok(performance.now() - start < 5000);
  });
}

test('kills a child that hangs where nothing in it can end the loop', async () => {
  assert.deepEqual(await withSandbox((sandbox) => evaluateBad('loopsInPromise', sandbox)), {
    kind: 'failed',
    message: 'The function did not return, and could not be interrupted within 2.3 s.',
    hint: 'Narrow the @range of its inputs to values for which it returns soon.',
  });
});

for (const access of ['hoardsObjects', 'hoardsBuffers']) {
  test(`says that memory ran out: ${access}`, async () => {
    const outcome = await withSandbox(
      async (sandbox) => {
        await loadFixture(sandbox, 'bad.ts', access);
        return sandbox.evaluate(access, numberToNumber, line(0, 1, 500), 500);
      },
      { memoryMb: 96 },
    );
    assert.equal(outcome.kind === 'failed' && outcome.message, 'The function used more than 96 MB of memory.');
  });
}

test('swallows and counts output, however much', async () => {
  const before = succeeded(await evaluateBad('permissions')).consoleCalls;
  const { outputs, consoleCalls } = succeeded(await evaluateBad('logs'));
  assert.deepEqual([...outputs], [0, 0.25, 0.5, 0.75, 1]);
  assert.equal(consoleCalls - before, 510);
});

test('never runs what the code schedules for later', async () => {
  const { outputs } = succeeded(await evaluateBad('schedules'));
  assert.deepEqual([...outputs], [0, 0.25, 0.5, 0.75, 1]);
});

const unloadable: readonly [file: string, access: string, overlay: string | undefined, message: RegExp][] = [
  ['loops.ts', 'never', undefined, /^The module did not finish loading within 0\.2 s\.$/],
  [
    'good.ts',
    'missing',
    undefined,
    /^The module could not be loaded: ReferenceError: missing is not defined \(good\.ts:\d+\)\.$/,
  ],
  ['good.ts', 'x', 'const x = 3;', /^The module could not be loaded: the region is not a function\.$/],
  ['good.ts', 'x', 'const x = () => 3;\nthrow undefined;', /^The module could not be loaded: threw undefined\.$/],
];

for (const [file, access, overlay, message] of unloadable) {
  test(`says why ${overlay ?? file} does not load`, async () => {
    const request = { file: fixture(file), access, ...(overlay === undefined ? {} : { overlay }) };
    const bundle = succeeded(await bundleRegion(request));
    const outcome = await shared.load('x', bundle.code, { timeLimitMs: 200 });
    assert.match(outcome.kind === 'failed' ? outcome.message : '', message);
  });
}

test('an abort kills the child at once, and every later request says so', async () => {
  const abort = new AbortController();
  const sandbox = await start({ signal: abort.signal });
  await loadFixture(sandbox, 'bad.ts', 'sleeps');
  const begun = performance.now();
  const outcome = await sandbox.evaluate('sleeps', numberToNumber, line(0, 1, 5000), 5000, {
    onProgress: (done) => done > 5 && abort.abort(),
  });
  const cancelled = { kind: 'failed', message: 'Sampling was cancelled.' };
  assert.deepEqual(outcome, cancelled);
  assert.ok(performance.now() - begun < 2000);
  assert.deepEqual(await sandbox.load('x', ''), cancelled);
  await sandbox.dispose();
  assert.ok(!isRunning(sandbox.pid!));
  assert.deepEqual(await Sandbox.start({ signal: abort.signal }), cancelled);
});

test('leaves no process behind', async () => {
  const sandbox = await start();
  assert.ok(isRunning(sandbox.pid!));
  await loadFixture(sandbox, 'bad.ts', 'loopsAboveHalf');
  const evaluating = sandbox.evaluate('loopsAboveHalf', numberToNumber, line(1, 2, 5), 5);
  await Promise.all([sandbox.dispose(), sandbox.dispose()]);
  assert.deepEqual(await evaluating, { kind: 'failed', message: 'The sandbox was closed.' });
  assert.ok(!isRunning(sandbox.pid!));
});

test('says that a child was killed from outside', async () => {
  await withSandbox(async (sandbox) => {
    await loadFixture(sandbox, 'bad.ts', 'sleeps');
    const evaluating = sandbox.evaluate('sleeps', numberToNumber, line(0, 1, 5000), 5000);
    process.kill(sandbox.pid!, 'SIGKILL');
    const outcome = await evaluating;
    assert.match(outcome.kind === 'failed' ? outcome.message : '', /^The operating system killed the sandbox/);
  });
});

test('the child ends with its parent, even in an endless loop', async () => {
  const parent = fork(fixture('parent.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
  const [pid] = (await once(parent, 'message')) as [number];
  assert.ok(isRunning(pid));
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  const end = performance.now() + 5000;
  while (isRunning(pid) && performance.now() < end) await setTimeout(50);
  assert.ok(!isRunning(pid));
});

test('one request at a time', async () => {
  await withSandbox(async (sandbox) => {
    const first = sandbox.load('a', '__deepmaker.region = () => 1');
    await assert.rejects(sandbox.load('b', ''), /asked to load while it was busy/);
    assert.deepEqual(await first, { kind: 'loaded' });
    await assert.rejects(sandbox.evaluate('b', numberToNumber, line(0, 1, 2), 2), /No region is loaded as b/);
  });
});

async function start(options?: SandboxOptions): Promise<Sandbox> {
  return succeeded(await Sandbox.start(options)).sandbox;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Where the first process of a container does not collect orphans, a dead one stays listed as a zombie.
  return process.platform !== 'linux' || !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
}
