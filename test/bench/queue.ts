/**
 * `npm run bench:queue`: what a queue costs. Throughput of one worker process against as many threads of this one, in
 * turns, for candidates of several lengths; and what one job takes of Redis, of the search and of the network. On a machine
 * that has other things to do, times of the clock say little; processor time, of all processes that take part, says what a
 * quiet machine would do. Linux only, for the latter.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parameterCount } from '../../engine/nn/network.ts';
import type { TrainingTask } from '../../engine/types.ts';
import type { Evaluator } from '../../server/evaluator.ts';
import { startThreads } from '../../server/pool.ts';
import { defaultTimings } from '../../server/queue/names.ts';
import { killed, openSession, type RedisServer, sineSetup, startRedis, startWorker } from '../server/queueSupport.ts';

const cores = availableParallelism();
const rounds = 5;
const setup = { ...sineSetup(), workers: cores };

let seed = 1;
/** Every task is another one, so that no result is there already. */
const tasks = (count: number, epochs: number, hidden = 16): TrainingTask[] =>
  Array.from({ length: count }, () => ({
    topology: { widths: [1, hidden, 1], activation: 'tanh' },
    optimizer: 'adam',
    learningRate: 0.001,
    schedule: 'constant',
    loss: 'mse',
    epochs,
    batchSize: 32,
    seed: seed++,
  }));

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function secondsOf(evaluator: Evaluator, own: readonly TrainingTask[]): Promise<number> {
  const started = performance.now();
  const results = await evaluator.train(own);
  if (results.some(({ outcome }) => outcome !== 'finished')) throw new Error('A candidate was not trained.');
  return (performance.now() - started) / 1000;
}

interface Usage {
  readonly commands: number;
  readonly inBytes: number;
  readonly outBytes: number;
  readonly redisMs: number;
  readonly searchMs: number;
  readonly workerMs: number;
}

/** Processor time of whoever takes part. */
const busyMs = ({ redisMs, searchMs, workerMs }: Usage): number => redisMs + searchMs + workerMs;

/** User and system time of a process and its threads; the kernel counts in hundredths of a second. */
function processMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

async function usage({ redis }: RedisServer): Promise<Usage> {
  const info = await redis.info();
  const read = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)![1]);
  const { user, system } = process.cpuUsage();
  return {
    commands: read('total_commands_processed'),
    inBytes: read('total_net_input_bytes'),
    outBytes: read('total_net_output_bytes'),
    redisMs: 1000 * (read('used_cpu_user') + read('used_cpu_sys')),
    searchMs: (user + system) / 1000,
    workerMs: processMs(worker.pid!),
  };
}

const server = await startRedis();
const worker = await startWorker(server.url, { concurrency: cores, timings: defaultTimings });
const session = await openSession(server.url, { timings: defaultTimings });
const queue = session.start(setup, 'bench');
const threads = startThreads(setup);
for (const evaluator of [queue, threads]) await secondsOf(evaluator, tasks(4 * cores, 20));

/** Seconds that an epoch takes on a thread while all are busy. */
const perEpoch = median((await threads.train(tasks(8 * cores, 100))).map(({ seconds }) => seconds! / 100));

console.log(`${cores} threads against one worker with ${cores} at once; ${rounds} rounds in turns, medians.`);
console.log('candidate (ms)  threads (per s)  queue (per s)  queue / threads  the same by processor time');
for (const ms of [10, 30, 100, 400]) {
  const epochs = Math.round(ms / 1000 / perEpoch);
  const count = cores * Math.max(6, Math.round(1500 / ms));
  const pairs: Record<'threads' | 'queue', { readonly perSecond: number; readonly busyMs: number }>[] = [];
  for (let round = 0; round < rounds; round++) {
    const measure = async (evaluator: Evaluator) => {
      const before = await usage(server);
      const perSecond = count / (await secondsOf(evaluator, tasks(count, epochs)));
      const after = await usage(server);
      return { perSecond, busyMs: busyMs(after) - busyMs(before) };
    };
    const first = await measure(round % 2 === 0 ? threads : queue);
    const second = await measure(round % 2 === 0 ? queue : threads);
    pairs.push(round % 2 === 0 ? { threads: first, queue: second } : { threads: second, queue: first });
  }
  const figures = [
    median(pairs.map((pair) => pair.threads.perSecond)).toFixed(1),
    median(pairs.map((pair) => pair.queue.perSecond)).toFixed(1),
    median(pairs.map((pair) => pair.queue.perSecond / pair.threads.perSecond)).toFixed(3),
    median(pairs.map((pair) => pair.threads.busyMs / pair.queue.busyMs)).toFixed(3),
  ];
  console.log([ms, ...figures].join('  '));
}

console.log('\nOne job that trains nothing, in generations of 100:');
console.log(
  'parameters  ms of throughput  commands  bytes to Redis  bytes from Redis  ms of Redis  of the search  of the worker',
);
for (const hidden of [4, 333, 33_333]) {
  const count = hidden > 10_000 ? 100 : 500;
  const before = await usage(server);
  let seconds = 0;
  for (let done = 0; done < count; done += 100) seconds += await secondsOf(queue, tasks(100, 0, hidden));
  const after = await usage(server);
  const perJob = (key: keyof Usage) => (after[key] - before[key]) / count;
  const params = parameterCount({ widths: [1, hidden, 1], activation: 'tanh' });
  console.log(
    [
      params,
      ((1000 * seconds) / count).toFixed(2),
      perJob('commands').toFixed(1),
      perJob('inBytes').toFixed(0),
      perJob('outBytes').toFixed(0),
      perJob('redisMs').toFixed(2),
      perJob('searchMs').toFixed(2),
      perJob('workerMs').toFixed(2),
    ].join('  '),
  );
}

const idleSeconds = 20;
const before = await usage(server);
await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
const after = await usage(server);
const perSecond = (key: keyof Usage) => ((after[key] - before[key]) / idleSeconds).toFixed(2);
console.log(
  `\nA worker and a search that wait: ${perSecond('commands')} commands, ${perSecond('inBytes')} bytes to and ` +
    `${perSecond('outBytes')} bytes from Redis, ${perSecond('redisMs')} ms of Redis a second.`,
);

await queue.dispose();
await threads.dispose();
await session.close();
await killed(worker);
await server.stop();
