/** Workers in words. */
import type { WorkerRecord } from './registry.ts';

/** `2.4 a second`, `12 a minute`, `1.5 an hour`: the largest unit in which it is at least one, or hours. */
export function rateText(perSecond: number): string {
  const [rate, unit] =
    perSecond >= 1
      ? [perSecond, 'a second']
      : perSecond >= 1 / 60
        ? [60 * perSecond, 'a minute']
        : [3600 * perSecond, 'an hour'];
  return `${rate.toFixed(rate >= 10 || rate === 0 ? 0 : 1)} ${unit}`;
}

/** More workers than these are not told one by one in a line. */
const named = 3;

/** `2 workers, 4 networks at once, 3.1 a second (alpha:17 2.1 a second, beta:4 1.0 a second)`. */
export function workforceText(workers: readonly WorkerRecord[]): string {
  if (workers.length === 0) return 'no workers';
  const sum = (of: (worker: WorkerRecord) => number) => workers.reduce((total, worker) => total + of(worker), 0);
  const total = [
    `${workers.length} ${workers.length === 1 ? 'worker' : 'workers'}`,
    `${sum(({ concurrency }) => concurrency)} at once`,
    rateText(sum(({ perSecond }) => perSecond)),
  ].join(', ');
  if (workers.length === 1 || workers.length > named) return total;
  return `${total} (${workers.map(({ name, perSecond }) => `${name} ${rateText(perSecond)}`).join(', ')})`;
}
