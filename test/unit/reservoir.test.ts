/** Samples of streams: uniform whatever the lengths, joined as if they were one, reproducible by the seed. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRandom } from '../../engine/data/random.ts';
import { createReservoir, joinSamples, type StreamSample } from '../../engine/data/reservoir.ts';

interface Item {
  readonly key: number;
  readonly item: number;
}

/** Sends the items `from` to `to` - 1 through a reservoir, as a recorder does. */
function sampled(from: number, to: number, capacity: number, seed: number): StreamSample<Item> & { entered: number } {
  const reservoir = createReservoir(capacity, createRandom(seed));
  const entered: Item[] = [];
  let skip = reservoir.skip();
  for (let item = from; item < to; item++) {
    if (skip-- > 0) continue;
    entered.push({ key: reservoir.enter(), item });
    skip = reservoir.skip();
  }
  const items = entered.sort((a, b) => a.key - b.key).slice(0, capacity);
  return { items, threshold: reservoir.threshold, entered: entered.length };
}

/** Squared deviations of the counts from what is expected, over it; with n cells about n for a uniform sample. */
const chiSquared = (counts: readonly number[], expected: number): number =>
  counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);

describe('one stream', () => {
  test('every item is as likely as any other', () => {
    const rounds = 4000;
    const counts = new Array<number>(50).fill(0);
    for (let seed = 0; seed < rounds; seed++) for (const { item } of sampled(0, 50, 10, seed).items) counts[item]!++;
    // 49 degrees of freedom: 85 is the 99.9th percentile.
    assert.ok(chiSquared(counts, (rounds * 10) / 50) < 85, counts.join(' '));
  });

  test('all items of a short one are kept, and its threshold says so', () => {
    const { items, threshold } = sampled(0, 7, 10, 1);
    assert.deepEqual(
      items.map(({ item }) => item).sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6],
    );
    assert.equal(threshold, 1);
  });

  test('few items enter after the first: about k (1 + ln(n / k))', () => {
    const { entered, items } = sampled(0, 1_000_000, 100, 3);
    const expected = 100 * (1 + Math.log(1_000_000 / 100));
    assert.equal(items.length, 100);
    assert.ok(Math.abs(entered - expected) < 0.15 * expected, `${entered}, expected ${expected}`);
  });

  test('the same seed keeps the same items', () => {
    assert.deepEqual(sampled(0, 10_000, 20, 5), sampled(0, 10_000, 20, 5));
    assert.notDeepEqual(sampled(0, 10_000, 20, 5).items, sampled(0, 10_000, 20, 6).items);
  });

  test('a smaller capacity keeps the smallest keys, and takes fewer from then on', () => {
    const reservoir = createReservoir(100, createRandom(1));
    const keys = Array.from({ length: 100 }, () => reservoir.enter()).sort((a, b) => a - b);
    reservoir.shrink(25);
    assert.equal(reservoir.threshold, keys[24]);
    const key = reservoir.enter();
    assert.ok(key < keys[24]!);
    assert.equal(reservoir.threshold, Math.max(keys[23]!, key));
  });
});

describe('joined streams', () => {
  test('count by their lengths', () => {
    const rounds = 3000;
    const counts = new Array<number>(60).fill(0);
    let kept = 0;
    for (let seed = 0; seed < rounds; seed++) {
      const streams = [sampled(0, 50, 8, 3 * seed), sampled(50, 57, 8, 3 * seed + 1), sampled(57, 60, 8, 3 * seed + 2)];
      const joined = joinSamples(streams, 8);
      assert.equal(joined.length, 8);
      for (const { item } of joined) counts[item]!++;
      kept += joined.length;
    }
    assert.ok(chiSquared(counts, kept / 60) < 99, counts.join(' '));
  });

  test('a stream that kept less does not count for less', () => {
    const rounds = 3000;
    const counts = new Array<number>(100).fill(0);
    let kept = 0;
    for (let seed = 0; seed < rounds; seed++) {
      const joined = joinSamples([sampled(0, 50, 20, 2 * seed), sampled(50, 100, 4, 2 * seed + 1)], 100);
      for (const { item } of joined) counts[item]!++;
      kept += joined.length;
    }
    const [first, second] = [counts.slice(0, 50), counts.slice(50)].map((each) => each.reduce((a, b) => a + b));
    assert.ok(Math.abs(first! - second!) < 0.1 * kept, `${first} of the first, ${second} of the second`);
  });
});
