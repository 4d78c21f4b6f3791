/** Which unit of a layer goes: by similarity (Algorithm 2), or by one of two rules to compare that with. */
import type { Random } from '../data/random.ts';
import { kMeans, type Points, representatives } from './clusters.ts';

/** similarity: Algorithm 2.  magnitude: the least sum of absolute weights (Li et al., 2016).  random: any. */
export const pruningMethods = ['similarity', 'random', 'magnitude'] as const;
export type PruningMethod = (typeof pruningMethods)[number];

/** What is left of a layer's units. */
export interface Survivors {
  /** Units that stay, in ascending order. */
  readonly kept: readonly number[];
  /**
   * For every unit the one that takes over its outgoing weights: itself where it stays, the survivor of its cluster where
   * it goes, -1 where its outgoing weights go with it.
   */
  readonly heirs: readonly number[];
}

/** Exactly k survivors of a layer. Each point is a unit: its incoming weights, and its bias where it has one. */
export function selectUnits(method: PruningMethod, points: Points, k: number, random: Random): Survivors {
  switch (method) {
    case 'similarity': {
      const clusters = kMeans(points, k, random);
      const kept = representatives(points, clusters);
      const survivorOf = new Map(kept.map((unit) => [clusters.clusterOf[unit]!, unit]));
      // A unit that is (nearly) another's double adds up with it, so its double does the work of both (Srinivas and Babu,
      // 2015): exact duplicates can go without a trace.
      return { kept, heirs: Array.from(clusters.clusterOf, (cluster) => survivorOf.get(cluster)!) };
    }
    case 'random': {
      const order = random.shuffle(Int32Array.from({ length: points.count }, (_, unit) => unit));
      return withoutHeirs(points.count, Array.from(order.subarray(0, k)));
    }
    case 'magnitude': {
      const order = Array.from({ length: points.count }, (_, unit) => unit);
      const size = (unit: number) => absoluteSum(points, unit);
      return withoutHeirs(points.count, order.sort((a, b) => size(b) - size(a) || a - b).slice(0, k));
    }
  }
}

function withoutHeirs(count: number, chosen: readonly number[]): Survivors {
  const kept = chosen.toSorted((a, b) => a - b);
  const stays = new Set(kept);
  return { kept, heirs: Array.from({ length: count }, (_, unit) => (stays.has(unit) ? unit : -1)) };
}

function absoluteSum({ values, size }: Points, unit: number): number {
  let sum = 0;
  for (let at = unit * size; at < (unit + 1) * size; at++) sum += Math.abs(values[at]!);
  return sum;
}
