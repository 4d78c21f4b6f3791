import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createScale, kindFor } from '../../engine/plot/scale.ts';

const range = [0, 100] as const;

test('linear ticks are round numbers', () => {
  assert.deepEqual(createScale([0, 10], { kind: 'linear', range, ticks: 5 }).ticks, [0, 5, 10]);
  assert.deepEqual(createScale([0.1, 0.42], { kind: 'linear', range, ticks: 5 }).ticks, [0.1, 0.2, 0.3, 0.4]);
});

test('log ticks are powers of ten, with as much between them as fits', () => {
  const ticks = (values: readonly number[], count: number) =>
    createScale(values, { kind: 'log', range, ticks: count }).ticks;
  assert.deepEqual(ticks([10, 90], 6), [10, 20, 50, 100]);
  assert.deepEqual(ticks([10, 9000], 7), [10, 30, 100, 300, 1000, 3000, 10000]);
  assert.deepEqual(ticks([1, 1e6], 10), [1, 10, 100, 1000, 10000, 100000, 1000000]);
  assert.deepEqual(ticks([1, 1e6], 4), [1, 100, 10000, 1000000]);
  assert.deepEqual(ticks([110, 140], 5), [100, 120, 140, 160], 'within a decade, as on a linear axis');
});

test('places follow the axis, also when it points upwards', () => {
  const scale = createScale([1, 100], { kind: 'log', range: [200, 0], ticks: 5 });
  const middle = scale.place(10);
  assert.ok(Math.abs(middle - 100) < 1e-9, `${middle}`);
  assert.ok(scale.place(1) > middle && middle > scale.place(100));
});

test('every finite value lies inside the range, and ticks inside the domain', () => {
  const value = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(value),
      fc.constantFrom('linear', 'log'),
      fc.integer({ min: 1, max: 12 }),
      (values, kind, count) => {
        const scale = createScale(values, { kind, range: [10, 300], ticks: count });
        for (const entry of values) {
          const at = scale.place(entry);
          assert.ok(at >= 10 - 1e-6 && at <= 300 + 1e-6, `${entry} at ${at}`);
        }
        assert.ok(scale.ticks.length <= 2 * count + 3, `${scale.ticks.length} ticks of ${count}`);
        const [low, high] = scale.domain;
        const slack = (high - low) * 1e-6;
        for (const tick of scale.ticks)
          assert.ok(tick >= low - slack && tick <= high + slack, `${tick} in ${low}..${high}`);
        assert.deepEqual(
          scale.ticks,
          [...new Set(scale.ticks)].sort((a, b) => a - b),
          'ascending, each once',
        );
      },
    ),
  );
});

test('nothing, one value, and values without a logarithm still give an axis', () => {
  for (const kind of ['linear', 'log'] as const) {
    for (const values of [[], [5], [0], [Number.POSITIVE_INFINITY], [0, 0]]) {
      const scale = createScale(values, { kind, range, ticks: 4 });
      assert.ok(scale.domain[0] < scale.domain[1]);
      assert.ok(Number.isFinite(scale.place(values[0] ?? 1)), `${kind} ${values}`);
    }
  }
});

test('the axis is logarithmic beyond one and a half decades', () => {
  assert.equal(kindFor([1, 30]), 'linear');
  assert.equal(kindFor([1, 40]), 'log');
  assert.equal(kindFor([]), 'linear');
  assert.equal(kindFor([3]), 'linear');
  assert.equal(kindFor([-1, 1000]), 'linear');
  assert.equal(kindFor([0, 0.01, 1]), 'log', 'an exact network is drawn at the bottom');
});
