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
  /** For every unit who does its work from now on: itself where it stays, maybe another where it goes. */
  readonly heirs: readonly Heir[];
}

/** `share` times the outgoing weights of the unit that goes are added to those of `unit`; a share of 0 drops them. */
export interface Heir {
  readonly unit: number;
  readonly share: number;
}

/** Exactly k survivors of a layer. Each point is a unit: its incoming weights, and its bias where it has one. */
export function selectUnits(method: PruningMethod, points: Points, k: number, random: Random): Survivors {
  switch (method) {
    case 'similarity': {
      const clusters = kMeans(points, k, random);
      const kept = representatives(points, clusters);
      const survivorOf = new Map(kept.map((unit) => [clusters.clusterOf[unit]!, unit]));
      const heirs = Array.from(clusters.clusterOf, (cluster, unit) => {
        const survivor = survivorOf.get(cluster)!;
        return { unit: survivor, share: unit === survivor ? 1 : standInShare(points, unit, survivor) };
      });
      return { kept, heirs };
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
  return { kept, heirs: Array.from({ length: count }, (_, unit) => ({ unit, share: stays.has(unit) ? 1 : 0 })) };
}

/**
 * How much of a unit its survivor computes as well: the projection of its weights on the survivor's, 1 for an exact double
 * (which so leaves no trace, as in Srinivas and Babu, 2015), 0 for one that has nothing in common with it.
 */
function standInShare({ values, size }: Points, unit: number, survivor: number): number {
  let [product, square] = [0, 0];
  for (let at = 0; at < size; at++) {
    const own = values[survivor * size + at]!;
    product += own * values[unit * size + at]!;
    square += own * own;
  }
  return square > 0 ? Math.max(0, product / square) : 1;
}

function absoluteSum({ values, size }: Points, unit: number): number {
  let sum = 0;
  for (let at = unit * size; at < (unit + 1) * size; at++) sum += Math.abs(values[at]!);
  return sum;
}
