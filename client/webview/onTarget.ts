/** The run as the target that is picked sees it: what networks cost there is a metric like any other. */
import type { FrontView } from '../../server/protocol.ts';
import type { Budget, MetricId } from '../messages.ts';
import type { TargetFigures } from '../targetFigures.ts';
import { limited } from './budget.ts';
import { metricsOf } from './metrics.ts';

/** The figures of the run's own target give way; while those of another are estimated there are none. */
export function onTarget(view: FrontView, figures: TargetFigures | undefined): FrontView {
  if (figures === undefined || view.stage !== 'done') return view;
  const networks =
    figures.kind === 'estimated' && figures.estimates.runId === view.runId ? figures.estimates.networks : [];
  const costs = new Map(networks.map((own) => [own.id, own.figures]));
  const points = view.points.map((point) => {
    const { cost, ...rest } = point;
    const own = costs.get(point.id);
    if (own && own.length > 0) return { ...rest, cost: own };
    return cost ? rest : point;
  });
  return { ...view, points };
}

/** The limits on what this run, on this target, knows of its networks; the others wait for a target that has them. */
export function knownLimits(budget: Budget, view: FrontView): Budget {
  const isKnown = knownIn(view);
  return limited(budget).every(isKnown) ? budget : only(budget, isKnown);
}

/** The limits that wait for a target that has them. */
export function waitingLimits(budget: Budget, view: FrontView): Budget {
  const isKnown = knownIn(view);
  return only(budget, (id) => !isKnown(id));
}

function knownIn(view: FrontView): (id: MetricId) => boolean {
  const known = new Set(metricsOf(view).map(({ id }) => id));
  return (id) => known.has(id);
}

const only = (budget: Budget, isKept: (id: MetricId) => boolean): Budget =>
  Object.fromEntries(
    limited(budget)
      .filter(isKept)
      .map((id) => [id, budget[id]!]),
  );
