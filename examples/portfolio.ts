/** The demo's program: prices a book of puts and adds it up, so that exact and approximate totals can be compared. */
import { americanPut } from './options.ts';

const contracts = 4000;
let seed = 42;

/** A small linear congruential generator, so that every run prices the same book. */
function uniform(low: number, high: number): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return low + (high - low) * (seed / 2 ** 32);
}

const book = Array.from({ length: contracts }, () => ({
  spot: uniform(60, 140),
  strike: uniform(80, 120),
  rate: uniform(0, 0.08),
  volatility: uniform(0.1, 0.6),
  years: uniform(0.1, 2),
}));

const start = performance.now();
let total = 0;
for (const put of book) total += americanPut(put.spot, put.strike, put.rate, put.volatility, put.years);
const milliseconds = performance.now() - start;

console.log(`${contracts} puts are worth ${total.toFixed(2)} in all, priced in ${milliseconds.toFixed(1)} ms.`);
