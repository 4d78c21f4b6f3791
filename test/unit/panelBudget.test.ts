/** Metrics, budgets and what is read from fields and drags; comparing and copying. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TargetFigures } from '../../client/targetFigures.ts';
import { brush } from '../../client/webview/brush.ts';
import { budgetText, pickWithin, selection, within } from '../../client/webview/budget.ts';
import { compareNetworks } from '../../client/webview/compare.ts';
import { toCsv, toJson } from '../../client/webview/copy.ts';
import { axesOf } from '../../client/webview/front.ts';
import { isTargetCost, limitText, metricOf, metricsOf, parseLimit } from '../../client/webview/metrics.ts';
import { knownLimits, onTarget, waitingLimits } from '../../client/webview/onTarget.ts';
import { sceneOf } from '../../client/webview/scene.ts';
import { english, useLocale } from '../../engine/texts.ts';
import { readLocale } from '../../server/locale.ts';
import type { FrontView } from '../../server/protocol.ts';
import { frontView, point } from './clientHelpers.ts';

const points = [
  point('small', 10, 0.1, { latencyNs: 20, speedup: 30 }),
  point('middle', 100, 0.02, { latencyNs: 90, speedup: 6 }),
  point('large', 1000, 0.005, { latencyNs: 800, speedup: 0.7 }),
  point('cloud', 50, 0.001, { onFront: false }),
];
const view = frontView({ points, chosen: 'middle' });

test('limits are read with their units and without, and nonsense is told apart from none', () => {
  const rows = [
    ['nrmse', '', { kind: 'none' }],
    ['nrmse', '  ', { kind: 'none' }],
    ['nrmse', '2', 0.02],
    ['nrmse', '0,5 %', 0.005],
    ['nrmse', '0', { kind: 'invalid' }],
    ['nrmse', '-1', { kind: 'invalid' }],
    ['nrmse', '2 kB', { kind: 'invalid' }],
    ['nrmse', 'two', { kind: 'invalid' }],
    ['bytes', '32 kB', 32_000],
    ['bytes', '32KiB', 32_768],
    ['bytes', '1,500', 1500],
    ['bytes', '1.5 MB', 1.5e6],
    ['bytes', '3 miles', { kind: 'invalid' }],
    ['latencyNs', '1 µs', 1000],
    ['latencyNs', '1us', 1000],
    ['latencyNs', '250', 250],
    ['latencyNs', '2 ms', 2e6],
    ['params', '4096', 4096],
    ['speedup', '3x', 3],
  ] as const;
  for (const [id, text, expected] of rows) {
    const limit = typeof expected === 'number' ? { kind: 'limit', value: expected } : expected;
    assert.deepEqual(parseLimit(metricOf(id, view), text), limit, `${id} ${text}`);
  }
});

test('a limit is written as it can be read again, in every language', (context) => {
  context.after(() => useLocale(english));
  const rows = [
    ['nrmse', 0.02, '2 %', '2 %'],
    ['nrmse', 0.00125, '0.125 %', '0,125 %'],
    ['bytes', 32_000, '32 kB', '32 kB'],
    ['latencyNs', 1500, '1.5 µs', '1,5 µs'],
    ['params', 4096, '4,096', '4.096'],
    ['params', 1_234_567, '1,234,567', '1.234.567'],
    ['speedup', 3.25, '3.25', '3,25'],
  ] as const;
  for (const [id, value, ...texts] of rows) {
    for (const [index, language] of ['en', 'de'].entries()) {
      useLocale(readLocale(language));
      const metric = metricOf(id, view);
      assert.equal(limitText(metric, value), texts[index]);
      assert.deepEqual(parseLimit(metric, texts[index]!), { kind: 'limit', value });
    }
  }
});

test('metrics are those that the run knows', () => {
  const ids = (more: Parameters<typeof frontView>[0]) => metricsOf(frontView(more)).map(({ id }) => id);
  assert.deepEqual(ids({}), ['nrmse', 'meanRelative', 'p99', 'max', 'params', 'bytes']);
  assert.deepEqual(ids({ points }).slice(-2), ['latencyNs', 'speedup']);
  assert.deepEqual(ids({ measure: 'classes' }), ['nrmse', 'params', 'bytes']);
  const missed = point('a', 1, 0.1);
  assert.ok(ids({ points: [{ ...missed, error: { ...missed.error, missRate: 0.1 } }] }).includes('missRate'));
});

test('the smallest within an error bound, the most accurate within a size or a time, only of what can be used', () => {
  const rows = [
    [{}, undefined],
    [{ nrmse: 0.05 }, ['middle', 'smallest']],
    [{ nrmse: 0.02 }, ['middle', 'smallest']],
    [{ nrmse: 0.0001 }, undefined],
    [{ bytes: 400 }, ['middle', 'most accurate']],
    [{ latencyNs: 1000 }, ['large', 'most accurate']],
    [{ latencyNs: 1000, nrmse: 0.05 }, ['large', 'most accurate']],
    [{ speedup: 2 }, ['middle', 'most accurate']],
    [{ speedup: 10 }, ['small', 'most accurate']],
  ] as const;
  for (const [budget, expected] of rows) {
    const choice = pickWithin(view, budget);
    const name = JSON.stringify(budget);
    assert.deepEqual(choice && [choice.point.id, choice.rule], expected, name);
    assert.equal(selection(view, { budget })?.id, expected?.[0] ?? 'middle', name);
  }
  assert.equal(selection(view, { budget: { nrmse: 0.05 }, selected: 'large' })?.id, 'large', 'the user decides');
});

test('a network whose time is not known is within no time', () => {
  assert.deepEqual(
    within(points, { latencyNs: 1e9 }, view).map(({ id }) => id),
    ['small', 'middle', 'large'],
  );
});

test('the choice and its rule are said in words', () => {
  assert.equal(budgetText(view, {}), '');
  assert.equal(budgetText(view, { nrmse: 0.05 }), '2 of 3 within. Best choice: 2-100-1 tanh, the smallest of them.');
  assert.equal(
    budgetText(view, { bytes: 400, nrmse: 0.5 }),
    '2 of 3 within. Best choice: 2-100-1 tanh, the most accurate of them.',
  );
  assert.equal(
    budgetText(view, { nrmse: 1e-9 }),
    'None of 3 networks is within this budget. Raise a limit, or clear it.',
  );
});

test('a drag limits both axes where it is let go, and frees the one whose end it reaches', () => {
  const scene = sceneOf(view, { budget: {} }, { width: 600, height: 300 });
  const [x, y] = scene.frame.place(100, 2);
  const budget = brush({ latencyNs: 50 }, scene, { x, y });
  assert.deepEqual(budget, { latencyNs: 50, params: 100, nrmse: 0.02 });
  assert.deepEqual(brush(budget, scene, { x: scene.frame.right, y }), { latencyNs: 50, nrmse: 0.02 });
  assert.deepEqual(brush(budget, scene, { x, y: scene.frame.top }), { latencyNs: 50, params: 100 });
  const turned = sceneOf(view, { budget: {}, x: 'speedup' }, { width: 600, height: 300 });
  const [at] = turned.frame.place(6, 2);
  assert.equal(brush({}, turned, { x: at, y }).speedup, 6, 'at least, where more is better');
  assert.equal(brush({}, turned, { x: turned.frame.left, y }).speedup, undefined);
});

test('a picture marks what can be used, fades what is outside, and draws the line on its own axes', () => {
  const scene = sceneOf(view, { budget: { nrmse: 0.05 }, x: 'latencyNs', y: 'speedup' }, { width: 600, height: 300 });
  assert.deepEqual(
    scene.points.map(({ id, offered, onLine, outside }) => ({ id, offered, onLine, outside })),
    [
      { id: 'small', offered: true, onLine: true, outside: true },
      { id: 'middle', offered: true, onLine: false, outside: undefined },
      { id: 'large', offered: true, onLine: false, outside: undefined },
    ],
    'what is not measured has no place on these axes',
  );
  assert.match(
    scene.points[1]!.text ?? '',
    /^2-100-1 tanh: 100 parameters, Speedup 6 times faster, Time per call 90 ns$/,
  );
});

test('a replay shows what there was after a generation, on axes that stay', () => {
  const fronts = [
    { generation: 1, places: [{ id: 'small', params: 10, error: 0.3 }] },
    {
      generation: 2,
      places: [
        { id: 'small', params: 10, error: 0.3 },
        { id: 'middle', params: 100, error: 0.04 },
      ],
    },
  ];
  const replayed = frontView({
    points: [...points, point('late', 60, 0.4, { onFront: false, generation: 2 })],
    plots: { fronts, curves: [] },
  });
  const look = (generation: number) => sceneOf(replayed, { budget: {}, generation }, { width: 600, height: 300 });
  const [first, second] = [look(1), look(2)];
  const ids = (scene: typeof first) => scene.points.map(({ id, offered }) => `${id}${offered ? '*' : ''}`).join(' ');
  assert.equal(ids(first), 'cloud small*');
  assert.equal(ids(second), 'cloud late small* middle*');
  assert.equal(first.options.earlier, undefined);
  assert.deepEqual(second.options.earlier, [{ id: 'small', x: 10, y: 30 }]);
  assert.deepEqual(first.frame.x.domain, second.frame.x.domain);
  assert.deepEqual(first.frame.y.domain, second.frame.y.domain);
  assert.equal(look(9).replay, false, 'a generation that is not known is no replay');
});

test('two networks are compared figure by figure, in the units of each', () => {
  const [small, middle] = points as [(typeof points)[0] & object, (typeof points)[0] & object];
  const rows = compareNetworks(view, middle, small);
  const row = (name: string) => rows.find((own) => own.name === name);
  assert.deepEqual(row('NRMSE'), {
    ...{ name: 'NRMSE', first: '2.00 %', second: '10.0 %', difference: '+8 points, 5 times', verdict: 'worse' },
  });
  assert.deepEqual(row('Size'), {
    ...{ name: 'Size', first: '400 B', second: '40 B', difference: '−360 B, 0.1 times', verdict: 'better' },
  });
  assert.equal(row('Speedup')?.verdict, 'better');
  assert.deepEqual(
    compareNetworks(view, middle, points[3]!).find(({ name }) => name === 'Time per call'),
    { name: 'Time per call', first: '90 ns', second: 'not measured', difference: '' },
  );
});

test('a difference in what a target takes has the unit of the figure', () => {
  const cost = (value: number) => [
    { label: 'Latency', value, unit: 'clocks', basis: '' },
    { label: 'Block RAM', value: 1000 + value, unit: '', basis: '' },
  ];
  const [a, b] = [point('a', 10, 0.1, { cost: cost(1) }), point('b', 10, 0.1, { cost: cost(1235) })];
  const differences = Object.fromEntries(
    compareNetworks(frontView({ points: [a, b] }), a, b).map(({ name, difference }) => [name, difference]),
  );
  assert.equal(differences.Latency, '+1,234 clocks, 1,240 times');
  assert.equal(differences['Block RAM'], '+1,234, 2.23 times');
});

test('copies hold raw numbers, and quote what has a comma', () => {
  const broken = point('b', 5, Number.POSITIVE_INFINITY, { topology: 'a,"b"' });
  const [header, first, second] = toCsv([points[0]!, broken], view).split('\r\n');
  const columns = header!.split(',');
  assert.equal(columns[0], 'id');
  const cell = (name: string) => first!.split(',')[columns.indexOf(name)];
  assert.deepEqual(['nrmse', 'params', 'bytes', 'latencyNs', 'speedup', 'onFront'].map(cell), [
    ...['0.1', '10', '40', '20', '30', 'true'],
  ]);
  assert.match(second!, /^b,"a,""b""",tanh/);
  const parsed = JSON.parse(toJson([points[0]!, broken], view)) as Record<string, unknown>[];
  assert.equal(parsed[0]!.nrmse, 0.1);
  assert.equal(parsed[0]!.onFront, true);
  assert.equal('nrmse' in parsed[1]!, false, 'no finite result is no number');
});

const onFpga = (figures: readonly (readonly [string, number])[]): TargetFigures => ({
  kind: 'estimated',
  estimates: {
    ...{ kind: 'estimates', runId: 'price-1', target: 'fpga', label: 'FPGA', description: 'Verilog', deviceBasis: '' },
    networks: ['a', 'b'].map((id, index) => ({
      id,
      figures: figures.map(([label, value]) => ({ label, value: value * (index + 1), unit: '', basis: '' })),
    })),
  },
});

test('what networks cost on the target is an axis, a column and a limit, and goes with the target', () => {
  const view = frontView({ points: [point('a', 10, 0.1), point('b', 20, 0.01)] });
  const fpga = onTarget(
    view,
    onFpga([
      ['LUT', 300],
      ['DSP', 0],
      ['Latency', 12],
      ['Call at least', 60],
    ]),
  );
  const ids = (own: FrontView) =>
    metricsOf(own)
      .map(({ id }) => id)
      .filter(isTargetCost);
  assert.deepEqual(ids(view), []);
  assert.deepEqual(ids(fpga), ['lut', 'dsp', 'clocks', 'leastNs'], 'none at all is a figure, too');
  assert.equal(axesOf(fpga, { x: 'lut' }).x.id, 'lut');
  assert.equal(axesOf(view, { x: 'lut' }).x.id, 'params');
  const budget = { lut: 400, nrmse: 0.2 };
  assert.equal(knownLimits(budget, fpga), budget);
  assert.equal(pickWithin(fpga, budget)?.point.id, 'a');
  assert.deepEqual(knownLimits(budget, view), { nrmse: 0.2 });
  assert.deepEqual(waitingLimits(budget, view), { lut: 400 });
  assert.deepEqual(waitingLimits(budget, fpga), {});

  const estimating = onTarget(fpga, { kind: 'estimating', target: 'arm' });
  assert.deepEqual(ids(estimating), [], 'not those of the target before');
  assert.deepEqual(
    ids(
      onTarget(
        fpga,
        onFpga([
          ['Flash on a Cortex-M4', 9000],
          ['RAM on a Cortex-M', 200],
        ]),
      ),
    ),
    ['flash', 'ram'],
  );
  const other = onFpga([['LUT', 1]]);
  assert.deepEqual(ids(onTarget({ ...view, runId: 'price-2' }, other)), [], 'nor those of another run');
});

test('limits on costs are read in their units', () => {
  const parse = (id: 'lut' | 'clocks' | 'flash' | 'leastNs', text: string) => parseLimit({ id, factor: 1 }, text);
  assert.deepEqual(parse('lut', '1,200'), { kind: 'limit', value: 1200 });
  assert.deepEqual(parse('clocks', '25 clocks'), { kind: 'limit', value: 25 });
  assert.deepEqual(parse('flash', '16 kB'), { kind: 'limit', value: 16_000 });
  assert.deepEqual(parse('leastNs', '2 µs'), { kind: 'limit', value: 2000 });
  assert.deepEqual(parse('lut', '16 kB'), { kind: 'invalid' });
});
