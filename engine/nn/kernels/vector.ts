/**
 * Four f32 lanes at a time: loads, sums, transposes and the elementary functions that activations and losses need.
 * Every elementary function lets NaN through, so that a diverging network shows in its loss.
 */

/** Bytes of one vector. */
export const VECTOR: usize = 16;

/** Bytes of `count` f32, i32 or u32 values. */
// @ts-ignore: decorator
@inline
export function bytesOf(count: i32): usize {
  return (<usize>count) << 2;
}

// @ts-ignore: decorator
@inline
export function splat(value: f32): v128 {
  return f32x4.splat(value);
}

/** a * b + c, fused to one rounding where the engine has relaxed SIMD and the processor has the instruction. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** The smaller of two lanes. `pmin` and `pmax` are one instruction each, and keep a NaN that is in `a`. */
// @ts-ignore: decorator
@inline
export function smaller(a: v128, b: v128): v128 {
  return f32x4.pmin(a, b);
}

// @ts-ignore: decorator
@inline
export function larger(a: v128, b: v128): v128 {
  return f32x4.pmax(a, b);
}

// @ts-ignore: decorator
@inline
export function select(condition: v128, whenTrue: v128, whenFalse: v128): v128 {
  return v128.bitselect(whenTrue, whenFalse, condition);
}

/** The sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function sum(a: v128): f32 {
  const pairs = f32x4.add(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** [sum(a), sum(b), sum(c), sum(d)] */
// @ts-ignore: decorator
@inline
export function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 1, 4, 5), v128.shuffle<f32>(c, d, 2, 3, 6, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 2, 4, 6), v128.shuffle<f32>(ab, cd, 1, 3, 5, 7));
}

/** All bits set in the lanes first, first + 1, first + 2, first + 3 that lie below `count`. */
// @ts-ignore: decorator
@inline
export function lanesBelow(count: i32, first: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count - first));
}

/** Writes four rows of four values as four columns, `stride` bytes apart. */
// @ts-ignore: decorator
@inline
export function storeTransposed(a: v128, b: v128, c: v128, d: v128, to: usize, stride: usize): void {
  const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(abLow, cdLow, 0, 1, 4, 5));
  v128.store(to + stride, v128.shuffle<f32>(abLow, cdLow, 2, 3, 6, 7));
  v128.store(to + 2 * stride, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5));
  v128.store(to + 3 * stride, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7));
}

/**
 * One number of a table, in every lane. V8 makes a constant vector anew wherever it is used, three instructions each time;
 * reading it from memory is one.
 */
// @ts-ignore: decorator
@inline
function entry(table: usize, index: i32): v128 {
  return v128.load32_splat(table + bytesOf(index));
}

/** 1 / ln 2, -ln 2 in two parts, then the coefficients of exp(r), highest degrees first, and where it becomes 0. */
const EXP: usize = memory.data<f32>([
  1.44269504, -0.693359375, 2.1219444e-4, 1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2,
  1.6666665459e-1, 5.0000001201e-1, -87.3,
]);

/**
 * exp(x) for x <= 0, the only sign that its callers need; 0 below -87.3, where f32 becomes subnormal.
 * x = n ln 2 + r with ln 2 in two parts (Cody and Waite), then Cephes's polynomial for exp(r) and n into the exponent.
 */
// @ts-ignore: decorator
@inline
export function expOfNegative(x: v128): v128 {
  const n = f32x4.nearest(f32x4.mul(x, entry(EXP, 0)));
  let r = multiplyAdd(n, entry(EXP, 1), x);
  r = multiplyAdd(n, entry(EXP, 2), r);
  let p = entry(EXP, 3);
  p = multiplyAdd(p, r, entry(EXP, 4));
  p = multiplyAdd(p, r, entry(EXP, 5));
  p = multiplyAdd(p, r, entry(EXP, 6));
  p = multiplyAdd(p, r, entry(EXP, 7));
  p = multiplyAdd(p, r, entry(EXP, 8));
  p = f32x4.add(multiplyAdd(p, f32x4.mul(r, r), r), splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return v128.andnot(f32x4.mul(p, power), f32x4.lt(x, entry(EXP, 9)));
}

/** The clamp of `tanh`, then the coefficients of its numerator and denominator, highest degrees first. */
const TANH: usize = memory.data<f32>([
  7.90531110763549805, -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8,
  1.48572235717979e-5, 6.37261928875436e-4, 4.89352455891786e-3, 1.19825839466702e-6, 1.18534705686654e-4,
  2.268434632439e-3, 4.89352518554385e-3,
]);

/** tanh(x) as an odd rational function of degree 13 over 6 (Eigen's coefficients); it is 1 in f32 from 7.905 on. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const limit = entry(TANH, 0);
  const z = smaller(larger(x, f32x4.neg(limit)), limit);
  const z2 = f32x4.mul(z, z);
  let p = entry(TANH, 1);
  p = multiplyAdd(p, z2, entry(TANH, 2));
  p = multiplyAdd(p, z2, entry(TANH, 3));
  p = multiplyAdd(p, z2, entry(TANH, 4));
  p = multiplyAdd(p, z2, entry(TANH, 5));
  p = multiplyAdd(p, z2, entry(TANH, 6));
  p = multiplyAdd(p, z2, entry(TANH, 7));
  let q = entry(TANH, 8);
  q = multiplyAdd(q, z2, entry(TANH, 9));
  q = multiplyAdd(q, z2, entry(TANH, 10));
  q = multiplyAdd(q, z2, entry(TANH, 11));
  return f32x4.div(f32x4.mul(p, z), q);
}

/** exp(x) - 1 for x <= 0 without cancellation near 0: with t = tanh(x / 2) it is 2 t / (1 - t). */
// @ts-ignore: decorator
@inline
export function expMinusOneOfNegative(x: v128): v128 {
  const t = tanh(f32x4.mul(x, splat(0.5)));
  return f32x4.div(f32x4.add(t, t), f32x4.sub(splat(1), t));
}

/** The coefficients of Cephes's polynomial for ln(1 + r), highest degrees first. */
const LOG: usize = memory.data<f32>([
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
]);

/** ln(x) for finite x >= 1, after Cephes: x = m 2^e with sqrt(1/2) <= m < sqrt(2), then a polynomial in m - 1. */
// @ts-ignore: decorator
@inline
export function logFromOne(x: v128): v128 {
  // Subtracting the bits of sqrt(1/2) makes the exponent field count how often m must be doubled to reach x.
  const offset = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const e = f32x4.convert_i32x4_s(i32x4.shr_s(offset, 23));
  const m = i32x4.add(v128.and(offset, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const r = f32x4.sub(m, splat(1));
  const r2 = f32x4.mul(r, r);
  let p = entry(LOG, 0);
  p = multiplyAdd(p, r, entry(LOG, 1));
  p = multiplyAdd(p, r, entry(LOG, 2));
  p = multiplyAdd(p, r, entry(LOG, 3));
  p = multiplyAdd(p, r, entry(LOG, 4));
  p = multiplyAdd(p, r, entry(LOG, 5));
  p = multiplyAdd(p, r, entry(LOG, 6));
  p = multiplyAdd(p, r, entry(LOG, 7));
  p = multiplyAdd(p, r, entry(LOG, 8));
  p = f32x4.mul(f32x4.mul(p, r2), r);
  p = multiplyAdd(e, splat(-2.1219444e-4), p);
  p = multiplyAdd(r2, splat(-0.5), p);
  const result = multiplyAdd(e, splat(0.693359375), f32x4.add(r, p));
  return select(f32x4.eq(x, x), result, x);
}

/** ln(1 + x) for 0 <= x <= 1: the logarithm of the rounded sum, plus what the rounding lost. */
// @ts-ignore: decorator
@inline
export function logOnePlus(x: v128): v128 {
  const u = f32x4.add(splat(1), x);
  const lost = f32x4.sub(x, f32x4.sub(u, splat(1)));
  return f32x4.add(logFromOne(u), f32x4.div(lost, u));
}
