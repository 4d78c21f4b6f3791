import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  axesOf,
  defaultSelection,
  frontOf,
  kneeOf,
  neighbour,
  placesOf,
  sortPoints,
} from '../../client/webview/front.ts';
import { roleNames, rolesOf } from '../../client/webview/roles.ts';
import { stepsOf } from '../../engine/plot/steps.ts';
import type { FrontPoint } from '../../server/protocol.ts';
import { frontView, point } from './clientHelpers.ts';

const axes = axesOf(frontView());
const knee = (points: readonly FrontPoint[]) => kneeOf(placesOf(points, axes), axes)?.id;
const ids = (points: readonly { readonly id: string }[]) => points.map(({ id }) => id).join(' ');

const shownFront = (points: readonly FrontPoint[], x?: 'bytes' | 'latencyNs' | 'speedup', y?: 'p99' | 'speedup') => {
  const shown = axesOf(frontView({ points }), { ...(x && { x }), ...(y && { y }) });
  return ids(frontOf(placesOf(points, shown), shown).map(({ point: own }) => own));
};

test('the front is what is best on the axes that are shown, from left to right, and can be drawn', () => {
  const points = [
    point('large', 100, 0.01, { speedup: 2, latencyNs: 50 }),
    point('broken', 5, Number.POSITIVE_INFINITY),
    point('dominated', 50, 0.5, { onFront: false, speedup: 4, latencyNs: 25 }),
    point('small', 10, 0.1, { bytes: 900, speedup: 8, latencyNs: 12 }),
  ];
  assert.equal(shownFront(points), 'small large');
  assert.equal(shownFront(points, 'bytes'), 'dominated large', 'other axes have another front');
  assert.equal(shownFront(points, 'latencyNs'), 'small large');
  assert.equal(shownFront(points, 'speedup'), 'large small', 'more speedup is better, and lies to the right');
  assert.equal(shownFront(points, 'bytes', 'speedup'), 'dominated small');
});

test('the knee is the point farthest from the line between the ends, in logarithms', () => {
  const bent = [point('a', 10, 0.1), point('b', 100, 0.0011), point('c', 1000, 0.001)];
  assert.equal(knee(bent), 'b');
  // Equal ratios lie on a straight line in logarithms, though not on linear axes.
  const straight = [point('a', 10, 0.1), point('b', 100, 0.01), point('c', 1000, 0.001)];
  assert.equal(knee(straight), undefined);
  const outward = [point('a', 10, 0.1), point('b', 100, 0.09), point('c', 1000, 0.001)];
  assert.equal(knee(outward), undefined);
});

test('a front without a bend has no knee', () => {
  assert.equal(knee([]), undefined);
  assert.equal(knee([point('a', 10, 0.1)]), undefined);
  assert.equal(knee([point('a', 10, 0.1), point('b', 20, 0.05)]), undefined);
  assert.equal(knee([point('a', 10, 0), point('b', 10, 0), point('c', 10, 0)]), undefined);
});

test('the knee does not depend on the units of the axes', () => {
  const gap = fc.double({ min: 1.1, max: 20, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(gap, gap), { minLength: 3, maxLength: 12 }),
      fc.constantFrom(0.1, 7),
      (gaps, factor) => {
        let [params, error] = [2, 0.9];
        const front = gaps.map(([wider, better], index) => {
          params *= wider;
          error /= better;
          return { id: String(index), params, error };
        });
        // Errors stay far above the smallest one that is told apart from zero.
        fc.pre(front.every((entry) => entry.error > 1e-7));
        const plain = front.map((entry) => point(entry.id, entry.params, entry.error));
        const scaled = front.map((entry) => point(entry.id, entry.params * 3, entry.error * factor));
        const [first, second] = [knee(plain), knee(scaled)];
        assert.equal(first, second);
      },
    ),
  );
});

test('an exact network does not break the knee', () => {
  const front = [point('a', 10, 0.1), point('b', 20, 1e-8), point('c', 1000, 0)];
  assert.equal(knee(front), 'b');
});

test('the step line holds what the better network gives until the next one', () => {
  const front = [
    { x: 10, y: 0.3 },
    { x: 20, y: 0.1 },
  ];
  assert.deepEqual(stepsOf(front), [
    { x: 10, y: 0.3 },
    { x: 20, y: 0.3 },
    { x: 20, y: 0.1 },
  ]);
  assert.deepEqual(stepsOf(front, 'more')[1], { x: 10, y: 0.1 });
  assert.deepEqual(stepsOf([]), []);
});

test('without a pick, the applied, the chosen, the knee or the most accurate network is shown', () => {
  assert.equal(defaultSelection(frontView({ applied: 'a' })), 'a');
  assert.equal(defaultSelection(frontView({ applied: 'gone' })), 'b');
  const { chosen: _chosen, ...undecided } = frontView();
  assert.equal(defaultSelection(undecided), 'b');
  assert.equal(defaultSelection({ ...undecided, points: [point('a', 10, 0.1), point('z', 20, 0.05)] }), 'z');
  assert.equal(defaultSelection({ ...undecided, points: [] }), undefined);
});

test('arrow keys walk along the front and stop at its ends', () => {
  const front = [point('a', 1, 3), point('b', 2, 2), point('c', 3, 1)];
  const rows = [
    ['a', 'ArrowRight', 'b'],
    ['c', 'ArrowRight', 'c'],
    ['b', 'ArrowLeft', 'a'],
    ['a', 'ArrowUp', 'a'],
    ['a', 'End', 'c'],
    ['c', 'Home', 'a'],
    ['b', 'Tab', undefined],
  ] as const;
  for (const [from, key, to] of rows) assert.equal(neighbour(front, from, key)?.id, to, `${from} ${key}`);
});

test('sorting is by the column, with unmeasured points last in both directions', () => {
  const points = [
    point('slow', 30, 0.1, { latencyNs: 90 }),
    point('unknown', 10, 0.3),
    point('fast', 20, 0.2, { latencyNs: 5 }),
  ];
  const sorted = (column: Parameters<typeof sortPoints>[1]['column'], descending = false) =>
    ids(sortPoints(points, { column, descending }));
  assert.equal(sorted('params'), 'unknown fast slow');
  assert.equal(sorted('params', true), 'slow fast unknown');
  assert.equal(sorted('nrmse'), 'slow fast unknown');
  assert.equal(sorted('latencyNs'), 'fast slow unknown');
  assert.equal(sorted('latencyNs', true), 'slow fast unknown');
  assert.equal(sorted('speedup'), 'slow unknown fast', 'nothing is known, so the order stays');
  assert.equal(sorted('topology'), 'unknown fast slow', '2-10-1 before 2-20-1, as numbers');
  assert.equal(ids(points), 'slow unknown fast', 'the input is left alone');
});

test('infinite errors sort after finite ones', () => {
  const points = [point('a', 1, Number.POSITIVE_INFINITY), point('b', 2, 0.1), point('c', 3, Number.POSITIVE_INFINITY)];
  assert.equal(ids(sortPoints(points, { column: 'nrmse', descending: false })), 'b a c');
});

test('a point can have several roles, and a network that misses the criterion is not recommended', () => {
  const view = frontView({ applied: 'b' });
  assert.deepEqual(rolesOf(view, 'b').get('b'), ['applied', 'chosen', 'knee']);
  assert.equal(roleNames(['applied', 'chosen', 'knee'], view), 'In use, Recommended, Knee');
  assert.equal(roleNames(['chosen'], frontView({ criterion: { met: false, reason: 'Too slow.' } })), 'Closest');
  assert.equal(rolesOf(view, 'b').has('a'), false);
});
