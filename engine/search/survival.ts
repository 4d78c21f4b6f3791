/** Who stays in the population. */
import { crowdingDistance, nonDominatedSort } from './dominance.ts';
import { thinFront } from './truncation.ts';
import type { Objectives, Ranked } from './types.ts';

export const isFinitePoint = (objectives: Objectives): boolean => objectives.every(Number.isFinite);

/**
 * A candidate with an infinite objective could still be non-dominated by its other objectives (a tiny network that
 * diverged is tiny). Ranking it as infinitely bad in all of them puts it behind every candidate that worked.
 */
const sink = (objectives: Objectives): Objectives =>
  isFinitePoint(objectives) ? objectives : objectives.map(() => Infinity);

/**
 * The best `count` entries with their ranks and crowding distances: front after front, and of the front that does not fit
 * as a whole those that are left when it is thinned. All entries where there are fewer.
 */
export function survive<E extends { readonly objectives: Objectives }>(
  entries: readonly E[],
  count: number,
): Ranked<E>[] {
  const points = entries.map(({ objectives }) => sink(objectives));
  const survivors: Ranked<E>[] = [];
  for (const [rank, front] of nonDominatedSort(points).entries()) {
    const room = count - survivors.length;
    if (room <= 0) break;
    const kept = thin(front, points, room);
    const crowding = crowdingDistance(kept.map((index) => points[index]!));
    for (const [place, index] of kept.entries()) {
      survivors.push({ entry: entries[index]!, point: points[index]!, rank, crowding: crowding[place]! });
    }
  }
  return survivors;
}

function thin(front: readonly number[], points: readonly Objectives[], room: number): readonly number[] {
  if (front.length <= room) return front;
  const left = thinFront(
    front.map((index) => points[index]!),
    room,
  );
  return left.map((position) => front[position]!);
}

/** The entries with finite objectives that no other of them dominates, by their first objective, then by the others. */
export function nonDominated<E extends { readonly objectives: Objectives }>(entries: readonly E[]): E[] {
  const finite = entries.filter(({ objectives }) => isFinitePoint(objectives));
  const [front = []] = nonDominatedSort(finite.map(({ objectives }) => objectives));
  return front.map((index) => finite[index]!).sort((a, b) => lexicographic(a.objectives, b.objectives));
}

function lexicographic(a: Objectives, b: Objectives): number {
  const differing = a.findIndex((value, objective) => value !== b[objective]);
  return differing < 0 ? 0 : a[differing]! - b[differing]!;
}
