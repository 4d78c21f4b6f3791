/** Thinning a front that is too large for the population. */
import { byObjective } from './dominance.ts';
import type { Objectives } from './types.ts';

/**
 * The positions of the `count` points that are left, ascending, when the most crowded point is removed again and again
 * (Kukkonen and Deb, Improved pruning of non-dominated solutions based on crowding distance, CEC 2006). Removing them all
 * by the distances before the first removal, as NSGA-II originally did, empties dense places and leaves gaps; on ZDT1 the
 * distance to the true front is a fifth larger then. Of equally crowded points the later one goes.
 *
 * Gaps are measured as in crowdingDistance, with the ranges of the whole front. O(n^2) at most: each removal looks for the
 * next point and mends the gaps of its neighbours.
 */
export function thinFront(front: readonly Objectives[], count: number): number[] {
  const gaps = front[0]?.map((_, objective) => objectiveGaps(front, objective)) ?? [];
  const usable = gaps.filter((gap) => gap !== undefined);
  const distanceOf = (position: number) => usable.reduce((sum, gap) => sum + gap.around(position), 0);
  const distance = Float64Array.from(front, (_, position) => distanceOf(position));
  const left = front.map((_, position) => position);
  while (left.length > count) {
    let least = left.length - 1;
    for (let at = least - 1; at >= 0; at--) if (distance[left[at]!]! < distance[left[least]!]!) least = at;
    const [removed] = left.splice(least, 1) as [number];
    for (const gap of usable) {
      for (const neighbour of gap.remove(removed)) distance[neighbour] = distanceOf(neighbour);
    }
  }
  return left;
}

interface Gaps {
  /** The distance between a point's neighbours as a share of the range; Infinity at the ends. */
  readonly around: (position: number) => number;
  /** Closes the list over a point; answers the neighbours that now have each other. */
  readonly remove: (position: number) => number[];
}

/** A linked list of the front in the order of one objective; undefined where the objective has no finite range. */
function objectiveGaps(front: readonly Objectives[], objective: number): Gaps | undefined {
  const order = front.map((_, position) => position).sort(byObjective(front, objective));
  const value = (position: number) => front[position]![objective]!;
  const range = value(order.at(-1)!) - value(order[0]!);
  if (!(range > 0 && range < Infinity)) return undefined;
  const before = new Int32Array(front.length).fill(-1);
  const after = new Int32Array(front.length).fill(-1);
  for (let place = 1; place < order.length; place++) {
    before[order[place]!] = order[place - 1]!;
    after[order[place - 1]!] = order[place]!;
  }
  return {
    around(position) {
      const low = before[position]!;
      const high = after[position]!;
      return low < 0 || high < 0 ? Infinity : (value(high) - value(low)) / range;
    },
    remove(position) {
      const low = before[position]!;
      const high = after[position]!;
      if (low >= 0) after[low] = high;
      if (high >= 0) before[high] = low;
      return [low, high].filter((neighbour) => neighbour >= 0);
    },
  };
}
