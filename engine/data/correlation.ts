/** Pearson's correlation of two series, with the straight line of least squares through them. */

export interface Correlation {
  readonly n: number;
  /** Pearson's r, from -1 to 1. */
  readonly r: number;
  readonly r2: number;
  /** How probable an |r| of at least this is where nothing correlates: two-sided, by Student's t with n - 2 degrees. */
  readonly p: number;
  /** y = intercept + slope * x. */
  readonly slope: number;
  readonly intercept: number;
}

/** Undefined for fewer than three pairs, and where one of the series does not vary. */
export function correlate(pairs: readonly (readonly [x: number, y: number])[]): Correlation | undefined {
  const n = pairs.length;
  if (n < 3) return undefined;
  const meanX = pairs.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = pairs.reduce((sum, [, y]) => sum + y, 0) / n;
  let [xx, yy, xy] = [0, 0, 0];
  for (const [x, y] of pairs) {
    xx += (x - meanX) ** 2;
    yy += (y - meanY) ** 2;
    xy += (x - meanX) * (y - meanY);
  }
  if (xx === 0 || yy === 0) return undefined;
  const r = Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
  const slope = xy / xx;
  return { n, r, r2: r * r, p: twoSidedP(r, n - 2), slope, intercept: meanY - slope * meanX };
}

/** P(|T| >= t) for t = r * sqrt(degrees / (1 - r^2)), which is the incomplete beta function at 1 - r^2. */
const twoSidedP = (r: number, degrees: number): number => incompleteBeta(1 - r * r, degrees / 2, 0.5);

/** I_x(a, b), the regularised incomplete beta function (Press et al., Numerical Recipes, section 6.4). */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  // The fraction converges fast below the mean of the distribution only; beyond it the other tail does.
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b;
}

/** The continued fraction of the incomplete beta function, by Lentz's method. */
function fraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const away = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    result *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return result;
}

/** ln gamma(x) for x > 0: Lanczos' approximation with g = 7 and nine terms, to about 15 digits. */
function logGamma(x: number): number {
  const terms = [
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
    -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ];
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  const series = terms.reduce((sum, term, index) => sum + term / (shifted + index + 1), 0.9999999999998099);
  const t = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(series);
}
