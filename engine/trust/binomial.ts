/** Exact bounds on the share behind a count of hits. */
import { incompleteBeta } from '../data/beta.ts';

/** The x with I_x(a, b) = p, see `incompleteBeta`, by bisection to the last bit of a double. */
export function betaQuantile(p: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (incompleteBeta(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Clopper and Pearson's exact lower bound (1934): with probability at least 1 - alpha, the true share is not below it.
 * One-sided. Throws RangeError unless 0 <= hits <= count and count > 0.
 */
export function shareAtLeast(hits: number, count: number, alpha: number): number {
  if (!(count > 0 && hits >= 0 && hits <= count)) throw new RangeError(`${hits} of ${count} is no share.`);
  return hits === 0 ? 0 : betaQuantile(alpha, hits, count - hits + 1);
}
