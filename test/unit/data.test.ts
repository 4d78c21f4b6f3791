import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decode, encode, fitEncoding } from '../../engine/data/encoding.ts';
import { createRandom, seedOf } from '../../engine/data/random.ts';
import { splitSamples } from '../../engine/data/split.ts';
import type { Domain, Samples, Slot } from '../../engine/types.ts';

const number = (path: string): Slot => ({ path, kind: 'number' });
const boolean = (path: string): Slot => ({ path, kind: 'boolean' });
const category = (path: string, ...values: string[]): Slot => ({ path, kind: 'category', values });
const range = (path: string, min: number, max: number) => ({ path, kind: 'number' as const, min, max, integer: false });
const samplesOf = (count: number, inputs: number[], outputs: number[]): Samples => ({
  count,
  inputs: Float64Array.from(inputs),
  outputs: Float64Array.from(outputs),
});

test('a random stream repeats for its seed and for no other', () => {
  const draw = (seed: number | string) =>
    Array.from(
      { length: 5 },
      (
        (random) => () =>
          random.next()
      )(createRandom(seed)),
    );
  assert.deepEqual(draw(7), draw(7));
  const seeds = [0, 1, -1, 2 ** 32, 0.5, '1', 'seed'];
  assert.equal(new Set(seeds.map((seed) => draw(seed)[0])).size, seeds.length);
});

test('random numbers have the moments and the range of their distribution', () => {
  const random = createRandom(1);
  const draws = 20_000;
  const mean = (draw: () => number) =>
    Array.from({ length: draws }, draw).reduce((sum, value) => sum + value, 0) / draws;
  assert.ok(Math.abs(mean(() => random.next()) - 0.5) < 0.01);
  assert.ok(Math.abs(mean(() => random.normal())) < 0.03);
  assert.ok(Math.abs(mean(() => random.normal() ** 2) - 1) < 0.05);
  const counts = new Int32Array(6);
  for (let draw = 0; draw < draws; draw++) counts[random.integer(6)]!++;
  for (const count of counts) assert.ok(Math.abs(count - draws / 6) < 250, `${counts}`);
  assert.equal(random.integer(1), 0);
  for (const n of [0, -1, 1.5, NaN, Infinity]) assert.throws(() => random.integer(n), RangeError);
});

test('a shuffle is a permutation, and every order is equally likely', () => {
  const random = createRandom(2);
  const orders = new Map<string, number>();
  for (let draw = 0; draw < 6000; draw++) {
    const order = random.shuffle(Int32Array.of(0, 1, 2)).join('');
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  assert.deepEqual([...orders.keys()].sort(), ['012', '021', '102', '120', '201', '210']);
  for (const count of orders.values()) assert.ok(Math.abs(count - 1000) < 130, `${count}`);
});

test('derived seeds are stable 32-bit numbers that depend on every part, its type and its place', () => {
  // Stored runs depend on these two.
  assert.equal(seedOf(1), 148_583_159);
  assert.equal(seedOf(1, '3-1-0-1-4-2-0-0', 'full'), 264_228_722);
  const seeds = [seedOf(), seedOf('ab'), seedOf('a', 'b'), seedOf('b', 'a'), seedOf(1), seedOf('1'), seedOf('ab', '')];
  assert.equal(new Set(seeds).size, seeds.length);
  for (const seed of seeds) assert.ok(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32);
});

test('a split is disjoint, complete, and has the sizes that were asked for', () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 200 }), fc.integer(), (count, seed) => {
      const rows = Array.from({ length: count }, (_, row) => row);
      const samples = samplesOf(
        count,
        rows.flatMap((row) => [row, -row]),
        rows,
      );
      const parts = Object.values(splitSamples(samples, seed)) as Samples[];
      for (const part of parts) {
        assert.ok(part.count >= 1);
        assert.equal(part.inputs.length, 2 * part.count);
        part.outputs.forEach((output, row) => {
          assert.deepEqual([...part.inputs.subarray(2 * row, 2 * row + 2)], [output, -output]);
        });
      }
      assert.deepEqual(
        parts.flatMap(({ outputs }) => [...outputs]).sort((a, b) => a - b),
        rows,
      );
    }),
  );
});

test('a split repeats for its seed, follows the fractions, and refuses what cannot be split', () => {
  const samples = samplesOf(
    1000,
    [],
    Array.from({ length: 1000 }, (_, row) => row),
  );
  const { train, validation, test: held } = splitSamples(samples, 1);
  assert.deepEqual([train.count, validation.count, held.count], [700, 150, 150]);
  assert.deepEqual(splitSamples(samples, 1).test, held);
  assert.notDeepEqual(splitSamples(samples, 2).test, held);
  const halves = splitSamples(samples, 1, { train: 2, validation: 1, test: 1 });
  assert.deepEqual([halves.train.count, halves.validation.count], [500, 250]);
  const greedy = splitSamples(samples, 1, { train: 1e-9, validation: 1, test: 1e9 });
  assert.deepEqual([greedy.train.count, greedy.validation.count, greedy.test.count], [1, 1, 998]);
  assert.throws(() => splitSamples(samplesOf(2, [], [1, 2]), 1), /2 samples cannot be split/);
  assert.throws(() => splitSamples(samples, 1, { train: 1, validation: 0, test: 1 }), /must be positive/);
});

const mixedInputs = [number('x'), boolean('b'), category('c', 'low', 'mid', 'high')];
const mixedDomain: Domain = [
  range('x', 10, 30),
  { path: 'b', kind: 'boolean' },
  { path: 'c', kind: 'category', values: ['low', 'mid', 'high'] },
];

test('inputs are scaled by their domain, booleans are signs, categories are one-hot', () => {
  const train = samplesOf(3, [10, 0, 0, 20, 1, 2, 30, 1, 1], [1, 1, 1]);
  const encoding = fitEncoding(mixedInputs, [number('result')], mixedDomain, train);
  assert.equal(encoding.inputColumns, 5);
  const { inputs, targets } = encode(train, encoding);
  assert.deepEqual([...inputs], [-1, -1, 1, 0, 0, 0, 1, 0, 0, 1, 1, 1, 0, 1, 0]);
  assert.deepEqual([...targets], [0, 0, 0], 'a constant output is all zero');
  assert.deepEqual([...decode(targets, 3, encoding)], [1, 1, 1]);
});

test('numeric outputs have mean 0 and deviation 1 over the training samples', () => {
  const outputs = [number('a'), number('b')];
  const encoding = fitEncoding([], outputs, [], samplesOf(4, [], [1, 1e300, 3, -1e300, 5, 1e300, 7, -1e300]));
  assert.deepEqual(encoding.outputs[0], { kind: 'number', column: 0, offset: 4, scale: Math.sqrt(5) });
  assert.deepEqual(encoding.outputs[1], { kind: 'number', column: 1, offset: 0, scale: 1e300 });
});

test('an empty range, a constant output and rounding never give a scale of zero', () => {
  const constant = Array<number>(50).fill(0.1);
  const encoding = fitEncoding(
    [number('x')],
    [number('y')],
    [range('x', 2, 2)],
    samplesOf(50, Array(50).fill(2), constant),
  );
  assert.deepEqual(encoding.inputs[0], { kind: 'number', column: 0, offset: 2, scale: 1 });
  assert.deepEqual(encoding.outputs[0], { kind: 'number', column: 0, offset: 0.1, scale: 1 });
  const tiny = fitEncoding([], [number('y')], [], samplesOf(2, [], [0, 5e-324]));
  assert.ok((tiny.outputs[0] as { scale: number }).scale > 0);
});

test('cross-entropy is for a single category or boolean only', () => {
  const train = samplesOf(2, [], [0, 1, 1, 0]);
  const lossOf = (...slots: Slot[]) => fitEncoding([], slots, [], train).loss;
  assert.equal(lossOf(category('result', 'a', 'b')), 'softmax-cross-entropy');
  assert.equal(lossOf(boolean('result')), 'softmax-cross-entropy');
  assert.equal(lossOf(number('result')), 'mse');
  assert.equal(lossOf(boolean('result[0]'), boolean('result[1]')), 'mse');
  assert.equal(lossOf(category('result.a', 'a', 'b'), number('result.b')), 'mse');
});

test('encoded outputs decode to what they were, to float32 precision', () => {
  const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  const row = fc.tuple(value, fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 2 }), value);
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (rows) => {
      const slots = [number('r.a'), boolean('r.b'), category('r.c', 'x', 'y', 'z'), number('r.d')];
      const samples = samplesOf(rows.length, [], rows.flat());
      const encoding = fitEncoding([], slots, [], samples);
      assert.equal(encoding.outputColumns, 7);
      const decoded = decode(encode(samples, encoding).targets, samples.count, encoding);
      decoded.forEach((actual, at) => {
        const expected = samples.outputs[at]!;
        const slot = encoding.outputs[at % 4]!;
        if (slot.kind !== 'number') assert.equal(actual, expected);
        else assert.ok(Math.abs(actual - expected) <= 1e-6 * (Math.abs(expected - slot.offset) + slot.scale));
      });
    }),
  );
});

test('a category is its largest column, the first of equals, and NaN where a column is', () => {
  const encoding = fitEncoding([], [category('result', 'a', 'b', 'c')], [], samplesOf(1, [], [0]));
  const columns = Float32Array.of(-3, -1, -2, 5, 5, 5, 0, NaN, 1, -Infinity, -Infinity, 0);
  assert.deepEqual([...decode(columns, 4, encoding)], [1, 0, NaN, 2]);
});
