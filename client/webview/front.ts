/** What the panel knows about a front, without any drawing: order, knee, bound, sorting, and what may be used. */

import { formatVariant } from '../../engine/format.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import type { SortColumn } from '../messages.ts';

/** The non-dominated points that have a place on both axes, by size and then by error. */
export function frontOf(points: readonly FrontPoint[]): readonly FrontPoint[] {
  return points
    .filter((point) => point.onFront && Number.isFinite(point.error.nrmse))
    .sort((a, b) => a.params - b.params || a.error.nrmse - b.error.nrmse);
}

/** Whether a network computes in integers. */
export const isInteger = ({ variant }: FrontPoint): boolean => variant === 'int8' || variant === 'fixed16';

/**
 * Whether it can be used: the front, and the networks in integers beside it, those for a function once their generated
 * code is measured. For a data set all of them can be exported.
 */
export const isOffered = (point: FrontPoint, { subject }: Pick<FrontView, 'subject'>): boolean =>
  point.onFront || (isInteger(point) && (subject.kind === 'dataset' || point.latencyNs !== undefined));

/** An error of exactly zero has no logarithm; this is far below what 32-bit weights can reach. */
const smallestError = 1e-9;

/**
 * The knee: the point of the front farthest from the line between its two ends, both axes logarithmic and scaled to
 * [0, 1], on the side of smaller error. Undefined for fewer than three points, and where no point lies below the line,
 * because the front then has no bend to recommend.
 */
export function kneeOf(front: readonly FrontPoint[]): FrontPoint | undefined {
  const first = front[0];
  const last = front.at(-1);
  if (!first || !last || front.length < 3) return undefined;
  const size = (point: FrontPoint) => Math.log(Math.max(1, point.params));
  const error = (point: FrontPoint) => Math.log(Math.max(smallestError, point.error.nrmse));
  const [sizeSpan, errorSpan] = [size(last) - size(first), error(first) - error(last)];
  if (sizeSpan <= 0 || errorSpan <= 0) return undefined;
  let best: { point: FrontPoint; depth: number } | undefined;
  for (const point of front.slice(1, -1)) {
    const x = (size(point) - size(first)) / sizeSpan;
    const y = (error(point) - error(last)) / errorSpan;
    const depth = 1 - x - y;
    if (depth > (best?.depth ?? 1e-6)) best = { point, depth };
  }
  return best?.point;
}

/** The points whose error is within the bound; all of them without one. */
export const within = (points: readonly FrontPoint[], atMost: number | undefined): readonly FrontPoint[] =>
  atMost === undefined ? points : points.filter((point) => point.error.nrmse <= atMost);

/** The point to show when the user has not picked one: applied, chosen, knee, or the most accurate. */
export function defaultSelection(view: FrontView): string | undefined {
  const front = frontOf(view.points);
  const known = (id: string | undefined) => (view.points.some((point) => point.id === id) ? id : undefined);
  return known(view.applied) ?? known(view.chosen) ?? kneeOf(front)?.id ?? front.at(-1)?.id;
}

/** Where an arrow key leads on the front; the ends stay where they are. */
export function neighbour(front: readonly FrontPoint[], id: string | undefined, key: string): FrontPoint | undefined {
  const index = front.findIndex((point) => point.id === id);
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return front[Math.min(front.length - 1, index + 1)];
    case 'ArrowLeft':
    case 'ArrowUp':
      return front[Math.max(0, index - 1)];
    case 'Home':
      return front[0];
    case 'End':
      return front.at(-1);
    default:
      return undefined;
  }
}

const sortKeys: Readonly<Record<SortColumn, (point: FrontPoint) => number | string | undefined>> = {
  topology: (point) => point.topology,
  activation: (point) => point.activation,
  variant: (point) => formatVariant(point.variant, point.alpha),
  params: (point) => point.params,
  bytes: (point) => point.bytes,
  nrmse: (point) => point.error.nrmse,
  meanRelative: (point) => point.error.meanRelative,
  p99: (point) => point.error.p99,
  max: (point) => point.error.max,
  latencyNs: (point) => point.latencyNs,
  speedup: (point) => point.speedup,
};

/** A sorted copy. Points without a value come last in both directions; equal values keep the order by size. */
export function sortPoints(
  points: readonly FrontPoint[],
  order: { readonly column: SortColumn; readonly descending: boolean },
): readonly FrontPoint[] {
  const key = sortKeys[order.column];
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

/** Reads the error bound that the user typed in percent; empty means none, and nonsense is told apart from both. */
export function parseBound(
  text: string,
): { readonly kind: 'none' } | { readonly kind: 'bound'; readonly fraction: number } | { readonly kind: 'invalid' } {
  const cleaned = text.replace('%', '').trim().replace(',', '.');
  if (cleaned === '') return { kind: 'none' };
  const percent = Number(cleaned);
  return Number.isFinite(percent) && percent > 0 ? { kind: 'bound', fraction: percent / 100 } : { kind: 'invalid' };
}
