/** What trains and scores candidates. The search does not know whether threads do it, or other machines. */
import type { AnyNetwork, AnyTask, ErrorFigures, LearningCurve } from '../engine/types.ts';
import type { WorkerSetup } from './trainWorker.ts';

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
  /** Why it crashed, where that is known. */
  readonly reason?: string;
  /** Names the arithmetic that it was trained in, where the last bits of that may differ from this machine's. */
  readonly arithmetic?: string;
}

/** Trains on the data that it was made for. Lives until `dispose`, which whoever made it calls. */
export interface Evaluator {
  /** How many tasks are worked on at once, at most. It may change. */
  readonly parallel: number;
  /** Who works on them and how fast, for people; absent where that goes without saying. */
  readonly workforce?: string;
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

/** What evaluates: the data of one evaluator, and what it is asked to do it with. */
export interface EvaluatorSetup extends Omit<WorkerSetup, 'cancelled'> {
  /** How many tasks at once, where this machine does them. */
  readonly workers?: number | undefined;
}

export type StartEvaluator = (setup: EvaluatorSetup) => Evaluator;

/** Evaluators that are not worker threads of this process. Lives as long as the command that made it. */
export interface EvaluatorSource {
  /** For the run in this folder. A run that goes on in the same folder finds what was begun for it. */
  start(setup: EvaluatorSetup, folder: string): Evaluator;
}
