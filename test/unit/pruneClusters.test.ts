/** k-means++ on data whose clusters are known, and its edge cases. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../../engine/data/random.ts';
import { kMeans, type Points, representatives } from '../../engine/prune/clusters.ts';

const pointsOf = (rows: readonly (readonly number[])[]): Points => ({
  count: rows.length,
  size: rows[0]!.length,
  values: Float64Array.from(rows.flat()),
});

/** Clusters as sorted lists of points, in the order of their first points: labels do not matter. */
function groupsOf(clusterOf: Int32Array): number[][] {
  const groups = new Map<number, number[]>();
  clusterOf.forEach((cluster, point) => {
    groups.set(cluster, [...(groups.get(cluster) ?? []), point]);
  });
  return [...groups.values()];
}

/** Three groups of points around (0, 0), (10, 0) and (0, 10), of unequal sizes. */
function blobs(seed: number): Points {
  const random = createRandom(seed);
  const centres = [
    [0, 0],
    [0, 0],
    [10, 0],
    [0, 10],
    [0, 10],
    [0, 10],
    [10, 0],
    [0, 0],
  ] as const;
  return pointsOf(centres.map(([x, y]) => [x + random.normal() / 5, y + random.normal() / 5]));
}

test('well separated clusters are found, whatever the seed', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const { clusterOf } = kMeans(blobs(seed), 3, createRandom(seed));
    assert.deepEqual(
      groupsOf(clusterOf),
      [
        [0, 1, 7],
        [2, 6],
        [3, 4, 5],
      ],
      `seed ${seed}`,
    );
  }
});

test('the same seed gives the same clusters', () => {
  const points = blobs(3);
  const [a, b] = [kMeans(points, 4, createRandom(5)), kMeans(points, 4, createRandom(5))];
  assert.deepEqual(a, b);
});

test('the representative is the point nearest to the centroid, the first of equals', () => {
  const points = pointsOf([[0], [1], [5], [20], [30]]);
  const clusters = { clusterOf: Int32Array.of(0, 0, 0, 1, 1), centroids: Float64Array.of(2, 25) };
  assert.deepEqual(representatives(points, clusters), [1, 3]);
});

const cases: readonly { name: string; rows: number[][]; k: number; groups: number[][] }[] = [
  { name: 'k = 1 is one cluster', rows: [[1], [2], [9]], k: 1, groups: [[0, 1, 2]] },
  { name: 'k = n is every point', rows: [[1], [2], [9]], k: 3, groups: [[0], [1], [2]] },
  { name: 'k = n of equal points is every point', rows: [[4], [4], [4]], k: 3, groups: [[0], [1], [2]] },
  { name: 'one point', rows: [[4, 2]], k: 1, groups: [[0]] },
  {
    name: 'a pair of duplicates is the pair that shares a cluster',
    rows: [
      [0, 0],
      [3, 1],
      [7, 7],
      [3, 1],
    ],
    k: 3,
    groups: [[0], [1, 3], [2]],
  },
];

for (const { name, rows, k, groups } of cases) {
  test(name, () => {
    for (let seed = 1; seed <= 20; seed++) {
      assert.deepEqual(groupsOf(kMeans(pointsOf(rows), k, createRandom(seed)).clusterOf), groups, `seed ${seed}`);
    }
  });
}

test('fewer distinct points than clusters still make k clusters, none of them empty', () => {
  const points = pointsOf([[1], [1], [1], [1], [2], [2]]);
  for (let seed = 1; seed <= 20; seed++) {
    const clusters = kMeans(points, 4, createRandom(seed));
    assert.deepEqual([...new Set(clusters.clusterOf)].sort(), [0, 1, 2, 3]);
    assert.equal(representatives(points, clusters).length, 4);
  }
});

test('any points and any k: k clusters, centroids are means, representatives are k members of different clusters', () => {
  const coordinate = fc.integer({ min: -3, max: 3 });
  const rows = fc.array(fc.tuple(coordinate, coordinate), { minLength: 1, maxLength: 14 });
  fc.assert(
    fc.property(rows, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (list, share, seed) => {
      const points = pointsOf(list);
      const k = 1 + Math.round(share * (points.count - 1));
      const clusters = kMeans(points, k, createRandom(seed));
      const groups = groupsOf(clusters.clusterOf);
      assert.equal(groups.length, k);
      for (const group of groups) {
        const cluster = clusters.clusterOf[group[0]!]!;
        for (const axis of [0, 1] as const) {
          const mean = group.reduce((sum, point) => sum + list[point]![axis], 0) / group.length;
          assert.ok(Math.abs(clusters.centroids[cluster * 2 + axis]! - mean) < 1e-12);
        }
      }
      // Points that coincide with several centroids are spread over them; all others are with the nearest, the first of equals.
      const distances = (point: number) =>
        Array.from({ length: k }, (_, cluster) =>
          ([0, 1] as const).reduce<number>(
            (sum, axis) => sum + (list[point]![axis] - clusters.centroids[cluster * 2 + axis]!) ** 2,
            0,
          ),
        );
      clusters.clusterOf.forEach((cluster, point) => {
        const own = distances(point);
        const least = Math.min(...own);
        assert.equal(least === 0 ? own[cluster] : own.indexOf(least), least === 0 ? 0 : cluster);
      });
      const kept = representatives(points, clusters);
      assert.equal(new Set(kept.map((point) => clusters.clusterOf[point])).size, k);
    }),
    { numRuns: 300 },
  );
});

for (const k of [0, 4, 1.5]) {
  test(`k = ${k} of three points is refused`, () => {
    assert.throws(() => kMeans(pointsOf([[1], [2], [3]]), k, createRandom(1)), {
      name: 'RangeError',
      message: `3 points do not make ${k} clusters.`,
    });
  });
}
