/** An evolutionary search for the inputs on which a network is most wrong, as ask/tell: it calls neither function itself. */
import { createRandom, type Random, seedOf } from '../data/random.ts';
import type { Domain, SlotDomain } from '../types.ts';
import type { Labelled } from './errorTree.ts';

export interface HardSearch {
  /** `count` rows of raw slots to label next, (count, slots) row-major: children of the hardest ones so far. */
  ask(count: number): Float64Array;
  tell(labelled: Labelled): void;
  /** The hardest input so far. */
  readonly worst: { readonly row: Float64Array; readonly error: number };
}

/** Parents: this share of all known inputs, the hardest ones. Enough that several hard regions stay in the race. */
const parentShare = 0.1;
const leastParents = 20;
/** Mutations are normal, and this wide as shares of the range: one finds regions, the other climbs in them. */
const widths = [0.1, 0.02];
const recombined = 0.3;
const redrawn = 0.1;

/**
 * `start` are inputs whose errors are known, at least one. A child is a parent, moved a little in every numeric slot and,
 * three times in ten, by half the difference of two others (differential evolution); steps past the end of a range are
 * reflected.
 */
export function hardSearch(domain: Domain, start: Labelled, seed: number): HardSearch {
  const random = createRandom(seedOf(seed, 'hard'));
  const width = domain.length;
  const rows: Float64Array[] = [];
  const errors: number[] = [];
  let parents: Float64Array[] = [];
  let worst = 0;

  function tell({ count, inputs, errors: told }: Labelled): void {
    for (let row = 0; row < count; row++) {
      rows.push(inputs.slice(row * width, (row + 1) * width));
      errors.push(told[row]!);
      if (told[row]! > errors[worst]!) worst = errors.length - 1;
    }
    const order = [...errors.keys()].sort((a, b) => errors[b]! - errors[a]!);
    parents = order.slice(0, Math.max(leastParents, Math.round(parentShare * order.length))).map((at) => rows[at]!);
  }
  tell(start);

  return {
    ask(count) {
      const children = new Float64Array(count * width);
      for (let child = 0; child < count; child++) {
        const [own, one, other] = [0, 1, 2].map(() => parents[random.integer(parents.length)]!);
        const step = widths[random.integer(widths.length)]!;
        const share = random.next() < recombined ? 0.5 : 0;
        domain.forEach((slot, index) => {
          const moved = own![index]! + share * (one![index]! - other![index]!);
          children[child * width + index] = childValue(slot, own![index]!, moved, step, random);
        });
      }
      return children;
    },
    tell,
    get worst() {
      return { row: rows[worst]!, error: errors[worst]! };
    },
  };
}

function childValue(slot: SlotDomain, own: number, moved: number, step: number, random: Random): number {
  if (slot.kind !== 'number') {
    const values = slot.kind === 'boolean' ? 2 : slot.values.length;
    return random.next() < redrawn ? random.integer(values) : own;
  }
  const [min, max] = slot.integer ? [Math.ceil(slot.min), Math.floor(slot.max)] : [slot.min, slot.max];
  const value = reflected(moved + random.normal() * step * (max - min), min, max);
  return slot.integer ? Math.round(value) : value;
}

function reflected(value: number, min: number, max: number): number {
  const inside = value < min ? 2 * min - value : value > max ? 2 * max - value : value;
  return Math.min(max, Math.max(min, inside));
}
