/** `deepmaker workers --queue URL`. */
import type { ParseArgsConfig } from 'node:util';
import { formatCount } from '../../engine/format.ts';
import { loadQueue } from '../queue/lazy.ts';
import type { QueueState } from '../queue/list.ts';
import { type ExitCode, printFailure } from './common.ts';
import { parseFlags } from './flags.ts';
import { formatTable } from './report.ts';
import { noQueue } from './worker.ts';

const options = {
  queue: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const satisfies ParseArgsConfig['options'];

export async function runWorkers(args: readonly string[]): Promise<ExitCode> {
  const flags = parseFlags(args, options, []);
  const queue = flags.kind === 'flags' ? flags.values.queue : undefined;
  if (flags.kind === 'failed' || queue === undefined) {
    printFailure(flags.kind === 'failed' ? flags : noQueue('workers'));
    return 2;
  }
  const { parseAddress, queueState, rateText } = await loadQueue();
  const address = parseAddress(queue);
  const state = address.kind === 'failed' ? address : await queueState(address, (message) => console.error(message));
  if (state.kind === 'failed') {
    printFailure(state);
    return 2;
  }
  console.log(flags.values.json ? JSON.stringify({ ...state, kind: undefined }) : stateText(state, rateText));
  return 0;
}

function stateText(state: QueueState, rateText: (perSecond: number) => string): string {
  const { workers, searches, waiting, active, version } = state;
  const header = ['worker', 'version', 'arithmetic', 'at once', 'busy', 'trained', 'rate'];
  const rows = workers.map((worker) => [
    worker.name,
    worker.version,
    worker.arithmetic,
    formatCount(worker.concurrency),
    formatCount(worker.busy),
    formatCount(worker.trained),
    rateText(worker.perSecond),
  ]);
  const open = searches.map(
    ({ name, waiting, version }) => `${name} (version ${version}) waits for ${waiting} networks.`,
  );
  return [
    ...(rows.length > 0 ? formatTable([header, ...rows], 3) : ['No worker is there.']),
    '',
    `Of version ${version}, ${formatCount(waiting)} networks wait and ${formatCount(active)} are in training.`,
    ...open.map((line) => `The search ${line}`),
  ].join('\n');
}
