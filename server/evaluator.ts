/** What trains and scores candidates. The search does not know whether threads do it, or other machines. */
import type { AnyNetwork, AnyTask, ErrorFigures, LearningCurve } from '../engine/types.ts';

/** What became of one task. */
export interface Evaluation {
  /** 'stopped': withdrawn or cancelled before it was finished. 'crashed': a bug, or a worker that died. */
  readonly outcome: 'finished' | 'diverged' | 'stopped' | 'crashed';
  /** Of the network on the rows that are held out from training; absent unless the outcome is 'finished'. */
  readonly error?: ErrorFigures;
  readonly network?: AnyNetwork;
  readonly curve?: LearningCurve;
  /** How long training and scoring took. */
  readonly seconds?: number;
}

/** Trains on the data that it was made for. Lives until `dispose`, which whoever made it calls. */
export interface Evaluator {
  /** How many tasks are worked on at once, at most. */
  readonly parallel: number;
  /** Evaluates every task; results come in the order of the tasks, whatever order they finish in. It never rejects. */
  train(
    tasks: readonly AnyTask[],
    onResult?: (index: number, evaluation: Evaluation) => void,
  ): Promise<readonly Evaluation[]>;
  /** Tasks that nobody has begun answer 'stopped'; those that have go on to their end. */
  withdraw(): void;
  /** All tasks answer 'stopped', those that have begun within an epoch. Nothing is evaluated afterwards. */
  cancel(): void;
  dispose(): Promise<void>;
}
