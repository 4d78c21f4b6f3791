import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../../engine/data/random.ts';
import { crowdingDistance, dominates, nonDominatedSort, pairwiseSort } from '../../engine/search/dominance.ts';
import { hypervolume, invertedGenerationalDistance } from '../../engine/search/indicators.ts';
import { nonDominated, survive } from '../../engine/search/survival.ts';
import { thinFront } from '../../engine/search/truncation.ts';
import type { Objectives } from '../../engine/search/types.ts';

/** Few distinct values, so that ties and equal points are common, and now and then a failure. */
const objective = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant(Infinity));
const point = (objectives: number) => fc.array(objective, { minLength: objectives, maxLength: objectives });
const points = (objectives: number) => fc.array(point(objectives), { minLength: 1, maxLength: 40 });
const anyPoints = fc.integer({ min: 1, max: 4 }).chain(points);

test('nobody dominates itself', () => {
  fc.assert(fc.property(point(3), (a) => !dominates(a, a)));
});

test('two points never dominate each other', () => {
  fc.assert(fc.property(point(2), point(2), (a, b) => !(dominates(a, b) && dominates(b, a))));
});

test('domination is transitive', () => {
  const improved = fc.tuple(point(3), point(3), point(3)).map((three) => three.sort((a, b) => sum(a) - sum(b)));
  fc.assert(fc.property(improved, ([a, b, c]) => !(dominates(a!, b!) && dominates(b!, c!)) || dominates(a!, c!)));
});

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** By definition: a front is what nothing else in the rest dominates. */
function peel(all: readonly Objectives[]): number[][] {
  const fronts: number[][] = [];
  let rest = all.map((_, index) => index);
  while (rest.length > 0) {
    const front = rest.filter((index) => !rest.some((other) => dominates(all[other]!, all[index]!)));
    fronts.push(front);
    rest = rest.filter((index) => !front.includes(index));
  }
  return fronts;
}

test('the sort agrees with its definition, for any number of objectives', () => {
  fc.assert(fc.property(anyPoints, (all) => assert.deepEqual(nonDominatedSort(all), peel(all))));
});

test('the sweep for two objectives agrees with the general sort', () => {
  fc.assert(
    fc.property(points(2), (all) => {
      const general = pairwiseSort(all).map((front) => front.sort((a, b) => a - b));
      assert.deepEqual(nonDominatedSort(all), general);
    }),
  );
});

test('there are no fronts without points', () => assert.deepEqual(nonDominatedSort([]), []));

const crowdingCases: { name: string; front: Objectives[]; expected: number[] }[] = [
  { name: 'no point', front: [], expected: [] },
  { name: 'one point', front: [[1, 1]], expected: [Infinity] },
  {
    name: 'two points',
    front: [
      [1, 2],
      [2, 1],
    ],
    expected: [Infinity, Infinity],
  },
  {
    name: 'even spacing',
    front: [
      [0, 4],
      [1, 3],
      [2, 2],
      [4, 0],
    ],
    expected: [Infinity, 1, 1.5, Infinity],
  },
  {
    name: 'any order',
    front: [
      [2, 2],
      [0, 4],
      [4, 0],
      [1, 3],
    ],
    expected: [1.5, Infinity, Infinity, 1],
  },
  {
    name: 'an objective without range is left out',
    front: [
      [0, 7],
      [1, 7],
      [4, 7],
    ],
    expected: [Infinity, 1, Infinity],
  },
  {
    name: 'equal points',
    front: [
      [1, 1],
      [1, 1],
      [1, 1],
    ],
    expected: [0, 0, 0],
  },
  { name: 'two equal points', front: Array(2).fill([1, 1]), expected: [Infinity, Infinity] },
  {
    name: 'an objective with an infinite value counts for nothing',
    front: [
      [0, Infinity],
      [1, 2],
      [3, 1],
      [4, 0],
    ],
    expected: [Infinity, 3 / 4, 3 / 4, Infinity],
  },
  {
    name: 'infinite points',
    front: [
      [Infinity, Infinity],
      [Infinity, Infinity],
      [Infinity, Infinity],
    ],
    expected: [0, 0, 0],
  },
  {
    name: 'three objectives',
    front: [
      [0, 2, 1],
      [1, 1, 0],
      [2, 0, 2],
    ],
    expected: [Infinity, Infinity, Infinity],
  },
];

for (const { name, front, expected } of crowdingCases) {
  test(`crowding distance: ${name}`, () => assert.deepEqual([...crowdingDistance(front)], expected));
}

test('thinning removes the most crowded point, then looks again', () => {
  const line = [0, 1, 2, 3, 10].map((x) => [x, 10 - x]);
  // All of 1, 2 and 3 are crowded; by first distances 1 and 2 would both go and leave a gap from 0 to 3.
  assert.deepEqual(thinFront(line, 4), [0, 1, 3, 4]);
  assert.deepEqual(thinFront(line, 3), [0, 3, 4]);
  assert.deepEqual(thinFront(line, 5), [0, 1, 2, 3, 4]);
  assert.deepEqual(thinFront(line, 0), []);
});

test('thinning leaves an objective with an infinite value out', () => {
  const front = [
    [0, Infinity],
    [5, 3],
    [6, 2],
    [9, 1],
    [10, 0],
  ];
  // By the first objective alone the gaps are 6, 4, 4: of equally crowded points the later one goes, then the next.
  assert.deepEqual(thinFront(front, 4), [0, 1, 2, 4]);
});

test('thinning removes, each time, a point with the least crowding distance of those left', () => {
  const distinct = fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { minLength: 4, maxLength: 20 });
  fc.assert(
    fc.property(distinct, (values) => {
      const front = values.map((x) => [x, (1000 - x) ** 2]);
      let left = front.map((_, position) => position);
      while (left.length > 3) {
        const next = thinFront(front, left.length - 1);
        const removed = left.findIndex((position) => !next.includes(position));
        const distance = crowdingDistance(left.map((position) => front[position]!));
        assert.ok(distance[removed]! <= Math.min(...distance) + 1e-9);
        left = next;
      }
    }),
  );
});

const entry = (...objectives: number[]) => ({ objectives });

test('survivors are whole fronts first; a candidate that failed comes after all that worked', () => {
  const entries = [entry(5, 5), entry(1, 4), entry(Infinity, 0), entry(4, 1), entry(2, 2), entry(0.1, Infinity)];
  const survivors = survive(entries, 5);
  assert.deepEqual(
    survivors.map(({ entry: { objectives }, rank }) => [rank, ...objectives]),
    [
      [0, 1, 4],
      [0, 4, 1],
      [0, 2, 2],
      [1, 5, 5],
      [2, Infinity, 0],
    ],
  );
  assert.equal(survive(entries, 100).length, entries.length);
});

test('the non-dominated set has no failures, keeps equal points, and is in the order of its first objective', () => {
  const entries = [entry(3, 1), entry(Infinity, 0), entry(1, 3), entry(3, 1), entry(3, 3)];
  assert.deepEqual(nonDominated(entries), [entry(1, 3), entry(3, 1), entry(3, 1)]);
  assert.deepEqual(nonDominated([entry(Infinity, 1)]), []);
});

test('hypervolume of known fronts', () => {
  assert.equal(hypervolume([], [1, 1]), 0);
  assert.equal(hypervolume([[0, 0]], [2, 3]), 6);
  assert.equal(
    hypervolume(
      [
        [1, 2],
        [2, 1],
      ],
      [3, 3],
    ),
    3,
  );
  assert.equal(
    hypervolume(
      [
        [2, 1],
        [1, 2],
        [2, 2],
        [1, 2],
      ],
      [3, 3],
    ),
    3,
    'order, dominated and equal points',
  );
  assert.equal(
    hypervolume(
      [
        [3, 0],
        [0, 3],
        [Infinity, 0],
      ],
      [3, 3],
    ),
    0,
    'on or beyond the reference',
  );
  assert.throws(() => hypervolume([[1]], [2]), /two objectives, not 1/);
});

test('hypervolume agrees with counted cells, and another point never lowers it', () => {
  const grid = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })), { maxLength: 12 });
  fc.assert(
    fc.property(grid, (front) => {
      let cells = 0;
      for (let x = 0; x < 8; x++) {
        for (let y = 0; y < 8; y++) if (front.some(([a, b]) => a <= x && b <= y)) cells++;
      }
      assert.equal(hypervolume(front, [8, 8]), cells);
      assert.ok(hypervolume([...front, [4, 4]], [8, 8]) >= cells);
    }),
  );
});

test('inverted generational distance is the mean distance to the nearest point', () => {
  const reference = [
    [0, 0],
    [3, 4],
  ];
  assert.equal(invertedGenerationalDistance([[0, 0]], reference), 2.5);
  assert.equal(
    invertedGenerationalDistance(
      [
        [3, 4],
        [0, 0],
      ],
      reference,
    ),
    0,
  );
  assert.equal(invertedGenerationalDistance([], reference), Infinity);
});

test('hypervolume of three objectives: boxes by hand, and random points against counting', () => {
  assert.equal(hypervolume([[1, 1, 1]], [2, 3, 4]), 1 * 2 * 3);
  assert.equal(
    hypervolume(
      [
        [0, 1, 1],
        [1, 0, 1],
        [1, 1, 0],
        [1, 1, 1],
        [5, 0, 0],
        [0, 0, 5],
      ],
      [2, 2, 2],
    ),
    2 + 2 + 2 - 1 - 1 - 1 + 1,
  );
  const random = createRandom(3);
  const points = Array.from({ length: 12 }, () => [random.next(), random.next(), random.next()]);
  let inside = 0;
  const draws = 20_000;
  for (let draw = 0; draw < draws; draw++) {
    const place = [random.next(), random.next(), random.next()];
    if (points.some((point) => point.every((value, index) => value <= place[index]!))) inside++;
  }
  assert.ok(Math.abs(hypervolume(points, [1, 1, 1]) - inside / draws) < 0.015);
});
