/** Recorded inputs as the origin of samples: what they say about the domain, and what is drawn around them. */
import type { Domain, Samples, SlotDomain } from '../types.ts';
import { createRandom, type Random, seedOf } from './random.ts';
import { sampleDomain } from './sobol.ts';
import { pick, type Split } from './split.ts';

/** Recorded calls; inputs: (count, slots) raw slot values, row-major, all finite, in random order. */
export interface RecordedRows {
  readonly count: number;
  readonly inputs: Float64Array;
}

export interface NarrowedDomain {
  readonly domain: Domain;
  /** The rows that lie in the given ranges, by ascending index. */
  readonly inside: readonly number[];
}

/**
 * The part of the domain that the rows lie in: each number from its smallest to its largest recorded value, whole where
 * all of them are. A number that has a range keeps to it: rows outside of any range are left out, and no part in this.
 * NaN at both ends of a range stands for none. Without rows inside, the domain is that of the ranges.
 */
export function narrowDomain(domain: Domain, { count, inputs }: RecordedRows): NarrowedDomain {
  const width = domain.length;
  const inside = Array.from({ length: count }, (_, row) => row).filter((row) =>
    domain.every((slot, index) => isWithin(slot, inputs[row * width + index]!)),
  );
  if (inside.length === 0) return { domain, inside };
  const narrowed = domain.map((slot, index): SlotDomain => {
    if (slot.kind !== 'number') return slot;
    let min = Infinity;
    let max = -Infinity;
    // Where only whole numbers are in the range, the rows inside are whole.
    let integer = true;
    for (const row of inside) {
      const value = inputs[row * width + index]!;
      min = Math.min(min, value);
      max = Math.max(max, value);
      integer &&= Number.isInteger(value);
    }
    return { ...slot, min, max, integer };
  });
  return { domain: narrowed, inside };
}

function isWithin(slot: SlotDomain, value: number): boolean {
  if (slot.kind !== 'number') return true;
  if (slot.integer && !Number.isInteger(value)) return false;
  return Number.isNaN(slot.min) || (slot.min <= value && value <= slot.max);
}

/** Of all samples: the share of recorded ones, where there are enough of them. The others fill their neighbourhood. */
const recordedShare = 0.8;
/** How far perturbed rows are from recorded ones, in standard deviations of each slot; how often a category changes. */
const perturbation = 0.15;
const changedCategories = 0.1;

export interface RecordedDraw {
  /** (count, slots), row-major. A prefix has at least as large a share of recorded rows as the whole. */
  readonly inputs: Float64Array;
  /** For each row which recorded row it is; -1 for synthetic ones. */
  readonly origins: readonly number[];
}

/**
 * `count` rows: recorded ones as they are, and synthetic ones, half of them recorded rows with each slot moved a little,
 * half from the whole domain (Sobol), so that a network also knows what lies between and beside real inputs. There is at
 * least one recorded row.
 */
export function drawRecorded(rows: RecordedRows, domain: Domain, count: number, seed: number): RecordedDraw {
  const width = domain.length;
  const origins = originsOf(rows.count, count);
  const recorded = origins.filter((origin) => origin >= 0).length;
  const sources = [
    rows.inputs,
    perturb(rows, domain, Math.ceil((count - recorded) / 2), createRandom(seedOf(seed, 'perturb'))),
    sampleDomain(domain, Math.floor((count - recorded) / 2), seed),
  ] as const;
  const inputs = new Float64Array(count * width);
  let synthetic = 0;
  for (const [row, origin] of origins.entries()) {
    const source = origin >= 0 ? 0 : 1 + (synthetic % 2);
    const from = origin >= 0 ? origin : synthetic++ >> 1;
    inputs.set(sources[source]!.subarray(from * width, (from + 1) * width), row * width);
  }
  return { inputs, origins };
}

/** Spread evenly from the first row on: a slow function is sampled on a prefix only, which must not lack recorded rows. */
function originsOf(available: number, count: number): number[] {
  let taken = 0;
  return Array.from({ length: count }, (_, row) => (taken < available && taken <= recordedShare * row ? taken++ : -1));
}

function perturb({ count, inputs }: RecordedRows, domain: Domain, wanted: number, random: Random): Float64Array {
  const width = domain.length;
  const deviations = domain.map((_, index) => deviation(inputs, index, width, count));
  const rows = new Float64Array(wanted * width);
  for (let row = 0; row < wanted; row++) {
    const base = random.integer(count) * width;
    domain.forEach((slot, index) => {
      rows[row * width + index] = moved(slot, inputs[base + index]!, deviations[index]!, random);
    });
  }
  return rows;
}

function moved(slot: SlotDomain, value: number, spread: number, random: Random): number {
  if (slot.kind !== 'number') {
    const values = slot.kind === 'boolean' ? 2 : slot.values.length;
    return random.next() < changedCategories ? random.integer(values) : value;
  }
  const near = value + random.normal() * perturbation * spread;
  return Math.min(slot.max, Math.max(slot.min, slot.integer ? Math.round(near) : near));
}

function deviation(inputs: Float64Array, index: number, width: number, count: number): number {
  let mean = 0;
  let squares = 0;
  for (let row = 0; row < count; row++) {
    const value = inputs[row * width + index]!;
    const step = value - mean;
    mean += step / (row + 1);
    squares += step * (value - mean);
  }
  return Math.sqrt(squares / count);
}

/**
 * Validation and test samples are recorded rows alone, 15 % of these each, so that errors are those of real inputs; the
 * others, and all synthetic rows, are for training. `origins`: see `RecordedDraw`, one per sample. Throws RangeError below
 * three recorded rows.
 */
export function splitRecorded(samples: Samples, origins: readonly number[], seed: number): Split {
  const rowsOf = (wanted: boolean) =>
    Int32Array.from([...origins.keys()].filter((row) => origins[row]! >= 0 === wanted));
  const recorded = createRandom(seedOf(seed, 'split')).shuffle(rowsOf(true));
  if (recorded.length < 3) throw new RangeError(`${recorded.length} recorded samples cannot be split.`);
  const part = Math.max(1, Math.round(recorded.length * 0.15));
  const training = [...recorded.subarray(2 * part), ...rowsOf(false)];
  return {
    validation: pick(samples, recorded.subarray(0, part)),
    test: pick(samples, recorded.subarray(part, 2 * part)),
    train: pick(samples, createRandom(seedOf(seed, 'train')).shuffle(Int32Array.from(training))),
  };
}
