import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curveOf, curvesFigure } from '../../engine/plot/curves.ts';
import { sample } from '../../engine/plot/figure.ts';
import { type ChartOptions, chartFrame, dotsChart, frontChart } from '../../engine/plot/frontChart.ts';
import { generationsFigure } from '../../engine/plot/generations.ts';
import { labels, placeAt } from '../../engine/plot/labels.ts';
import { spread } from '../../engine/plot/lines.ts';
import { type FigurePoint, runFigures } from '../../engine/plot/runFigures.ts';
import { type SvgElement, svg, svgText } from '../../engine/plot/svg.ts';

/** Every element of a tree with this tag, the tree itself first. */
const all = (element: SvgElement, tag: string): SvgElement[] => [
  ...(element.tag === tag ? [element] : []),
  ...element.children.flatMap((child) => (typeof child === 'string' ? [] : all(child, tag))),
];
const texts = (element: SvgElement): string[] => all(element, 'text').map(({ children }) => children.join(''));

const point = (id: string, params: number, nrmse: number, more: Partial<FigurePoint> = {}): FigurePoint => ({
  id,
  topology: `2-${params}-1`,
  activation: 'tanh',
  ...{ params, bytes: 4 * params, macs: params - 5 },
  error: { nrmse },
  ...more,
});
const figuresOf = (points: readonly FigurePoint[], more: Partial<Parameters<typeof runFigures>[0]> = {}) =>
  runFigures({
    points,
    plots: { fronts: [], curves: [] },
    hypervolume: [],
    measure: 'nrmse',
    target: 'CPU',
    width: 800,
    ...more,
  });

const chartOptions: ChartOptions = {
  ...{ width: 600, height: 360, description: 'Networks.' },
  ...{ x: { label: 'Parameters', kind: 'log' }, y: { label: 'Error (%)' } },
};

test('markup is escaped, numbers are short and what is undefined is left out', () => {
  const element = svg('g', { class: 'a"b', x: 1 / 3, y: undefined }, svg('text', {}, '5 < 6 & 7'), undefined);
  assert.equal(svgText(element), '<g class="a&quot;b" x="0.3"><text>5 &lt; 6 &amp; 7</text></g>');
  assert.equal(svgText(svg('svg'), true), '<svg xmlns="http://www.w3.org/2000/svg"></svg>');
});

test('a run without data for a figure has none', () => {
  assert.deepEqual(figuresOf([point('a', 10, 0.1)]), {
    fronts: undefined,
    hypervolume: undefined,
    curves: undefined,
    latency: undefined,
    pruning: undefined,
  });
});

test('time against parameters: a power law is a straight line with r = 1, whatever else was pruned or made of integers', () => {
  const timed = (id: string, params: number, more: Partial<FigurePoint> = {}) =>
    point(id, params, 0.1, { latencyNs: 2 * params ** 1.5, ...more });
  const figure = figuresOf([
    timed('a', 10),
    timed('b', 100),
    timed('c', 1000),
    timed('d', 60, { variant: 'pruned', variantOf: 'b', alpha: 0.4 }),
    timed('e', 100, { latencyNs: 1, variant: 'int8', variantOf: 'b' }),
    point('f', 5, 0.5),
  ]).latency!;
  assert.ok(
    texts(figure.picture).includes('r = 1.000, R² = 1.000, p < 0.0001, n = 4.'),
    texts(figure.picture).join('|'),
  );
  assert.deepEqual(figure.table.rows, [
    ['2-10-1 tanh', '10', '40 B', '5', '63.2 ns'],
    ['2-60-1 tanh, pruned by 40 %', '60', '240 B', '55', '930 ns'],
    ['2-100-1 tanh', '100', '400 B', '95', '2 µs'],
    ['2-1000-1 tanh', '1,000', '4 kB', '995', '63.2 µs'],
  ]);
  const marks = all(figure.picture, 'circle');
  const line = String(
    all(figure.picture, 'polyline').find(({ attributes }) => attributes.class === 'fit')?.attributes.points,
  );
  const [start, end] = line.split(' ').map((pair) => pair.split(',').map(Number));
  assert.ok(
    Math.abs(Number(marks[0]!.attributes.cx) - start![0]!) < 0.1 &&
      Math.abs(Number(marks[0]!.attributes.cy) - start![1]!) < 0.1,
  );
  assert.ok(Math.abs(Number(marks.at(-1)!.attributes.cy) - end![1]!) < 0.1, 'the line ends in the largest network');
});

test('accuracy against pruning rate begins with the network itself, and integers are no pruning', () => {
  const figure = figuresOf(
    [
      point('a', 100, 0.1),
      point('a-p50', 50, 0.2, { variant: 'pruned', variantOf: 'a', alpha: 0.5 }),
      point('a-p10', 90, 0.11, { variant: 'pruned', variantOf: 'a', alpha: 0.1 }),
      point('a-int8', 100, 0.3, { variant: 'int8', variantOf: 'a' }),
      point('b', 20, 0.4),
    ],
    { measure: 'classes' },
  ).pruning!;
  assert.deepEqual(figure.table, {
    columns: ['Network', 'Pruning rate', 'Parameters', 'Accuracy'],
    rows: [
      ['2-100-1 tanh', '0 %', '100', '90.0 %'],
      ['2-100-1 tanh', '10 %', '90', '89.0 %'],
      ['2-100-1 tanh', '50 %', '50', '80.0 %'],
    ],
  });
  assert.equal(all(figure.picture, 'circle').length, 3);
});

test('fronts of many generations become a few plots, the first and the last among them', () => {
  const fronts = Array.from({ length: 20 }, (_, index) => ({
    generation: index + 1,
    places: [
      { params: 100, error: 0.1 / (index + 1) },
      { params: 10, error: 0.5 },
      { params: 5, error: Number.POSITIVE_INFINITY },
    ],
  }));
  const figure = generationsFigure(fronts, { measure: 'nrmse', width: 900 })!;
  const titles = texts(figure.picture).filter((text) => text.startsWith('Generation'));
  assert.deepEqual(
    titles,
    [1, 5, 9, 12, 16, 20].map((generation) => `Generation ${generation}`),
  );
  assert.equal(figure.table.rows.length, 40, 'the table has every generation, and no infinite error');
  assert.match(figure.caption, /After generation 20, 2 networks on the front, the best with 0\.500 % error/);
  assert.equal(generationsFigure(fronts.slice(0, 1), { measure: 'nrmse', width: 900 }), undefined);
});

test('curves show accuracy where outputs are classes, and loss alone where they are numbers', () => {
  const loss = [1, 0.5, 0.25, 0.3];
  const classes = curvesFigure([curveOf('a', loss, [0.5, 0.4, 0.1, 0.2])], 800)!;
  assert.equal(classes.title, 'Validation accuracy against epochs');
  assert.deepEqual(classes.table.rows, [['a', '4', '3', '0.25', '90.0 %']]);
  const numbers = curvesFigure([curveOf('a', loss)], 800)!;
  assert.equal(numbers.title, 'Validation loss against epochs');
  assert.deepEqual(numbers.table.rows, [['a', '4', '3', '0.25']]);
  assert.equal(curvesFigure([curveOf('a', [1])], 800), undefined, 'one epoch is no curve');
});

test('a curve with a diverged epoch, and a loss of zero on a logarithmic axis, are drawn without it', () => {
  const figure = curvesFigure([curveOf('a', [10, Number.POSITIVE_INFINITY, 0.01, 0])], 800)!;
  const line = all(figure.picture, 'polyline').find(({ attributes }) => attributes.class === undefined)!;
  assert.equal(String(line.attributes.points).split(' ').length, 2);
  assert.doesNotMatch(svgText(figure.picture), /NaN|Infinity/);
});

test('long curves are thinned to what a plot can show, with their ends', () => {
  const curve = curveOf(
    'a',
    Array.from({ length: 5000 }, (_, index) => index),
  );
  assert.equal(curve.epochs.length, 300);
  assert.equal(curve.epochs[0], 1);
  assert.equal(curve.epochs.at(-1), 5000);
  assert.ok(curve.epochs.every((epoch, index) => curve.loss[index] === epoch - 1));
});

test('a sample is evenly over the whole', () => {
  assert.deepEqual(sample([1, 2, 3], 5), [1, 2, 3]);
  assert.deepEqual(sample([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 3), [0, 5, 10]);
});

test('labels keep their order and their distance, and stay above the bottom', () => {
  assert.deepEqual(spread([10, 12, 90], { bottom: 100 }), [10, 24, 90]);
  assert.deepEqual(spread([95, 96, 97], { bottom: 100 }), [72, 86, 100]);
});

test('the front is a listbox with one tab stop, and a picture where it is still', () => {
  const points = [
    { id: 'a', text: '2-4-1 tanh: 10 parameters', x: 10, y: 10, offered: true, onLine: true, outside: true },
    {
      ...{ id: 'b', text: '2-8-1 tanh: 20 parameters', x: 20, y: 1, offered: true, onLine: true },
      ...{ roles: ['chosen'] as const, label: 'Chosen' },
    },
    { id: 'x', x: 30, y: 30, offered: false, onLine: false },
    { id: 'y', x: 40, y: 40, offered: false, onLine: false, outside: true },
    { id: 'i', x: 20, y: 2, offered: true, onLine: false, variant: 'int8', variantOf: 'b' } as const,
  ];
  const size = { ...chartOptions, description: 'Five networks.', listName: 'Networks' };
  const live = frontChart(points, { ...size, selected: 'b' });
  const options = all(live, 'g').filter(({ attributes }) => attributes.role === 'option');
  assert.deepEqual(
    options.map(({ attributes }) => [attributes['data-point'], attributes.tabindex, attributes['aria-selected']]),
    [
      ['a', -1, 'false'],
      ['b', 0, 'true'],
      ['i', -1, 'false'],
    ],
  );
  assert.equal(options[1]!.attributes['aria-label'], '2-8-1 tanh: 20 parameters. Chosen');
  assert.match(String(options[0]!.attributes.class), /out-of-bound/);
  const dots = (picture: SvgElement) =>
    all(picture, 'path').filter(({ attributes }) => /dominated/.test(String(attributes.class)));
  assert.equal(dots(live).length, 0, 'dots of a picture that changes lie below it');
  assert.equal(dots(dotsChart(points, size, chartFrame(points, size))).length, 2, 'within the limits, and outside');
  const picture = frontChart(points, { ...size, still: true });
  assert.equal(dots(picture).length, 2);
  const still = svgText(picture);
  assert.doesNotMatch(still, /role="(option|listbox)"|tabindex|class="target"/);
  assert.match(still, /^<svg [^>]*role="img" aria-label="Five networks\."/);
  assert.match(still, /<title>2-8-1 tanh: 20 parameters<\/title>/);
});

test('labels of a narrow axis do not run into each other, and those that fit stay', () => {
  const place = (params: number) => ({ params, error: 0.1 });
  const fronts = [1, 2, 3].map((generation) => ({ generation, places: [327_000, 347_000, 458_000].map(place) }));
  const { picture } = generationsFigure(fronts, { measure: 'nrmse', width: 800 })!;
  const labels = all(picture, 'text').filter(
    ({ attributes, children }) => attributes['text-anchor'] === 'middle' && /000$/.test(children.join('')),
  );
  assert.ok(labels.length >= 6, `${labels.length} labels`);
  const ends = labels.map(({ attributes, children }) => ({
    x: Number(attributes.x),
    half: children.join('').length * 3.1,
  }));
  for (const [index, { x, half }] of ends.entries()) {
    const next = ends[index + 1];
    if (next) assert.ok(x + half < next.x - next.half, `${x} and ${next.x}`);
  }
});

test('dots are paths by their place, each with the dots of its cell', () => {
  const points = Array.from({ length: 500 }, (_, index) => ({
    x: 1 + index,
    y: 1 + ((index * 37) % 101),
    offered: false,
  }));
  const { children } = dotsChart(points, chartOptions, chartFrame(points, chartOptions));
  const cells = children.map((path) => {
    assert.ok(typeof path !== 'string');
    return [...String(path.attributes.d).matchAll(/M([\d.]+) ([\d.]+)h0/g)].map(([, x, y]) => [Number(x), Number(y)]);
  });
  assert.equal(cells.flat().length, 500);
  assert.ok(cells.length > 10);
  for (const cell of cells) {
    for (const axis of [0, 1]) {
      const own = cell.map((at) => at[axis]!);
      assert.ok(Math.max(...own) - Math.min(...own) < 100, 'a tile of the picture touches few of them');
    }
  }
});

const area = { left: 0, top: 0, right: 200, bottom: 100 };
const box = (left: number, top: number, right: number, bottom: number) => ({ left, top, right, bottom });
/** A point in the middle with a name, and what is around it. */
const placed: readonly (readonly [string, Partial<Parameters<typeof labels>[1]>, readonly [number, number, string]])[] =
  [
    ['above on the right where nothing is', {}, [112, 41, 'start']],
    ['below where a line is above', { drawn: [box(100, 35, 200, 37)] }, [112, 68, 'start']],
    ['on the left where lines are on the right', { drawn: [box(110, 0, 116, 100)] }, [88, 41, 'end']],
    [
      'on a line rather than on text',
      { drawn: [box(100, 35, 200, 37)], texts: [box(0, 45, 200, 75)] },
      [88, 41, 'end'],
    ],
    [
      'inside the picture, whatever is there',
      { area: box(60, 0, 200, 50), drawn: [box(0, 0, 200, 100)] },
      [112, 41, 'start'],
    ],
    ['inside a picture that ends beside it', { area: box(0, 0, 120, 100) }, [88, 41, 'end']],
  ];

test('a name lies where it covers the least', () => {
  for (const [title, around, [x, y, anchor]] of placed) {
    const { children } = labels([{ x: 100, y: 50, label: 'Knee' }], { area, drawn: [], texts: [], ...around });
    const [name] = children;
    assert.ok(name && typeof name !== 'string');
    assert.deepEqual(name.attributes, { x, y, 'text-anchor': anchor }, title);
  }
});

test('names of points that are close together do not lie on each other', () => {
  const { children } = labels(
    [0, 3, 6, 9].map((offset) => ({ x: 100 + offset, y: 50 + offset, label: 'Recommended' })),
    { area, drawn: [], texts: [] },
  );
  const places = children.map((name) => {
    assert.ok(typeof name !== 'string');
    const { x, y, 'text-anchor': anchor } = name.attributes;
    return placeAt('Recommended', Number(x), Number(y), anchor === 'end' ? 'end' : 'start').box;
  });
  for (const [index, own] of places.entries()) {
    for (const other of places.slice(index + 1)) {
      const apart =
        own.right <= other.left || own.left >= other.right || own.bottom <= other.top || own.top >= other.bottom;
      assert.ok(apart, JSON.stringify([own, other]));
    }
  }
});

test("a limit's text stands where it covers no mark, if there is such a place", () => {
  const options: ChartOptions = {
    ...chartOptions,
    ...{ width: 340, height: 240, x: { ...chartOptions.x, limit: { at: 100, text: 'at most 100' } } },
    y: { ...chartOptions.y, limit: { at: 5, text: 'at most 5 %' } },
  };
  /** Marks over the usual places: above the left end of one line, and beside the upper end of the other. */
  const crowded = [
    ...[10, 12, 15, 20].map((x) => ({ x, y: 6 })),
    ...[110, 150, 200].map((x) => ({ x, y: 30 })),
    ...[{ x: 1000, y: 0.1 }],
  ].map((place, index) => ({ ...place, id: String(index), offered: true, onLine: false }));
  for (const points of [crowded, crowded.slice(-1)]) {
    const frame = chartFrame(crowded, options);
    const bounds = all(frontChart(points, options, frame), 'g').filter(
      ({ attributes }) => attributes.class === 'bound',
    );
    assert.equal(bounds.length, 2);
    for (const bound of bounds) {
      const [written] = all(bound, 'text');
      const { x, y, 'text-anchor': anchor } = written!.attributes;
      const { box } = placeAt(texts(bound)[0]!, Number(x), Number(y), anchor === 'end' ? 'end' : 'start');
      for (const point of points) {
        const [px, py] = frame.place(point.x, point.y);
        const covers = box.left < px + 8 && box.right > px - 8 && box.top < py + 8 && box.bottom > py - 8;
        assert.ok(!covers, `${texts(bound)[0]} over ${point.id}`);
      }
      assert.ok(box.left >= frame.left && box.right <= frame.right, 'inside');
    }
  }
});
