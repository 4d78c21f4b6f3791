/**
 * Which values dropout keeps. Every sample of a batch has a generator of its own, started from the seed, the update,
 * the layer and its place in the batch, so that a kernel can run one generator per vector lane, in whatever order it
 * takes the samples, and draw the same mask again in the backward pass instead of storing it.
 */
import { keyedNumbers } from './keyedNumbers.ts';

export interface DropoutKey {
  readonly seed: number;
  /** Updates before this one. */
  readonly update: number;
  /** Index of the convolution in the template. */
  readonly layer: number;
  /** Index of the sample in its batch. */
  readonly sample: number;
}

/**
 * One sample's values of one layer, in the order (row, channel, column): true where a value stays.
 * A value is dropped where its number is below rate * 2^32.
 */
export function* dropoutMask(rate: number, key: DropoutKey): Generator<boolean, never> {
  const threshold = Math.floor(rate * 2 ** 32);
  const numbers = keyedNumbers(key.seed, key.update, key.layer, key.sample);
  while (true) yield numbers.next().value >= threshold;
}
