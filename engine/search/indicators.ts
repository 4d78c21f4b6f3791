/** How good a front is, as one number. */
import type { Objectives } from './types.ts';

/**
 * The volume that the points dominate, up to the reference point, exactly; two or more objectives, all minimised. Points
 * that are not better than the reference in every objective add nothing. Beyond two objectives the last one is sliced, so
 * the time grows with the number of points to the power of the objectives. Throws RangeError for fewer than two.
 */
export function hypervolume(points: readonly Objectives[], reference: Objectives): number {
  if (reference.length < 2) throw new RangeError(`Hypervolume needs at least two objectives, not ${reference.length}.`);
  if (reference.length > 2) return slicedVolume(points, reference);
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

/** Between two neighbouring values of the last objective, the points up to the first of them dominate the same slice. */
function slicedVolume(points: readonly Objectives[], reference: Objectives): number {
  const last = reference.length - 1;
  const depth = reference[last]!;
  const sorted = points.filter((point) => point[last]! < depth).sort((a, b) => a[last]! - b[last]!);
  const slices = sorted.map((point, index) => {
    const height = (sorted[index + 1]?.[last] ?? depth) - point[last]!;
    if (height === 0) return 0;
    const slice = sorted.slice(0, index + 1).map((each) => each.slice(0, last));
    return height * hypervolume(slice, reference.slice(0, last));
  });
  return slices.reduce((sum, volume) => sum + volume, 0);
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
