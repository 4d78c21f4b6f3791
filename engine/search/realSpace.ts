/** Genomes of real numbers between bounds, with the operators of Deb's NSGA-II. The ZDT benchmarks search here. */
import type { Random } from '../data/random.ts';
import type { Variation } from './types.ts';

export interface Bounds {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

export interface RealSpaceOptions {
  /** Distribution index of simulated binary crossover: larger keeps children nearer to their parents. */
  readonly crossoverEta?: number;
  /** Distribution index of polynomial mutation. */
  readonly mutationEta?: number;
}

export function realSpace(
  bounds: Bounds,
  { crossoverEta = 15, mutationEta = 20 }: RealSpaceOptions = {},
): Variation<Float64Array> {
  const { lower, upper } = bounds;
  return {
    genes: lower.length,
    draw: (random) => Float64Array.from(lower, (low, index) => low + random.next() * (upper[index]! - low)),
    crossover: (first, second, random) => simulatedBinaryCrossover(first, second, bounds, crossoverEta, random),
    mutate: (genome, rate, random) => polynomialMutation(genome, bounds, mutationEta, rate, random),
    key: bytesOf,
  };
}

/** The genome's bytes as text: exact, and many times cheaper than decimal digits. */
const bytesOf = (genome: Float64Array): string =>
  Reflect.apply(String.fromCharCode, undefined, new Uint16Array(genome.buffer, genome.byteOffset, genome.length * 4));

/** Two parents' values this close together would divide by nearly zero, and their children would not differ. */
const closest = 1e-14;

/**
 * Simulated binary crossover, bounded form (Deb and Agrawal 1995, Deb's NSGA-II code). Each variable takes part with
 * probability 1/2, and its two children are then swapped with probability 1/2.
 */
export function simulatedBinaryCrossover(
  first: Float64Array,
  second: Float64Array,
  { lower, upper }: Bounds,
  eta: number,
  random: Random,
): readonly [Float64Array, Float64Array] {
  const children = [first.slice(), second.slice()] as const;
  for (let index = 0; index < first.length; index++) {
    if (random.next() >= 0.5 || Math.abs(first[index]! - second[index]!) <= closest) continue;
    const low = Math.min(first[index]!, second[index]!);
    const high = Math.max(first[index]!, second[index]!);
    const middle = (low + high) / 2;
    const half = (high - low) / 2;
    const uniform = random.next();
    const toLower = middle - half * spread(uniform, (low - lower[index]!) / half, eta);
    const toUpper = middle + half * spread(uniform, (upper[index]! - high) / half, eta);
    const swap = random.next() < 0.5 ? 1 : 0;
    children[swap][index] = clamp(toLower, lower[index]!, upper[index]!);
    children[swap === 0 ? 1 : 0][index] = clamp(toUpper, lower[index]!, upper[index]!);
  }
  return children;
}

/** The spread factor whose distribution ends at the bound, `room` half distances outside the parent. */
function spread(uniform: number, room: number, eta: number): number {
  const alpha = 2 - (1 + room) ** -(eta + 1);
  const base = uniform <= 1 / alpha ? uniform * alpha : 1 / (2 - uniform * alpha);
  return base ** (1 / (eta + 1));
}

/** Polynomial mutation, bounded form (Deb's NSGA-II code): each variable changes with probability `rate`. */
export function polynomialMutation(
  genome: Float64Array,
  { lower, upper }: Bounds,
  eta: number,
  rate: number,
  random: Random,
): Float64Array {
  return genome.map((value, index) => {
    if (random.next() >= rate) return value;
    const low = lower[index]!;
    const high = upper[index]!;
    if (!(high > low)) return value;
    const uniform = random.next();
    const down = uniform < 0.5;
    const room = 1 - (down ? value - low : high - value) / (high - low);
    const share = down ? uniform : 1 - uniform;
    const change = 1 - (2 * share + (1 - 2 * share) * room ** (eta + 1)) ** (1 / (eta + 1));
    return clamp(value + (down ? -change : change) * (high - low), low, high);
  });
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
