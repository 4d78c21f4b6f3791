/** A worker: takes jobs from the queue and trains them on threads of this machine. It writes nothing to any disk. */
import { randomUUID } from 'node:crypto';
import { type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { productVersion } from '../assets.ts';
import type { TrainerSetup } from '../trainers.ts';
import type { QueueAddress } from './address.ts';
import { arithmeticOf } from './arithmetic.ts';
import { connect, connectionNotices, reasonOf } from './connection.ts';
import { fetchData, fetchDataFile } from './dataStore.ts';
import { HeldDatasets, type Training } from './heldDatasets.ts';
import { type Finished, parseJob, wireResult } from './jobs.ts';
import { cancelKey, defaultTimings, keepSeconds, prefix, queueName, resultKey, type Timings, tries } from './names.ts';
import { cancelledReason, dataGoneReason } from './reasons.ts';
import { listRecords, ownName, register, searches, unregister, type WorkerRecord, workers } from './registry.ts';

export interface WorkerOptions {
  readonly address: QueueAddress;
  readonly trainer: TrainerSetup;
  /** Networks at once. */
  readonly concurrency: number;
  /** Where datasets are looked for first. */
  readonly dataFolder?: string | undefined;
  readonly timings?: Timings;
  readonly version?: string;
  readonly notify: (message: string) => void;
}

/** The rate is that of so many networks at most. */
const rateOver = 20;

/** Owns the connections and threads of a worker process, until `close`. */
export class QueueWorker {
  readonly #options: Required<Omit<WorkerOptions, 'dataFolder'>> & Pick<WorkerOptions, 'dataFolder'>;
  readonly #redis: Redis;
  readonly #worker: Worker;
  readonly #datasets: HeldDatasets;
  readonly #arithmetic: Promise<string>;
  readonly #running = new Map<string, Training>();
  readonly #name = ownName();
  readonly #id = `${this.#name}:${randomUUID()}`;
  /** When the last networks were finished, and before them when the worker began. */
  #times: number[] = [performance.now()];
  #trained = 0;
  #leaving = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #otherVersions = new Set<string>();

  constructor(options: WorkerOptions) {
    this.#options = { timings: defaultTimings, version: productVersion(), ...options };
    const { address, concurrency, trainer, timings, version, notify } = this.#options;
    this.#arithmetic = arithmeticOf(trainer);
    const notices = connectionNotices(address, notify);
    this.#redis = connect(address, timings);
    this.#redis.on('error', notices.failed);
    this.#redis.on('ready', notices.ready);
    this.#datasets = new HeldDatasets(trainer, (hash) => this.#fetchData(hash));
    this.#worker = new Worker(queueName(version), (job) => this.#work(job), {
      connection: this.#redis,
      prefix,
      name: this.#name,
      concurrency,
      lockDuration: timings.lockMs,
      stalledInterval: timings.stalledCheckMs,
      maxStalledCount: tries - 1,
      runRetryDelay: timings.beatMs,
      drainDelay: timings.silenceMs / 3000,
      removeOnComplete: { age: keepSeconds },
      removeOnFail: { age: keepSeconds },
    });
    // A lost connection is told above; a lost hold on a job means that another worker has it, which is well.
    this.#worker.on('error', (error) => this.#onError(error));
    void this.#beat();
  }

  async close(): Promise<void> {
    this.#leaving = true;
    clearTimeout(this.#timer);
    const closed = this.#worker.close();
    for (const training of this.#running.values()) training.stop();
    await closed;
    await this.#datasets.dispose();
    await unregister(this.#redis, workers, this.#id);
    this.#redis.disconnect();
  }

  get trained(): number {
    return this.#trained;
  }

  async #work(job: Job): Promise<string> {
    const { address, version } = this.#options;
    const parsed = parseJob(job.data, version);
    if (parsed.kind === 'refused') throw new UnrecoverableError(parsed.reason);
    const id = job.id!;
    const training = this.#datasets.train(parsed.data, parsed.task);
    this.#running.set(id, training);
    try {
      const evaluation = await training.evaluation;
      if (!evaluation) throw new UnrecoverableError(dataGoneReason);
      const { outcome, reason = 'there is no message' } = evaluation;
      if (outcome === 'stopped' && this.#leaving) return await giveBack(job);
      if (outcome === 'stopped') throw new UnrecoverableError(cancelledReason);
      if (outcome === 'crashed') throw new Error(address.redact(reason));
      const name = randomUUID();
      const by = { worker: this.#name, arithmetic: await this.#arithmetic };
      await this.#redis.set(resultKey(name), wireResult(evaluation as Finished, by), 'EX', keepSeconds);
      this.#trained++;
      this.#times = [...this.#times, performance.now()].slice(-1 - rateOver);
      return name;
    } finally {
      this.#running.delete(id);
    }
  }

  async #fetchData(hash: string) {
    const { dataFolder } = this.#options;
    return (dataFolder && (await fetchDataFile(dataFolder, hash))) || fetchData(this.#redis, hash);
  }

  /** Says that this worker is there, and stops what nobody waits for. */
  async #beat(): Promise<void> {
    const { timings } = this.#options;
    try {
      await register(this.#redis, workers, this.#id, await this.#record(), timings);
      await this.#stopCancelled();
      await this.#noteOtherVersions();
    } catch (error) {
      this.#onError(error as Error);
    }
    if (!this.#leaving) this.#timer = setTimeout(() => this.#beat(), timings.beatMs);
  }

  async #record(): Promise<WorkerRecord> {
    const { concurrency, version, trainer } = this.#options;
    const spanMs = performance.now() - this.#times[0]!;
    return {
      name: this.#name,
      version,
      trainer: trainer.name,
      arithmetic: await this.#arithmetic,
      concurrency,
      busy: this.#running.size,
      trained: this.#trained,
      perSecond: ((this.#times.length - 1) * 1000) / spanMs,
    };
  }

  async #stopCancelled(): Promise<void> {
    const ids = [...this.#running.keys()];
    if (ids.length === 0) return;
    const marks = await this.#redis.mget(ids.map(cancelKey));
    for (const [index, id] of ids.entries()) if (marks[index]) this.#running.get(id)?.stop();
  }

  /** Searches that wait for workers of their own version never get to this one. */
  async #noteOtherVersions(): Promise<void> {
    const { version, notify } = this.#options;
    for (const search of await listRecords(this.#redis, searches)) {
      if (search.version === version || this.#otherVersions.has(search.version)) continue;
      this.#otherVersions.add(search.version);
      notify(`A search by ${search.name} needs workers of version ${search.version}, and this one is ${version}.`);
    }
  }

  #onError(error: Error): void {
    const { address, notify } = this.#options;
    const expected =
      /could not renew lock|Missing (lock|key) for job|Lock mismatch|ECONN|Socket timeout|Connection is closed/;
    if (!expected.test(error.message)) notify(reasonOf(address, error));
  }
}

/** Puts a job back, as one that nobody has tried. */
async function giveBack(job: Job): Promise<never> {
  await job.moveToWait(job.token!);
  throw new WaitingError();
}
