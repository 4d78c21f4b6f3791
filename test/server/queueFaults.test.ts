/** Searches on a queue whose parts die, freeze, lose each other and come back: the journal is that of worker threads. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { startThreads } from '../../server/pool.ts';
import type { QueueSession } from '../../server/queue/session.ts';
import { readJournal } from '../../server/store.ts';
import {
  assertSame,
  decided,
  eventCounts,
  heldBy,
  isThere,
  killed,
  leftovers,
  openSession,
  type RedisServer,
  type Searched,
  search,
  searchConfig,
  sineSetup,
  startRedis,
  startWorker,
  temporaryFolder,
  until,
} from './queueSupport.ts';

let local: Searched;
let server: RedisServer;
let folder: string;
let sessions: QueueSession[];
let children: ChildProcess[];

before(async () => {
  const own = temporaryFolder('local');
  local = await search(startThreads(sineSetup()), own);
  rmSync(own, { recursive: true });
  assert.equal(local.journal.length, 12);
});

beforeEach(async () => {
  folder = temporaryFolder('run');
  sessions = [];
  children = [];
  server = await startRedis(['--appendonly', 'yes']);
});
afterEach(async () => {
  await Promise.all(children.map(killed));
  await Promise.all(sessions.map((session) => session.close()));
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function worker(options?: Parameters<typeof startWorker>[1], url = server.url): Promise<ChildProcess> {
  const child = await startWorker(url, options);
  children.push(child);
  return child;
}

async function session(): Promise<Awaited<ReturnType<typeof openSession>>> {
  const own = await openSession(server.url);
  sessions.push(own);
  return own;
}

/** A search on the queue, in a folder. */
const searchThere = async (own = folder, options?: Parameters<typeof search>[2]): Promise<Searched> =>
  search((await session()).start(sineSetup(), own), own, options);

async function assertEachOnce(tooLate = 0): Promise<void> {
  const completed = await eventCounts(server.redis, 'completed');
  assert.equal(completed.size, 12);
  assert.ok([...completed.values()].every((count) => count === 1));
  const left = await leftovers(server.redis);
  assert.ok(left.length <= tooLate && left.every((key) => key.startsWith('deepmaker:result:')), left.join());
  for (const key of left) assert.ok((await server.redis.ttl(key)) > 0);
}

for (const [name, concurrencies] of [
  ['one worker', [1]],
  ['three workers of other speeds', [1, 2, 1]],
] as const) {
  test(`${name}: the front of worker threads, each candidate once, and nothing left in Redis`, async () => {
    for (const concurrency of concurrencies) await worker({ concurrency });
    assertSame(await searchThere(), local);
    await assertEachOnce();
  });
}

test('a worker that is killed in the middle of a job', async () => {
  const [dies] = [await worker(), await worker()];
  const searching = searchThere();
  const job = await heldBy(server.redis, dies);
  await killed(dies);
  assertSame(await searching, local);
  assert.ok((await eventCounts(server.redis, 'stalled')).has(job), 'the job was taken away from the dead');
  await assertEachOnce();
});

test('a worker that is frozen, and resumed after its job was given to another', async () => {
  const [freezes] = [await worker(), await worker()];
  const searching = searchThere();
  const job = await heldBy(server.redis, freezes);
  freezes.kill('SIGSTOP');
  await until('another worker had the job', async () => (await eventCounts(server.redis, 'completed')).has(job));
  freezes.kill('SIGCONT');
  assertSame(await searching, local);
  await assertEachOnce(1);
  // What it found out comes too late, and it goes on with other jobs.
  const again = temporaryFolder('again');
  const searchingAgain = searchThere(again);
  await heldBy(server.redis, freezes);
  assertSame(await searchingAgain, local);
  rmSync(again, { recursive: true });
  assert.deepEqual([freezes.exitCode, freezes.signalCode], [null, null]);
});

test('Redis that dies and comes back with its append-only file', async () => {
  await worker({ concurrency: 2 });
  const searching = searchThere();
  await until('some were trained', () => readJournal(folder).length >= 3);
  await server.restart();
  assertSame(await searching, local);
  assert.ok(sessions[0] && 'notices' in sessions[0]);
  const notices = (sessions[0].notices as string[]).join('\n');
  assert.match(notices, /The connection to redis:\/\/127\.0\.0\.1:\d+ is lost .*\n.* is back\./);
});

test('Redis that comes back empty', async () => {
  await worker({ concurrency: 2 });
  const searching = searchThere();
  await until('some were trained', () => readJournal(folder).length >= 3);
  await server.redis.flushall();
  assertSame(await searching, local);
});

test('a job that always crashes its worker is given up after three tries, and the others are trained', async () => {
  const own = await session();
  const searching = search(own.start(sineSetup(), folder), folder);
  let victim: string | undefined;
  for (let death = 1; death <= 3; death++) {
    const dies = await worker();
    victim ??= await heldBy(server.redis, dies);
    await until('the job was taken again', async () => (await heldBy(server.redis, dies)) === victim);
    await killed(dies);
  }
  await worker({ concurrency: 2 });
  const { journal, state } = await searching;
  const broken = state.candidates.filter(({ error }) => !error);
  assert.equal(broken.length, 1);
  assert.equal(journal.length, 12);
  assert.equal(new Set(journal.map(({ key }) => key)).size, 12);
  assert.ok(!state.front.has(broken[0]!.key), 'it has the worst objectives');
  assert.match(own.notices.join('\n'), /^Training 1-[\d-]+1 was given up after 3 tries: its worker died each time$/m);
  // The first generation is drawn before anything is known, so all others of it are the same.
  const first = new Set(local.state.candidates.slice(0, searchConfig.population).map(({ key }) => key));
  const others = ({ key }: { key: string }) => first.has(key) && key !== broken[0]!.key;
  assert.deepEqual(decided(journal.filter(others)), decided(local.journal.filter(others)));
});

describe('two searches on one queue', () => {
  test('have the same tasks, and each its own results', async () => {
    await worker({ concurrency: 2 });
    const other = temporaryFolder('other');
    const both = await Promise.all([searchThere(), searchThere(other)]);
    for (const searched of both) assertSame(searched, local);
    assert.equal((await eventCounts(server.redis, 'completed')).size, 24);
    rmSync(other, { recursive: true });
  });

  test('one of which is cancelled', async () => {
    const other = temporaryFolder('other');
    const cancel = new AbortController();
    const cancelled = searchThere(other, { signal: cancel.signal });
    const searching = searchThere();
    await worker({ concurrency: 2 });
    await until('some were trained', () => readJournal(other).length >= 2);
    cancel.abort();
    assert.ok((await cancelled).journal.length < 12);
    assertSame(await searching, local);
    // It goes on where it was.
    assertSame(await searchThere(other), local);
    rmSync(other, { recursive: true });
  });
});

/** The first address is the test's, the second one the worker's. */
const network = {
  name: `deepmaker-${process.pid}`,
  link: `dm${process.pid}`,
  here: '10.231.77.1',
  there: '10.231.77.2',
};

/** Why there are no network namespaces here; a machine that has them must run the test. */
function namespaceProblem(): string | false {
  const { error, stderr } = spawnSync('ip', ['netns', 'add', network.name], { encoding: 'utf8' });
  spawnSync('ip', ['netns', 'del', network.name]);
  if (error) return process.getuid?.() === 0 ? false : 'network namespaces need root and the package iproute2';
  if (/not permitted|Permission denied/.test(stderr))
    return `network namespaces are not allowed here: ${stderr.trim()}`;
  return false;
}

describe('a network', { skip: namespaceProblem() }, () => {
  const ip = (...args: string[]) => {
    const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' });
    assert.equal(status, 0, `ip ${args.join(' ')}: ${error?.message ?? stderr} (Debian's package iproute2)`);
  };
  before(() => {
    ip('netns', 'add', network.name);
    ip('link', 'add', network.link, 'type', 'veth', 'peer', 'name', 'inside', 'netns', network.name);
    ip('addr', 'add', `${network.here}/24`, 'dev', network.link);
    ip('link', 'set', network.link, 'up');
    ip('-n', network.name, 'addr', 'add', `${network.there}/24`, 'dev', 'inside');
    ip('-n', network.name, 'link', 'set', 'inside', 'up');
  });
  after(() => ip('netns', 'del', network.name));

  test('that is cut between a worker and Redis, and comes back', async () => {
    const url = `redis://${network.here}:${server.port}`;
    const [apart] = [await worker({ namespace: network.name }, url), await worker()];
    const searching = searchThere();
    const job = await heldBy(server.redis, apart);
    ip('link', 'set', network.link, 'down');
    await until('another worker had the job', async () => (await eventCounts(server.redis, 'completed')).has(job));
    ip('link', 'set', network.link, 'up');
    assertSame(await searching, local);
    await assertEachOnce(1);
    const again = temporaryFolder('again');
    await isThere(server.redis, apart);
    const searchingAgain = searchThere(again);
    await heldBy(server.redis, apart);
    assertSame(await searchingAgain, local);
    rmSync(again, { recursive: true });
  });
});

test('a worker that leaves gives its job back', async () => {
  const leaves = await worker();
  const searching = searchThere();
  const job = await heldBy(server.redis, leaves);
  const exited = once(leaves, 'exit');
  leaves.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
  await worker();
  assertSame(await searching, local);
  assert.ok(!(await eventCounts(server.redis, 'stalled')).has(job), 'nobody had to wait for its lock to end');
  assert.equal((await eventCounts(server.redis, 'failed')).size, 0, 'and it did not count as a try');
  await assertEachOnce();
});
