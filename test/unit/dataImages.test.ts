/** Random images: within their range, of every brightness, and of more than noise. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structureImages } from '../../engine/data/images.ts';
import { independentRows } from '../../engine/data/sobol.ts';
import type { Domain } from '../../engine/types.ts';

const image = { height: 8, width: 6, channels: 2 };
const values = 8 * 6 * 2;
const count = 400;

function draw(integer: boolean): Float64Array {
  const domain: Domain = Array.from({ length: values }, (_, index) => {
    return { path: `i[${index}]`, kind: 'number', min: -10, max: 30.5, integer };
  });
  const rows = independentRows(domain, count, 1);
  structureImages(rows, domain, image, 2);
  return rows;
}

test('every value stays in its range, and a whole number where it was one', () => {
  for (const integer of [false, true]) {
    for (const value of draw(integer)) {
      assert.ok(value >= -10 && value <= 30.5 && (!integer || Number.isInteger(value)), `${value}`);
    }
  }
});

test('images are dark and bright, flat and rich', () => {
  const rows = draw(false);
  const means: number[] = [];
  let flat = 0;
  for (let row = 0; row < count; row++) {
    const own = rows.subarray(row * values, (row + 1) * values);
    means.push(own.reduce((sum, value) => sum + value, 0) / values);
    const first = own.filter((_, index) => index % 2 === 0);
    if (first.every((value) => value === first[0])) flat++;
  }
  // Independent pixels would have means of 10 to within 4 for all 400 images.
  assert.ok(Math.min(...means) < -4 && Math.max(...means) > 24, `${Math.min(...means)} to ${Math.max(...means)}`);
  // Brightness is uniform, and contrast adds as much as it takes away: the middle of the range, but for chance.
  const middle = means.reduce((sum, mean) => sum + mean, 0) / count;
  assert.ok(Math.abs(middle - 10.25) < 2, `${middle} on average`);
  assert.ok(flat > count / 8 && flat < count / 2, `${flat} of one colour`);
});

test('a range of one value leaves the images as they are', () => {
  const domain: Domain = Array.from({ length: values }, (_, index) => {
    return { path: `i[${index}]`, kind: 'number', min: 3, max: 3, integer: false };
  });
  const rows = independentRows(domain, 2, 1);
  structureImages(rows, domain, image, 2);
  assert.ok(rows.every((value) => value === 3));
});

test('the same seed gives the same images', () => {
  assert.deepEqual(draw(true), draw(true));
});
