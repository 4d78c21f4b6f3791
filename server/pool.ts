import { Worker } from 'node:worker_threads';
import { encode } from '../engine/data/encoding.ts';
import { parameterCount } from '../engine/nn/network.ts';
import type { Dataset, EncodedSamples, Encoding, TrainingTask } from '../engine/types.ts';
import { assetPath } from './assets.ts';
import type { TrainerSetup } from './trainers.ts';
import type { Job, JobResult, WorkerSetup } from './trainWorker.ts';

/** How often a job may take its worker down before it counts as crashed. */
const attempts = 2;

interface Pending {
  readonly job: Job;
  readonly cost: number;
  failures: number;
  readonly resolve: (result: JobResult) => void;
}

/**
 * Owns the worker threads of one run, from the moment its dataset is known until `dispose`. Jobs are spread longest
 * first. A worker that dies is replaced and its job tried once more; a job never rejects, it has an outcome.
 */
export class TrainingPool {
  readonly #setup: WorkerSetup;
  readonly #workers: number;
  readonly #waiting: Pending[] = [];
  readonly #running = new Map<Worker, Pending | undefined>();
  #nextId = 0;

  constructor(setup: Omit<WorkerSetup, 'cancelled'>, workers: number) {
    this.#setup = { ...setup, cancelled: new Int32Array(new SharedArrayBuffer(4)) };
    this.#workers = workers;
  }

  /** Trains every task; results come in the order of the tasks, whatever order the workers finish in. */
  train(tasks: readonly TrainingTask[], onResult?: (index: number, result: JobResult) => void): Promise<JobResult[]> {
    const results = tasks.map(
      (task, index) =>
        new Promise<JobResult>((resolve) => {
          const done = (result: JobResult) => {
            onResult?.(index, result);
            resolve(result);
          };
          this.#waiting.push({ job: { id: this.#nextId++, task }, cost: costOf(task), failures: 0, resolve: done });
        }),
    );
    this.#waiting.sort((a, b) => b.cost - a.cost);
    this.#schedule();
    return Promise.all(results);
  }

  /** Running jobs stop at the end of their epoch and, like the waiting ones, answer 'stopped'. */
  cancel(): void {
    Atomics.store(this.#setup.cancelled, 0, 1);
    for (const pending of this.#waiting.splice(0)) pending.resolve({ id: pending.job.id, outcome: 'stopped' });
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
      worker.postMessage(pending.job);
    }
  }

  #idleWorker(): Worker | undefined {
    for (const [worker, pending] of this.#running) if (!pending) return worker;
    return this.#running.size < this.#workers ? this.#startWorker() : undefined;
  }

  #startWorker(): Worker {
    const worker = new Worker(assetPath('trainWorker.cjs'), { workerData: this.#setup });
    this.#running.set(worker, undefined);
    worker.on('message', (result: JobResult) => {
      this.#running.get(worker)?.resolve(result);
      this.#running.set(worker, undefined);
      this.#schedule();
    });
    worker.on('error', (error) => console.error(`A training worker died: ${error.message}`));
    worker.on('exit', () => this.#bury(worker));
    return worker;
  }

  /** Each death costs the job that was running an attempt, so that workers that cannot start end the run, not spin. */
  #bury(worker: Worker): void {
    const pending = this.#running.get(worker);
    this.#running.delete(worker);
    if (!pending) return;
    pending.failures++;
    const { id } = pending.job;
    if (this.#setup.cancelled[0]) pending.resolve({ id, outcome: 'stopped' });
    else if (pending.failures >= attempts) pending.resolve({ id, outcome: 'crashed' });
    else this.#waiting.unshift(pending);
    this.#schedule();
  }
}

/** Multiply-accumulates of the whole task per sample, near enough to sort by. */
const costOf = (task: TrainingTask): number => parameterCount(task.topology) * task.epochs;

/** The same rows in shared memory, so that every worker reads one copy. */
export function shareSamples(samples: EncodedSamples): EncodedSamples {
  return { count: samples.count, inputs: shareFloats(samples.inputs), targets: shareFloats(samples.targets) };
}

function shareFloats(values: Float32Array): Float32Array {
  const shared = new Float32Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return shared;
}

export interface PoolOptions {
  readonly trainer: TrainerSetup;
  readonly workers: number;
}

/** Encodes the dataset once into shared memory and starts the workers on it. */
export function startPool(dataset: Dataset, encoding: Encoding, options: PoolOptions): TrainingPool {
  return new TrainingPool(
    {
      trainer: options.trainer,
      encoding,
      outputSlots: dataset.outputSlots,
      train: shareSamples(encode(dataset.train, encoding)),
      validation: shareSamples(encode(dataset.validation, encoding)),
      validationOutputs: dataset.validation.outputs,
    },
    options.workers,
  );
}
