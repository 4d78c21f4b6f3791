import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom, type Random } from '../../engine/data/random.ts';
import { onePointCrossover, uniformReset } from '../../engine/search/operators.ts';
import { polynomialMutation, realSpace, simulatedBinaryCrossover } from '../../engine/search/realSpace.ts';
import { binaryTournament, rouletteWheel } from '../../engine/search/selection.ts';
import type { Ranked } from '../../engine/search/types.ts';

const member = (entry: string, rank: number, crowding: number, point: number[]): Ranked<string> => ({
  entry,
  point,
  rank,
  crowding,
});

function shares(select: () => string, draws: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let draw = 0; draw < draws; draw++) {
    const chosen = select();
    counts[chosen] = (counts[chosen] ?? 0) + 1 / draws;
  }
  return counts;
}

const near = (actual: number | undefined, expected: number): void =>
  assert.ok(Math.abs((actual ?? 0) - expected) < 0.015, `${actual} is not about ${expected}`);

test('the wheel gives a front its weight and decides within it by crowding', () => {
  const population = [
    member('lonely', 0, Infinity, [1, 2]),
    member('crowded', 0, 0.5, [2, 1]),
    member('second', 1, 1, [3, 3]),
    member('third', 2, 1, [4, 4]),
  ];
  const found = shares(rouletteWheel(population, createRandom(1)), 20_000);
  const circumference = 1 + 1 + 1 / 2 + 1 / 3;
  near(found.second, 1 / 2 / circumference);
  near(found.third, 1 / 3 / circumference);
  // Of two in a front, the less crowded one loses only where the other is hit and meets itself.
  near(found.lonely, (2 / circumference) * 0.75);
  near(found.crowded, (2 / circumference) * 0.25);
});

test('the tournament prefers who dominates, then who is lonelier, then tosses a coin', () => {
  const random = createRandom(1);
  const pair = (a: Ranked<string>, b: Ranked<string>) => shares(binaryTournament([a, b], random), 4000);
  assert.deepEqual(Object.keys(pair(member('worse', 1, Infinity, [2, 2]), member('better', 0, 0, [1, 2]))), ['better']);
  assert.deepEqual(Object.keys(pair(member('crowded', 0, 0.1, [1, 2]), member('lonely', 1, 2, [3, 1]))), ['lonely']);
  near(pair(member('a', 0, Infinity, [1, 2]), member('b', 0, Infinity, [2, 1])).a, 0.5);
});

test('everybody takes part in the tournament equally often', () => {
  const names = ['a', 'b', 'c', 'd'];
  // The lonelier always wins, so that of each shuffled four 'd' wins once, and 'a' never.
  const select = binaryTournament(
    names.map((name, index) => member(name, 0, index, [index, -index])),
    createRandom(3),
  );
  const found = shares(select, 2000);
  assert.equal(Math.round(found.d! * 2000), 1000);
  assert.equal(found.a, undefined);
});

const genes = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 10 });

test('one-point crossover swaps a tail, never all and never nothing', () => {
  fc.assert(
    fc.property(genes, fc.integer(), (first, seed) => {
      const second = first.map((value) => value + 100);
      const [one, other] = onePointCrossover(first, second, createRandom(seed));
      const cut = one.findIndex((value) => value >= 100);
      assert.ok(cut >= 1 && cut < first.length);
      assert.deepEqual(one, [...first.slice(0, cut), ...second.slice(cut)]);
      assert.deepEqual(other, [...second.slice(0, cut), ...first.slice(cut)]);
    }),
  );
  assert.deepEqual(onePointCrossover([1], [2], createRandom(1)), [[1], [2]]);
});

test('uniform reset changes a gene to any other of its values, at the rate', () => {
  const random = createRandom(5);
  const sizes = [4, 1, 2];
  assert.deepEqual(uniformReset([3, 0, 1], sizes, 0, random), [3, 0, 1]);
  const found = shares(() => uniformReset([2, 0, 1], sizes, 1, random).join(), 6000);
  assert.deepEqual(Object.keys(found).sort(), ['0,0,0', '1,0,0', '3,0,0']);
  for (const share of Object.values(found)) near(share, 1 / 3);
  near(shares(() => String(uniformReset([0], [9], 0.3, random)[0] === 0), 10_000).false, 0.3);
});

const bounds = { lower: [0, -5, 2], upper: [1, 5, 2] };
const inside = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: -5, max: 5, noNaN: true }));

test('real-coded children stay within the bounds and leave their parents alone', () => {
  fc.assert(
    fc.property(inside, inside, fc.integer(), (a, b, seed) => {
      const random = createRandom(seed);
      const [first, second] = [Float64Array.of(...a, 2), Float64Array.of(...b, 2)];
      const children = simulatedBinaryCrossover(first, second, bounds, 15, random);
      const mutants = children.map((child) => polynomialMutation(child, bounds, 20, 1, random));
      for (const made of [...children, ...mutants]) {
        made.forEach((value, index) => {
          assert.ok(value >= bounds.lower[index]! && value <= bounds.upper[index]!, `${value}`);
        });
      }
      assert.deepEqual([...first, ...second], [...a, 2, ...b, 2]);
    }),
  );
});

/** A stream that answers the given numbers, to step through an operator. */
const scripted = (...numbers: number[]): Random => ({ ...createRandom(0), next: () => numbers.shift()! });

test('simulated binary crossover follows its formula', () => {
  const wide = { lower: [-1e9], upper: [1e9] };
  // Far from the bounds u = 0.5 spreads by exactly 1: the children are the parents.
  const same = simulatedBinaryCrossover(Float64Array.of(1), Float64Array.of(3), wide, 15, scripted(0, 0.5, 0.9));
  assert.deepEqual([same[0][0], same[1][0]], [1, 3]);
  // u = 0.9 spreads by (1 / (2 (1 - u)))^(1 / 16); a last number below one half swaps the children.
  const spread = 5 ** (1 / 16);
  const swapped = simulatedBinaryCrossover(Float64Array.of(1), Float64Array.of(3), wide, 15, scripted(0, 0.9, 0.1));
  assert.ok(Math.abs(swapped[1][0]! - (2 - spread)) < 1e-12 && Math.abs(swapped[0][0]! - (2 + spread)) < 1e-12);
  // Near a bound the distribution ends there: 0.5 below the lower parent, half a distance, makes alpha 2 - 1.5^-16.
  const near = { lower: [0.5], upper: [1e9] };
  const ended = simulatedBinaryCrossover(Float64Array.of(1), Float64Array.of(3), near, 15, scripted(0, 0.9, 0.9));
  const factor = (1 / (2 - 0.9 * (2 - 1.5 ** -16))) ** (1 / 16);
  assert.ok(Math.abs(ended[0][0]! - (2 - factor)) < 1e-12 && Math.abs(ended[1][0]! - (2 + spread)) < 1e-12);
  const skipped = simulatedBinaryCrossover(Float64Array.of(1), Float64Array.of(3), wide, 15, scripted(0.5));
  assert.deepEqual([skipped[0][0], skipped[1][0]], [1, 3]);
});

test('polynomial mutation follows its formula and reaches both bounds', () => {
  const unit = { lower: [0], upper: [1] };
  const mutated = (value: number, uniform: number) =>
    polynomialMutation(Float64Array.of(value), unit, 20, 1, scripted(0, uniform))[0]!;
  assert.ok(Math.abs(mutated(0.5, 0.5) - 0.5) < 1e-12);
  assert.ok(Math.abs(mutated(0.3, 0)) < 1e-12);
  assert.ok(Math.abs(mutated(0.3, 1) - 1) < 1e-12);
  const change = 1 - (0.2 + 0.8 * 0.7 ** 21) ** (1 / 21);
  assert.ok(Math.abs(mutated(0.3, 0.1) - (0.3 - change)) < 1e-12);
  const upward = 1 - (0.2 + 0.8 * 0.3 ** 21) ** (1 / 21);
  assert.ok(Math.abs(mutated(0.3, 0.9) - (0.3 + upward)) < 1e-12);
});

test('real genomes have equal keys exactly where their numbers are equal', () => {
  const space = realSpace(bounds);
  fc.assert(
    fc.property(inside, inside, (a, b) => {
      const same = a.every((value, index) => Object.is(value, b[index]));
      assert.equal(space.key(Float64Array.of(...a)) === space.key(Float64Array.of(...b)), same);
    }),
  );
});
