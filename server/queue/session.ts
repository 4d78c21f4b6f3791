/** A search's side of the queue. */
import { Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import { productVersion } from '../assets.ts';
import type { EvaluatorSetup, EvaluatorSource } from '../evaluator.ts';
import type { Failure } from '../protocol.ts';
import type { QueueAddress } from './address.ts';
import { connect, connectionNotices, reasonOf, tryAddress, withinMs } from './connection.ts';
import { QueueEvaluator } from './evaluator.ts';
import { defaultTimings, prefix, queueName, type Timings } from './names.ts';
import { listRecords, ownName, register, searches, unregister, type WorkerRecord, workers } from './registry.ts';

export interface SessionOptions {
  readonly address: QueueAddress;
  /** A folder that this machine shares with the workers; datasets go through Redis where absent. */
  readonly dataFolder?: string | undefined;
  readonly timings?: Timings;
  readonly version?: string;
  /** What somebody should know who waits. */
  readonly notify: (message: string) => void;
}

/** What became of a job, as its worker told Redis. */
export type JobEvent =
  | { readonly kind: 'completed'; readonly returnvalue: unknown }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * Connects to a queue. Workers of other versions alone are a failure: nobody would ever take a job.
 */
export async function openQueue(options: SessionOptions): Promise<{ kind: 'open'; queue: QueueSession } | Failure> {
  const { address, version = productVersion() } = options;
  const problem = await tryAddress(address);
  if (problem) return problem;
  const queue = new QueueSession({ timings: defaultTimings, ...options, version });
  try {
    await queue.ready;
    const others = queue.workers.filter((worker) => worker.version !== version);
    if (others.length === 0 || queue.matching.length > 0) return { kind: 'open', queue };
    const versions = [...new Set(others.map((worker) => worker.version))].join(', ');
    await queue.close();
    return {
      kind: 'failed',
      message: `The workers at ${address.shown} are of version ${versions}, and this is deepmaker ${version}.`,
      hint: `Start workers of version ${version} there, or search with the version of the workers.`,
    };
  } catch (error) {
    await queue.close();
    const message = `${address.shown} cannot be used: ${reasonOf(address, error as Error).replace(/\.$/, '')}.`;
    return {
      kind: 'failed',
      message,
      hint: 'Check what the user may do there: it needs all keys, channels and scripts.',
    };
  }
}

/** How long nobody may be at work before that is said. */
const lonelyMs = 5_000;

/** How long cleaning up may take where Redis has gone. */
const closeMs = 3_000;

/** Owns the connections of a search to Redis, from the address that worked until `close`. */
export class QueueSession implements EvaluatorSource {
  readonly options: Required<Omit<SessionOptions, 'dataFolder'>> & Pick<SessionOptions, 'dataFolder'>;
  readonly redis: Redis;
  /** Reading events occupies it. */
  readonly #eventsRedis: Redis;
  readonly queue: Queue;
  /** Resolves once events come and it is known who works. */
  readonly ready: Promise<void>;
  workers: readonly WorkerRecord[] = [];
  #events: QueueEvents | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lonelySince: number | undefined;
  readonly #listeners = new Map<string, (event: JobEvent) => void>();
  readonly #id = `${ownName()}:${Date.now()}`;

  constructor(options: QueueSession['options']) {
    this.options = options;
    const { address, timings, version, notify } = options;
    const notices = connectionNotices(address, notify);
    this.redis = connect(address, timings);
    this.#eventsRedis = connect(address, timings);
    // What is wrong with the one is wrong with the other.
    this.#eventsRedis.on('error', () => {});
    this.redis.on('error', notices.failed);
    this.redis.on('ready', notices.ready);
    // The connection is ours, so its errors are told there.
    this.queue = new Queue(queueName(version), { connection: this.redis, prefix });
    this.queue.on('error', () => {});
    this.ready = this.#begin();
    this.ready.catch(() => {});
  }

  /** Workers that take this version's jobs. */
  get matching(): readonly WorkerRecord[] {
    return this.workers.filter(({ version }) => version === this.options.version);
  }

  start(setup: EvaluatorSetup, folder: string): QueueEvaluator {
    return new QueueEvaluator(this, setup, folder);
  }

  /** Calls back with what becomes of a job, once or several times, until `unlisten`. */
  listen(jobId: string, listener: (event: JobEvent) => void): void {
    this.#listeners.set(jobId, listener);
  }

  unlisten(jobId: string): void {
    this.#listeners.delete(jobId);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const leave = async () => {
      await this.ready.catch(() => {});
      await unregister(this.redis, searches, this.#id);
      await this.#events?.close();
      await this.queue.close();
    };
    await withinMs(closeMs, leave());
    this.#eventsRedis.disconnect();
    this.redis.disconnect();
  }

  async #begin(): Promise<void> {
    const { timings } = this.options;
    const { name } = this.queue;
    // From the event that was the last before anything was asked for: reading from "now on" would begin too late.
    const [last] = await this.redis.xrevrange(`${prefix}:${name}:events`, '+', '-', 'COUNT', 1);
    this.#events = new QueueEvents(name, {
      connection: this.#eventsRedis,
      prefix,
      lastEventId: last?.[0] ?? '0-0',
      blockingTimeout: Math.max(1, Math.round(timings.silenceMs / 3)),
    });
    this.#events.on('error', () => {});
    const tell = (jobId: string, event: JobEvent) => this.#listeners.get(jobId)?.(event);
    this.#events.on('completed', ({ jobId, returnvalue }) => tell(jobId, { kind: 'completed', returnvalue }));
    this.#events.on('failed', ({ jobId, failedReason }) => tell(jobId, { kind: 'failed', reason: failedReason }));
    await this.#beat();
  }

  async #beat(): Promise<void> {
    const { address, timings, version, notify } = this.options;
    const waiting = this.#listeners.size;
    const record = { name: ownName(), version, waiting };
    try {
      await register(this.redis, searches, this.#id, record, timings);
      this.workers = await listRecords(this.redis, workers);
    } finally {
      this.#timer = setTimeout(() => this.#beat().catch((error) => this.complain(error)), timings.beatMs);
      this.#timer.unref();
    }
    if (waiting === 0 || this.matching.length > 0) {
      this.#lonelySince = undefined;
      return;
    }
    this.#lonelySince ??= Date.now();
    if (Date.now() - this.#lonelySince < lonelyMs) return;
    this.#lonelySince = Infinity;
    notify(`No worker is at ${address.shown}. Start one on any machine: deepmaker worker --queue ${address.shown}`);
  }

  readonly #complaints = new Set<string>();

  /** What Redis refuses is not given up, because it can be put right there; it is said once. */
  complain(error: unknown): void {
    const { address, notify } = this.options;
    const reason = reasonOf(address, error as Error);
    if (this.#complaints.has(reason)) return;
    this.#complaints.add(reason);
    notify(`${address.shown} refuses: ${reason}. Trying again.`);
  }

  #arithmetics = new Set<string>();

  /** Says once for each of them that its figures may differ. */
  noteArithmetic(worker: string, arithmetic: string): void {
    if (this.#arithmetics.has(arithmetic)) return;
    this.#arithmetics.add(arithmetic);
    this.options.notify(
      `The worker ${worker} computes other last bits than this machine (${arithmetic}): the front may differ from that of ` +
        'a search on one machine. The journal names the networks.',
    );
  }
}
