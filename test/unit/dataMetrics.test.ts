import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorFigures, errorObjective } from '../../engine/data/metrics.ts';
import type { ErrorFigures, Slot } from '../../engine/types.ts';

const number: Slot = { path: 'result', kind: 'number' };
const boolean: Slot = { path: 'result', kind: 'boolean' };
const category: Slot = { path: 'result', kind: 'category', values: ['a', 'b', 'c'] };

interface Case {
  readonly name: string;
  readonly slots: readonly Slot[];
  readonly exact: readonly number[];
  readonly approx: readonly number[];
  readonly expected: ErrorFigures;
}

const cases: readonly Case[] = [
  {
    name: 'one number: range 4, errors 1 and 3',
    slots: [number],
    exact: [2, 4, 6, 4],
    approx: [3, 4, 3, 4],
    // RMSE sqrt(10 / 4); relative errors 1/2 and 3/6.
    expected: { nrmse: Math.sqrt(2.5) / 4, meanRelative: 0.25, p99: 0.75, max: 0.75, missRate: 0 },
  },
  {
    name: 'two numbers are averaged after each is divided by its own range',
    slots: [number, number],
    exact: [0, 100, 10, 300],
    approx: [1, 120, 11, 280],
    expected: { nrmse: 0.1, meanRelative: (1 + 0.1 + 0.2 + 20 / 300) / 4, p99: 0.1, max: 0.1, missRate: 0 },
  },
  {
    name: 'a constant output is measured against its magnitude',
    slots: [number],
    exact: [-5, -5],
    approx: [-4, -6],
    expected: { nrmse: 0.2, meanRelative: 0.2, p99: 0.2, max: 0.2, missRate: 0 },
  },
  {
    name: 'a constant zero is measured in absolute terms, and its relative error is 0 or 1',
    slots: [number],
    exact: [0, 0],
    approx: [0, 0.5],
    expected: { nrmse: Math.sqrt(0.125), meanRelative: 0.5, p99: 0.5, max: 0.5, missRate: 0 },
  },
  {
    name: 'a value that is not finite is infinitely wrong',
    slots: [number],
    exact: [1, 2],
    approx: [NaN, -Infinity],
    expected: { nrmse: Infinity, meanRelative: 1, p99: Infinity, max: Infinity, missRate: 0 },
  },
  {
    name: 'an overflowing range is the largest double',
    slots: [number],
    exact: [-1e308, 1e308],
    approx: [-1e308, 0.5e308],
    expected: {
      nrmse: 0.5e308 / Number.MAX_VALUE / Math.SQRT2,
      meanRelative: 0.25,
      p99: 0.5e308 / Number.MAX_VALUE,
      max: 0.5e308 / Number.MAX_VALUE,
      missRate: 0,
    },
  },
  {
    name: 'categories alone: every figure follows from the misses, NaN among them',
    slots: [category],
    exact: [0, 1, 2, 1],
    approx: [0, 1, 2, NaN],
    expected: { nrmse: 0.25, meanRelative: 0.25, p99: 1, max: 1, missRate: 0.25 },
  },
  {
    name: 'a sample with two wrong booleans is one miss',
    slots: [boolean, boolean],
    exact: [0, 1, 1, 1],
    approx: [1, 0, 1, 1],
    expected: { nrmse: 0.5, meanRelative: 0.5, p99: 1, max: 1, missRate: 0.5 },
  },
  {
    name: 'mixed outputs: misses are apart from the numbers',
    slots: [number, boolean],
    exact: [0, 1, 10, 0],
    approx: [0, 0, 9, 0],
    expected: { nrmse: Math.sqrt(0.005), meanRelative: 0.05, p99: 0.1, max: 0.1, missRate: 0.5 },
  },
];

for (const { name, slots, exact, approx, expected } of cases) {
  test(name, () => {
    const count = exact.length / slots.length;
    const actual = errorFigures(Float64Array.from(exact), Float64Array.from(approx), count, slots);
    for (const [figure, value] of Object.entries(expected)) {
      const measured = actual[figure as keyof ErrorFigures];
      assert.ok(measured === value || Math.abs(measured - value) < 1e-12, `${figure} is ${measured}, not ${value}`);
    }
  });
}

test('p99 is the nearest rank: of 200 samples the second largest but one', () => {
  const exact = Float64Array.from({ length: 200 }, (_, row) => row);
  const approx = exact.map((value, row) => value + (row < 3 ? 199 * (row + 1) : 0));
  const figures = errorFigures(exact, approx, 200, [number]);
  assert.equal(figures.p99, 1);
  assert.equal(figures.max, 3);
});

test('the objective of a mixed result is the worse of its two errors', () => {
  const figures = { nrmse: 0.1, meanRelative: 0, p99: 0, max: 0, missRate: 0.2 };
  assert.equal(errorObjective(figures), 0.2);
  assert.equal(errorObjective({ ...figures, missRate: 0.05 }), 0.1);
});

test('arrays that are too short, or no samples, are refused', () => {
  assert.throws(() => errorFigures(new Float64Array(0), new Float64Array(0), 0, [number]), RangeError);
  assert.throws(() => errorFigures(new Float64Array(2), new Float64Array(1), 2, [number]), RangeError);
});
