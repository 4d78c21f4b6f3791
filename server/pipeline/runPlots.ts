/** What the plots of a stored run are drawn from, capped so that it travels in a message. */
import { type Curve, curveOf } from '../../engine/plot/curves.ts';
import { sample } from '../../engine/plot/figure.ts';
import { networkLabel, type RunPlots } from '../../engine/plot/runFigures.ts';
import type { LearningCurve } from '../../engine/types.ts';
import type { FrontPoint } from '../protocol.ts';
import type { FrontMember } from './search.ts';

/** What results of both kinds have. */
interface Plotted {
  /** `fronts` is absent in results of earlier builds. */
  readonly search: { readonly fronts?: readonly (readonly FrontMember[])[] };
  readonly points: readonly FrontPoint[];
  readonly networks: readonly { readonly id: string; readonly curve?: LearningCurve }[];
}

/** Networks whose training is shown, and generations whose front is, at most. */
const mostCurves = 24;
const mostFronts = 24;

export function runPlots({ search, points, networks }: Plotted): RunPlots {
  const byId = new Map(points.map((point) => [point.id, point]));
  const trained = networks
    .flatMap(({ id, curve }) => {
      const point = byId.get(id);
      return point && curve ? [{ point, curve }] : [];
    })
    .sort((a, b) => a.point.params - b.point.params);
  const curves: Curve[] = sample(trained, mostCurves).map(({ point, curve }) =>
    curveOf(networkLabel(point), curve.validationLoss, curve.validationError),
  );
  const fronts = (search.fronts ?? []).map((front, index) => ({
    generation: index + 1,
    places: front.map(({ id, params, error }) => ({ id, params, error })),
  }));
  return { fronts: sample(fronts, mostFronts), curves };
}
