/** The evaluator of one machine: worker threads. */
import { Worker } from 'node:worker_threads';
import { encode } from '../engine/data/encoding.ts';
import { taskCost } from '../engine/nn/models.ts';
import type { AnyTask, Dataset, EncodedSamples, Encoding } from '../engine/types.ts';
import { assetPath } from './assets.ts';
import type { Evaluation, Evaluator, EvaluatorSetup, EvaluatorSource, StartEvaluator } from './evaluator.ts';
import { defaultWorkers } from './trainers.ts';
import type { WorkerSetup } from './trainWorker.ts';

interface Pending {
  readonly task: AnyTask;
  readonly cost: number;
  failures: number;
  readonly resolve: (evaluation: Evaluation) => void;
}

/**
 * Owns the worker threads of one run, from the moment its dataset is known until `dispose`. Jobs are spread longest
 * first. A worker that dies is replaced and its job tried once more; a job never rejects, it has an outcome.
 */
export class TrainingPool implements Evaluator {
  readonly parallel: number;
  readonly #setup: WorkerSetup;
  readonly #attempts: number;
  readonly #waiting: Pending[] = [];
  readonly #running = new Map<Worker, Pending | undefined>();

  /**
   * Samples should lie in shared memory, see `shareSamples`. `attempts` is how often a job may take its worker down before
   * it counts as crashed.
   */
  constructor(setup: Omit<WorkerSetup, 'cancelled'>, workers: number, attempts = 2) {
    this.#attempts = attempts;
    this.#setup = { ...setup, cancelled: new Int32Array(new SharedArrayBuffer(4)) };
    this.parallel = workers;
  }

  train(
    tasks: readonly AnyTask[],
    onResult?: (index: number, evaluation: Evaluation) => void,
  ): Promise<readonly Evaluation[]> {
    const results = tasks.map(
      (task, index) =>
        new Promise<Evaluation>((resolve) => {
          const done = (evaluation: Evaluation) => {
            onResult?.(index, evaluation);
            resolve(evaluation);
          };
          this.#waiting.push({ task, cost: taskCost(task), failures: 0, resolve: done });
        }),
    );
    this.#waiting.sort((a, b) => b.cost - a.cost);
    this.#schedule();
    return Promise.all(results);
  }

  withdraw(): void {
    for (const pending of this.#waiting.splice(0)) pending.resolve({ outcome: 'stopped' });
  }

  cancel(): void {
    Atomics.store(this.#setup.cancelled, 0, 1);
    this.withdraw();
  }

  async dispose(): Promise<void> {
    this.cancel();
    await Promise.all([...this.#running.keys()].map((worker) => worker.terminate()));
  }

  /** Gives waiting jobs to idle workers, and starts workers while there are fewer than there may be. */
  #schedule(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idleWorker();
      if (!worker) return;
      const pending = this.#waiting.shift()!;
      this.#running.set(worker, pending);
      worker.postMessage(pending.task);
    }
  }

  #idleWorker(): Worker | undefined {
    for (const [worker, pending] of this.#running) if (!pending) return worker;
    return this.#running.size < this.parallel ? this.#startWorker() : undefined;
  }

  #startWorker(): Worker {
    const worker = new Worker(assetPath('trainWorker.cjs'), { workerData: this.#setup });
    this.#running.set(worker, undefined);
    worker.on('message', (evaluation: Evaluation) => {
      this.#running.get(worker)?.resolve(evaluation);
      this.#running.set(worker, undefined);
      this.#schedule();
    });
    let reason = 'its thread ended';
    worker.on('error', (error) => {
      reason = error.message;
      console.error(`A training worker died: ${reason}`);
    });
    worker.on('exit', () => this.#bury(worker, reason));
    return worker;
  }

  /** Each death costs the job that was running an attempt, so that workers that cannot start end the run, not spin. */
  #bury(worker: Worker, reason: string): void {
    const pending = this.#running.get(worker);
    this.#running.delete(worker);
    if (!pending) return;
    pending.failures++;
    if (this.#setup.cancelled[0]) pending.resolve({ outcome: 'stopped' });
    else if (pending.failures >= this.#attempts) pending.resolve({ outcome: 'crashed', reason });
    else this.#waiting.unshift(pending);
    this.#schedule();
  }
}

/** The same rows in shared memory, so that every worker reads one copy. */
export function shareSamples(samples: EncodedSamples): EncodedSamples {
  return { count: samples.count, inputs: shareFloats(samples.inputs), targets: shareFloats(samples.targets) };
}

function shareFloats(values: Float32Array): Float32Array {
  const shared = new Float32Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return shared;
}

/** Worker threads: as many as asked for, or as the machine has cores. */
export const startThreads: StartEvaluator = ({ workers, ...setup }) =>
  new TrainingPool(setup, workers ?? defaultWorkers(setup.trainer));

/** What starts the evaluators of the run in `folder`: the source, where there is one, or else worker threads. */
export const starterOf = (source: EvaluatorSource | undefined, folder: string): StartEvaluator =>
  source ? (setup) => source.start(setup, folder) : startThreads;

/** Encodes the dataset once into shared memory and starts an evaluator on it. */
export function startPool(
  dataset: Dataset,
  encoding: Encoding,
  { trainer, workers }: Pick<EvaluatorSetup, 'trainer' | 'workers'>,
  start: StartEvaluator = startThreads,
): Evaluator {
  const train = shareSamples(encode(dataset.train, encoding));
  const samples = shareSamples(encode(dataset.validation, encoding));
  const held = { samples, outputs: dataset.validation.outputs, encoding, outputSlots: dataset.outputSlots };
  return start({ trainer, workers, train, held });
}
