/** How far a search is, and how long it will take from there, from what the candidates so far have cost. */
import { errorObjective } from '../../engine/data/metrics.ts';
import type { Config } from '../config.ts';
import type { Evaluator } from '../evaluator.ts';
import type { JournalEntry } from '../store.ts';

export interface Progress {
  /** Candidates that are evaluated. */
  readonly count: number;
  readonly generation: number;
  /** The lowest error so far; absent before the first candidate that trained. */
  readonly best?: number;
  /** Absent until a candidate's time is known. */
  readonly secondsLeft?: number;
}

/** What follows in a line of progress where others train: `; 2 workers, ...`. */
export const workforceText = ({ workforce }: Pick<Evaluator, 'workforce'>): string =>
  workforce ? `; ${workforce}` : '';

export interface ProgressTracker {
  /** A generation of so many candidates begins. */
  begin(generation: number, candidates: number): void;
  /** These are to be trained, or have been already. A candidate may be trained twice. */
  expect(costs: readonly number[]): void;
  trained(cost: number, entry: JournalEntry): void;
  readonly progress: Progress;
}

/**
 * The time left is what remains of this generation, and later generations of candidates that cost what those so far do on
 * average, at the measured seconds per unit of cost, spread over the workers that there are at the moment.
 */
export function trackProgress(
  { population, generations }: Pick<Config, 'population' | 'generations'>,
  workers: Pick<Evaluator, 'parallel'>,
): ProgressTracker {
  let generation = 0;
  let asked = { count: 0, cost: 0 };
  let doneCost = 0;
  const done = new Set<string>();
  let timed = { seconds: 0, cost: 0 };
  let best: number | undefined;

  function secondsLeft(): number | undefined {
    if (timed.cost === 0) return undefined;
    const later = ((generations - generation) * population * asked.cost) / asked.count;
    return ((asked.cost - doneCost + later) * (timed.seconds / timed.cost)) / workers.parallel;
  }

  return {
    begin(next, candidates) {
      generation = next;
      asked = { ...asked, count: asked.count + candidates };
    },
    expect(costs) {
      asked = { ...asked, cost: costs.reduce((sum, cost) => sum + cost, asked.cost) };
    },
    trained(cost, { key, figures, seconds }) {
      done.add(key);
      doneCost += cost;
      if (seconds !== undefined) timed = { seconds: timed.seconds + seconds, cost: timed.cost + cost };
      if (figures) best = Math.min(best ?? Infinity, errorObjective(figures));
    },
    get progress() {
      const left = secondsLeft();
      return {
        count: done.size,
        generation,
        ...(best === undefined ? {} : { best }),
        ...(left === undefined ? {} : { secondsLeft: left }),
      };
    },
  };
}
