/**
 * What a series of payments is worth today.
 *
 * @range rate [0.01, 0.1]
 * @range growth [0, 0.05]
 */
export function presentValue(rate: number, growth: number): number {
  let value = 0;
  for (let year = 1; year <= 400; year++) value += (1 + growth) ** year / (1 + rate + growth) ** year;
  return value;
}

/** @range angle [-1, 1] */
export function ripple(angle: number): number {
  let sum = 0;
  for (let k = 1; k <= 300; k++) sum += Math.sin(k * angle) / (k * k);
  return sum;
}

export function nextDay(day: Date): Date {
  return new Date(day.getTime() + 86_400_000);
}

/** @range start [0.5, 3.5] */
export function settle(start: number): number {
  let x = start;
  for (let step = 0; step < 300; step++) x -= 0.01 * (x * x * x - 2 * x);
  return x;
}

/**
 * Takes about a millisecond.
 *
 * @range start [0.5, 3.5]
 */
export function crawl(start: number): number {
  let x = start;
  for (let step = 0; step < 400_000; step++) x += 1e-7 * Math.cos(x);
  return x;
}
