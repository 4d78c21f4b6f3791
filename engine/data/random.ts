/** Seeded randomness of sampling, splitting and searching. The same seed gives the same stream on every machine. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A stream of random numbers; every call advances it. */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  next(): number;
  /** Uniform in 0 to n - 1, without bias. Throws RangeError unless n is a positive integer of at most 2^53. */
  integer(n: number): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
  /** Fisher-Yates, in place; answers the same array. */
  shuffle(order: Int32Array): Int32Array;
}

/** A stream of its own for every seed. A number and its decimal text are different seeds. */
export function createRandom(seed: number | string): Random {
  const generator = xoroshiro128plus(seedOf(seed));
  // The generator's first numbers are nearly the seed itself; jumping mixes the state.
  generator.jump();
  const next = () => uniformFloat64(generator);
  const integer = (n: number) => {
    if (!Number.isSafeInteger(n - 1) || n < 1) throw new RangeError(`There is no random integer below ${n}.`);
    return uniformInt(generator, 0, n - 1);
  };
  return {
    next,
    integer,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    shuffle(order) {
      for (let last = order.length - 1; last > 0; last--) {
        const other = integer(last + 1);
        const moved = order[last]!;
        order[last] = order[other]!;
        order[other] = moved;
      }
      return order;
    },
  };
}

/**
 * A 32-bit seed (0 to 2^32 - 1) derived from its parts: FNV-1a over their UTF-16 code units, then MurmurHash3's
 * finaliser, without which similar parts would get similar seeds. Stable: stored runs depend on it. Parts count with
 * their type and their boundaries, so that ('a', 'b') and ('ab') differ, and so do 1 and '1'.
 */
export function seedOf(...parts: readonly (number | string)[]): number {
  let hash = 0x811c9dc5;
  const add = (unit: number) => {
    hash = Math.imul(hash ^ unit, 0x01000193);
  };
  for (const part of parts) {
    const text = String(part);
    add(typeof part === 'number' ? 1 : 2);
    add(text.length);
    for (let at = 0; at < text.length; at++) add(text.charCodeAt(at));
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
