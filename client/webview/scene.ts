/** What the plot shows of a run, as data: which networks, where, how they stand out, and what is said about them. */
import { formatAmount, formatCount, formatPercent } from '../../engine/format.ts';
import type { Frame, Size } from '../../engine/plot/frame.ts';
import { type ChartAxis, type ChartOptions, type ChartPoint, chartFrame } from '../../engine/plot/frontChart.ts';
import type { GenerationFront } from '../../engine/plot/generations.ts';
import { networkLabel } from '../../engine/plot/runFigures.ts';
import { t } from '../../engine/texts.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import type { Budget, PanelState } from '../messages.ts';
import { budgetTest, limitLine } from './budget.ts';
import { type Axes, axesOf, frontOf, isOffered, kneeOf, type Place, placesOf } from './front.ts';
import type { Metric } from './metrics.ts';
import { noRoles, type Roles, roleNames, rolesOf } from './roles.ts';

export interface Scene {
  readonly axes: Axes;
  readonly points: readonly ChartPoint[];
  readonly options: ChartOptions;
  readonly frame: Frame;
  /** It shows what there was at some generation, not what there is. */
  readonly replay: boolean;
  /** The network that each role belongs to on these axes. */
  readonly roles: Roles;
}

export type Look = Pick<PanelState, 'x' | 'y' | 'xScale' | 'yScale' | 'budget' | 'generation' | 'pinned'>;

/** `frame` keeps the axes as they are; without it they fit what is shown. */
export function sceneOf(view: FrontView, look: Look, size: Size, frame?: Frame): Scene {
  const replayed = replayedFront(view, look);
  return replayed ? replayScene(view, replayed, look, size) : finalScene(view, look, size, frame);
}

/** The front that the slider stands on; undefined for the final one. */
export const replayedFront = ({ plots }: FrontView, { generation }: Pick<Look, 'generation'>) =>
  generation === undefined ? undefined : plots?.fronts.find((front) => front.generation === generation);

function finalScene(view: FrontView, look: Look, size: Size, frame?: Frame): Scene {
  const axes = axesOf(view, look);
  const places = placesOf(view.points, axes);
  const offered = places.filter(({ point }) => isOffered(point, view));
  const line = frontOf(offered, axes);
  const onLine = new Set(line.map(({ point }) => point.id));
  const roles = rolesOf(view, kneeOf(line, axes)?.id);
  const isWithin = budgetTest(look.budget, view);
  const points = places.map((place): ChartPoint => {
    const { id, variant, variantOf } = place.point;
    const outside = isWithin(place.point) ? {} : { outside: true };
    const dot = { id, x: place.x, y: place.y, offered: false, onLine: false, ...outside };
    if (!isOffered(place.point, view)) return variantOf === undefined ? dot : { ...dot, variant, variantOf };
    const own = roles.get(id) ?? [];
    const words = { label: roleNames(own, view), text: placeText(place, axes) };
    return { ...dot, variant, variantOf, offered: true, onLine: onLine.has(id), roles: own, ...words };
  });
  const options: ChartOptions = {
    ...size,
    x: axis(axes.x, look.xScale, view, look.budget),
    y: axis(axes.y, look.yScale, view, look.budget, true),
    description: describe(places.length, line, axes),
    listName: t('Networks that can be used, from left to right'),
    pinned: look.pinned,
  };
  return { axes, points, options, roles, replay: false, frame: frame ?? chartFrame(points, options) };
}

/** As the search saw it: error on validation data against parameters, on axes that stay for all generations. */
function replayScene(view: FrontView, { generation, places }: GenerationFront, look: Look, size: Size): Scene {
  const axes = axesOf(view, { x: 'params', y: 'nrmse' });
  const found = placesOf(
    view.points.filter(({ variant }) => variant === undefined),
    axes,
  );
  const dots = found
    .filter(({ point }) => !point.onFront && point.generation <= generation)
    .map(({ point: { id }, x, y }) => ({ id, x, y, offered: false, onLine: false }));
  const byId = new Map(view.points.map((point) => [point.id, point]));
  const marks = toPlaces(places).map(({ id, x, y }, index): ChartPoint => {
    const point = id === undefined ? undefined : byId.get(id);
    const name = point ? networkLabel(point) : t('A network');
    const text = t('{0}: {1}, {2} on validation data', name, formatAmount(x, 'parameter'), formatPercent(y / 100));
    return { id: id ?? `generation-${index}`, x, y, offered: true, onLine: true, text };
  });
  const fronts = view.plots?.fronts ?? [];
  const before = fronts[fronts.findIndex((front) => front.generation === generation) - 1];
  const options: ChartOptions = {
    ...size,
    x: { label: axes.x.axis, kind: 'log' },
    y: { label: axes.y.axis, ...(look.yScale ? { kind: look.yScale } : {}) },
    description: t(
      'The front after generation {0}: {1}, by error on validation data.',
      formatCount(generation),
      formatAmount(marks.length, 'network'),
    ),
    listName: t('Networks on this front, from left to right'),
    pinned: look.pinned,
    ...(before ? { earlier: toPlaces(before.places) } : {}),
  };
  const extent = [...found, ...fronts.flatMap((front) => toPlaces(front.places))];
  const frame = chartFrame(extent, options);
  return { axes, points: [...dots, ...marks], options, roles: noRoles, replay: true, frame };
}

const toPlaces = (places: GenerationFront['places']) =>
  places
    .filter(({ error }) => Number.isFinite(error))
    .map(({ id, params, error }) => ({ id, x: params, y: error * 100 }))
    .sort((a, b) => a.x - b.x);

function axis(
  metric: Metric,
  kind: 'linear' | 'log' | undefined,
  view: FrontView,
  budget: Budget,
  vertical = false,
): ChartAxis {
  const { id, axis: label, better, factor } = metric;
  const scale = kind ?? (id === 'params' || id === 'bytes' ? 'log' : undefined);
  const limit =
    budget[id] !== undefined
      ? { at: budget[id] * factor, text: limitLine(id, budget, view) }
      : // The run's own bound is drawn, too.
        vertical && id === 'nrmse' && view.maxError !== undefined
        ? { at: view.maxError * factor, text: limitLine(id, { nrmse: view.maxError }, view) }
        : undefined;
  return { label, better, limit, ...(scale ? { kind: scale } : {}) };
}

/** `5-22-1 elu: 155 parameters, NRMSE 0.311 %, Size 620 B`. */
function placeText({ point }: Place, axes: Axes): string {
  const figures = [axes.y, axes.x].filter(({ id }) => id !== 'params').map((metric) => figureText(metric, point));
  return [`${networkLabel(point)}: ${formatAmount(point.params, 'parameter')}`, ...figures].join(', ');
}

export function figureText(metric: Metric, point: FrontPoint): string {
  const value = metric.value(point);
  return value === undefined ? t('{0} not measured', metric.name) : `${metric.name} ${metric.format(value)}`;
}

function describe(count: number, line: readonly Place[], axes: Axes): string {
  const [first, last] = [line[0], line.at(-1)];
  const title = t('{0} against {1}.', axes.y.axis, axes.x.axis);
  if (!first || !last) return `${title} ${t('No network yet.')}`;
  return `${title} ${t(
    '{0}, {1} of them on the front, from {2} to {3}.',
    formatAmount(count, 'network'),
    formatCount(line.length),
    placeText(first, axes),
    placeText(last, axes),
  )}`;
}
