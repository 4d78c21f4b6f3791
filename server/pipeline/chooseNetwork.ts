/** Which network of a dataset's front a run proposes. */
import { formatBound, formatCount, formatPercent } from '../../engine/format.ts';
import type { Choice } from './choose.ts';
import type { DatasetPoint } from './datasetRun.ts';

/** A point with final figures. */
export type FinalPoint = DatasetPoint & { readonly validationError: number; readonly testError: number };

/**
 * The smallest network of the front whose validation error is within the bound, or else the one with the lowest. The test
 * rows do not choose, they only tell whether the criterion is met. Throws on an empty front.
 */
export function chooseNetwork(points: readonly FinalPoint[], maxError?: number): Choice {
  const front = points.filter(({ onFront }) => onFront);
  const best = front.reduce((a, b) => (b.validationError < a.validationError ? b : a));
  const within = front.filter(({ validationError }) => maxError !== undefined && validationError <= maxError);
  const chosen = within.length > 0 ? within.reduce((a, b) => (b.params < a.params ? b : a)) : best;
  const { id, topology, params, testError } = chosen;
  const network = `The network ${topology} of ${formatCount(params)} parameters`;
  const figures = `a test error of ${formatPercent(testError)}`;
  if (maxError === undefined) {
    return { chosen: id, met: true, reason: `${network} has the lowest validation error of all, and ${figures}.` };
  }
  const met = testError <= maxError;
  const verdict = met ? 'within' : 'not within';
  const advice = met ? '' : ' Allow a larger error or more parameters, or search longer.';
  return {
    chosen: id,
    met,
    reason: `${network} has ${figures}, ${verdict} the bound of ${formatBound(maxError)}.${advice}`,
  };
}
