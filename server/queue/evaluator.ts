/** The evaluator of many machines: jobs on a queue of BullMQ, which workers take. */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { networkName, taskCost } from '../../engine/nn/models.ts';
import type { AnyTask } from '../../engine/types.ts';
import type { Evaluation, Evaluator, EvaluatorSetup } from '../evaluator.ts';
import { arithmeticOf } from './arithmetic.ts';
import { withinMs } from './connection.ts';
import { storeData, storeDataFile } from './dataStore.ts';
import { jobIdOf, parseResult, type WireJob, wireJob } from './jobs.ts';
import { cancelKey, keepSeconds, resultKey, tries } from './names.ts';
import { cancelledReason, dataGoneReason, resultName, stalledReason } from './reasons.ts';
import type { JobEvent, QueueSession } from './session.ts';
import { hashOf } from './trainingData.ts';
import { workforceText } from './workforce.ts';

interface Pending {
  readonly id: string;
  readonly task: AnyTask;
  readonly job: WireJob;
  /** Whoever asked for this task: once, unless the same task was asked for twice. */
  readonly resolvers: ((evaluation: Evaluation) => void)[];
  /** Results that were none. */
  invalid: number;
  /** Whether Redis has taken it. */
  submitted: boolean;
  /** Between an event and the end of what it leads to. */
  busy: boolean;
}

const jobOptions = {
  attempts: tries,
  removeOnComplete: { age: keepSeconds },
  removeOnFail: { age: keepSeconds },
} as const;

const endMs = 3_000;

/**
 * Owns the jobs of one dataset of one run, until `dispose`. Everything that is asked of Redis is asked again where it is
 * refused or lost: an outcome is only what a worker found out, or that three tries came to nothing.
 */
export class QueueEvaluator implements Evaluator {
  readonly #session: QueueSession;
  readonly #scope: string;
  readonly #hash: string;
  readonly #setup: EvaluatorSetup;
  readonly #arithmetic: Promise<string>;
  readonly #pending = new Map<string, Pending>();
  readonly #timer: NodeJS.Timeout;
  /** Answers that are being dealt with. */
  readonly #handling = new Set<Promise<void>>();
  /** What is asked of Redis, one thing after the other. */
  #work: Promise<void> = Promise.resolve();
  #cancelled = false;

  constructor(session: QueueSession, setup: EvaluatorSetup, folder: string) {
    this.#session = session;
    this.#setup = setup;
    this.#hash = hashOf(setup);
    this.#scope = createHash('sha256')
      .update(JSON.stringify([hostname(), folder]))
      .digest('hex');
    this.#arithmetic = arithmeticOf(setup.trainer);
    this.#timer = setInterval(() => this.#enqueue(() => this.#check()), session.options.timings.checkMs);
    this.#timer.unref();
  }

  get parallel(): number {
    return Math.max(
      1,
      this.#session.matching.reduce((sum, { concurrency }) => sum + concurrency, 0),
    );
  }

  get workforce(): string {
    return workforceText(this.#session.matching);
  }

  train(
    tasks: readonly AnyTask[],
    onResult?: (index: number, evaluation: Evaluation) => void,
  ): Promise<readonly Evaluation[]> {
    const fresh: Pending[] = [];
    const results = tasks.map(
      (task, index) =>
        new Promise<Evaluation>((resolve) => {
          const done = (evaluation: Evaluation) => {
            onResult?.(index, evaluation);
            resolve(evaluation);
          };
          if (this.#cancelled) return done({ outcome: 'stopped' });
          const job = wireJob(this.#session.options.version, this.#hash, task);
          const id = jobIdOf(job, this.#scope);
          const known = this.#pending.get(id);
          if (known) return known.resolvers.push(done);
          const pending: Pending = { id, task, job, resolvers: [done], invalid: 0, submitted: false, busy: false };
          this.#pending.set(id, pending);
          this.#session.listen(id, (event) => this.#onEvent(pending, event));
          fresh.push(pending);
        }),
    );
    // Workers take them in this order, so that the longest do not begin last.
    fresh.sort((a, b) => taskCost(b.task) - taskCost(a.task));
    if (fresh.length > 0) this.#enqueue(() => this.#submit(fresh));
    return Promise.all(results);
  }

  withdraw(): void {
    const asked = [...this.#pending.values()];
    this.#enqueue(async () => {
      for (const pending of asked) {
        const began = (await this.#session.queue.getJobState(pending.id)) !== 'waiting';
        if (began || !this.#pending.has(pending.id)) continue;
        // Zero where a worker took it just now.
        if ((await this.#session.queue.remove(pending.id)) === 1) this.#settle(pending, { outcome: 'stopped' });
      }
    });
  }

  cancel(): void {
    this.#cancelled = true;
    const asked = [...this.#pending.values()];
    for (const pending of asked) this.#settle(pending, { outcome: 'stopped' });
    if (asked.length > 0) this.#enqueue(() => this.#remove(asked.map(({ id }) => id)));
  }

  async dispose(): Promise<void> {
    clearInterval(this.#timer);
    this.cancel();
    await withinMs(endMs, Promise.all([this.#work, ...this.#handling]));
  }

  #enqueue(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error) => this.#session.complain(error));
  }

  /** Puts the dataset where workers find it, and the jobs that are not there yet. */
  async #submit(asked: readonly Pending[]): Promise<void> {
    const { redis, queue, ready, options } = this.#session;
    await ready;
    const isOpen = (own: Pending) => this.#pending.has(own.id) && !own.busy && !own.submitted;
    const open = asked.filter(isOpen);
    if (open.length === 0) return;
    if (options.dataFolder === undefined) await storeData(redis, this.#hash, this.#setup);
    else await storeDataFile(options.dataFolder, this.#hash, this.#setup);
    // What an earlier process of this run has cancelled is wanted again.
    await redis.del(open.map(({ id }) => cancelKey(id)));
    const jobs = await Promise.all(open.map(({ id }) => queue.getJob(id)));
    const failed = jobs.filter((job) => job?.failedReason !== undefined && job.finishedOn !== undefined);
    await Promise.all(failed.map((job) => job!.remove()));
    // A job that is there already is left alone.
    const wanted = open.filter(isOpen);
    await queue.addBulk(
      wanted.map(({ id, job }) => ({ name: 'train', data: job, opts: { ...jobOptions, jobId: id } })),
    );
    for (const pending of wanted) pending.submitted = true;
    await this.#check(wanted);
  }

  /**
   * Looks after jobs: for what was finished before anybody listened, for events that were lost, and for jobs that Redis has
   * refused or lost.
   */
  async #check(asked: readonly Pending[] = [...this.#pending.values()]): Promise<void> {
    const lost: Pending[] = [];
    for (const pending of asked) {
      const job = pending.submitted ? await this.#session.queue.getJob(pending.id) : undefined;
      if (!this.#pending.has(pending.id) || pending.busy) continue;
      if (!job) {
        pending.submitted = false;
        lost.push(pending);
      } else if (job.finishedOn === undefined) continue;
      else if (job.failedReason) this.#onEvent(pending, { kind: 'failed', reason: job.failedReason });
      else this.#onEvent(pending, { kind: 'completed', returnvalue: job.returnvalue });
    }
    if (lost.length > 0) await this.#submit(lost);
  }

  #onEvent(pending: Pending, event: JobEvent): void {
    if (pending.busy || !this.#pending.has(pending.id)) return;
    pending.busy = true;
    const handled =
      event.kind === 'completed' ? this.#take(pending, event.returnvalue) : this.#fail(pending, event.reason);
    const ended = handled
      .catch((error) => this.#session.complain(error))
      .finally(() => {
        pending.busy = false;
        this.#handling.delete(ended);
      });
    this.#handling.add(ended);
  }

  /** The result is in a key of its own, that of the worker whose hold on the job was good when it ended. */
  async #take(pending: Pending, returnvalue: unknown): Promise<void> {
    const { redis, options } = this.#session;
    const name = resultName.safeParse(returnvalue);
    const key = name.success ? resultKey(name.data) : undefined;
    const text = key === undefined ? null : await redis.get(key);
    if (key !== undefined && text === null) return this.#again(pending);
    const result = parseResult(text ?? '', pending.task);
    if (!result) {
      pending.invalid++;
      if (pending.invalid < tries) return this.#again(pending);
      return this.#giveUp(pending, `what came back from the queue at ${options.address.shown} was no result`);
    }
    const { worker, arithmetic, evaluation } = result;
    const differs = arithmetic !== (await this.#arithmetic);
    if (differs) this.#session.noteArithmetic(worker, arithmetic);
    this.#settle(pending, differs ? { ...evaluation, arithmetic } : evaluation);
    await this.#session.queue.remove(pending.id);
    await redis.del(key!);
  }

  async #fail(pending: Pending, reason: string): Promise<void> {
    if (reason === cancelledReason || reason === dataGoneReason) return this.#again(pending);
    await this.#giveUp(pending, reason === stalledReason ? 'its worker died each time' : reason);
  }

  async #giveUp(pending: Pending, reason: string): Promise<void> {
    const name = networkName(pending.task.topology);
    this.#session.options.notify(`Training ${name} was given up after ${tries} tries: ${reason}`);
    this.#settle(pending, { outcome: 'crashed', reason });
    await this.#session.queue.remove(pending.id);
  }

  async #again(pending: Pending): Promise<void> {
    await this.#session.queue.remove(pending.id);
    pending.submitted = false;
    pending.busy = false;
    this.#enqueue(() => this.#submit([pending]));
  }

  #settle(pending: Pending, evaluation: Evaluation): void {
    if (!this.#pending.delete(pending.id)) return;
    this.#session.unlisten(pending.id);
    for (const resolve of pending.resolvers) resolve(evaluation);
  }

  /** Takes away what waits, and tells workers to leave what they have begun. */
  async #remove(ids: readonly string[]): Promise<void> {
    const { redis, queue } = this.#session;
    for (const id of ids) {
      if ((await queue.remove(id)) === 0) await redis.set(cancelKey(id), '1', 'EX', keepSeconds);
    }
  }
}
