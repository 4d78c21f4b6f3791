/** A worker as `deepmaker worker` starts it, with other timings. It ends with whoever forked it. */
import { parseAddress } from '../../server/queue/address.ts';
import { QueueWorker, type WorkerOptions } from '../../server/queue/worker.ts';
import { chooseTrainer } from '../../server/trainers.ts';

const { url, ...options } = JSON.parse(process.argv[2]!) as { url: string } & Omit<
  WorkerOptions,
  'address' | 'trainer'
>;
const address = parseAddress(url, {});
const trainer = await chooseTrainer('wasm', 'mlp', '.');
if (address.kind === 'failed' || trainer.kind === 'failed') throw new Error('The test starts the worker wrongly.');
const notify = (message: string) => process.send?.({ notice: message });
const worker = new QueueWorker({ ...options, address, trainer: trainer.setup, notify });
process.on('SIGTERM', () => worker.close().then(() => process.exit(0)));
process.on('disconnect', () => process.exit(1));
process.send?.('ready');
