/** `deepmaker worker --queue URL`. */
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { ParseArgsConfig } from 'node:util';
import { productVersion } from '../assets.ts';
import { loadConfig } from '../config.ts';
import type { Failure } from '../protocol.ts';
import { loadQueue } from '../queue/lazy.ts';
import { chooseTrainer, type TrainerSetup } from '../trainers.ts';
import { type ExitCode, printFailure } from './common.ts';
import { abortOnInterrupt, optionsHint, parseFlags } from './flags.ts';
import { dataFolderOf, queueOptions } from './queue.ts';

const options = {
  ...queueOptions,
  concurrency: { type: 'string' },
  trainer: { type: 'string', default: 'auto' },
} as const satisfies ParseArgsConfig['options'];

/** How long a worker that leaves waits for Redis to take its jobs back; without that they go on once their locks end. */
const leaveMs = 10_000;

export async function runWorker(args: readonly string[]): Promise<ExitCode> {
  const flags = parseFlags(args, options, ['concurrency']);
  if (flags.kind === 'failed') return fail(flags);
  const { values, positionals } = flags;
  if (positionals.length > 0) {
    return fail({ kind: 'failed', message: `"${positionals[0]}" is too much.`, hint: 'deepmaker worker --queue URL' });
  }
  if (values.queue === undefined) return fail(noQueue('worker'));
  const concurrency = values.concurrency === undefined ? undefined : Number(values.concurrency);
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 1024)) {
    const message = `--concurrency needs a whole number from 1 to 1024, not ${values.concurrency}.`;
    return fail({ kind: 'failed', message, hint: optionsHint });
  }
  const trainer = await trainerOf(values.trainer);
  if (trainer.kind === 'failed') return fail(trainer);
  const { parseAddress, tryAddress, QueueWorker } = await loadQueue();
  const address = parseAddress(values.queue);
  if (address.kind === 'failed') return fail(address);
  const problem = await tryAddress(address);
  if (problem) return fail(problem);

  const { setup } = trainer;
  const atOnce = concurrency ?? (setup.name === 'webgpu' ? 1 : availableParallelism());
  const signal = abortOnInterrupt();
  const worker = new QueueWorker({
    address,
    trainer: setup,
    concurrency: atOnce,
    dataFolder: dataFolderOf(values),
    notify: (message) => console.error(message),
  });
  console.error(
    `Training ${atOnce} at once with ${setup.name} for ${address.shown}, version ${productVersion()}. Ctrl-C ends it.`,
  );
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  console.error(`Leaving after ${worker.trained} networks.`);
  const left = await Promise.race([worker.close().then(() => true), delay(leaveMs, false, { ref: false })]);
  // Connections that wait for a Redis that has gone would keep the process.
  if (!left) process.exit(0);
  return 0;
}

/** A trainer that works here for both kinds of networks, as any job may come. */
async function trainerOf(name: string): Promise<{ kind: 'setup'; setup: TrainerSetup } | Failure> {
  const loaded = loadConfig({ root: process.cwd(), layers: [{ trainer: name }] });
  if (loaded.kind === 'failed') return loaded;
  const { trainer } = loaded.config;
  const forPerceptrons = await chooseTrainer(trainer, 'mlp', process.cwd());
  return forPerceptrons.kind === 'failed' ? forPerceptrons : chooseTrainer(trainer, 'cnn', process.cwd());
}

export const noQueue = (command: string): Failure => ({
  kind: 'failed',
  message: 'no queue was named.',
  hint: `Write deepmaker ${command} --queue redis://HOST:PORT`,
});

function fail(failure: Failure): ExitCode {
  printFailure(failure);
  return 2;
}
