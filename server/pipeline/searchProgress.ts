/** How far a search is, and how long it will take from there, from what the candidates so far have cost. */
import { errorObjective } from '../../engine/data/metrics.ts';
import type { Config } from '../config.ts';
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

export interface ProgressTracker {
  /** A generation begins; `costs` are those of its candidates, evaluated already or not. */
  begin(generation: number, costs: readonly number[]): void;
  evaluated(cost: number, entry: JournalEntry): void;
  readonly progress: Progress;
}

/**
 * The time left is what remains of this generation, and later generations of candidates that cost what those so far do on
 * average, at the measured seconds per unit of cost, spread over `parallel` workers.
 */
export function trackProgress(
  { population, generations }: Pick<Config, 'population' | 'generations'>,
  parallel: number,
): ProgressTracker {
  let generation = 0;
  let asked = { count: 0, cost: 0 };
  let done = { count: 0, cost: 0 };
  let timed = { seconds: 0, cost: 0 };
  let best: number | undefined;

  function secondsLeft(): number | undefined {
    if (timed.cost === 0) return undefined;
    const later = ((generations - generation) * population * asked.cost) / asked.count;
    return ((asked.cost - done.cost + later) * (timed.seconds / timed.cost)) / parallel;
  }

  return {
    begin(next, costs) {
      generation = next;
      asked = {
        count: asked.count + costs.length,
        cost: costs.reduce((sum, cost) => sum + cost, asked.cost),
      };
    },
    evaluated(cost, { figures, seconds }) {
      done = { count: done.count + 1, cost: done.cost + cost };
      if (seconds !== undefined) timed = { seconds: timed.seconds + seconds, cost: timed.cost + cost };
      if (figures) best = Math.min(best ?? Infinity, errorObjective(figures));
    },
    get progress() {
      const left = secondsLeft();
      return {
        count: done.count,
        generation,
        ...(best === undefined ? {} : { best }),
        ...(left === undefined ? {} : { secondsLeft: left }),
      };
    },
  };
}
