/** Ways to choose parents. Each gives a function that answers one parent per call. */
import type { Random } from '../data/random.ts';
import { dominates } from './dominance.ts';
import type { Ranked } from './types.ts';

export type Selection = 'roulette' | 'tournament';

export function createSelection<E>(kind: Selection, population: readonly Ranked<E>[], random: Random): () => E {
  return kind === 'roulette' ? rouletteWheel(population, random) : binaryTournament(population, random);
}

/**
 * A wheel on which everybody has a slot of width 1 / (1 + rank). Members of one front have slots of the same width, so the
 * one that was hit meets a random member of its own front, and the less crowded of the two is chosen: the wheel alone
 * decides how often each front is chosen, and everybody keeps a chance.
 */
export function rouletteWheel<E>(population: readonly Ranked<E>[], random: Random): () => E {
  const fronts: Ranked<E>[][] = [];
  for (const member of population) {
    fronts[member.rank] ??= [];
    fronts[member.rank]!.push(member);
  }
  const ends: number[] = [];
  let circumference = 0;
  for (const { rank } of population) {
    circumference += 1 / (1 + rank);
    ends.push(circumference);
  }
  return () => {
    const stop = random.next() * circumference;
    const hit = ends.findIndex((end) => stop < end);
    // Rounding may put the stop at the very end, where nothing is found: that is the last member's, at(-1).
    const member = population.at(hit)!;
    const front = fronts[member.rank]!;
    const rival = front[random.integer(front.length)]!;
    return (rival.crowding > member.crowding ? rival : member).entry;
  };
}

/**
 * Deb's binary tournament: who dominates the other wins, then the larger crowding distance, then a coin. Comparing the two
 * directly, as Deb's code does, and not by their ranks, as his paper says, lets lonely members of later fronts win, which
 * keeps the ends of the front alive. Contestants come from shuffled copies of the population, so that everybody takes part
 * equally often.
 */
export function binaryTournament<E>(population: readonly Ranked<E>[], random: Random): () => E {
  const order = Int32Array.from(population, (_, index) => index);
  let next = order.length;
  const contestant = () => {
    if (next === order.length) {
      random.shuffle(order);
      next = 0;
    }
    return population[order[next++]!]!;
  };
  return () => {
    const first = contestant();
    const second = contestant();
    if (dominates(first.point, second.point)) return first.entry;
    if (dominates(second.point, first.point)) return second.entry;
    if (first.crowding !== second.crowding) return (first.crowding > second.crowding ? first : second).entry;
    return random.next() < 0.5 ? first.entry : second.entry;
  };
}
