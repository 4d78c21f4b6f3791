import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  defaultSelection,
  frontOf,
  kneeOf,
  neighbour,
  parseBound,
  sortPoints,
  within,
} from '../../client/webview/front.ts';
import { roleNames, rolesOf } from '../../client/webview/roles.ts';
import { stepsOf } from '../../engine/plot/steps.ts';
import { frontView, point } from './clientHelpers.ts';

const ids = (points: readonly { readonly id: string }[]) => points.map(({ id }) => id).join(' ');

test('the front is what is not dominated and can be drawn, from small to large', () => {
  const points = [
    point('large', 100, 0.01),
    point('broken', 5, Number.POSITIVE_INFINITY),
    point('dominated', 50, 0.5, { onFront: false }),
    point('small', 10, 0.1),
  ];
  assert.equal(ids(frontOf(points)), 'small large');
});

test('the knee is the point farthest from the line between the ends, in logarithms', () => {
  const bent = [point('a', 10, 0.1), point('b', 100, 0.0011), point('c', 1000, 0.001)];
  assert.equal(kneeOf(bent)?.id, 'b');
  // Equal ratios lie on a straight line in logarithms, though not on linear axes.
  const straight = [point('a', 10, 0.1), point('b', 100, 0.01), point('c', 1000, 0.001)];
  assert.equal(kneeOf(straight), undefined);
  const outward = [point('a', 10, 0.1), point('b', 100, 0.09), point('c', 1000, 0.001)];
  assert.equal(kneeOf(outward), undefined);
});

test('a front without a bend has no knee', () => {
  assert.equal(kneeOf([]), undefined);
  assert.equal(kneeOf([point('a', 10, 0.1)]), undefined);
  assert.equal(kneeOf([point('a', 10, 0.1), point('b', 20, 0.05)]), undefined);
  assert.equal(kneeOf([point('a', 10, 0), point('b', 10, 0), point('c', 10, 0)]), undefined);
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
        const [first, second] = [kneeOf(plain), kneeOf(scaled)];
        assert.equal(first?.id, second?.id);
      },
    ),
  );
});

test('an exact network does not break the knee', () => {
  const front = [point('a', 10, 0.1), point('b', 20, 1e-8), point('c', 1000, 0)];
  assert.equal(kneeOf(front)?.id, 'b');
});

test('the step line holds the error of the smaller network until the next one', () => {
  const front = [
    { params: 10, error: 0.3 },
    { params: 20, error: 0.1 },
  ];
  assert.deepEqual(stepsOf(front), [
    { params: 10, error: 0.3 },
    { params: 20, error: 0.3 },
    { params: 20, error: 0.1 },
  ]);
  assert.deepEqual(stepsOf([]), []);
});

test('the bound keeps what is at most as wrong', () => {
  const points = [point('a', 10, 0.1), point('b', 20, 0.02), point('c', 30, 0.01)];
  assert.equal(ids(within(points, 0.02)), 'b c');
  assert.equal(ids(within(points, undefined)), 'a b c');
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

test('the bound is typed in percent', () => {
  const rows = [
    ['', { kind: 'none' }],
    ['  ', { kind: 'none' }],
    ['2', { kind: 'bound', fraction: 0.02 }],
    ['0,5 %', { kind: 'bound', fraction: 0.005 }],
    ['0', { kind: 'invalid' }],
    ['-1', { kind: 'invalid' }],
    ['two', { kind: 'invalid' }],
  ] as const;
  for (const [text, expected] of rows) assert.deepEqual(parseBound(text), expected, text);
});

test('a point can have several roles, and a network that misses the criterion is not recommended', () => {
  const view = frontView({ applied: 'b' });
  assert.deepEqual(rolesOf(view).get('b'), ['applied', 'chosen', 'knee']);
  assert.equal(roleNames(['applied', 'chosen', 'knee'], view), 'In use, Recommended, Knee');
  assert.equal(roleNames(['chosen'], frontView({ criterion: { met: false, reason: 'Too slow.' } })), 'Closest');
  assert.equal(rolesOf(view).has('a'), false);
});
