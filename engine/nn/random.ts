/** Seeded random numbers of the trainers. The same seed gives the same stream on every machine. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** One generator per purpose, so that a change to one (say, initial weights that are given) leaves the other alone. */
export interface TrainingStreams {
  readonly weights: RandomGenerator;
  readonly order: RandomGenerator;
}

/**
 * The streams of one training run, 2^64 numbers apart. The first numbers of the plain generator are nearly the seed
 * itself, so that neighbouring seeds would start alike; the jump mixes the state.
 */
export function trainingStreams(seed: number): TrainingStreams {
  const weights = xoroshiro128plus(seed);
  weights.jump();
  const order = weights.clone();
  order.jump();
  return { weights, order };
}

/** A number in [-limit, limit). */
export const symmetric = (random: RandomGenerator, limit: number): number => (2 * uniformFloat64(random) - 1) * limit;

/**
 * Fisher-Yates, in place. Scaling a 32-bit number favours some positions by at most order.length / 2^32, which no
 * training run can notice, and costs a fifth of drawing without bias.
 */
export function shuffle(order: Uint32Array, random: RandomGenerator): void {
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(((random.next() >>> 0) / 2 ** 32) * (last + 1));
    const moved = order[last]!;
    order[last] = order[other]!;
    order[other] = moved;
  }
}
