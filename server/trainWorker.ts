/** A worker thread's entry: trains one network after another on the dataset that it was started with. */
import { parentPort, workerData } from 'node:worker_threads';
import { decode } from '../engine/data/encoding.ts';
import { errorFigures } from '../engine/data/metrics.ts';
import { multiplyAccumulates, networkName } from '../engine/nn/models.ts';
import type { AnyNetwork, AnyTask, EncodedSamples, Encoding, ErrorFigures, Slot } from '../engine/types.ts';
import type { Evaluation } from './evaluator.ts';
import { createTrainer, type NetworkTrainer, type TrainerSetup } from './trainers.ts';

/** Rows that networks are scored on, and what it takes to compare raw outputs. */
export interface HeldRows {
  readonly samples: EncodedSamples;
  /** Raw outputs of the samples. */
  readonly outputs: Float64Array;
  readonly outputSlots: readonly Slot[];
  readonly encoding: Encoding;
}

/** What a worker is started with. Sample arrays lie in shared memory; `cancelled[0]` turns 1 when work must stop. */
export interface WorkerSetup {
  readonly trainer: TrainerSetup;
  readonly train: EncodedSamples;
  readonly held: HeldRows;
  readonly cancelled: Int32Array<SharedArrayBuffer>;
}

const setup = workerData as WorkerSetup;
const loading = createTrainer(setup.trainer);
// Each job awaits it and reports its failure; without this the thread would die of it first.
loading.catch(() => {});
const shouldStop = () => Atomics.load(setup.cancelled, 0) !== 0;

parentPort?.on('message', async (task: AnyTask) => {
  const answer = (evaluation: Evaluation) => parentPort?.postMessage(evaluation);
  try {
    answer(await evaluate(task));
  } catch (error) {
    // A bug in a trainer must not hang the search: the pool counts it as a candidate that failed, and says why.
    console.error(`Training ${networkName(task.topology)} failed: ${(error as Error).stack}`);
    answer({ outcome: 'crashed', reason: (error as Error).message });
  }
});

async function evaluate(task: AnyTask): Promise<Evaluation> {
  if (shouldStop()) return { outcome: 'stopped' };
  const trainer = await loading;
  const started = performance.now();
  const { outcome, network, ...result } = await trainer.train(task, setup.train, setup.held.samples, shouldStop);
  const { trainLoss, validationLoss, validationError } = result;
  const curve = { trainLoss, validationLoss, ...(validationError && { validationError }) };
  const error = outcome === 'finished' ? score(trainer, network) : undefined;
  const seconds = (performance.now() - started) / 1000;
  if (error === 'stopped') return { outcome: 'stopped' };
  if (!error) return { outcome, curve, seconds };
  if (!Number.isFinite(error.nrmse)) return { outcome: 'diverged', curve, seconds };
  return { outcome, error, network, curve, seconds };
}

/** Multiply-accumulates between two looks at `shouldStop`, about a tenth of a second. */
const scoringStep = 1e9;

function score(trainer: NetworkTrainer, network: AnyNetwork): ErrorFigures | 'stopped' {
  const { samples, outputs, encoding, outputSlots } = setup.held;
  const { count, inputs } = samples;
  const rows = Math.ceil(scoringStep / multiplyAccumulates(network.topology));
  const width = inputs.length / count;
  const columns = new Float32Array(count * encoding.outputColumns);
  for (let start = 0; start < count; start += rows) {
    if (shouldStop()) return 'stopped';
    const end = Math.min(start + rows, count);
    const part = trainer.predict(network, inputs.subarray(start * width, end * width), end - start);
    columns.set(part, start * encoding.outputColumns);
  }
  return errorFigures(outputs, decode(columns, count, encoding), count, outputSlots);
}
