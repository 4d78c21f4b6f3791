/** Addresses, jobs, results and words of the queue, without one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cnnTemplate } from '../../engine/nn/cnn/template.ts';
import { scoringTask } from '../../engine/nn/models.ts';
import type { AnyTask, CnnTopology } from '../../engine/types.ts';
import { parseAddress } from '../../server/queue/address.ts';
import { arithmeticOf } from '../../server/queue/arithmetic.ts';
import { jobIdOf, parseJob, parseResult, type WireJob, wireJob, wireResult } from '../../server/queue/jobs.ts';
import type { WorkerRecord } from '../../server/queue/registry.ts';
import { rateText, workforceText } from '../../server/queue/workforce.ts';
import { chooseTrainer } from '../../server/trainers.ts';

describe('an address', () => {
  const known: [string, object, string][] = [
    ['redis://host', { host: 'host', port: 6379, db: 0 }, 'redis://host:6379'],
    ['redis://host:7000/2', { host: 'host', port: 7000, db: 2 }, 'redis://host:7000/2'],
    ['redis://:p%40ss@h', { host: 'h', port: 6379, db: 0, password: 'p@ss' }, 'redis://h:6379'],
    [
      'rediss://ann:secret@redis.example:1/0',
      ...([
        {
          ...{ host: 'redis.example', port: 1, db: 0 },
          ...{ username: 'ann', password: 'secret', tls: { servername: 'redis.example' } },
        },
        'rediss://redis.example:1',
      ] as const),
    ],
    ['rediss://10.0.0.1', { host: '10.0.0.1', port: 6379, db: 0, tls: {} }, 'rediss://10.0.0.1:6379'],
    ['redis://[::1]:5', { host: '::1', port: 5, db: 0 }, 'redis://[::1]:5'],
  ];
  for (const [text, connection, shown] of known) {
    test(shown, () => {
      const address = parseAddress(text, {});
      assert.ok(address.kind === 'address');
      assert.deepEqual(address.connection, connection);
      assert.equal(address.shown, shown);
      assert.equal(address.redact('NOAUTH for p@ss p%40ss secret'), redacted(text));
    });
  }
  const redacted = (text: string) =>
    text.includes('p%40ss')
      ? 'NOAUTH for *** *** secret'
      : `NOAUTH for p@ss p%40ss ${text.includes('secret') ? '***' : 'secret'}`;

  test('has its password from the environment where it has none itself', () => {
    const environment = { DEEPMAKER_QUEUE_PASSWORD: 'hidden' };
    for (const [text, password] of [
      ['redis://h', 'hidden'],
      ['redis://:own@h', 'own'],
    ] as const) {
      const address = parseAddress(text, environment);
      assert.ok(address.kind === 'address');
      assert.equal(address.connection.password, password);
    }
  });

  const refused: [string, string][] = [
    ['secret', '--queue is no URL.'],
    ['host:6379', '--queue needs a URL that begins with redis:// or rediss://.'],
    ['http://secret@h', '--queue needs a URL that begins with redis:// or rediss://.'],
    ['redis://', '--queue names no host.'],
    ['redis://h/name', '--queue ends in the number of a database, as in redis://HOST:6379/1, or in none.'],
    ['redis://h?tls=secret', '--queue takes no parameters after the address.'],
    ['redis://:se%ret@h', '--queue has a % in its user or password that must be written %25.'],
  ];
  for (const [text, message] of refused) {
    test(`is refused: ${message}`, () => {
      const refusal = parseAddress(text, {});
      assert.ok(refusal.kind === 'failed');
      assert.equal(refusal.message, message);
      assert.match(refusal.hint!, /^Write --queue redis:\/\/HOST:PORT/);
    });
  }
});

const data = 'a'.repeat(64);
const training = {
  optimizer: 'nadam',
  learningRate: 0.1 + 0.2,
  schedule: 'cosine',
  loss: 'mse',
  epochs: 3,
  batchSize: 128,
  seed: 4_294_967_295,
} as const;
const mlp: AnyTask = { ...training, topology: { widths: [2, 3, 1], activation: 'relu' } };
const topology: CnnTopology = {
  ...{ kind: 'cnn', height: 8, width: 8, channels: 1, outputs: 3, blocks: 2, layers: 8, kernel: 3 },
  ...{ growth: 4, initialFilters: 6, activation: 'relu', dropout: 0.2 },
};
const { weightCount, statisticCount } = cnnTemplate(topology);
const ramp = (count: number) => Float32Array.from({ length: count }, (_, index) => index / 7);
const cnnNetwork = { topology, weights: ramp(weightCount), statistics: ramp(statisticCount) };
const cnn: AnyTask = {
  ...training,
  topology,
  augment: { height: 8, width: 8, channels: 1, maxShift: 1, flip: true, black: [-0.3] },
};
const tasks: Record<string, AnyTask> = {
  'a perceptron': mlp,
  'a perceptron with weights': { ...mlp, initial: ramp(13) } as AnyTask,
  'a convolutional network': cnn,
  'a convolutional network with weights': scoringTask(cnnNetwork, 'softmax-cross-entropy'),
};

const onTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a job', () => {
  for (const [name, task] of Object.entries(tasks)) {
    test(`of ${name} arrives as it was`, () => {
      assert.deepEqual(parseJob(onTheWire(wireJob('1', data, task)), '1'), { kind: 'job', data, task });
    });
  }

  test('has an id of its content and of its run', () => {
    const job = wireJob('1', data, mlp);
    const ids = [
      jobIdOf(job, 'run'),
      jobIdOf(job, 'other run'),
      jobIdOf(wireJob('2', data, mlp), 'run'),
      jobIdOf(wireJob('1', 'b'.repeat(64), mlp), 'run'),
      jobIdOf(wireJob('1', data, { ...mlp, seed: 1 } as AnyTask), 'run'),
    ];
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(jobIdOf(onTheWire(job) as WireJob, 'run'), ids[0]);
  });

  const job = wireJob('1', data, mlp);
  const ownTask = (changes: object) => ({ ...job, task: { ...job.task, ...changes } });
  const refused: Record<string, unknown> = {
    nothing: undefined,
    code: { ...job, code: 'process.exit()' },
    'a path for a hash': { ...job, data: `/${'a'.repeat(63)}` },
    'a network too large for a value of Redis': ownTask({
      topology: { widths: [60_000, 60_000, 1], activation: 'relu' },
    }),
    'a network that is none': ownTask({ topology: { ...topology, layers: 9 } }),
    'more layers than memory': ownTask({ topology: { ...topology, layers: 1e9 } }),
    'weights that are too few': ownTask({ initial: { weights: 'AAAAAA==' } }),
    'weights that are no base64': ownTask({ initial: { weights: '!'.repeat(72) } }),
    'weights of a convolutional network for a perceptron': ownTask({
      initial: {
        weights: wireJob('1', data, tasks['a perceptron with weights']!).task.initial!.weights,
        statistics: 'AAAA',
      },
    }),
    'a learning rate that is none': ownTask({ learningRate: '0.1' }),
  };
  for (const [name, value] of Object.entries(refused)) {
    test(`is refused with ${name}`, () => {
      const parsed = parseJob(value, '1');
      assert.ok(parsed.kind === 'refused');
      assert.match(parsed.reason, /^This is no job of deepmaker: /);
    });
  }
});

describe('a result', () => {
  const by = { worker: 'host:1', arithmetic: 'wasm-00000000' };
  const figures = { nrmse: 0.1, meanRelative: 0.2, p99: 0.3, max: 0.4, missRate: 0 };
  const curve = { trainLoss: [1, 2, 3], validationLoss: [1, 2, 3] };
  const network = { topology: { widths: [2, 3, 1], activation: 'relu' }, weights: ramp(13) } as const;
  const finished = { outcome: 'finished', error: figures, network, curve, seconds: 0.25 } as const;

  test('arrives as it was', () => {
    assert.deepEqual(parseResult(wireResult(finished, by), mlp), { ...by, evaluation: finished });
    const diverged = { outcome: 'diverged', curve: { trainLoss: [1], validationLoss: [2] }, seconds: 1 } as const;
    assert.deepEqual(parseResult(wireResult(diverged, by), mlp), { ...by, evaluation: diverged });
    const scored = { outcome: 'finished', error: figures, network: cnnNetwork } as const;
    assert.deepEqual(parseResult(wireResult(scored, by), cnn), { ...by, evaluation: scored });
  });

  const wire = JSON.parse(wireResult(finished, by)) as Record<string, unknown>;
  const refused: Record<string, object> = {
    'a network of another size': { ...wire, network: { weights: 'A'.repeat(1_000_000) } },
    'a network with statistics that a perceptron has not': {
      ...wire,
      network: { weights: wire.network, statistics: 'AAAA' },
    },
    'no network': { ...wire, network: undefined },
    'no figures': { ...wire, figures: undefined },
    'figures that are none': { ...wire, figures: { ...figures, nrmse: null } },
    'more epochs than were asked for': { ...wire, curve: { ...curve, trainLoss: [1, 2, 3, 4] } },
    'an outcome that is not the worker’s to tell': { ...wire, outcome: 'stopped' },
    'a name that moves the cursor of a terminal': { ...wire, worker: '\u001b[2J' },
  };
  for (const [name, value] of Object.entries(refused)) {
    test(`is refused with ${name}`, () => assert.equal(parseResult(JSON.stringify(value), mlp), undefined));
  }
});

test('trainers that compute other bits have other names', async () => {
  const [wasm, reference] = await Promise.all(
    (['wasm', 'reference'] as const).map(async (name) => {
      const chosen = await chooseTrainer(name, 'mlp', '.');
      assert.ok(chosen.kind === 'setup');
      return [await arithmeticOf(chosen.setup), await arithmeticOf(chosen.setup)] as const;
    }),
  );
  assert.match(wasm![0], /^wasm-[0-9a-f]{8}$/);
  assert.equal(wasm![0], wasm![1]);
  assert.notEqual(wasm![0].slice(-8), reference![0].slice(-8));
});

test('rates and workers in words', () => {
  const rates: [number, string][] = [
    [12.34, '12 a second'],
    [2.44, '2.4 a second'],
    [0.5, '30 a minute'],
    [0.02, '1.2 a minute'],
    [0.001, '3.6 an hour'],
    [0, '0 an hour'],
  ];
  for (const [rate, text] of rates) assert.equal(rateText(rate), text);
  const record = (name: string, perSecond: number): WorkerRecord => ({
    ...{ name, version: '1', trainer: 'wasm', arithmetic: 'wasm-0', concurrency: 2, busy: 1, trained: 3 },
    perSecond,
  });
  const workers = [record('a:1', 1.5), record('b:2', 0.5)];
  assert.equal(workforceText([]), 'no workers');
  assert.equal(workforceText(workers.slice(0, 1)), '1 worker, 2 at once, 1.5 a second');
  assert.equal(workforceText(workers), '2 workers, 4 at once, 2.0 a second (a:1 1.5 a second, b:2 30 a minute)');
  const many = Array.from({ length: 100 }, (_, index) => record(`h:${index}`, 1));
  assert.equal(workforceText(many), '100 workers, 200 at once, 100 a second');
});
