import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { incompleteBeta } from '../../engine/data/beta.ts';
import { correlate } from '../../engine/data/correlation.ts';

const close = (actual: number, expected: number, what: string, relative = 1e-10) =>
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${what}: ${actual}, not ${expected}`);

const pairs = (xs: readonly number[], ys: readonly number[]) => xs.map((x, index) => [x, ys[index]!] as const);

/** Computed with SciPy 1.17: stats.linregress. */
const known = [
  {
    name: "SciPy's example of pearsonr",
    pairs: pairs([1, 2, 3, 4, 5], [10, 9, 2.5, 6, 4]),
    r: -0.7426106572325056,
    p: 0.15055580885344547,
  },
  {
    name: "Anscombe's first quartet",
    pairs: pairs(
      [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5],
      [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68],
    ),
    r: 0.8164205163448399,
    p: 0.0021696288730787905,
    slope: 0.5000909090909091,
    intercept: 3.0000909090909103,
  },
  {
    name: 'a wave',
    pairs: Array.from({ length: 40 }, (_, x) => [x, Math.sin(x) + x * 0.01] as const),
    r: 0.12556794311691138,
    p: 0.440089677134215,
    slope: 0.007718423611636362,
    intercept: 0.07331819575096937,
  },
];

for (const { name, pairs: given, r, p, slope, intercept } of known) {
  test(`correlation of ${name}`, () => {
    const found = correlate(given)!;
    assert.equal(found.n, given.length);
    close(found.r, r, 'r');
    close(found.r2, r * r, 'r2');
    close(found.p, p, 'p');
    if (slope !== undefined) close(found.slope, slope, 'slope');
    if (intercept !== undefined) close(found.intercept, intercept, 'intercept');
  });
}

test('the incomplete beta function in both tails', () => {
  /** Computed with SciPy 1.17: special.betainc. */
  const rows = [
    [0.5, 0.5, 0.5, 0.5],
    [0.1, 3.5, 0.5, 9.58459057192917e-5],
    [0.9, 3.5, 0.5, 0.40708382206558924],
    [0.3, 49, 0.5, 2.2896517776110295e-27],
    [1e-6, 4, 0.5, 2.734376093750683e-25],
    [0.999, 2000, 0.5, 0.04545975843785473],
  ] as const;
  for (const [x, a, b, expected] of rows) close(incompleteBeta(x, a, b), expected, `I_${x}(${a}, ${b})`, 1e-9);
});

test('nine networks give the p value of Fig. 6 of the paper for its r', () => {
  const degrees = 9 - 2;
  assert.equal(incompleteBeta(1 - 0.9023 ** 2, degrees / 2, 0.5).toFixed(5), '0.00087');
});

test('a perfect line has no doubt, and a constant or two points have no correlation', () => {
  assert.deepEqual(
    correlate([
      [1, 3],
      [2, 5],
      [4, 9],
    ]),
    { n: 3, r: 1, r2: 1, p: 0, slope: 2, intercept: 1 },
  );
  assert.equal(
    correlate([
      [1, 2],
      [2, 3],
    ]),
    undefined,
  );
  assert.equal(
    correlate([
      [1, 2],
      [2, 2],
      [3, 2],
    ]),
    undefined,
  );
});

test('neither units nor the order of the pairs matter', () => {
  const value = fc.double({ min: -100, max: 100, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 3, maxLength: 20 }), (given) => {
      const found = correlate(given);
      const spread = (index: 0 | 1) =>
        Math.max(...given.map((pair) => pair[index])) - Math.min(...given.map((pair) => pair[index]));
      // Values that hardly differ lose their differences in the scaling.
      fc.pre(found !== undefined && spread(0) > 1e-3 && spread(1) > 1e-3);
      const other = correlate(given.map(([x, y]) => [x * 3 + 7, y * 0.5 - 1] as const).reverse())!;
      assert.ok(Math.abs(other.r - found.r) < 1e-6, `${other.r} and ${found.r}`);
      assert.ok(found.p >= 0 && found.p <= 1 && Math.abs(other.p - found.p) < 1e-4, `${other.p} and ${found.p}`);
    }),
  );
});
