/**
 * The integer operations that every quantised network is made of, exactly as TensorFlow Lite's reference kernels and
 * CMSIS-NN (double rounding, their default) compute them. All arguments and results are whole numbers. Products need 64
 * bits elsewhere; here they are taken apart, so that every intermediate result is a double below 2^53 and thus exact.
 */

/** Round half away from zero: C's `round`, TensorFlow Lite's `TfLiteRound`. */
export const roundAway = (x: number): number => (x < 0 ? -Math.round(-x) : Math.round(x));

export const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));

export const saturate8 = (x: number): number => clamp(x, -128, 127);
export const saturate16 = (x: number): number => clamp(x, -32768, 32767);
export const saturate32 = (x: number): number => clamp(x, -2147483648, 2147483647);

/** A positive real number m * 2^(shift - 31), where m is a whole number in [2^30, 2^31). */
export interface Multiplier {
  readonly multiplier: number;
  /** Positive: to the left, before the multiplication. Negative: to the right, after it. -31 to 30. */
  readonly shift: number;
}

/**
 * TensorFlow Lite's QuantizeMultiplier. A number below 2^-32 becomes 0 (multiplier 0, shift 0), one of 2^30 and more the
 * largest that there is. `real` must be finite and not negative.
 */
export function quantiseMultiplier(real: number): Multiplier {
  if (real === 0) return { multiplier: 0, shift: 0 };
  let shift = Math.floor(Math.log2(real)) + 1;
  // The logarithm may be off by one next to a power of two; the fraction has to lie in [0.5, 1).
  if (real / 2 ** shift >= 1) shift++;
  if (real / 2 ** shift < 0.5) shift--;
  let multiplier = roundAway((real / 2 ** shift) * 2 ** 31);
  if (multiplier === 2 ** 31) {
    multiplier = 2 ** 30;
    shift++;
  }
  if (shift < -31) return { multiplier: 0, shift: 0 };
  if (shift > 30) return { multiplier: 2 ** 31 - 1, shift: 30 };
  return { multiplier, shift };
}

/**
 * gemmlowp's SaturatingRoundingDoublingHighMul of an int32 `a` and a multiplier of at least 0:
 * the product divided by 2^31, rounded to nearest, halves upwards. In C, with the division dropping the fraction:
 * (a * multiplier + (a < 0 ? 1 - 2^30 : 2^30)) / 2^31.
 * It saturates nowhere, as only the product of -2^31 with itself would.
 */
export function multiplyHigh(a: number, multiplier: number): number {
  const negative = a < 0;
  const magnitude = negative ? -a : a;
  const nudge = negative ? 2 ** 30 - 1 : 2 ** 30;
  const [high, low] = [multiplier >>> 16, multiplier & 0xffff];
  // magnitude * multiplier + nudge = (magnitude * high + carry) * 2^16 + a rest below 2^16, which no 2^31 sees.
  const carry = Math.floor((magnitude * low + nudge) / 2 ** 16);
  const quotient = Math.floor((magnitude * high + carry) / 2 ** 15);
  return negative ? -quotient : quotient;
}

/** gemmlowp's RoundingDivideByPOT: x / 2^exponent to the nearest, halves away from zero. x: int32, exponent: 0 to 31 */
export function divideByPowerOfTwo(x: number, exponent: number): number {
  return roundAway(x / 2 ** exponent);
}

/** How an int32 becomes x * m * 2^(shift - 31), to the nearest: `rescale`, or the same as another runtime rounds it. */
export type Rescale = (x: number, multiplier: Multiplier) => number;

/**
 * TensorFlow Lite's MultiplyByQuantizedMultiplier (double rounding): x * m * 2^(shift - 31).
 * x << shift has to fit into an int32; here it saturates.
 */
export function rescale(x: number, { multiplier, shift }: Multiplier): number {
  const shifted = saturate32(x * 2 ** Math.max(shift, 0));
  return divideByPowerOfTwo(multiplyHigh(shifted, multiplier), Math.max(-shift, 0));
}

/** x / 2^shift to the nearest, halves upwards: (x + 2^(shift - 1)) >> shift, or x << -shift from 0 down.  |x| < 2^52 */
export const shiftRight = (x: number, shift: number): number =>
  shift <= 0 ? x * 2 ** -shift : Math.floor((x + 2 ** (shift - 1)) / 2 ** shift);
