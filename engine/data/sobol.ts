/** Inputs that cover a domain evenly: a scrambled Sobol sequence, mapped to each slot's values. */
import type { Domain, SlotDomain } from '../types.ts';
import { directionRows } from './joeKuo.ts';
import { createRandom, seedOf } from './random.ts';

const bits = 32;

/** Dimensions that have Sobol direction numbers; a domain's further slots are Latin hypercube samples. */
export const sobolDimensions = directionRows.length + 1;

/**
 * The 32 direction numbers of a dimension (from 0), as 32-bit fractions: bit 31 stands for 1/2.
 * Recurrence of Bratley and Fox, Algorithm 659. Throws RangeError outside the table.
 */
function directionNumbers(dimension: number): Uint32Array {
  const directions = new Uint32Array(bits);
  if (dimension === 0) return directions.map((_, bit) => 2 ** (bits - 1 - bit));
  const row = directionRows[dimension - 1];
  if (!row) throw new RangeError(`There are no direction numbers for dimension ${dimension}.`);
  const { degree, coefficients, initial } = row;
  for (let bit = 0; bit < bits; bit++) {
    if (bit < degree) {
      directions[bit] = initial[bit]! * 2 ** (bits - 1 - bit);
      continue;
    }
    let direction = directions[bit - degree]! ^ (directions[bit - degree]! >>> degree);
    for (let term = 1; term < degree; term++) {
      if ((coefficients >>> (degree - 1 - term)) & 1) direction ^= directions[bit - term]!;
    }
    directions[bit] = direction;
  }
  return directions;
}

/** The first `count` points of one dimension (from 0), in Gray code order and unscrambled, as 32-bit fractions. */
export function sobolColumn(dimension: number, count: number): Uint32Array {
  const directions = directionNumbers(dimension);
  const column = new Uint32Array(count);
  for (let point = 1; point < count; point++) {
    // Neighbours in Gray code differ in one bit: the lowest one that is set in the later index.
    const changed = 31 - Math.clz32(point & -point);
    column[point] = column[point - 1]! ^ directions[changed]!;
  }
  return column;
}

/**
 * `count` rows of raw slot values from the domain: (count, slots) row-major. Both ends of a range can come up, and each
 * integer, boolean and category value is equally likely.
 *
 * The first 128 slots are Sobol points, so that any prefix of the rows covers them evenly, with hashed Owen scrambling
 * (Burley, Practical hash-based Owen scrambling, JCGT 2020), which keeps the strata and hides the lattice. Slots beyond
 * that are Latin hypercube samples: one value in each of `count` equal intervals, in random order. Throws RangeError for
 * an empty or non-finite range.
 */
export function sampleDomain(domain: Domain, count: number, seed: number): Float64Array {
  const rows = new Float64Array(count * domain.length);
  domain.forEach((slot, index) => {
    const toValue = valueMap(slot);
    const slotSeed = seedOf(seed, 'sample', index);
    const column = index < sobolDimensions ? scrambled(sobolColumn(index, count), slotSeed) : latin(count, slotSeed);
    for (let row = 0; row < count; row++) rows[row * domain.length + index] = toValue(column[row]!);
  });
  return rows;
}

/** `count` rows drawn independently and uniformly, which is what statements about shares of all inputs are made from. */
export function independentRows(domain: Domain, count: number, seed: number): Float64Array {
  const random = createRandom(seedOf(seed, 'independent'));
  const maps = domain.map(valueMap);
  const rows = new Float64Array(count * domain.length);
  for (let at = 0; at < rows.length; at++) rows[at] = maps[at % domain.length]!(random.integer(2 ** bits));
  return rows;
}

/** Owen scrambling: each bit is flipped by a hash of the bits above it. In place. */
function scrambled(column: Uint32Array, seed: number): Uint32Array {
  for (let point = 0; point < column.length; point++) {
    column[point] = reverseBits(laineKarras(reverseBits(column[point]!), seed));
  }
  return column;
}

/** Laine and Karras's hash, in which a bit depends only on the bits below it. */
function laineKarras(value: number, seed: number): number {
  let hash = (value + seed) | 0;
  hash ^= Math.imul(hash, 0x6c50b47c);
  hash ^= Math.imul(hash, 0xb82f1e52);
  hash ^= Math.imul(hash, 0xc7afe638);
  return hash ^ Math.imul(hash, 0x8d22f6e6);
}

function reverseBits(value: number): number {
  let reversed = ((value >>> 1) & 0x55555555) | ((value & 0x55555555) << 1);
  reversed = ((reversed >>> 2) & 0x33333333) | ((reversed & 0x33333333) << 2);
  reversed = ((reversed >>> 4) & 0x0f0f0f0f) | ((reversed & 0x0f0f0f0f) << 4);
  reversed = ((reversed >>> 8) & 0x00ff00ff) | ((reversed & 0x00ff00ff) << 8);
  return (reversed >>> 16) | (reversed << 16);
}

function latin(count: number, seed: number): Uint32Array {
  const random = createRandom(seed);
  const strata = random.shuffle(Int32Array.from({ length: count }, (_, index) => index));
  const fractionOf = (stratum: number) => ((stratum + random.next()) / count) * 2 ** bits;
  return Uint32Array.from(strata, (stratum) => Math.min(2 ** bits - 1, fractionOf(stratum)));
}

/** From a 32-bit fraction to a slot's raw value. */
function valueMap(slot: SlotDomain): (fraction: number) => number {
  switch (slot.kind) {
    case 'number':
      return slot.integer ? integerMap(slot) : realMap(slot.min, slot.max, slot.path);
    case 'boolean':
      return (fraction) => (fraction < 2 ** (bits - 1) ? 0 : 1);
    case 'category': {
      const { length } = slot.values;
      if (length === 0) throw new RangeError(`${slot.path} has no values to choose from.`);
      return (fraction) => Math.floor((fraction / 2 ** bits) * length);
    }
  }
}

function realMap(min: number, max: number, path: string): (fraction: number) => number {
  if (!Number.isFinite(min) || !Number.isFinite(max) || min > max) {
    throw new RangeError(`${path} cannot be sampled from [${min}, ${max}].`);
  }
  return (fraction) => {
    const share = fraction / (2 ** bits - 1);
    // Unlike min + share * (max - min), this is exact at both ends and does not overflow; rounding may still leave it.
    return Math.min(max, Math.max(min, min * (1 - share) + max * share));
  };
}

function integerMap({ min, max, path }: SlotDomain & { kind: 'number' }): (fraction: number) => number {
  const first = Math.ceil(min);
  const last = Math.floor(max);
  if (first > last) throw new RangeError(`There is no integer in [${min}, ${max}], the range of ${path}.`);
  const real = realMap(first, last, path);
  const values = last - first + 1;
  // A 32-bit fraction cannot reach every one of more values than that; rounding then at least reaches both ends.
  if (values > 2 ** bits) return (fraction) => Math.round(real(fraction));
  return (fraction) => first + Math.floor((fraction / 2 ** bits) * values);
}
