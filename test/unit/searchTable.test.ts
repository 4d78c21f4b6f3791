/** The default search, and its multi-fidelity evaluation, in spaces that were trained as a whole once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { datasets, objectivesAt, readTable, scores } from '../bench/search/curves.ts';
import { allOfSmallSpace } from '../bench/search/smallSpace.ts';
import { searchAtRandom, searchTable } from '../bench/search/tableSearch.ts';

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;

for (const dataset of datasets) {
  const table = readTable(dataset);
  const { linear, tight } = scores(table);

  test(`${dataset}: the table has every network of the space`, () => {
    assert.deepEqual(Object.keys(table.curves).toSorted(), [...allOfSmallSpace().keys()].toSorted());
    const all = Object.keys(table.curves).map((key) => objectivesAt(table, key, table.epochs));
    assert.equal(linear(all), 1);
    assert.equal(tight(all), 1);
  });

  test(`${dataset}: 150 evaluations recover 98 % of the true front, more than random ones do`, () => {
    const found = seeds.map((seed) => searchTable(table, seed, false));
    for (const { candidates } of found) assert.ok(candidates.length <= 150);
    const recovered = (score: typeof linear) => mean(found.map(({ candidates }) => score(candidates)));
    const atRandom = (score: typeof linear) =>
      mean(seeds.map((seed) => score(searchAtRandom(table, seed, 150).candidates)));
    assert.ok(recovered(linear) >= 0.98, `${recovered(linear)}`);
    assert.ok(recovered(tight) > atRandom(tight), `${recovered(tight)}, at random ${atRandom(tight)}`);
  });

  test(`${dataset}: halving gives 99 % of that for half of the epochs`, () => {
    const [whole, halved] = [false, true].map((halving) => seeds.map((seed) => searchTable(table, seed, halving)));
    const volume = (found: typeof whole) => mean(found!.map(({ candidates }) => linear(candidates)));
    const epochs = (found: typeof whole) => mean(found!.map((one) => one.epochs));
    assert.ok(volume(halved) >= 0.99 * volume(whole), `${volume(halved)} of ${volume(whole)}`);
    assert.ok(epochs(halved) <= 0.5 * epochs(whole), `${epochs(halved)} of ${epochs(whole)} epochs`);
  });
}
