/** The integer operations, against gemmlowp's and TensorFlow Lite's C++ written out with 64-bit integers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  divideByPowerOfTwo,
  multiplyHigh,
  quantiseMultiplier,
  rescale,
  roundAway,
  shiftRight,
} from '../../engine/quantise/integers.ts';

/** std::int64_t ab_64 = a * b; nudge = ab_64 >= 0 ? (1 << 30) : (1 - (1 << 30)); return (ab_64 + nudge) / (1ll << 31); */
function saturatingRoundingDoublingHighMul(a: number, b: number): number {
  const product = BigInt(a) * BigInt(b);
  const nudge = product >= 0n ? 1n << 30n : 1n - (1n << 30n);
  return Number((product + nudge) / (1n << 31n));
}

/** mask = (1ll << exponent) - 1; remainder = x & mask; threshold = (mask >> 1) + (x < 0); return (x >> exponent) + (remainder > threshold); */
function roundingDivideByPot(x: number, exponent: number): number {
  const mask = (1n << BigInt(exponent)) - 1n;
  const remainder = BigInt(x) & mask;
  const threshold = (mask >> 1n) + (x < 0 ? 1n : 0n);
  return Number((BigInt(x) >> BigInt(exponent)) + (remainder > threshold ? 1n : 0n));
}

const int32 = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 0, 1, -1, 2 ** 30, -(2 ** 30)),
);
const multiplier = fc.oneof(fc.integer({ min: 2 ** 30, max: 2 ** 31 - 1 }), fc.constantFrom(0, 2 ** 30, 2 ** 31 - 1));

test('multiplyHigh is SaturatingRoundingDoublingHighMul', () => {
  fc.assert(
    fc.property(int32, multiplier, (a, m) => {
      assert.equal(multiplyHigh(a, m) + 0, saturatingRoundingDoublingHighMul(a, m));
    }),
    { numRuns: 5000 },
  );
});

test('halves of products are rounded upwards', () => {
  for (const [a, m, expected] of [
    [1, 2 ** 30, 1],
    [-1, 2 ** 30, 0],
    [3, 2 ** 30, 2],
    [-3, 2 ** 30, -1],
  ] as const) {
    assert.equal(multiplyHigh(a, m) + 0, expected, `${a} / 2`);
  }
});

test('divideByPowerOfTwo is RoundingDivideByPOT', () => {
  fc.assert(
    fc.property(int32, fc.integer({ min: 0, max: 31 }), (x, exponent) => {
      assert.equal(divideByPowerOfTwo(x, exponent) + 0, roundingDivideByPot(x, exponent));
    }),
    { numRuns: 5000 },
  );
  assert.deepEqual(
    [5, -5, 6, -6, 7, -7].map((x) => divideByPowerOfTwo(x, 2)),
    [1, -1, 2, -2, 2, -2],
  );
});

test('rescale is MultiplyByQuantizedMultiplier', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -(2 ** 24), max: 2 ** 24 }),
      multiplier,
      fc.integer({ min: -31, max: 6 }),
      (x, m, shift) => {
        const high = saturatingRoundingDoublingHighMul(x * 2 ** Math.max(shift, 0), m);
        assert.equal(rescale(x, { multiplier: m, shift }) + 0, roundingDivideByPot(high, Math.max(-shift, 0)));
      },
    ),
    { numRuns: 5000 },
  );
});

test('multipliers are what QuantizeMultiplier gives', () => {
  for (const [real, expected] of [
    [0, { multiplier: 0, shift: 0 }],
    [1, { multiplier: 2 ** 30, shift: 1 }],
    [0.5, { multiplier: 2 ** 30, shift: 0 }],
    [0.25, { multiplier: 2 ** 30, shift: -1 }],
    [0.75, { multiplier: 3 * 2 ** 29, shift: 0 }],
    [3, { multiplier: 3 * 2 ** 29, shift: 2 }],
    // The fraction rounds up to 1: half of it, and one more to the left.
    [1 - 2 ** -40, { multiplier: 2 ** 30, shift: 1 }],
    [2 ** -40, { multiplier: 0, shift: 0 }],
    [2 ** 40, { multiplier: 2 ** 31 - 1, shift: 30 }],
  ] as const) {
    assert.deepEqual(quantiseMultiplier(real), expected, String(real));
  }
  fc.assert(
    fc.property(fc.double({ min: 1e-8, max: 1e6, noNaN: true }), (real) => {
      const { multiplier: m, shift } = quantiseMultiplier(real);
      assert.ok(Number.isInteger(m) && m >= 2 ** 30 && m < 2 ** 31);
      assert.ok(Math.abs((m * 2 ** (shift - 31)) / real - 1) <= 2 ** -31);
    }),
  );
});

test('rounding', () => {
  // Adding one half first would round these two again, to 1 and to an even number.
  assert.equal(roundAway(0.5 - 2 ** -54), 0);
  assert.equal(roundAway(-(2 ** 52 + 1)), -(2 ** 52 + 1));
  assert.deepEqual(
    [2.5, -2.5, 2.4, -2.4, 0.5, -0.5].map((x) => roundAway(x) + 0),
    [3, -3, 2, -2, 1, -1],
  );
  assert.deepEqual(
    [6, -6, 7, -7, 5, -5].map((x) => shiftRight(x, 2) + 0),
    [2, -1, 2, -2, 1, -1],
  );
  assert.equal(shiftRight(-3, 0), -3);
  assert.equal(shiftRight(-3, -4), -48);
  fc.assert(
    fc.property(
      fc.maxSafeInteger().map((x) => Math.trunc(x / 4)),
      fc.integer({ min: 1, max: 40 }),
      (x, shift) => {
        assert.equal(shiftRight(x, shift) + 0, Number((BigInt(x) + (1n << BigInt(shift - 1))) >> BigInt(shift)));
      },
    ),
  );
});
