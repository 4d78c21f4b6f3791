/** Which candidates of a brood are trained in full. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dominates } from '../../engine/search/dominance.ts';
import { promote, rungEpochs } from '../../engine/search/halving.ts';

const brood = (...points: (readonly [number, number])[]) => points.map((objectives) => ({ objectives }));

test('an eighth of the epochs, at least one, and none where that saves nothing', () => {
  const cases = [
    [16, 2],
    [300, 38],
    [8, 1],
    [4, 1],
    [2, 1],
    [1, undefined],
  ] as const;
  for (const [epochs, rung] of cases) assert.equal(rungEpochs(epochs), rung, `${epochs} epochs`);
});

test('front after front, and of the last one the loneliest', () => {
  const nine = brood([1, 9], [2, 8.9], [2.1, 8.8], [9, 1], [9, 9], [10, 10], [11, 11], [12, 12], [13, 13]);
  const kept = [...promote(nine)].map(({ objectives }) => objectives);
  assert.equal(kept.length, 3);
  assert.deepEqual(
    [kept[0], kept.at(-1)],
    [
      [1, 9],
      [9, 1],
    ],
    'the ends of a front are never thinned away',
  );
  const chain = brood([3, 3], [1, 1], [2, 2], [4, 4]);
  assert.deepEqual([...promote(chain)], [chain[1], chain[2]]);
});

test('what failed does not go on, even where nothing else is there', () => {
  const [good, ...bad] = brood([1, 5], [Infinity, 1], [Infinity, 2], [Infinity, 3]);
  assert.deepEqual([...promote([good!, ...bad])], [good]);
  assert.equal(promote(bad).size, 0);
  assert.equal(promote([]).size, 0);
});

test('nothing that is left behind dominates what goes on', () => {
  const point = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }));
  fc.assert(
    fc.property(fc.array(point, { maxLength: 40 }), (points) => {
      const all = brood(...points);
      const kept = promote(all);
      assert.equal(kept.size, Math.ceil(all.length / 3));
      const left = all.filter((candidate) => !kept.has(candidate));
      for (const { objectives } of kept) assert.ok(!left.some((other) => dominates(other.objectives, objectives)));
    }),
    { seed: 1 },
  );
});
