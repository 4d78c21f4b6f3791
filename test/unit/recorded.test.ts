/** Recorded rows: the domain that they lie in, what is drawn around them, and which of them the figures come from. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRandom } from '../../engine/data/random.ts';
import { drawRecorded, narrowDomain, splitRecorded } from '../../engine/data/recorded.ts';
import type { Domain, SlotDomain } from '../../engine/types.ts';

const number = (path: string, min = Number.NaN, max = Number.NaN, integer = false): SlotDomain => ({
  path,
  kind: 'number',
  min,
  max,
  integer,
});
const kind: SlotDomain = { path: 'kind', kind: 'category', values: ['call', 'put', 'none'] };

const rowsOf = (...rows: readonly (readonly number[])[]) => ({
  count: rows.length,
  inputs: Float64Array.from(rows.flat()),
});

describe('narrowDomain', () => {
  const cases: readonly [name: string, domain: Domain, rows: readonly number[][], want: Domain, inside: number[]][] = [
    ['takes ranges from the rows', [number('x')], [[1.5], [-2], [3]], [number('x', -2, 3)], [0, 1, 2]],
    ['finds whole numbers', [number('x')], [[1], [4]], [number('x', 1, 4, true)], [0, 1]],
    ['keeps to a range that is given', [number('x', 0, 2)], [[1.5], [-2], [0.5]], [number('x', 0.5, 1.5)], [0, 2]],
    ['keeps whole numbers whole', [number('x', 0, 9, true)], [[1], [2.5]], [number('x', 1, 1, true)], [0]],
    [
      'leaves out a row for one slot, and categories as they are',
      [number('x', 0, 2), number('y'), kind],
      [
        [1, 10.5, 0],
        [9, 99.5, 1],
        [2, 20.5, 1],
      ],
      [number('x', 1, 2, true), number('y', 10.5, 20.5), kind],
      [0, 2],
    ],
    ['keeps the ranges where no row is inside', [number('x', 0, 1)], [[7]], [number('x', 0, 1)], []],
  ];
  for (const [name, domain, rows, want, inside] of cases) {
    test(name, () => assert.deepEqual(narrowDomain(domain, rowsOf(...rows)), { domain: want, inside }));
  }
});

const random = createRandom(1);
const rows = rowsOf(...Array.from({ length: 5000 }, () => [random.normal(), random.integer(5), random.integer(2)]));
const { domain } = narrowDomain([number('x'), number('steps'), kind], rows);

describe('drawRecorded', () => {
  test('four of five rows are recorded, in any prefix too, each at most once', () => {
    const { inputs, origins } = drawRecorded(rows, domain, 1000, 7);
    for (const prefix of [10, 100, 500, 1000]) {
      const recorded = origins.slice(0, prefix).filter((origin) => origin >= 0).length;
      assert.ok(Math.abs(recorded - 0.8 * prefix) <= 1, `${recorded} of ${prefix}`);
    }
    const taken = origins.filter((origin) => origin >= 0);
    assert.equal(new Set(taken).size, taken.length);
    for (const [row, origin] of origins.entries()) {
      if (origin >= 0)
        assert.deepEqual(inputs.subarray(row * 3, row * 3 + 3), rows.inputs.subarray(origin * 3, origin * 3 + 3));
    }
  });

  test('few recorded rows all come first, and synthetic ones make up the rest', () => {
    const few = { count: 60, inputs: rows.inputs.subarray(0, 180) };
    const { origins } = drawRecorded(few, domain, 2000, 7);
    assert.equal(origins.filter((origin) => origin >= 0).length, 60);
    assert.ok(origins.lastIndexOf(59) < 80, 'a prefix has all of them');
  });

  test('synthetic rows lie in the domain, whole and known where they must be, half of them near recorded ones', () => {
    const narrow = {
      count: 60,
      inputs: Float64Array.from({ length: 180 }, (_, at) => [0, 2, 1][at % 3]! + (at === 177 ? 50 : 0)),
    };
    const around = narrowDomain([number('x'), number('steps'), kind], narrow).domain;
    const { inputs, origins } = drawRecorded(narrow, around, 4000, 7);
    let near = 0;
    let synthetic = 0;
    for (const [row, origin] of origins.entries()) {
      if (origin >= 0) continue;
      synthetic++;
      const [x, steps, category] = inputs.subarray(row * 3, row * 3 + 3);
      assert.ok(x! >= 0 && x! <= 50 && Number.isInteger(x) && steps === 2 && [0, 1, 2].includes(category!));
      // The standard deviation of x is 6.4.
      if (x! < 4) near++;
    }
    assert.ok(Math.abs(near / synthetic - 0.54) < 0.04, `${near} of ${synthetic}`);
  });

  test('any number of rows is made of recorded and synthetic ones, none of them left empty', () => {
    const shifted = { count: 100, inputs: Float64Array.from({ length: 100 }, (_, row) => 10 + row / 10) };
    const range = [number('x', 10, 20)];
    for (let count = 0; count <= 140; count++) {
      const { inputs, origins } = drawRecorded(shifted, range, count, 7);
      assert.deepEqual([inputs.length, origins.length], [count, count]);
      assert.ok(
        inputs.every((x) => x >= 10 && x <= 20),
        `${count} rows: ${inputs}`,
      );
      const recorded = origins.filter((origin) => origin >= 0).length;
      assert.ok(recorded === 100 || Math.abs(recorded - 0.8 * count) < 1, `${recorded} of ${count}`);
    }
  });

  test('the same seed draws the same rows', () => {
    assert.deepEqual(drawRecorded(rows, domain, 500, 7), drawRecorded(rows, domain, 500, 7));
    assert.notDeepEqual(drawRecorded(rows, domain, 500, 7).inputs, drawRecorded(rows, domain, 500, 8).inputs);
  });
});

test('validation and test samples are recorded ones, and every sample is in one part', () => {
  const origins = Array.from({ length: 300 }, (_, row) => (row % 3 === 0 ? -1 : row));
  const samples = { count: 300, inputs: Float64Array.from(origins.keys()), outputs: Float64Array.from(origins) };
  const { train, validation, test: held } = splitRecorded(samples, origins, 3);
  assert.deepEqual([train.count, validation.count, held.count], [240, 30, 30]);
  for (const part of [validation, held]) assert.ok(part.outputs.every((origin) => origin >= 0));
  const all = [train, validation, held].flatMap(({ inputs }) => [...inputs]).sort((a, b) => a - b);
  assert.deepEqual(all, [...origins.keys()]);
  // In the order of their drawing a batch would hold recorded rows alone.
  const half = train.outputs.subarray(0, 120).filter((origin) => origin < 0).length;
  assert.ok(half > 30 && half < 70, `${half} of 100 synthetic rows are in the first half`);
});

test('three recorded samples are one for each part, two are too few', () => {
  const parts = (origins: readonly number[]) => {
    const values = Float64Array.from(origins);
    const { train, validation, test: held } = splitRecorded({ count: 4, inputs: values, outputs: values }, origins, 1);
    return [train, validation, held].map(({ count }) => count);
  };
  assert.deepEqual(parts([0, -1, 1, 2]), [2, 1, 1]);
  assert.throws(() => parts([0, -1, 1, -1]), /2 recorded samples cannot be split/);
});
