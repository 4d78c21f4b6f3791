/** Pearson's correlation of two series, with the straight line of least squares through them. */
import { incompleteBeta } from './beta.ts';

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
