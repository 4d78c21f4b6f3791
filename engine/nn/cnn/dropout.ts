/**
 * Which values dropout keeps. Every sample of a batch has a generator of its own, started from the seed, the update,
 * the layer and its place in the batch, so that a kernel can run one generator per vector lane, in whatever order it
 * takes the samples, and draw the same mask again in the backward pass instead of storing it.
 */

export interface DropoutKey {
  readonly seed: number;
  /** Updates before this one. */
  readonly update: number;
  /** Index of the convolution in the template. */
  readonly layer: number;
  /** Index of the sample in its batch. */
  readonly sample: number;
}

/** MurmurHash3's finaliser: every bit of the result depends on every bit of the argument. */
function scramble(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * One sample's values of one layer, in the order (row, channel, column): true where a value stays.
 * The generator is Marsaglia's xorshift32; a value is dropped where its number is below rate * 2^32.
 */
export function* dropoutMask(rate: number, key: DropoutKey): Generator<boolean, never> {
  const threshold = Math.floor(rate * 2 ** 32);
  let state = 0;
  for (const part of [key.seed, key.update, key.layer, key.sample]) state = scramble((state ^ part) + 0x9e3779b9);
  // Zero is the one state that xorshift never leaves.
  state = state === 0 ? 1 : state;
  while (true) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0 >= threshold;
  }
}
