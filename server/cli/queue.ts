/** What `--queue` means to the commands that train. */
import { resolve } from 'node:path';
import type { ParseArgsConfig } from 'node:util';
import type { Config } from '../config.ts';
import type { EvaluatorSource } from '../evaluator.ts';
import type { Failure } from '../protocol.ts';
import { loadQueue } from '../queue/lazy.ts';

/** Of every command that has to do with a queue. */
export const queueOptions = {
  queue: { type: 'string' },
  'queue-data': { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

export interface QueueFlags {
  readonly queue?: string | undefined;
  readonly 'queue-data'?: string | undefined;
  readonly workers?: string | undefined;
}

/**
 * Runs `work` with the evaluators of the queue that the flags name, or with none where they name none. `notify` gets what
 * somebody should know who waits.
 */
export async function withQueue<T>(
  flags: QueueFlags,
  config: Config,
  notify: (message: string) => void,
  work: (evaluators?: EvaluatorSource) => Promise<T>,
): Promise<T | Failure> {
  const problem = flagProblem(flags, config);
  if (problem) return problem;
  if (flags.queue === undefined) return work();
  const { parseAddress, openQueue } = await loadQueue();
  const address = parseAddress(flags.queue);
  if (address.kind === 'failed') return address;
  const opened = await openQueue({ address, dataFolder: dataFolderOf(flags), notify });
  if (opened.kind === 'failed') return opened;
  try {
    return await work(opened.queue);
  } finally {
    await opened.queue.close();
  }
}

export const dataFolderOf = ({ 'queue-data': folder }: QueueFlags): string | undefined =>
  folder === undefined ? undefined : resolve(folder);

/** Flags that would change nothing are refused: whoever gives them believes that they do. */
function flagProblem({ queue, workers, ...flags }: QueueFlags, { trainer }: Config): Failure | undefined {
  if (queue === undefined) {
    if (flags['queue-data'] === undefined) return undefined;
    return {
      kind: 'failed',
      message: '--queue-data is for a search with --queue.',
      hint: 'Add --queue, or leave it out.',
    };
  }
  if (workers !== undefined) {
    const hint = 'Leave it out, and give --concurrency to deepmaker worker.';
    return { kind: 'failed', message: '--workers is about threads of this machine, which --queue does not use.', hint };
  }
  if (trainer !== 'auto' && trainer !== 'wasm') {
    const hint = `Leave it out, and start workers with --trainer ${trainer}.`;
    return { kind: 'failed', message: `With --queue, workers train: "trainer" is ${trainer}.`, hint };
  }
  return undefined;
}
