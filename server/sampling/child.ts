/**
 * The process that runs the user's code. A Sandbox forks it under Node's permission model; it is built to
 * `dist/samplingChild.cjs`, so that the one file is all it has to read. It ends when its parent does.
 */
import process from 'node:process';
import { compileFunction } from 'node:vm';
import { type Deadlined, runWithDeadline } from './deadline.ts';
import { evaluateRows, type UserFunction } from './evaluation.ts';
import { isolateGlobals } from './isolation.ts';
import { type Reply, type Request, regionHolder } from './messages.ts';
import { thrownDescriber } from './thrown.ts';
import { timePairs } from './timing.ts';

/** Long enough that the watchdog thread of a slice costs nothing, short enough that a dead parent is noticed at once. */
const sliceMs = 25;

interface Loaded {
  readonly call: UserFunction;
  readonly describeThrown: (thrown: unknown) => string;
}

const loaded = new Map<string, Loaded>();
let scripts = 0;

// Taken before the user's code runs: it gets stand-ins for these.
const nextTurn = setImmediate;
const arrayBytes = () => process.memoryUsage().arrayBuffers;
const memoryLimitBytes = Number(process.argv[2]) * 2 ** 20;
const world = isolateGlobals();

const reply = (message: Reply) => process.send?.(message);

process.on('disconnect', () => process.exit());
// Promises of the user's code that nobody waits for are no failure of ours.
process.on('unhandledRejection', () => undefined);
process.on('message', (request: Request) => {
  answer(request).then(reply, (error: Error) => reply({ kind: 'bug', stack: error.stack ?? error.message }));
});
reply({ kind: 'ready' });

function answer(request: Request): Promise<Reply> {
  switch (request.kind) {
    case 'load':
      return load(request);
    case 'evaluate':
      return evaluate(request);
    case 'time':
      return time(request);
  }
}

async function load({ id, code, exactId, timeLimitMs }: Request & { kind: 'load' }): Promise<Reply> {
  const scriptName = `deepmaker-region-${++scripts}.cjs`;
  const describeThrown = thrownDescriber(scriptName, code);
  const exact = exactId === undefined ? undefined : loadedRegion(exactId).call;
  const holder: { region?: unknown; readonly exact: unknown } = { exact };
  const ran = runWithDeadline(() => {
    try {
      evaluateBundle(code, scriptName, holder);
      return typeof holder.region === 'function' ? undefined : 'the region is not a function';
    } catch (thrown) {
      return describeThrown(thrown);
    }
  }, timeLimitMs);
  if (ran.kind === 'overrun') return ran;
  if (ran.value !== undefined) return { kind: 'threw', message: ran.value };
  loaded.set(id, { call: holder.region as UserFunction, describeThrown });
  return { kind: 'loaded' };
}

function evaluateBundle(code: string, scriptName: string, holder: object): void {
  const names = ['exports', 'require', 'module', '__filename', '__dirname', regionHolder];
  const run = compileFunction(code, names, { filename: scriptName });
  const module = { exports: {} };
  run.call(module.exports, module.exports, world.require, module, '/region.cjs', '/', holder);
}

async function evaluate(request: Request & { kind: 'evaluate' }): Promise<Reply> {
  const { signature, inputs, count, timeLimitMs } = request;
  const cursor = { row: 0 };
  const steps = evaluateRows({ ...loadedRegion(request.id), signature, inputs, count, sliceMs }, cursor);
  const ended = await drive(steps, timeLimitMs);
  if (ended.kind === 'overrun') return { kind: 'overrun', row: cursor.row };
  if (ended.kind === 'memory') return ended;
  return { kind: 'evaluated', ...ended.value, consoleCalls: world.consoleCalls() };
}

async function time(request: Request & { kind: 'time' }): Promise<Reply> {
  const { signature, inputs, count, budgetMs, batch = false } = request;
  const exact = loadedRegion(request.exactId);
  const approx = loadedRegion(request.approxId);
  const steps = timePairs({ exact: exact.call, approx: approx.call, batch, signature, inputs, count, budgetMs });
  try {
    const ended = await drive(steps, request.timeLimitMs);
    return ended.kind === 'returned' ? { kind: 'timed', ...ended.value } : ended;
  } catch (thrown) {
    return { kind: 'threw', message: exact.describeThrown(thrown) };
  }
}

function loadedRegion(id: string): Loaded {
  const region = loaded.get(id);
  if (!region) throw new Error(`No region is loaded as ${id}.`);
  return region;
}

/** Runs steps one by one under the time limit, reports each, and lets messages in between them (a 'disconnect' is one). */
async function drive<T>(
  steps: Generator<number, T>,
  limitMs: number,
): Promise<Deadlined<T> | { readonly kind: 'memory' }> {
  const bytesBefore = arrayBytes();
  for (;;) {
    const step = runWithDeadline(() => steps.next(), limitMs + sliceMs);
    if (step.kind === 'overrun') return step;
    if (step.value.done) return { kind: 'returned', value: step.value.value };
    if (arrayBytes() - bytesBefore > memoryLimitBytes) return { kind: 'memory' };
    reply({ kind: 'progress', done: step.value.value });
    await new Promise((resolve) => nextTurn(resolve));
  }
}
