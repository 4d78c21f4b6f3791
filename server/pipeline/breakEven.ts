/** Whether a network pays, in words, and why not where it does not: nobody swaps for something slower without knowing. */

import { errorObjective } from '../../engine/data/metrics.ts';
import { callCost, isDear } from '../../engine/emit/cpu/cost.ts';
import { formatBound, formatDuration, formatPercent, formatSpeedup, significant } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { FrontPoint } from '../protocol.ts';

export interface BreakEvenContext {
  readonly exactNs: number;
  /** The smallest latency of the networks that were measured. */
  readonly cheapestNs: number;
}

/** `would be 2.3 times slower, 95 % interval 2.1 to 2.5`; undefined where the network is clearly faster. */
export function slowerText(point: Pick<FrontPoint, 'speedup' | 'speedupInterval'>): string | undefined {
  const { speedup, speedupInterval: interval } = point;
  if (speedup === undefined || interval === undefined || interval[0] > 1) return undefined;
  const [low, high] = interval;
  if (high < 1) {
    const range = [significant(1 / high), significant(1 / low)] as const;
    return t('would be {0}, 95 % interval {1} to {2}', formatSpeedup(speedup), ...range);
  }
  return t('is not clearly faster, 95 % interval of the speedup {0} to {1}', significant(low), significant(high));
}

/** Why a network does not pay, where that can be named; one sentence. */
export function causeOf(point: FrontPoint, { exactNs, cheapestNs }: BreakEvenContext): string | undefined {
  if (exactNs <= cheapestNs) {
    return t(
      'The function is too cheap: it takes {0}, and the fastest network here {1}.',
      formatDuration(exactNs),
      formatDuration(cheapestNs),
    );
  }
  const widths = point.topology.split('-').map(Number);
  // A convolutional network has another name, and other layers to blame.
  if (!widths.every(Number.isFinite)) return undefined;
  const cost = callCost({ widths, activation: point.activation });
  if (isDear(point.activation) && cost.activations > 0.4) {
    return t(
      'Its activation is dear: about {0} of a call goes into {1}. Search with the objectives error, params and latency for networks of relu or hard-sigmoid.',
      formatBound(cost.activations),
      point.activation,
    );
  }
  return undefined;
}

/** The same for a batch, where that is the other way round. */
export function batchText({ batch, speedupInterval }: FrontPoint): string | undefined {
  if (!batch || !speedupInterval || speedupInterval[0] > 1 || batch.speedupInterval[0] <= 1) return undefined;
  return t('Its batch function is {0} per row.', formatSpeedup(batch.speedup));
}

/** What somebody has to agree to before this network is applied; undefined where nothing speaks against it. */
export function objectionTo(
  point: FrontPoint,
  { maxError, ...context }: BreakEvenContext & { readonly maxError: number },
): string | undefined {
  const slower = slowerText(point);
  const error = errorObjective(point.error);
  const reasons = [
    ...(slower === undefined ? [] : [t('The network {0} {1}.', point.topology, slower)]),
    ...(slower === undefined ? [] : [causeOf(point, context), batchText(point)]),
    ...(error > maxError ? [t('Its error is {0}, the bound {1}.', formatPercent(error), formatBound(maxError))] : []),
  ].filter((reason) => reason !== undefined);
  return reasons.length === 0 ? undefined : reasons.join(' ');
}

/** The measured points of a run, each with what speaks against applying it. */
export function withObjections<Point extends FrontPoint>(
  points: readonly Point[],
  { maxError, exactNs }: { readonly maxError: number; readonly exactNs: number },
): Point[] {
  const context = { maxError, ...breakEvenOf(points, exactNs) };
  return points.map((point) => {
    const objection = objectionTo(point, context);
    return objection === undefined ? point : { ...point, objection };
  });
}

/** The context of `objectionTo` and `causeOf`, from the measured points of a run. */
export const breakEvenOf = (points: readonly FrontPoint[], exactNs: number): BreakEvenContext => ({
  exactNs,
  cheapestNs: Math.min(...points.flatMap(({ latencyNs }) => latencyNs ?? [])),
});
