import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directionRows } from '../../engine/data/joeKuo.ts';
import { createRandom } from '../../engine/data/random.ts';
import { sampleDomain, sobolColumn, sobolDimensions } from '../../engine/data/sobol.ts';
import type { Domain, SlotDomain } from '../../engine/types.ts';

const real = (path: string, min = 0, max = 1): SlotDomain => ({ path, kind: 'number', min, max, integer: false });
const integers = (path: string, min: number, max: number): SlotDomain => ({
  path,
  kind: 'number',
  min,
  max,
  integer: true,
});
const unitCube = (dimensions: number): Domain => Array.from({ length: dimensions }, (_, index) => real(`x${index}`));
const fractions = (dimension: number, count: number) => [...sobolColumn(dimension, count)].map((x) => x / 2 ** 32);

test('unscrambled points are those of scipy.stats.qmc.Sobol', () => {
  const expected: [number, number[]][] = [
    [1, [0, 0.5, 0.75, 0.25, 0.375, 0.875, 0.625, 0.125]],
    [2, [0, 0.5, 0.25, 0.75, 0.375, 0.875, 0.125, 0.625]],
    [3, [0, 0.5, 0.25, 0.75, 0.625, 0.125, 0.875, 0.375]],
    [10, [0, 0.5, 0.75, 0.25, 0.625, 0.125, 0.375, 0.875]],
  ];
  for (const [dimension, points] of expected) assert.deepEqual(fractions(dimension - 1, 8), points);
  const late = [64, 100, 128].map((dimension) => fractions(dimension - 1, 1024)).map((x) => [x[1000], x[777]]);
  assert.deepEqual(late, [
    [0.4462890625, 0.4267578125],
    [0.1865234375, 0.5107421875],
    [0.5439453125, 0.1181640625],
  ]);
});

test('the table has 127 rows of odd initial numbers, each below its power of two', () => {
  assert.equal(sobolDimensions, 128);
  for (const { degree, coefficients, initial } of directionRows) {
    assert.equal(initial.length, degree);
    assert.ok(coefficients < 2 ** Math.max(0, degree - 1));
    initial.forEach((value, index) => {
      assert.ok(value % 2 === 1 && value < 2 ** (index + 1));
    });
  }
});

test('scrambled points keep one value in each of 2^k equal intervals, for every prefix of 2^k rows', () => {
  const dimensions = sobolDimensions;
  const points = sampleDomain(unitCube(dimensions), 256, 5);
  for (const count of [2, 16, 256]) {
    for (let dimension = 0; dimension < dimensions; dimension++) {
      const strata = new Set<number>();
      for (let row = 0; row < count; row++) strata.add(Math.floor(points[row * dimensions + dimension]! * count));
      assert.equal(strata.size, count);
    }
  }
});

test('the first two dimensions keep one point in each of 16 x 16 cells', () => {
  const points = sampleDomain(unitCube(2), 256, 11);
  const cells = new Set<number>();
  for (let row = 0; row < 256; row++) {
    cells.add(Math.floor(points[2 * row]! * 16) * 16 + Math.floor(points[2 * row + 1]! * 16));
  }
  assert.equal(cells.size, 256);
});

/** Warnock's formula for the squared L2 star discrepancy. */
function discrepancy(points: Float64Array, dimensions: number): number {
  const count = points.length / dimensions;
  const product = (term: (dimension: number) => number) => {
    let value = 1;
    for (let dimension = 0; dimension < dimensions; dimension++) value *= term(dimension);
    return value;
  };
  let single = 0;
  let pairs = 0;
  for (let a = 0; a < count; a++) {
    single += product((d) => (1 - points[a * dimensions + d]! ** 2) / 2);
    for (let b = 0; b < count; b++) {
      pairs += product((d) => 1 - Math.max(points[a * dimensions + d]!, points[b * dimensions + d]!));
    }
  }
  return 3 ** -dimensions - (2 * single) / count + pairs / count ** 2;
}

test('discrepancy is far below that of random points', () => {
  const dimensions = 5;
  const random = createRandom(1);
  const independent = Float64Array.from({ length: 256 * dimensions }, () => random.next());
  const sobol = sampleDomain(unitCube(dimensions), 256, 1);
  assert.ok(discrepancy(sobol, dimensions) < discrepancy(independent, dimensions) / 5);
});

test('slots beyond the table are stratified too', () => {
  const dimensions = sobolDimensions + 3;
  const count = 100;
  const points = sampleDomain(unitCube(dimensions), count, 1);
  for (let dimension = sobolDimensions; dimension < dimensions; dimension++) {
    const strata = new Set<number>();
    // Half a unit of the fraction's 32 bits, so that a value on a boundary lies in its stratum.
    for (let row = 0; row < count; row++) {
      strata.add(Math.floor((points[row * dimensions + dimension]! + 2 ** -31) * count));
    }
    assert.ok(strata.size >= count - 1);
  }
});

test('no two slots have the same values, in the table and beyond it', () => {
  const domain = Array.from({ length: sobolDimensions + 2 }, (_, index) => real(`x[${index}]`));
  const rows = sampleDomain(domain, 16, 5);
  const columns = domain.map((_, slot) => rows.filter((_, at) => at % domain.length === slot).join());
  assert.equal(new Set(columns).size, domain.length);
});

test('samples repeat for their seed and differ for another, and a longer draw starts like a shorter one', () => {
  const domain = [real('a'), integers('b', 0, 1000)];
  const drawn = sampleDomain(domain, 64, 3);
  assert.deepEqual(sampleDomain(domain, 64, 3), drawn);
  assert.deepEqual(sampleDomain(domain, 200, 3).subarray(0, 128), drawn);
  assert.notDeepEqual(sampleDomain(domain, 64, 4), drawn);
});

test('every integer, boolean and category value is equally likely', () => {
  const domain: Domain = [
    integers('n', -1.5, 2.9),
    { path: 'b', kind: 'boolean' },
    { path: 'c', kind: 'category', values: ['x', 'y', 'z', 'w'] },
    integers('one', 7, 7),
  ];
  const rows = sampleDomain(domain, 4096, 2);
  const counts = domain.map((_, slot) => {
    const found = new Map<number, number>();
    for (let row = 0; row < 4096; row++) {
      const value = rows[row * 4 + slot]!;
      found.set(value, (found.get(value) ?? 0) + 1);
    }
    return [...found].sort(([a], [b]) => a - b);
  });
  assert.deepEqual(counts, [
    [-1, 0, 1, 2].map((value) => [value, 1024]),
    [0, 1].map((value) => [value, 2048]),
    [0, 1, 2, 3].map((value) => [value, 1024]),
    [[7, 4096]],
  ]);
});

test('values stay in their range, whatever it is', () => {
  const ranges: [number, number][] = [
    [-1e308, 1e308],
    [0.1, 0.1],
    [0.1, 0.30000000000000004],
    [-5e-324, 5e-324],
  ];
  for (const [min, max] of ranges) {
    for (const value of sampleDomain([real('x', min, max)], 512, 1)) assert.ok(value >= min && value <= max);
  }
  for (const value of sampleDomain([integers('n', -(2 ** 52), 2 ** 52)], 512, 1))
    assert.ok(Number.isSafeInteger(value));
});

test('both halves of a range are reached to the last thousandth', () => {
  const values = sampleDomain([real('x', 10, 20)], 4096, 9);
  assert.ok(Math.min(...values) < 10.003 && Math.max(...values) > 19.997);
});

test('no slots give no values, and a domain that cannot be sampled is named', () => {
  assert.equal(sampleDomain([], 10, 1).length, 0);
  assert.equal(sampleDomain([real('x')], 0, 1).length, 0);
  const refused: [SlotDomain, RegExp][] = [
    [real('x', 2, 1), /x cannot be sampled from \[2, 1\]/],
    [real('x', 0, Infinity), /x cannot be sampled/],
    [real('x', NaN, 1), /x cannot be sampled/],
    [integers('n', 0.2, 0.8), /no integer in \[0.2, 0.8\], the range of n/],
    [{ path: 'c', kind: 'category', values: [] }, /c has no values/],
  ];
  for (const [slot, message] of refused) assert.throws(() => sampleDomain([slot], 1, 1), message);
});
