/** The constants of a convolutional circuit in the order in which they are needed, and the widths of what is computed. */
import type { Fixed16Cnn, Fixed16Rows } from '../../../quantise/cnn/fixed16.ts';
import { signedBits } from '../circuit.ts';
import { type CnnStep, groupsOf, tapsOf } from './steps.ts';

/** A bias with half of its rounding step, and the shift behind it. */
export interface Rescaling {
  readonly bias: number;
  readonly shift: number;
}

/** How sums become 16 bits: shifts differ from one to the next, so each word says how much above `least` its own is. */
export interface Shifting {
  /** To the left where it is negative. */
  readonly least: number;
  /** Of the number that is added to it; 0 where all shifts are the same. */
  readonly shiftBits: number;
  readonly biasBits: number;
  /** With the bias. */
  readonly totalBits: number;
}

export interface CnnConstants {
  /** One per channel that a step reads, steps one after the other. */
  readonly channels: readonly (Rescaling & { readonly weight: number })[];
  /** One per filter, a step's last group filled up. */
  readonly filters: readonly Rescaling[];
  /** Each of one weight per multiplier: filter after filter of a group. */
  readonly weights: readonly (readonly number[])[];
  readonly normalizing: Shifting;
  readonly finishing: Shifting;
  /** Holds every sum of products. */
  readonly sumBits: number;
}

/** Of two numbers of 16 bits. */
const productBits = 32;

const half = (shift: number): number => (shift > 0 ? 2 ** (shift - 1) : 0);

export function cnnConstants({ stages }: Fixed16Cnn, steps: readonly CnnStep[], macs: number): CnnConstants {
  const rescalings = ({ bias, shifts }: Fixed16Rows) =>
    Array.from(shifts, (shift, row) => ({ bias: bias[row]! + half(shift), shift }));
  const normalized = stages.map(({ normalization }) =>
    normalization
      ? rescalings(normalization).map((own, row) => ({ ...own, weight: normalization.weights[row]! }))
      : undefined,
  );
  const known = normalized.flatMap((own) => own ?? []);
  const image = identity(known.map(({ shift }) => shift));
  const channels = normalized.flatMap(
    (own, index) => own ?? Array.from({ length: steps[index]!.channels }, () => image),
  );
  const own = stages.map(({ rows }) => rescalings(rows));
  const filters = own.flatMap((rows, index) => filled(rows, groupsOf(steps[index]!) * macs, rows[0]!));
  const magnitudes = stages.flatMap(({ rows }) => magnitudesOf(rows));
  const largest = magnitudes.reduce((most, magnitude) => Math.max(most, magnitude), 1);
  const sumBits = Math.max(productBits, signedBits({ low: -32768 * largest, high: 32768 * largest }));
  return {
    channels,
    filters,
    weights: stages.flatMap(({ rows }, index) => weightWords(rows, steps[index]!, macs)),
    normalizing: shiftingOf(
      channels,
      channels.map(({ weight }) => Math.abs(weight)),
      productBits,
    ),
    finishing: shiftingOf(own.flat(), magnitudes, sumBits),
    sumBits,
  };
}

/** Leaves a value as it is, with a shift that others have, too, where that is possible. */
function identity(shifts: readonly number[]): Rescaling & { weight: number } {
  const shift = Math.min(14, Math.max(0, Math.min(...shifts)));
  return { weight: 2 ** shift, bias: half(shift), shift };
}

const filled = <T>(values: readonly T[], count: number, filler: T): T[] =>
  Array.from({ length: count }, (_, index) => values[index] ?? filler);

/** The sum of each row's weights, their signs left aside. */
function magnitudesOf({ weights, shifts }: Fixed16Rows): number[] {
  const taps = weights.length / shifts.length;
  return Array.from(shifts, (_, row) =>
    weights.subarray(row * taps, (row + 1) * taps).reduce((sum, weight) => sum + Math.abs(weight), 0),
  );
}

/** `given`: bits of what a bias is added to; a sum has no fewer. */
function shiftingOf(rescalings: readonly Rescaling[], magnitudes: readonly number[], given: number): Shifting {
  const shifts = rescalings.map(({ shift }) => shift);
  const [least, most] = shifts.reduce(([low, high], shift) => [Math.min(low, shift), Math.max(high, shift)], [64, -64]);
  const bits = (pick: (bias: number, index: number) => { low: number; high: number }, fewest = 1) =>
    rescalings.reduce((widest, { bias }, index) => Math.max(widest, signedBits(pick(bias, index))), fewest);
  return {
    least,
    shiftBits: Math.ceil(Math.log2(most - least + 1)),
    biasBits: bits((bias) => ({ low: bias, high: bias })),
    totalBits: bits((bias, index) => {
      const reach = 32768 * magnitudes[index]!;
      return { low: bias - reach, high: bias + reach };
    }, given),
  };
}

/** In the order in which the taps of a group come; a step's groups one after the other. */
function weightWords({ weights }: Fixed16Rows, step: CnnStep, macs: number): number[][] {
  const taps = tapsOf(step);
  return Array.from({ length: groupsOf(step) * taps }, (_, word) => {
    const [group, tap] = [Math.floor(word / taps), word % taps];
    return Array.from({ length: macs }, (__, k) => {
      const filter = group * macs + k;
      return filter < step.filters ? weights[filter * taps + tap]! : 0;
    });
  });
}
