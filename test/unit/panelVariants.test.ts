/** Pruned and quantised networks in the panel: their words, their marks, and the lines that lead to them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOffered, sortPoints } from '../../client/webview/front.ts';
import { useState } from '../../client/webview/status.ts';
import { formatBytes, formatVariant } from '../../engine/format.ts';
import { type ChartOptions, type ChartPoint, frontChart } from '../../engine/plot/frontChart.ts';
import { variantMark } from '../../engine/plot/marks.ts';
import { networkLabel } from '../../engine/plot/runFigures.ts';
import type { SvgElement } from '../../engine/plot/svg.ts';
import { variantKinds } from '../../engine/types.ts';
import type { FrontView } from '../../server/protocol.ts';
import { frontView, point } from './clientHelpers.ts';

const found = point('c1', 100, 0.01);
const pruned = point('c1-p30', 70, 0.015, { variant: 'pruned', variantOf: 'c1', alpha: 0.3 });
const integer = point('c1-int8', 100, 0.012, {
  ...{ variant: 'int8', variantOf: 'c1', bytes: 160, onFront: false, latencyNs: 90, speedup: 3 },
});

test('names and sizes say how a network is stored and how it was made', () => {
  assert.deepEqual([found, pruned, integer].map(networkLabel), [
    '2-100-1 tanh',
    '2-70-1 tanh, pruned by 30 %',
    '2-100-1 tanh, 8-bit integers',
  ]);
  assert.equal(formatVariant('fixed16'), '16-bit fixed point');
  assert.equal(formatVariant(undefined), '');
  assert.deepEqual([0, 999, 1000, 16_712, 999_499, 999_500, 4_194_304].map(formatBytes), [
    '0 B',
    '999 B',
    '1 kB',
    '16.7 kB',
    '999 kB',
    '1 MB',
    '4.19 MB',
  ]);
});

test('a network in integers can be used once its code is measured, though it is not on the front', () => {
  const { latencyNs: _latencyNs, ...unmeasured } = integer;
  const offered = (subject: FrontView['subject']) =>
    [found, pruned, integer, unmeasured].map((own) => isOffered(own, { subject }));
  assert.deepEqual(offered({ kind: 'function', uri: 'file:///a.ts', name: 'a' }), [true, true, true, false]);
  assert.deepEqual(offered({ kind: 'dataset', uri: 'file:///a', name: 'a' }), [true, true, true, true]);
  const state = (id: string) => {
    const points = [found, pruned, integer];
    return useState({ kind: 'ready' }, frontView({ points, maxError: 0.05 }), points.find((own) => own.id === id)!);
  };
  assert.deepEqual(state('c1-int8'), { kind: 'use', label: 'Use this network' });
  assert.deepEqual(state('c1-p30'), { kind: 'use', label: 'Use this network' });
});

test('the table sorts by variant and by size in bytes', () => {
  const sorted = (column: 'variant' | 'bytes') =>
    sortPoints([pruned, found, integer], { column, descending: false }).map(({ id }) => id);
  assert.deepEqual(sorted('bytes'), ['c1-int8', 'c1-p30', 'c1']);
  assert.deepEqual(sorted('variant'), ['c1', 'c1-int8', 'c1-p30']);
});

const chartPoint =
  (size: 'params' | 'bytes') =>
  ({ id, error, onFront, variant, variantOf, ...sizes }: typeof found): ChartPoint => ({
    ...{ id, x: sizes[size], y: error.nrmse * 100, offered: true, onLine: onFront, variant, variantOf },
  });

function elements(element: SvgElement | string, matches: (element: SvgElement) => boolean): SvgElement[] {
  if (typeof element === 'string') return [];
  const inside = element.children.flatMap((child) => elements(child, matches));
  return matches(element) ? [element, ...inside] : inside;
}

const options: ChartOptions = {
  ...{ width: 600, height: 300, description: 'Networks' },
  ...{ x: { label: 'Size', kind: 'log' }, y: { label: 'Error' } },
};
const draw = (selected?: string, size: 'params' | 'bytes' = 'bytes') =>
  frontChart([found, pruned, integer].map(chartPoint(size)), { ...options, ...(selected && { selected }) });
const linesOf = (chart: SvgElement) => elements(chart, ({ attributes }) => attributes.class === 'variant-line');

test('lines lead from the selected network to what was made from it, and back', () => {
  assert.equal(linesOf(draw()).length, 0, 'the lines of everything would be a tangle');
  const lines = linesOf(draw('c1'));
  assert.equal(lines.length, 2);
  // Both begin at the network that was found: the largest and most accurate, at the right and at the bottom.
  const [first, second] = lines.map(({ attributes }) => attributes);
  assert.deepEqual([first!.x1, first!.y1], [second!.x1, second!.y1]);
  for (const line of [first!, second!]) {
    assert.ok(Number(line.x2) < Number(line.x1), 'a variant is smaller');
    assert.ok(Number(line.y2) < Number(line.y1), 'and less accurate');
  }
  const [back, ...others] = linesOf(draw('c1-p30'));
  assert.deepEqual([back!.attributes.x2, back!.attributes.y2], [first!.x1, first!.y1]);
  assert.equal(others.length, 0, 'not to its brother');
});

test('by parameters a network in integers stands above its original; a line to what is not drawn is left out', () => {
  const [line] = linesOf(draw('c1-int8', 'params'));
  assert.equal(line!.attributes.x1, line!.attributes.x2);
  const orphan = frontChart([chartPoint('params')(pruned)], { ...options, selected: 'c1-p30' });
  assert.equal(linesOf(orphan).length, 0);
});

test('every kind has a shape of its own, which the chart draws and a pointer can pick', () => {
  const shapes = variantKinds.map((kind) => variantMark(kind).attributes.d);
  assert.equal(new Set(shapes).size, variantKinds.length);
  const chart = draw();
  for (const [id, kind] of [
    ['c1-p30', 'pruned'],
    ['c1-int8', 'int8'],
  ] as const) {
    const [group] = elements(chart, ({ attributes }) => attributes['data-point'] === id);
    assert.ok(group && elements(group, ({ attributes }) => attributes.d === variantMark(kind).attributes.d).length > 0);
  }
});
