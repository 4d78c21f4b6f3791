/** A real Redis server, worker processes, and a small search whose journal is known from worker threads. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { mlpSpace } from '../../engine/search/genome.ts';
import type { Encoding, Samples } from '../../engine/types.ts';
import { type Config, defaultConfig } from '../../server/config.ts';
import type { Evaluator, EvaluatorSetup } from '../../server/evaluator.ts';
import { runSearch, type SearchState } from '../../server/pipeline/search.ts';
import { startPool } from '../../server/pool.ts';
import { parseAddress, type QueueAddress } from '../../server/queue/address.ts';
import { prefix, type Timings } from '../../server/queue/names.ts';
import { openQueue, type QueueSession, type SessionOptions } from '../../server/queue/session.ts';
import { type JournalEntry, openJournal, readJournal } from '../../server/store.ts';
import { chooseTrainer } from '../../server/trainers.ts';

/** Faults are noticed soon. A lock survives a machine that is busy with other tests. */
export const quick: Timings = { lockMs: 1_500, stalledCheckMs: 200, silenceMs: 600, beatMs: 100, checkMs: 300 };

export const version = '1.2.3-test';

export const temporaryFolder = (name: string): string =>
  realpathSync(mkdtempSync(join(tmpdir(), `deepmaker-queue-${name}-`)));

/** Owns a Redis server with a folder of its own, until `stop`. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** For looking around. */
  readonly redis: Redis;
  /** The server is gone at once, and begins again with what its folder has. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedis(options: readonly string[] = []): Promise<RedisServer> {
  const folder = temporaryFolder('redis');
  const port = await freePort();
  const args = ['--port', String(port), '--dir', folder, '--save', '', '--protected-mode', 'no', ...options];
  let server = await startServer(args);
  const redis = new Redis({ port, maxRetriesPerRequest: null, retryStrategy: () => 50 });
  redis.on('error', () => {});
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    redis,
    async restart() {
      await killed(server);
      // Long enough that nobody finds it there when they first try again.
      await delay(500);
      server = await startServer(args);
    },
    async stop() {
      redis.disconnect();
      await killed(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function startServer(args: readonly string[]): Promise<ChildProcess> {
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => server.kill('SIGKILL'));
  const failed = once(server, 'error').then(([error]) => {
    throw new Error(`redis-server does not start (${error.message}): install Debian's package redis-server.`);
  });
  let output = '';
  const ready = (async () => {
    for await (const chunk of server.stdout!) {
      output += chunk;
      if (output.includes('Ready to accept connections')) return;
    }
    throw new Error(`redis-server ended: ${output}`);
  })();
  await Promise.race([ready, failed]);
  // What it goes on saying must not fill the pipe.
  server.stdout!.resume();
  return server;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** A worker in a process of its own; it ends with this one. */
export async function startWorker(
  url: string,
  options: { concurrency?: number; version?: string; timings?: Timings; namespace?: string } = {},
): Promise<ChildProcess> {
  const { namespace, ...own } = options;
  const file = join(import.meta.dirname, 'queueWorkerChild.ts');
  const setting = JSON.stringify({ url, concurrency: 1, timings: quick, version, ...own });
  const prefixed = namespace ? { execPath: 'ip', execArgv: ['netns', 'exec', namespace, process.execPath] } : {};
  const child = fork(file, [setting], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], ...prefixed });
  await once(child, 'message');
  return child;
}

export function addressOf(url: string): QueueAddress {
  const address = parseAddress(url, {});
  assert.equal(address.kind, 'address');
  return address as QueueAddress;
}

/** A search's side of the queue, with what it has notified of. */
export async function openSession(
  url: string,
  options: Partial<SessionOptions> = {},
): Promise<QueueSession & { readonly notices: readonly string[] }> {
  const notices: string[] = [];
  const notify = (message: string) => notices.push(message);
  const opened = await openQueue({ address: addressOf(url), timings: quick, version, notify, ...options });
  assert.ok(opened.kind === 'open', JSON.stringify(opened));
  return Object.assign(opened.queue, { notices });
}

const encoding: Encoding = {
  inputs: [{ kind: 'number', column: 0, offset: 0, scale: 1 }],
  outputs: [{ kind: 'number', column: 0, offset: 0, scale: 1 }],
  inputColumns: 1,
  outputColumns: 1,
  loss: 'mse',
};

function samples(count: number): Samples {
  const inputs = Float64Array.from({ length: count }, (_, row) => (2 * row) / (count - 1) - 1);
  return { count, inputs, outputs: inputs.map((x) => Math.sin(2 * x)) };
}

const trainer = await chooseTrainer('wasm', 'mlp', '.');
assert.ok(trainer.kind === 'setup');
export const { setup: trainerSetup } = trainer;

/** The rows of a sine, as they are given to evaluators. */
export function sineSetup(): EvaluatorSetup {
  let setup: EvaluatorSetup | undefined;
  const slots = { inputSlots: [{ path: 'x', kind: 'number' }], outputSlots: [{ path: 'y', kind: 'number' }] } as const;
  const dataset = { ...slots, train: samples(2000), validation: samples(200), test: samples(3) };
  startPool(dataset, encoding, { trainer: trainerSetup, workers: 1 }, (own) => {
    setup = own;
    return undefined as never;
  });
  return setup!;
}

/** Each candidate takes about a tenth of a second, so that faults find one in the middle of it. */
export const searchConfig: Config = {
  ...defaultConfig,
  population: 6,
  generations: 2,
  searchEpochs: 120,
  batchSize: 16,
  maxParams: 600,
};

export interface Searched {
  readonly state: SearchState;
  readonly journal: readonly JournalEntry[];
}

/** Searches with a journal in `folder`, which a search that goes on has already. */
export async function search(
  evaluator: Evaluator,
  folder: string,
  { config = searchConfig, signal = new AbortController().signal } = {},
): Promise<Searched> {
  const space = mlpSpace({ maxParams: 600, inputColumns: 1, outputColumns: 1 });
  assert.ok(space.kind === 'space');
  const cancel = () => evaluator.cancel();
  signal.addEventListener('abort', cancel);
  const hooks = { signal, onEvaluated: () => {}, onGeneration: () => {} };
  const journal = openJournal(folder);
  const searching = runSearch({ config, loss: 'mse', space: space.space, evaluator, journal, ...hooks });
  // What is lost would be waited for without an end.
  const late = delay(90_000, undefined, { ref: false }).then(() => {
    throw new Error(`The search has ${journal.entries.length} candidates after 90 s.`);
  });
  const state = await Promise.race([searching, late]);
  await evaluator.dispose();
  return { state, journal: readJournal(folder) };
}

/** What is the same on every machine and in every order. */
export const decided = (journal: readonly JournalEntry[]) =>
  journal.map(({ seconds: _seconds, ...entry }) => entry).sort((a, b) => (a.key < b.key ? -1 : 1));

/** The search is the one on worker threads: every candidate once, with the same figures, and so the same front. */
export function assertSame(searched: Searched, local: Searched): void {
  assert.deepEqual(decided(searched.journal), decided(local.journal));
  assert.deepEqual(searched.state, local.state);
}

export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const deadlineMs = performance.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > deadlineMs) throw new Error(`It took more than 30 s until ${what}.`);
    await delay(10);
  }
}

const jobs = `${prefix}:candidates-${version}`;

/** Waits until a worker process has said that it is there; what it said before it was cut off has expired by then. */
export const isThere = (redis: Redis, { pid }: ChildProcess): Promise<boolean> =>
  until('the worker was there', async () => {
    const records = await Promise.all((await redis.keys(`${prefix}:workers:*`)).map((key) => redis.get(key)));
    return records.some((record) => record?.includes(`:${pid}"`));
  });

/** The job that a worker process is in the middle of. */
export const heldBy = (redis: Redis, { pid }: ChildProcess): Promise<string> =>
  until('a worker took a job', async () => {
    for (const id of await redis.lrange(`${jobs}:active`, 0, -1)) {
      if ((await redis.hget(`${jobs}:${id}`, 'pb'))?.endsWith(`:${pid}`)) return id;
    }
    return undefined;
  });

/** How often the queue has told something of each job, by BullMQ's names of events. */
export async function eventCounts(redis: Redis, event: string, queue = jobs): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const [, fields] of await redis.xrange(`${queue}:events`, '-', '+')) {
    const id = fields[fields.indexOf('jobId') + 1]!;
    if (fields[fields.indexOf('event') + 1] === event) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/** What is left of jobs and results: nothing, but for what a worker found out that had lost its job, which expires. */
export async function leftovers(redis: Redis): Promise<string[]> {
  const known = new RegExp(
    `^${prefix}:(data:|workers|searches|candidates-[^:]*:(id|meta|events|stalled-check|marker|stalled)$)`,
  );
  return (await redis.keys(`${prefix}:*`)).filter((key) => !known.test(key));
}
