/** How good a front is, as one number. */
import type { Objectives } from './types.ts';

/**
 * The area that the points dominate, up to the reference point, exactly; two objectives, both minimised. Points that are
 * not better than the reference in both objectives add nothing. Throws RangeError for another number of objectives.
 */
export function hypervolume(points: readonly Objectives[], reference: Objectives): number {
  if (reference.length !== 2) throw new RangeError(`Hypervolume needs two objectives, not ${reference.length}.`);
  const [right, top] = reference as [number, number];
  const inside = points.filter((point) => point[0]! < right && point[1]! < top);
  inside.sort((a, b) => a[0]! - b[0]!);
  let area = 0;
  let lowest = top;
  for (const point of inside) {
    if (point[1]! >= lowest) continue;
    area += (right - point[0]!) * (lowest - point[1]!);
    lowest = point[1]!;
  }
  return area;
}

/**
 * Inverted generational distance: the mean Euclidean distance from each point of the reference front to the nearest of
 * `points`. Infinity where there are no points.
 */
export function invertedGenerationalDistance(
  points: readonly Objectives[],
  referenceFront: readonly Objectives[],
): number {
  const nearest = (target: Objectives) =>
    points.reduce((least, point) => Math.min(least, squaredDistance(point, target)), Infinity);
  return referenceFront.reduce((sum, target) => sum + Math.sqrt(nearest(target)), 0) / referenceFront.length;
}

const squaredDistance = (a: Objectives, b: Objectives): number =>
  a.reduce((sum, value, objective) => sum + (value - b[objective]!) ** 2, 0);
