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
  const known = new Set(metricsOf(view).map(({ id }) => id));
  if (limited(budget).every((id) => known.has(id))) return budget;
  const kept: { [Id in MetricId]?: number } = {};
  for (const id of limited(budget)) if (known.has(id)) kept[id] = budget[id]!;
  return kept;
}
