/** The datasets that a worker holds, and the threads that train on them. */
import type { AnyTask } from '../../engine/types.ts';
import type { Evaluation } from '../evaluator.ts';
import { TrainingPool } from '../pool.ts';
import type { TrainerSetup } from '../trainers.ts';
import type { TrainingData } from './trainingData.ts';

/** A search has two datasets at most, one to train on and one to test on, and few searches share a worker at a time. */
const mostDatasets = 4;

interface Held {
  readonly data: Promise<TrainingData | undefined>;
  /** Pools of one thread each: so that one job can be stopped and the others not. */
  readonly idle: TrainingPool[];
  busy: number;
}

/** A job that is being trained. */
export interface Training {
  readonly evaluation: Promise<Evaluation | undefined>;
  /** It answers 'stopped' within an epoch. */
  stop(): void;
}

/** Owns the last few datasets of a worker and its threads, until `dispose`. A dataset is fetched once, however many wait for it. */
export class HeldDatasets {
  readonly #trainer: TrainerSetup;
  readonly #fetch: (hash: string) => Promise<TrainingData | undefined>;
  /** Those used last are at the end. */
  readonly #held = new Map<string, Held>();

  constructor(trainer: TrainerSetup, fetch: (hash: string) => Promise<TrainingData | undefined>) {
    this.#trainer = trainer;
    this.#fetch = fetch;
  }

  /** The evaluation is undefined where nobody has the dataset. It rejects where that cannot be fetched. */
  train(hash: string, task: AnyTask): Training {
    let pool: TrainingPool | undefined;
    let stopped = false;
    const evaluation = this.#use(hash, async (held) => {
      const data = await held.data;
      if (!data) return undefined;
      if (stopped) return { outcome: 'stopped' } as const;
      pool = held.idle.pop() ?? new TrainingPool({ trainer: this.#trainer, ...data }, 1, 1);
      const [own] = await pool.train([task]);
      // A pool that was cancelled evaluates nothing afterwards.
      if (stopped) await pool.dispose();
      else held.idle.push(pool);
      return own!;
    });
    return {
      evaluation,
      stop() {
        stopped = true;
        pool?.cancel();
      },
    };
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#held.values()].flatMap(({ idle }) => idle.map((pool) => pool.dispose())));
  }

  async #use<T>(hash: string, work: (held: Held) => Promise<T>): Promise<T> {
    const held = this.#held.get(hash) ?? { data: this.#fetch(hash), idle: [], busy: 0 };
    this.#held.delete(hash);
    this.#held.set(hash, held);
    held.busy++;
    await this.#forgetOldest();
    try {
      // What was not there, or came to nothing, is asked for again the next time.
      if ((await held.data.catch(() => undefined)) === undefined) this.#held.delete(hash);
      return await work(held);
    } finally {
      held.busy--;
    }
  }

  async #forgetOldest(): Promise<void> {
    for (const [hash, held] of this.#held) {
      if (this.#held.size <= mostDatasets) return;
      if (held.busy > 0) continue;
      this.#held.delete(hash);
      await Promise.all(held.idle.map((pool) => pool.dispose()));
    }
  }
}
