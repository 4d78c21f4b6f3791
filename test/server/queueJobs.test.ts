/** What a queue may hold that does not belong there, workers of another version, and how data gets to a worker. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { Queue } from 'bullmq';
import type { AnyTask } from '../../engine/types.ts';
import { fetchData, fetchDataFile, storeData, storeDataFile } from '../../server/queue/dataStore.ts';
import { HeldDatasets } from '../../server/queue/heldDatasets.ts';
import { wireJob } from '../../server/queue/jobs.ts';
import { dataKey, prefix, queueName, resultKey } from '../../server/queue/names.ts';
import { openQueue, type QueueSession } from '../../server/queue/session.ts';
import { hashOf } from '../../server/queue/trainingData.ts';
import {
  addressOf,
  killed,
  openSession,
  quick,
  type RedisServer,
  sineSetup,
  startRedis,
  startWorker,
  temporaryFolder,
  trainerSetup,
  until,
  version,
} from './queueSupport.ts';

let server: RedisServer;
let folder: string;
const children: ChildProcess[] = [];
const sessions: QueueSession[] = [];
before(async () => {
  server = await startRedis();
  folder = temporaryFolder('jobs');
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(killed));
  await Promise.all(sessions.splice(0).map((session) => session.close()));
  await server.redis.flushall();
});

async function session(): Promise<Awaited<ReturnType<typeof openSession>>> {
  const own = await openSession(server.url);
  sessions.push(own);
  return own;
}

async function worker(options?: Parameters<typeof startWorker>[1]): Promise<ChildProcess> {
  const child = await startWorker(server.url, options);
  children.push(child);
  return child;
}

const setup = sineSetup();
const hash = hashOf(setup);
const task = (hidden: number): AnyTask => ({
  topology: { widths: [1, hidden, 1], activation: 'tanh' },
  optimizer: 'adam',
  learningRate: 0.01,
  schedule: 'constant',
  loss: 'mse',
  epochs: 2,
  batchSize: 32,
  seed: hidden,
});
const good = wireJob(version, hash, task(4));

test('a worker refuses what is no job, with the reason, and goes on', async () => {
  await storeData(server.redis, hash, setup);
  const queue = new Queue(queueName(version), { connection: server.redis, prefix });
  const hostile: [unknown, RegExp][] = [
    ['rm -rf /', /^This is no job of deepmaker: it: /],
    [{ ...good, data: '../../etc/passwd' }, /no job of deepmaker: data: /],
    [{ ...good, data: 'f'.repeat(64) }, /^Its dataset is not there any more\.$/],
    [{ ...good, require: './evil.cjs' }, /no job of deepmaker: it: Unrecognized key: "require"/],
    [JSON.parse('{"__proto__": {"version": "1"}, "version": "1", "data": "2", "task": {}}'), /no job of deepmaker/],
    [{ ...good, version: '9.9.9' }, /^The job is of version 9\.9\.9, and the worker is 1\.2\.3-test\.$/],
    [{ ...good, task: { ...good.task, topology: { widths: [1, 4, 2], activation: 'tanh' } } }, /do not fit/],
    [{ ...good, task: { ...good.task, initial: { weights: 'AAAA' } } }, /initial weights do not fit the network/],
    [{ ...good, task: { ...good.task, epochs: 1e300 } }, /task\.epochs/],
    [{ ...good, task: { ...good.task, activation: { toString: 'x' } } }, /no job of deepmaker: task/],
  ];
  const jobs = await Promise.all(hostile.map(([data]) => queue.add('train', data)));
  const own = await session();
  const child = await worker();
  const [evaluation] = await own.start(setup, folder).train([task(4)]);
  assert.equal(evaluation!.outcome, 'finished');
  for (const [index, { id }] of jobs.entries()) {
    const failed = await until('it failed', async () => {
      const job = await queue.getJob(id!);
      return job?.failedReason ? job : undefined;
    });
    assert.match(failed.failedReason, hostile[index]![1]);
  }
  assert.equal(child.exitCode, null);
  await queue.close();
});

test('a task that no trainer can take is given up after three tries, with its error', async () => {
  await worker();
  const own = await session();
  const impossible = { ...task(4), topology: { widths: [1, 4, 2], activation: 'tanh' } } as AnyTask;
  const [bad, fine] = await own.start(setup, folder).train([impossible, task(3)]);
  assert.equal(bad!.outcome, 'crashed');
  assert.match(bad!.reason!, /2000 training samples of 1-4-2 do not fit/);
  assert.equal(fine!.outcome, 'finished');
  assert.match(
    own.notices.join(),
    /^Training 1-4-2 was given up after 3 tries: 2000 training samples of 1-4-2 do not fit/,
  );
});

test('results that are none are not believed', async () => {
  const queue = new Queue(queueName(version), { connection: server.redis, prefix });
  const own = await session();
  const training = own.start(setup, folder).train([task(4)]);
  const { Worker } = await import('bullmq');
  let forged = 0;
  // A worker of somebody else's, on the same queue.
  const forger = new Worker(
    queue.name,
    async () => {
      const name = `00000000-0000-0000-0000-00000000000${forged++}`;
      await server.redis.set(resultKey(name), '{"outcome":"finished","figures":{"nrmse":0}}');
      return name;
    },
    { connection: { port: server.port }, prefix },
  );
  const [evaluation] = await training;
  await forger.close();
  await queue.close();
  assert.equal(forged, 3);
  assert.deepEqual([evaluation!.outcome, evaluation!.error], ['crashed', undefined]);
  assert.match(evaluation!.reason!, /what came back from the queue at redis:\/\/127\.0\.0\.1:\d+ was no result/);
});

describe('versions', () => {
  test('workers of another version alone end a search before it begins, and say so themselves', async () => {
    const child = await worker({ version: '9.9.9' });
    await until('it is there', async () => (await server.redis.scard('deepmaker:workers')) > 0);
    const options = { address: addressOf(server.url), timings: quick, notify: () => {} };
    assert.deepEqual(await openQueue({ ...options, version }), {
      kind: 'failed',
      message: `The workers at redis://127.0.0.1:${server.port} are of version 9.9.9, and this is deepmaker ${version}.`,
      hint: `Start workers of version ${version} there, or search with the version of the workers.`,
    });
    const notice = new Promise((resolve) => child.once('message', resolve));
    await worker();
    await until('there are two', async () => (await server.redis.scard('deepmaker:workers')) === 2);
    const own = await session();
    assert.equal((await own.start(setup, folder).train([task(5)]))[0]!.outcome, 'finished');
    assert.match(
      JSON.stringify(await notice),
      /A search by [\w.:-]+ needs workers of version 1\.2\.3-test, and this one is 9/,
    );
  });
});

test('what waits answers at once when it is withdrawn, and what has begun goes on', async () => {
  const own = await session();
  const evaluator = own.start(setup, folder);
  const training = evaluator.train([{ ...task(8), epochs: 1000 }, task(3), task(2)]);
  await worker();
  const active = `${prefix}:${queueName(version)}:active`;
  await until('one has begun', async () => (await server.redis.llen(active)) === 1);
  evaluator.withdraw();
  const outcomes = (await training).map(({ outcome }) => outcome);
  assert.deepEqual(outcomes, ['finished', 'stopped', 'stopped']);
  assert.equal((await evaluator.train([task(3)]))[0]!.outcome, 'finished', 'it takes new tasks');
});

test('the same task asked for twice at once is trained once', async () => {
  const own = await session();
  const training = own.start(setup, folder).train([task(6), task(6)]);
  await worker();
  const [first, second] = await training;
  assert.equal(first!.outcome, 'finished');
  assert.deepEqual(first, second);
});

describe('a dataset', () => {
  const expected = { train: setup.train, held: setup.held };

  test('goes through Redis, once, and stays a day', async () => {
    const { bytes } = await storeData(server.redis, hash, setup);
    assert.ok(bytes > 10_000);
    assert.deepEqual(await storeData(server.redis, hash, setup), { bytes: 0 });
    assert.deepEqual(await fetchData(server.redis, hash), expected);
    for (const key of await server.redis.keys(`${dataKey(hash)}*`)) {
      const left = await server.redis.ttl(key);
      assert.ok(left > 86_000 && left <= 86_400);
    }
  });

  test('is stored again where a part of it has gone', async () => {
    await storeData(server.redis, hash, setup);
    await server.redis.del(`${dataKey(hash)}:1`);
    assert.equal(await fetchData(server.redis, hash), undefined);
    await storeData(server.redis, hash, setup);
    assert.deepEqual(await fetchData(server.redis, hash), expected);
  });

  test('is refused where it is not what its hash says, or more', async () => {
    await storeData(server.redis, hash, setup);
    const chunk = await server.redis.getBuffer(`${dataKey(hash)}:0`);
    await server.redis.set(`${dataKey(hash)}:1`, chunk!);
    await assert.rejects(fetchData(server.redis, hash), /is not what its hash says/);
    // 200 MiB of zeros in 200 kB.
    const { deflateRawSync } = await import('node:zlib');
    await server.redis.set(`${dataKey(hash)}:0`, deflateRawSync(Buffer.alloc(200 * 2 ** 20)));
    await assert.rejects(fetchData(server.redis, hash), /is not what its hash says/);
    await server.redis.set(dataKey(hash), '{"train": 1e12}');
    await assert.rejects(fetchData(server.redis, hash), /The dataset's header is none/);
  });

  test('goes through a shared folder', async () => {
    await storeDataFile(folder, hash, setup);
    assert.deepEqual(await fetchDataFile(folder, hash), expected);
    assert.equal(await fetchDataFile(folder, 'f'.repeat(64)), undefined);
    writeFileSync(join(folder, `${hash}.deepmaker`), 'nothing');
    await assert.rejects(fetchDataFile(folder, hash), /is not what its hash says/);
  });

  test('is fetched once by a worker, however many jobs wait for it, and again after others', async () => {
    const fetched: string[] = [];
    const held = new HeldDatasets(trainerSetup, async (own) => {
      fetched.push(own);
      return own === 'gone' ? undefined : { train: setup.train, held: setup.held };
    });
    const both = await Promise.all([held.train('a', task(3)), held.train('a', task(4))].map((own) => own.evaluation));
    assert.deepEqual(
      both.map((evaluation) => evaluation!.outcome),
      ['finished', 'finished'],
    );
    assert.equal(await held.train('gone', task(3)).evaluation, undefined);
    for (const other of ['b', 'c', 'd', 'a', 'e']) await held.train(other, task(3)).evaluation;
    assert.deepEqual(fetched, ['a', 'gone', 'b', 'c', 'd', 'e']);
    await held.train('b', task(3)).evaluation;
    assert.equal(fetched.at(-1), 'b', 'it was the one that was not used for longest');
    const long = held.train('a', { ...task(3), epochs: 1_000_000 });
    setTimeout(() => long.stop(), 100);
    assert.equal((await long.evaluation)!.outcome, 'stopped');
    assert.equal((await held.train('a', task(3)).evaluation)!.outcome, 'finished');
    await held.dispose();
  });
});
