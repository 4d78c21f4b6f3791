/** Where a network is wrong, as data, as a sentence and as figures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { independentRows } from '../../engine/data/sobol.ts';
import { explanationFigures } from '../../engine/plot/explanation.ts';
import { svgText } from '../../engine/plot/svg.ts';
import { explain, whereText } from '../../engine/trust/explain.ts';
import { hardSearch } from '../../engine/trust/hardInputs.ts';
import type { Domain } from '../../engine/types.ts';

const domain: Domain = [
  { path: 'rate', kind: 'number', min: 0, max: 1, integer: false },
  { path: 'spot', kind: 'number', min: 0, max: 160, integer: false },
  { path: 'kind', kind: 'category', values: ['call', 'put'] },
];
const count = 4000;
const inputs = independentRows(domain, count, 1);
/** A bump at spots from 90 to 100, and a little more for puts. */
const errorOf = (row: Float64Array, at: number) =>
  (row[at + 1]! >= 90 && row[at + 1]! < 100 ? 0.2 : 0.01) + 0.001 * row[at + 2]!;
const errors = Float64Array.from({ length: count }, (_, row) => errorOf(inputs, row * 3));
const exact = inputs.filter((_, at) => at % 3 === 1);
const explanation = explain({ inputs, errors, domain, outputs: { exact, approx: exact.map((value) => value + 1) } });

test('the input that matters most comes first, with its bins', () => {
  assert.equal(explanation.inputs[0]!.path, 'spot');
  const worst = explanation.inputs[0]!.bins.reduce((a, b) => (b.mean > a.mean ? b : a));
  assert.equal(worst.label, '90 to 100');
  assert.ok(Math.abs(worst.mean - 0.2005) < 0.001 && Math.abs(worst.p95 - 0.201) < 1e-9, JSON.stringify(worst));
  const kinds = explanation.inputs.find(({ path }) => path === 'kind')!;
  assert.deepEqual(
    kinds.bins.map(({ label }) => label),
    ['call', 'put'],
  );
});

test('the histogram holds every sample, the pairs a few', () => {
  const { edges, counts } = explanation.histogram;
  assert.equal(
    counts.reduce((sum, each) => sum + each, 0),
    count,
  );
  assert.equal(edges.length, counts.length + 1);
  assert.equal(explanation.pairs!.length, 200);
  for (const [from, to] of explanation.pairs!) assert.ok(Math.abs(to - from - 1) < 0.06);
  assert.ok(JSON.stringify(explanation).length < 12_000, 'it is stored with every network');
});

test('bins and histogram, by hand', () => {
  const one: Domain = [{ path: 'x', kind: 'number', min: 0, max: 16, integer: false }];
  // Twenty errors in the first bin, five in the last, one of them infinite, and four between, which are too few.
  const xs = [...Array(20).fill(0), 8, 8, 8, 8, 15, 15.5, 16, 16, 16];
  const own = [...Array.from({ length: 20 }, (_, k) => (k + 1) / 100), 9, 9, 9, 9, 0.5, 0.5, 0.5, 0.5, Infinity];
  const { inputs: partial, histogram } = explain({
    inputs: Float64Array.from(xs),
    errors: Float64Array.from(own),
    domain: one,
  });
  assert.deepEqual(partial[0]!.bins, [
    { at: 0.5, label: '0 to 1', mean: 0.105, p95: 0.19 },
    { at: 15.5, label: '15 to 16', mean: 0.6, p95: 1 },
  ]);
  // The 99th percentile is infinite: bins are twentieths of 1, and what is beyond has one of its own.
  assert.deepEqual([histogram.edges.at(-2), histogram.edges.at(-1), histogram.counts.at(-1)], [1, 2, 5]);
});

test('one sentence says where, and none where there is nothing to say', () => {
  assert.match(
    whereText(explanation)!,
    /^Errors are largest where spot is 90 to 100: 20\.\d % on average there, 1\.0\d % /,
  );
  const even = explain({ inputs, errors: new Float64Array(count).fill(0.01), domain });
  assert.equal(whereText(even), undefined);
  // Puts are 1.4 times as wrong as calls: not enough to say so.
  const little = explain({ inputs, errors: errors.map((_, row) => 0.01 + 0.004 * inputs[row * 3 + 2]!), domain });
  assert.equal(little.inputs[0]!.path, 'kind');
  assert.equal(whereText(little), undefined);
});

test('figures have a picture in words and the same as a table', () => {
  const figures = explanationFigures(explanation, { name: '3-4-1 relu', width: 400 });
  const titles = new Set(figures.map(({ title }) => title));
  const expected = [
    'Error over spot',
    'Error over rate',
    'Error over kind',
    'Errors by size',
    'Network against exact function',
  ];
  assert.deepEqual(titles, new Set(expected));
  const [first] = figures;
  assert.match(svgText(first!.picture), /aria-label="Error over spot: .*90 to 100: 20\.\d %/);
  assert.match(first!.caption, /Errors are largest where spot is 90 to 100/);
  assert.equal(first!.table.rows.length, 16);
  for (const { picture } of figures) assert.doesNotMatch(svgText(picture), /NaN|Infinity|undefined|style=/);
});

test('hard inputs: the search climbs to the worst input, far above what random ones find', () => {
  const peak = (row: Float64Array, at = 0) =>
    Math.exp(-(((row[at]! - 0.31) / 0.02) ** 2) - ((row[at + 1]! - 77) / 4) ** 2) * (row[at + 2] === 1 ? 1 : 0.2);
  const label = (rows: Float64Array) => ({
    count: rows.length / 3,
    inputs: rows,
    errors: Float64Array.from({ length: rows.length / 3 }, (_, row) => peak(rows, row * 3)),
  });
  const start = label(independentRows(domain, 500, 2));
  const search = hardSearch(domain, start, 1);
  for (let generation = 0; generation < 5; generation++) search.tell(label(search.ask(100)));
  const random = Math.max(...label(independentRows(domain, 1000, 3)).errors);
  assert.ok(search.worst.error > 0.9 && search.worst.error > random, `${search.worst.error}, random ${random}`);
  assert.equal(peak(search.worst.row), search.worst.error);
  const rows = search.ask(300);
  for (let at = 0; at < rows.length; at += 3) {
    assert.ok(rows[at]! >= 0 && rows[at]! <= 1 && rows[at + 1]! >= 0 && rows[at + 1]! <= 160);
    assert.ok(rows[at + 2] === 0 || rows[at + 2] === 1);
  }
});

test('hard inputs: steps past the end of a range come back into it, and whole numbers stay whole', () => {
  const edges: Domain = [
    { path: 'x', kind: 'number', min: 0, max: 1, integer: false },
    { path: 'n', kind: 'number', min: 0.5, max: 9.5, integer: true },
  ];
  const search = hardSearch(edges, { count: 1, inputs: Float64Array.of(1, 9), errors: Float64Array.of(1) }, 1);
  const rows = search.ask(200);
  for (let at = 0; at < rows.length; at += 2) {
    assert.ok(rows[at]! >= 0 && rows[at]! < 1, `${rows[at]}`);
    assert.ok(Number.isInteger(rows[at + 1]) && rows[at + 1]! >= 1 && rows[at + 1]! <= 9, `${rows[at + 1]}`);
  }
});
