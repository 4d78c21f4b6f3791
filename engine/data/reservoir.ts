/**
 * Uniform samples of streams whose length nobody knows, which can be joined: bottom-k sampling. Every item of a stream gets
 * a random key in (0, 1), and the k items with the smallest keys are a uniform sample of them. The k smallest keys of
 * several streams together are a uniform sample of all their items, so each stream counts by its length (Cohen and Kaplan,
 * Summarizing data using bottom-k sketches, PODC 2007). Keys of items that cannot enter are never drawn: how many of them
 * come before the next that can is drawn instead, as in Li's Algorithm L (ACM TOMS 20(4), 1994).
 */
import type { Random } from './random.ts';

/** The state of one stream's sample: what the next item to take is, and below which key items are taken. */
export interface Reservoir {
  /** How many items to let pass before the next that enters; 0 for the next one. */
  skip(): number;
  /** The key of the item that enters now. Call it once after `skip()` items have passed. */
  enter(): number;
  /** Keys below it enter: the k-th smallest so far, 1 until k items have entered. */
  readonly threshold: number;
  /** Keeps no more than `capacity` items from now on. */
  shrink(capacity: number): void;
}

export function createReservoir(capacity: number, random: Random): Reservoir {
  // A max-heap of the smallest keys, so that the threshold is at its root.
  let limit = capacity;
  let keys: number[] = [];
  return {
    skip() {
      if (keys.length < limit) return 0;
      // Geometric: each item enters with the threshold's probability. 1 - next() is never 0.
      const passed = Math.floor(Math.log(1 - random.next()) / Math.log1p(-keys[0]!));
      return Number.isFinite(passed) ? passed : Number.MAX_SAFE_INTEGER;
    },
    enter() {
      if (keys.length < limit) {
        const key = random.next();
        keys.push(key);
        siftUp(keys);
        return key;
      }
      const key = random.next() * keys[0]!;
      keys[0] = key;
      siftDown(keys);
      return key;
    },
    get threshold() {
      return keys.length < limit ? 1 : keys[0]!;
    },
    shrink(smaller) {
      limit = smaller;
      // Descending order is a max-heap.
      keys = keys
        .sort((a, b) => a - b)
        .slice(0, smaller)
        .reverse();
    },
  };
}

function siftUp(keys: number[]): void {
  let at = keys.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (keys[parent]! >= keys[at]!) return;
    swap(keys, at, parent);
    at = parent;
  }
}

function siftDown(keys: number[]): void {
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    const larger = left + 1 < keys.length && keys[left + 1]! > keys[left]! ? left + 1 : left;
    if (larger >= keys.length || keys[larger]! <= keys[at]!) return;
    swap(keys, at, larger);
    at = larger;
  }
}

function swap(keys: number[], a: number, b: number): void {
  const moved = keys[a]!;
  keys[a] = keys[b]!;
  keys[b] = moved;
}

/** What was kept of one stream. */
export interface StreamSample<T extends { readonly key: number }> {
  readonly items: readonly T[];
  /** Every item of the stream with a smaller key is among `items`; 1 where nothing was dropped. */
  readonly threshold: number;
}

/** A uniform sample of all streams' items, at most `capacity`, by ascending key: those below every stream's threshold. */
export function joinSamples<T extends { readonly key: number }>(
  streams: readonly StreamSample<T>[],
  capacity: number,
): T[] {
  const threshold = Math.min(1, ...streams.map((stream) => stream.threshold));
  return streams
    .flatMap(({ items }) => items.filter(({ key }) => key <= threshold))
    .sort((a, b) => a.key - b.key)
    .slice(0, capacity);
}
