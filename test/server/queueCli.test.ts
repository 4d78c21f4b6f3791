/** The command line on a queue: the same results as without, passwords and TLS, and a submitter that is killed. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { createRandom } from '../../engine/data/random.ts';
import { productVersion } from '../../server/assets.ts';
import { type JournalEntry, readJournal } from '../../server/store.ts';
import {
  eventCounts,
  freePort,
  killed,
  leftovers,
  type RedisServer,
  startRedis,
  startServer,
  temporaryFolder,
  until,
} from './queueSupport.ts';

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.cjs');

function products(count: number): string {
  const random = createRandom(2);
  const inputs = Array.from({ length: count }, () => [random.next(), random.next()]);
  return JSON.stringify({ inputs, outputs: inputs.map(([a, b]) => [a! * b!]) });
}

const hill = `/**
 * @approximate error 0.1
 * @range x [0, 2]
 */
export function hill(x: number): number {
  let sum = 0;
  for (let i = 1; i <= 500; i++) sum += Math.exp(-((x - i / 500) ** 2)) / 500;
  return sum;
}
`;

let folder: string;
let children: ChildProcess[] = [];
before(() => assert.ok(existsSync(cli), 'dist/cli.cjs is missing: run npm run build first'));
beforeEach(() => {
  folder = temporaryFolder('cli');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'products.json'), products(400));
  writeFileSync(join(folder, 'hill.ts'), hill);
  const config = { batchSize: 16, samples: 500, searchEpochs: 2, fullEpochs: 4, population: 4, generations: 2 };
  const variants = { pruning: { alphas: [0.5] }, quantisation: { formats: [] } };
  writeFileSync(join(folder, 'deepmaker.config.json'), JSON.stringify({ ...config, ...variants }));
});
afterEach(async () => {
  await Promise.all(children.map(killed));
  children = [];
  rmSync(folder, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  /** Everything that it wrote so far. */
  readonly output: () => string;
  readonly ended: Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }>;
}

function begin(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Running {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([status]) => ({ status: status as number, stdout, stderr }));
  return { child, output: () => stdout + stderr, ended };
}

async function beginWorker(url: string, environment?: NodeJS.ProcessEnv): Promise<Running> {
  const worker = begin(['worker', '--queue', url, '--concurrency', '2'], environment);
  await until('the worker began', () => worker.output().includes('Training 2 at once'));
  return worker;
}

/** The run's report without what depends on the machine. */
async function reported({ ended }: Running): Promise<object> {
  const { status, stdout, stderr } = await ended;
  assert.ok(status === 0 || status === 1, stderr);
  return JSON.parse(stdout, (name, value) =>
    // A front of a function is measured: what is slower, and by how much, is the machine's.
    /^(seconds|exactNs|latencyNs|speedup|speedupInterval|batch|objection|chosen|criterion|cost)$/.test(name)
      ? 0
      : value,
  );
}

function journal(): readonly JournalEntry[] {
  const runs = join(folder, '.deepmaker', 'runs');
  const [run] = existsSync(runs) ? readdirSync(runs) : [];
  return run === undefined ? [] : readJournal(join(runs, run));
}

const forgetRuns = () => rmSync(join(folder, '.deepmaker'), { recursive: true, force: true });

const slow = ['search', 'products.json', '--epochs', '300', '--full-epochs', '5', '--json'];

describe('a queue', () => {
  let server: RedisServer;
  beforeEach(async () => {
    server = await startRedis();
  });
  afterEach(() => server.stop());
  const queue = () => ['--queue', server.url];

  test('gives the results of worker threads, for a function with all that follows its search', async () => {
    await beginWorker(server.url);
    const args = ['approximate', 'hill.ts#hill', '--hard-inputs', '1', '--json'];
    const there = await reported(begin([...args, ...queue()]));
    forgetRuns();
    assert.deepEqual(there, await reported(begin(args)));
    assert.deepEqual(await leftovers(server.redis), []);
  });

  test('gets data through a shared folder', async () => {
    const shared = ['--queue-data', 'shared'];
    const worker = begin(['worker', ...queue(), ...shared]);
    const args = ['search', 'products.json', '--json'];
    const there = await reported(begin([...args, ...queue(), ...shared]));
    forgetRuns();
    assert.deepEqual(there, await reported(begin(args)));
    assert.equal(readdirSync(join(folder, 'shared')).length, 2, 'one set to train on, one to test on');
    assert.deepEqual(await server.redis.keys('deepmaker:data:*'), []);
    worker.child.kill('SIGINT');
    const { status, stderr } = await worker.ended;
    assert.equal(status, 0);
    assert.match(stderr, /Leaving after \d+ networks\./);
  });

  test('a submitter that is killed goes on, and nothing is trained twice', async () => {
    await beginWorker(server.url);
    const known = await reported(begin([...slow, ...queue()]));
    forgetRuns();
    const trained = async () => {
      const counts = await eventCounts(server.redis, 'completed', `deepmaker:candidates-${productVersion()}`);
      return [...counts.values()].reduce((sum, count) => sum + count, 0);
    };
    const once = await trained();
    const killedOne = begin([...slow, ...queue()]);
    await until('some were trained', () => journal().length >= 2);
    await killed(killedOne.child);
    const before = journal();
    assert.ok(before.length < 8, 'the kill came before the search was over');
    assert.deepEqual(await reported(begin([...slow, ...queue()])), known);
    assert.deepEqual(journal().slice(0, before.length), before);
    assert.equal(new Set(journal().map(({ key }) => key)).size, 8);
    assert.equal(journal().length, 8);
    // What was in training at the kill was finished meanwhile, and found.
    assert.ok((await trained()) <= 2 * once);
  });

  test('Ctrl-C removes what waits, stops what is trained, and the same command goes on', async () => {
    const worker = await beginWorker(server.url);
    const long = ['search', 'products.json', '--epochs', '300', '--json', ...queue()];
    const cancelled = begin([...long, '--full-epochs', '10000000']);
    await until('the front is trained', () => cancelled.output().includes('in full'));
    const name = `deepmaker:candidates-${productVersion()}`;
    await until('it is in the queue', async () => (await server.redis.llen(`${name}:active`)) > 0);
    cancelled.child.kill('SIGINT');
    const { status, stderr } = await cancelled.ended;
    assert.equal(status, 130);
    assert.match(stderr, /Cancelled after 8 candidates\. Run the same command again/);
    assert.equal(await server.redis.llen(`${name}:wait`), 0);
    await until('the worker is free', async () => (await server.redis.llen(`${name}:active`)) === 0);
    await reported(begin([...long, '--full-epochs', '2']));
    assert.equal(worker.child.exitCode, null);
  });

  test('lists its workers and searches', async () => {
    const listed = async (...args: string[]) => (await begin(['workers', ...queue(), ...args]).ended).stdout;
    assert.match(await listed(), /^No worker is there\.\n/);
    const worker = await beginWorker(server.url);
    await until('it is there', async () => (await server.redis.scard('deepmaker:workers')) > 0);
    assert.match(await listed(), new RegExp(`:${worker.child.pid} +0\\.1\\.0 +wasm-[0-9a-f]{8} +2 +0 +0 +0 an hour\n`));
    // Workers and searches say every two seconds what they do.
    const searching = begin([...slow, '--population', '16', '--epochs', '600', ...queue()]);
    await until('all is told', async () => {
      const { active, workers, searches } = JSON.parse(await listed('--json'));
      return active > 0 && workers[0]?.busy > 0 && searches[0]?.waiting > 0;
    });
    await searching.ended;
    assert.match(await listed(), / {2}\d+ a (second|minute)|\d\.\d a second\n/);
  });
});

describe('a password', () => {
  const secret = 'Zx9%40qq/+w';
  const encoded = encodeURIComponent(secret);
  let tls: string;
  let server: ChildProcess;
  let port: number;
  let plainPort: number;
  before(async () => {
    tls = temporaryFolder('tls');
    const openssl = spawnSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
        ...['-keyout', join(tls, 'key.pem'), '-out', join(tls, 'cert.pem'), '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=DNS:localhost'],
      ],
      { encoding: 'utf8' },
    );
    assert.equal(openssl.status, 0, `${openssl.error?.message ?? openssl.stderr} (Debian's package openssl)`);
    port = await freePort();
    plainPort = await freePort();
    server = await startServer([
      ...['--port', String(plainPort), '--tls-port', String(port), '--tls-auth-clients', 'no', '--save', ''],
      ...['--tls-cert-file', join(tls, 'cert.pem'), '--tls-key-file', join(tls, 'key.pem'), '--dir', tls],
      ...['--requirepass', secret],
    ]);
  });
  after(async () => {
    await killed(server);
    rmSync(tls, { recursive: true });
  });

  test('and TLS work, and no output has the password', async () => {
    const trust = { NODE_EXTRA_CA_CERTS: join(tls, 'cert.pem') };
    const url = `rediss://:${encoded}@localhost:${port}`;
    const worker = await beginWorker(url, trust);
    const args = ['search', 'products.json', '--json'];
    const searched = begin([...args, '--queue', url], trust);
    const there = await reported(searched);
    const listed = await begin(['workers', '--queue', url, '--json'], trust).ended;
    assert.equal(JSON.parse(listed.stdout).workers.length, 1);
    forgetRuns();
    // The password may come from the environment, too.
    const viaVariable = begin([...args, '--queue', `rediss://localhost:${port}`], {
      ...trust,
      DEEPMAKER_QUEUE_PASSWORD: secret,
    });
    assert.deepEqual(await reported(viaVariable), there);
    // Now the worker loses the server.
    await killed(server);
    await until('the worker has noticed', () => worker.output().includes('is lost'));
    for (const output of [worker, searched, viaVariable].map((own) => own.output())) {
      assert.ok(!output.includes(secret) && !output.includes(encoded), output);
    }
    assert.match(worker.output(), new RegExp(`for rediss://localhost:${port}, version`));
  });
});

describe('refused', () => {
  let server: RedisServer;
  before(async () => {
    server = await startRedis(['--requirepass', 'right']);
  });
  after(() => server.stop());

  const cases: { name: string; args: () => string[]; message: RegExp }[] = [
    {
      name: 'a wrong password, which is not repeated',
      args: () => ['worker', '--queue', server.url.replace('//', '//:wrong-secret@')],
      message: /^deepmaker: redis:\/\/127\.0\.0\.1:\d+ cannot be used: WRONGPASS (?!.*wrong-secret).*\nCheck user and/,
    },
    {
      name: 'no password where one is needed',
      args: () => ['workers', '--queue', server.url],
      message: /cannot be used: NOAUTH .*\nCheck user and password/,
    },
    {
      name: 'an address at which nothing listens',
      args: () => ['search', 'products.json', '--queue', 'redis://:wrong-secret@127.0.0.1:1'],
      message:
        /^deepmaker: redis:\/\/127\.0\.0\.1:1 cannot be used: connect ECONNREFUSED 127\.0\.0\.1:1\.\nCheck the addr/,
    },
    {
      name: 'another kind of address, which is not repeated',
      args: () => ['worker', '--queue', 'http://:wrong-secret@host'],
      message: /^deepmaker: --queue needs a URL that begins with redis:\/\/ or rediss:\/\/\.\nWrite --queue redis:/,
    },
    {
      name: 'no address',
      args: () => ['worker'],
      message: /^deepmaker: no queue was named\.\nWrite deepmaker worker --q/,
    },
    {
      name: 'a concurrency of nothing',
      args: () => ['worker', '--queue', server.url, '--concurrency', '0'],
      message: /--concurrency needs a whole number from 1 to 1024, not 0\./,
    },
    {
      name: 'threads of this machine',
      args: () => ['search', 'products.json', '--queue', server.url, '--workers', '2'],
      message: /--workers is about threads of this machine/,
    },
    {
      name: 'a trainer of this machine',
      args: () => ['search', 'products.json', '--queue', server.url, '--trainer', 'reference'],
      message:
        /With --queue, workers train: "trainer" is reference\.\nLeave it out, and start workers with --trainer ref/,
    },
    {
      name: 'a shared folder without a queue',
      args: () => ['search', 'products.json', '--queue-data', 'shared'],
      message: /--queue-data is for a search with --queue\./,
    },
  ];
  for (const { name, args, message } of cases) {
    test(name, async () => {
      const { status, stdout, stderr } = await begin(args()).ended;
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, message);
      assert.ok(!stderr.includes('wrong-secret'), stderr);
    });
  }
});
