/**
 * Random numbers that belong to a key, not to a place in a stream: whoever has the key draws the same ones, in whatever
 * order samples are taken and on however many vector lanes. The generator is Marsaglia's xorshift32.
 */

/** MurmurHash3's finaliser: every bit of the result depends on every bit of the argument. */
function scramble(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Whole numbers from 0 to 2^32 - 1; the parts of the key are whole numbers too, and count by their low 32 bits. */
export function* keyedNumbers(...key: readonly number[]): Generator<number, never> {
  let state = 0;
  for (const part of key) state = scramble((state ^ part) + 0x9e3779b9);
  // Zero is the one state that xorshift never leaves.
  state = state === 0 ? 1 : state;
  while (true) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}
