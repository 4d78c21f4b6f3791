/** A worker thread's entry: trains one network after another on the dataset that it was started with. */
import { parentPort, workerData } from 'node:worker_threads';
import { decode } from '../engine/data/encoding.ts';
import { errorFigures } from '../engine/data/metrics.ts';
import { predict } from '../engine/nn/network.ts';
import type { EncodedSamples, Encoding, ErrorFigures, Network, Slot, TrainingTask } from '../engine/types.ts';
import { createTrainer, type TrainerSetup } from './trainers.ts';

/** What a worker is started with. Sample arrays lie in shared memory; `cancelled[0]` turns 1 when work must stop. */
export interface WorkerSetup {
  readonly trainer: TrainerSetup;
  readonly encoding: Encoding;
  readonly outputSlots: readonly Slot[];
  readonly train: EncodedSamples;
  readonly validation: EncodedSamples;
  /** Raw outputs of the validation samples. */
  readonly validationOutputs: Float64Array;
  readonly cancelled: Int32Array<SharedArrayBuffer>;
}

export interface Job {
  readonly id: number;
  readonly task: TrainingTask;
}

export interface JobResult {
  readonly id: number;
  readonly outcome: 'finished' | 'diverged' | 'stopped' | 'crashed';
  /** On validation data; absent unless the outcome is 'finished'. */
  readonly error?: ErrorFigures;
  readonly network?: Network;
}

const setup = workerData as WorkerSetup;
const loading = createTrainer(setup.trainer);
// Each job awaits it and reports its failure; without this the thread would die of it first.
loading.catch(() => {});
const shouldStop = () => Atomics.load(setup.cancelled, 0) !== 0;

parentPort?.on('message', async ({ id, task }: Job) => {
  try {
    parentPort?.postMessage(await train(id, task));
  } catch (error) {
    // A bug in a trainer must not hang the search: the pool counts it as a candidate that failed, and says why.
    console.error(`Training ${task.topology.widths.join('-')} failed: ${(error as Error).stack}`);
    parentPort?.postMessage({ id, outcome: 'crashed' } satisfies JobResult);
  }
});

async function train(id: number, task: TrainingTask): Promise<JobResult> {
  if (shouldStop()) return { id, outcome: 'stopped' };
  const trainer = await loading;
  const result = await trainer.train(task, setup.train, setup.validation, shouldStop);
  if (result.outcome !== 'finished') return { id, outcome: result.outcome };
  const { count, inputs } = setup.validation;
  const approx = decode(predict(result.network, inputs, count), count, setup.encoding);
  const error = errorFigures(setup.validationOutputs, approx, count, setup.outputSlots);
  return { id, outcome: Number.isFinite(error.nrmse) ? 'finished' : 'diverged', error, network: result.network };
}
