/** Which network of the front a run proposes, and what it says about it. */
import { errorObjective } from '../../engine/data/metrics.ts';
import { formatBound, formatComparison, formatPercent, formatSpeedup, significant } from '../../engine/format.ts';
import type { FrontPoint } from '../protocol.ts';

/** A point that has been measured on its emitted code. */
export interface MeasuredPoint extends FrontPoint {
  readonly latencyNs: number;
  readonly speedup: number;
  /** 95 % interval of the speedup. */
  readonly speedupInterval: readonly [number, number];
}

export interface Choice {
  readonly chosen: string;
  readonly met: boolean;
  readonly reason: string;
}

/**
 * The fastest network of the front within the error bound; the most accurate one where none is within it. The criterion
 * is met when the error is within the bound and the whole interval of the speedup lies above 1. Throws on an empty front.
 */
export function choose(points: readonly MeasuredPoint[], maxError: number): Choice {
  const front = points.filter(({ onFront }) => onFront);
  const within = front.filter((point) => errorObjective(point.error) <= maxError);
  if (within.length === 0) {
    const best = front.reduce((a, b) => (errorObjective(b.error) < errorObjective(a.error) ? b : a));
    return {
      chosen: best.id,
      met: false,
      reason:
        `No network reached an error of ${formatBound(maxError)}; the best one has ${formatPercent(errorObjective(best.error))}. ` +
        'Allow a larger error or more parameters, narrow the ranges, or search longer.',
    };
  }
  const fastest = within.reduce((a, b) => (b.latencyNs < a.latencyNs ? b : a));
  const [low, high] = fastest.speedupInterval;
  const network = `network ${fastest.topology}`;
  const error = `error ${formatPercent(errorObjective(fastest.error))}, bound ${formatBound(maxError)}`;
  const figures = (from: number, to: number) => `(95 % interval ${significant(from)} to ${significant(to)}; ${error})`;
  const comparison = formatComparison(fastest.speedup);
  if (low > 1) {
    return { chosen: fastest.id, met: true, reason: `The ${network} is ${comparison} ${figures(low, high)}.` };
  }
  const verdict =
    high < 1
      ? `The exact function is faster: the ${network} would be ${formatSpeedup(fastest.speedup)} ${figures(1 / high, 1 / low)}.`
      : `The ${network} is not clearly faster than the exact function ${figures(low, high)}.`;
  return { chosen: fastest.id, met: false, reason: verdict };
}
