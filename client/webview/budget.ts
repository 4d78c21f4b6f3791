/** A budget: the most that somebody accepts of some metrics, and the network that is best within it. */
import { formatCount } from '../../engine/format.ts';
import { networkLabel } from '../../engine/plot/runFigures.ts';
import { t } from '../../engine/texts.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import { type Budget, metricIds, type PanelState } from '../messages.ts';
import { defaultSelection, isOffered } from './front.ts';
import { isError, limitText, metricOf } from './metrics.ts';

export const limited = (budget: Budget) => metricIds.filter((id) => budget[id] !== undefined);

/** A test of whether networks keep every limit. What is not known of one keeps none. */
export function budgetTest(budget: Budget, view: Pick<FrontView, 'measure'>): (point: FrontPoint) => boolean {
  const limits = limited(budget).map((id) => ({ ...metricOf(id, view), limit: budget[id]! }));
  return (point) =>
    limits.every(({ value, better, limit }) => {
      const own = value(point);
      return own !== undefined && (better === 'less' ? own <= limit : own >= limit);
    });
}

export const within = (points: readonly FrontPoint[], budget: Budget, view: Pick<FrontView, 'measure'>) =>
  points.filter(budgetTest(budget, view));

export interface Choice {
  readonly point: FrontPoint;
  readonly rule: 'smallest' | 'most accurate';
}

/**
 * Which network within the budget to take. Where only errors are limited, the smallest: it is accurate enough. Where size
 * or time is limited too, the most accurate: it is affordable. Undefined where none keeps the limits, or there are none.
 */
export function pickWithin(view: FrontView, budget: Budget): Choice | undefined {
  const limits = limited(budget);
  if (limits.length === 0) return undefined;
  const rule = limits.every(isError) ? 'smallest' : 'most accurate';
  const size = (point: FrontPoint) => point.bytes;
  const error = (point: FrontPoint) => point.error.nrmse;
  const keys = rule === 'smallest' ? [size, error] : [error, size];
  const [point] = within(view.points, budget, view)
    .filter((own) => isOffered(own, view))
    .sort((a, b) => keys[0]!(a) - keys[0]!(b) || keys[1]!(a) - keys[1]!(b));
  return point && { point, rule };
}

/** `at most 2 %`, for a line in the plot. */
export function limitLine(id: (typeof metricIds)[number], budget: Budget, view: Pick<FrontView, 'measure'>): string {
  const metric = metricOf(id, view);
  const text = limitText(metric, budget[id]!);
  return metric.better === 'less' ? t('at most {0}', text) : t('at least {0}', text);
}

/** What the budget leaves, and which network was selected by which rule; empty without limits. */
export function budgetText(view: FrontView, budget: Budget): string {
  if (limited(budget).length === 0) return '';
  const all = view.points.filter((point) => isOffered(point, view));
  const choice = pickWithin(view, budget);
  if (!choice)
    return t('None of {0} networks is within this budget. Raise a limit, or clear it.', formatCount(all.length));
  const count = t('{0} of {1} within.', formatCount(within(all, budget, view).length), formatCount(all.length));
  const name = networkLabel(choice.point);
  return choice.rule === 'smallest'
    ? `${count} ${t('Best choice: {0}, the smallest of them.', name)}`
    : `${count} ${t('Best choice: {0}, the most accurate of them.', name)}`;
}

/** What the user picked; without that, what is best within the budget, or else the network that the run stands for. */
export function selection(view: FrontView, { selected, budget }: Pick<PanelState, 'selected' | 'budget'>) {
  const find = (id: string | undefined) => view.points.find((point) => point.id === id);
  return find(selected) ?? pickWithin(view, budget)?.point ?? find(defaultSelection(view));
}
