/** Pareto dominance, non-dominated sorting and crowding distance (Deb et al., NSGA-II, IEEE TEC 2002). */
import type { Objectives } from './types.ts';

/** Whether `first` is no worse than `second` in every objective and better in at least one. */
export function dominates(first: Objectives, second: Objectives): boolean {
  let better = false;
  for (let objective = 0; objective < first.length; objective++) {
    if (first[objective]! > second[objective]!) return false;
    if (first[objective]! < second[objective]!) better = true;
  }
  return better;
}

/**
 * Fronts of indices into `points`, best front first, ascending within a front. Equal points share a front. Two objectives
 * take a sweep in O(n log n), any other number takes Deb's algorithm.
 */
export function nonDominatedSort(points: readonly Objectives[]): number[][] {
  const fronts = points[0]?.length === 2 ? sweepSort(points) : pairwiseSort(points);
  for (const front of fronts) front.sort((a, b) => a - b);
  return fronts;
}

/**
 * Two objectives. In lexicographic order nobody is dominated by a later point, and within a front the last point has the
 * lowest second objective so far; so a point belongs to the first front whose last point does not dominate it. A front
 * that dominates a point comes after others that do, which makes it a binary search.
 */
function sweepSort(points: readonly Objectives[]): number[][] {
  const order = points.map((_, index) => index);
  order.sort((a, b) => compare(points[a]![0]!, points[b]![0]!) || compare(points[a]![1]!, points[b]![1]!) || a - b);
  const fronts: number[][] = [];
  for (const index of order) {
    let low = 0;
    let high = fronts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (dominates(points[fronts[middle]!.at(-1)!]!, points[index]!)) low = middle + 1;
      else high = middle;
    }
    if (low === fronts.length) fronts.push([index]);
    else fronts[low]!.push(index);
  }
  return fronts;
}

/** Unlike a - b, 0 for two infinities. */
const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

/** Orders indices into `points` by one objective, equal ones by index. */
export const byObjective =
  (points: readonly Objectives[], objective: number) =>
  (a: number, b: number): number =>
    compare(points[a]![objective]!, points[b]![objective]!) || a - b;

/** Deb's fast non-dominated sort: O(objectives * n^2), any number of objectives. Exported for the parity test. */
export function pairwiseSort(points: readonly Objectives[]): number[][] {
  const dominated: number[][] = points.map(() => []);
  const dominators = new Int32Array(points.length);
  for (let first = 0; first < points.length; first++) {
    for (let second = 0; second < points.length; second++) {
      if (!dominates(points[first]!, points[second]!)) continue;
      dominated[first]!.push(second);
      dominators[second]!++;
    }
  }
  const fronts: number[][] = [];
  let front = points.flatMap((_, index) => (dominators[index] === 0 ? index : []));
  while (front.length > 0) {
    fronts.push(front);
    front = front.flatMap((index) => dominated[index]!.filter((other) => --dominators[other]! === 0));
  }
  return fronts;
}

/**
 * Crowding distance of each point of one front: the sum over objectives of the gap between its two neighbours, as a share
 * of the front's range. The extremes of an objective, and all of a front of up to two, get Infinity. An objective without
 * a finite range tells nothing apart and is left out.
 */
export function crowdingDistance(front: readonly Objectives[]): Float64Array {
  const distance = new Float64Array(front.length);
  if (front.length <= 2) return distance.fill(Infinity);
  const order = front.map((_, index) => index);
  for (let objective = 0; objective < front[0]!.length; objective++) {
    const value = (position: number) => front[order[position]!]![objective]!;
    order.sort(byObjective(front, objective));
    const last = order.length - 1;
    const range = value(last) - value(0);
    if (!(range > 0 && range < Infinity)) continue;
    distance[order[0]!] = Infinity;
    distance[order[last]!] = Infinity;
    for (let position = 1; position < last; position++) {
      distance[order[position]!]! += (value(position + 1) - value(position - 1)) / range;
    }
  }
  return distance;
}
