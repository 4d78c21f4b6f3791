/** What the panel knows about a front, without any drawing: order, knee, sorting, and what may be used. */

import { formatVariant } from '../../engine/format.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import type { PanelState, SortColumn } from '../messages.ts';
import { type Metric, metricOf, metricsOf } from './metrics.ts';

/** Whether a network computes in integers. */
export const isInteger = ({ variant }: FrontPoint): boolean => variant === 'int8' || variant === 'fixed16';

/**
 * Whether it can be used: the front, and the networks in integers beside it, those for a function once their generated
 * code is measured. For a data set all of them can be exported.
 */
export const isOffered = (point: FrontPoint, { subject }: Pick<FrontView, 'subject'>): boolean =>
  point.onFront || (isInteger(point) && (subject.kind === 'dataset' || point.latencyNs !== undefined));

export interface Axes {
  readonly x: Metric;
  readonly y: Metric;
}

/**
 * The metrics that the user picked, where the run has them. Otherwise error against parameters, or against bytes where
 * networks in integers have to stand apart from those that they were made from.
 */
export function axesOf(view: FrontView, { x, y }: Pick<PanelState, 'x' | 'y'> = {}): Axes {
  const known = metricsOf(view);
  const find = (id: Metric['id'] | undefined) => known.find((metric) => metric.id === id);
  return {
    x: find(x) ?? metricOf(view.points.some(isInteger) ? 'bytes' : 'params', view),
    y: find(y) ?? metricOf('nrmse', view),
  };
}

/** A network with its place on two axes, in their units. */
export interface Place {
  readonly point: FrontPoint;
  readonly x: number;
  readonly y: number;
}

/** The networks that have finite values on both axes. */
export const placesOf = (points: readonly FrontPoint[], { x, y }: Axes): readonly Place[] =>
  points.flatMap((point) => {
    const [atX, atY] = [x.value(point), y.value(point)];
    if (atX === undefined || atY === undefined || !Number.isFinite(atX) || !Number.isFinite(atY)) return [];
    return [{ point, x: atX * x.factor, y: atY * y.factor }];
  });

/** Those of the places that no other is better than on both axes, from left to right. */
export function frontOf(places: readonly Place[], { x, y }: Axes): readonly Place[] {
  const costX = ({ x: at }: Place) => (x.better === 'less' ? at : -at);
  const costY = ({ y: at }: Place) => (y.better === 'less' ? at : -at);
  let best = Number.POSITIVE_INFINITY;
  const front = [...places]
    .sort((a, b) => costX(a) - costX(b) || costY(a) - costY(b))
    .filter((place) => {
      const isBetter = costY(place) < best;
      if (isBetter) best = costY(place);
      return isBetter;
    });
  return front.sort((a, b) => a.x - b.x);
}

/** Zero has no logarithm; this is far below every figure that is told apart from zero. */
const smallest = 1e-7;

/**
 * The knee: the place on the front that is farthest from the line between its two ends, both axes logarithmic and scaled
 * to [0, 1], on the better side. Undefined for fewer than three places, and where none lies on that side, because the
 * front then has no bend to recommend.
 */
export function kneeOf(front: readonly Place[], { x, y }: Axes): FrontPoint | undefined {
  const logX = (place: Place) => Math.log(Math.max(smallest, place.x)) * (x.better === 'less' ? 1 : -1);
  const logY = (place: Place) => Math.log(Math.max(smallest, place.y)) * (y.better === 'less' ? 1 : -1);
  const ordered = [...front].sort((a, b) => logX(a) - logX(b));
  const [first, last] = [ordered[0], ordered.at(-1)];
  if (!first || !last || ordered.length < 3) return undefined;
  const [spanX, spanY] = [logX(last) - logX(first), logY(first) - logY(last)];
  if (spanX <= 0 || spanY <= 0) return undefined;
  let best: { point: FrontPoint; depth: number } | undefined;
  for (const place of ordered.slice(1, -1)) {
    const depth = 1 - (logX(place) - logX(first)) / spanX - (logY(place) - logY(last)) / spanY;
    if (depth > (best?.depth ?? 1e-6)) best = { point: place.point, depth };
  }
  return best?.point;
}

/** The network to show when the user has not picked one: applied, chosen, knee, or the most accurate. */
export function defaultSelection(view: FrontView): string | undefined {
  const known = (id: string | undefined) => (view.points.some((point) => point.id === id) ? id : undefined);
  const axes = axesOf(view, { x: 'params' });
  const front = frontOf(
    placesOf(
      view.points.filter(({ onFront }) => onFront),
      axes,
    ),
    axes,
  );
  return known(view.applied) ?? known(view.chosen) ?? kneeOf(front, axes)?.id ?? front.at(-1)?.point.id;
}

/** Where an arrow key leads among points from left to right; the ends stay where they are. */
export function neighbour<T extends { readonly id: string }>(
  points: readonly T[],
  id: string | undefined,
  key: string,
): T | undefined {
  const index = points.findIndex((point) => point.id === id);
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return points[Math.min(points.length - 1, index + 1)];
    case 'ArrowLeft':
    case 'ArrowUp':
      return points[Math.max(0, index - 1)];
    case 'Home':
      return points[0];
    case 'End':
      return points.at(-1);
    default:
      return undefined;
  }
}

function sortKey(column: SortColumn, view: Pick<FrontView, 'measure'>) {
  switch (column) {
    case 'topology':
      return ({ topology }: FrontPoint) => topology;
    case 'activation':
      return ({ activation }: FrontPoint) => activation;
    case 'variant':
      return ({ variant, alpha }: FrontPoint) => formatVariant(variant, alpha);
    default:
      return metricOf(column, view).value;
  }
}

/** A sorted copy. Points without a value come last in both directions; equal values keep the order by size. */
export function sortPoints(
  points: readonly FrontPoint[],
  order: { readonly column: SortColumn; readonly descending: boolean },
  view: Pick<FrontView, 'measure'> = { measure: 'nrmse' },
): readonly FrontPoint[] {
  const key = sortKey(order.column, view);
  const sign = order.descending ? -1 : 1;
  return [...points].sort((a, b) => {
    const [left, right] = [key(a), key(b)];
    if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
    const difference =
      typeof left === 'string' || typeof right === 'string'
        ? String(left).localeCompare(String(right), 'en', { numeric: true })
        : left === right
          ? 0
          : left - right;
    return sign * difference || a.params - b.params;
  });
}
