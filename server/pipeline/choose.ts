/** Which network of the front a run proposes, and what it says about it. */

import { errorObjective } from '../../engine/data/metrics.ts';
import { formatBound, formatComparison, formatPercent, significant } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { FrontPoint } from '../protocol.ts';
import { batchText, breakEvenOf, causeOf, slowerText } from './breakEven.ts';

/** A point that has been measured on its emitted code. */
export interface MeasuredPoint extends FrontPoint {
  readonly latencyNs: number;
  readonly speedup: number;
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
export function choose(points: readonly MeasuredPoint[], maxError: number, exactNs: number): Choice {
  const front = points.filter(({ onFront }) => onFront);
  const within = front.filter((point) => errorObjective(point.error) <= maxError);
  if (within.length === 0) {
    const best = front.reduce((a, b) => (errorObjective(b.error) < errorObjective(a.error) ? b : a));
    return {
      chosen: best.id,
      met: false,
      reason: t(
        'No network reached an error of {0}; the best one has {1}. Allow a larger error or more parameters, narrow the ranges, or search longer.',
        formatBound(maxError),
        formatPercent(errorObjective(best.error)),
      ),
    };
  }
  const fastest = within.reduce((a, b) => (b.latencyNs < a.latencyNs ? b : a));
  const [low, high] = fastest.speedupInterval;
  const figures = [formatPercent(errorObjective(fastest.error)), formatBound(maxError)] as const;
  if (low > 1) {
    const reason = t(
      'The network {0} is {1} (95 % interval {2} to {3}; error {4}, bound {5}).',
      fastest.topology,
      formatComparison(fastest.speedup),
      significant(low),
      significant(high),
      ...figures,
    );
    return { chosen: fastest.id, met: true, reason };
  }
  const sentences = [
    t('The network {0} {1} (error {2}, bound {3}).', fastest.topology, slowerText(fastest)!, ...figures),
    causeOf(fastest, breakEvenOf(points, exactNs)),
    batchText(fastest),
  ];
  return { chosen: fastest.id, met: false, reason: sentences.filter((each) => each !== undefined).join(' ') };
}
