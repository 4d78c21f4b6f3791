import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHostMessage, parsePanelMessage, parsePanelState } from '../../client/messages.ts';
import { panelHtml } from '../../client/panelHtml.ts';
import { frontView, point } from './clientHelpers.ts';

const overTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a front arrives as it was sent', () => {
  const measured = frontView({
    points: [
      point('a', 10, 0.1, { latencyNs: 12, speedup: 3, cost: [{ label: 'LUTs', value: 9, unit: '', basis: 'A.' }] }),
    ],
    stale: 'It has changed.',
    exactNs: 36,
    maxError: 0.02,
    applied: 'a',
  });
  const plots = {
    fronts: [{ generation: 1, places: [{ params: 10, error: Number.POSITIVE_INFINITY }] }],
    curves: [{ name: '2-4-1 tanh', epochs: [1, 2], loss: [1, 0.5], error: [0.4, 0.2] }],
  };
  const subject = { kind: 'dataset', uri: 'file:///project/.deepmaker/runs/mnist-1', name: 'mnist' } as const;
  const plotted = frontView({ plots, subject, measure: 'classes' });
  for (const front of [frontView(), measured, plotted, frontView({ points: [], hypervolume: [] })]) {
    assert.deepEqual(parseHostMessage(overTheWire({ kind: 'front', front })), { kind: 'front', front });
  }
});

test('an infinite error survives JSON, which turns it into null', () => {
  const front = frontView({ points: [point('a', 10, Number.POSITIVE_INFINITY)] });
  assert.deepEqual(parseHostMessage(overTheWire({ kind: 'front', front })), { kind: 'front', front });
});

test('what is no message is refused', () => {
  const front = frontView();
  const rows: readonly unknown[] = [
    undefined,
    null,
    'front',
    {},
    { kind: 'front' },
    { kind: 'front', front: { ...front, target: 'abacus' } },
    { kind: 'front', front: { ...front, points: [{ id: 'a' }] } },
    { kind: 'status', status: { kind: 'failed' } },
    { kind: 'other', front },
  ];
  for (const row of rows) assert.equal(parseHostMessage(row), undefined, JSON.stringify(row));
  for (const row of [undefined, {}, { kind: 'use' }, { kind: 'use', candidateId: 3 }, { kind: 'format disk' }]) {
    assert.equal(parsePanelMessage(row), undefined, JSON.stringify(row));
  }
});

test('a network of which little is known is checked as strictly as any other', () => {
  const plain = { ...point('a', 10, 0.1) };
  const arrives = (changed: unknown) => {
    const front = parseHostMessage({ kind: 'front', front: { ...frontView(), points: [plain, changed] } });
    return front?.kind === 'front' ? front.front.points[1] : undefined;
  };
  assert.deepEqual(arrives(plain), plain);
  for (const key of Object.keys(plain)) {
    const { [key as 'id']: _left, ...without } = plain;
    assert.equal(arrives(without), undefined, `without ${key}`);
    for (const wrong of [null, {}, Number.NaN, Number.POSITIVE_INFINITY, [1]]) {
      assert.equal(arrives({ ...plain, [key]: wrong }), undefined, `${key}: ${JSON.stringify(wrong)}`);
    }
  }
  for (const key of Object.keys(plain.error)) {
    assert.equal(arrives({ ...plain, error: { ...plain.error, [key]: 'much' } }), undefined, key);
  }
  assert.equal(arrives({ ...plain, activation: 'step' }), undefined);
  assert.deepEqual(arrives({ ...plain, colour: 'red' }), plain, 'and nothing that came along with it');
});

test('what the user asks for arrives, and nothing that came along with it', () => {
  assert.deepEqual(parsePanelMessage({ kind: 'use', candidateId: 'c7', runId: 'x' }), {
    kind: 'use',
    candidateId: 'c7',
  });
  for (const kind of ['ready', 'compare', 'revert', 'stop', 'run', 'reveal', 'log']) {
    assert.deepEqual(parsePanelMessage({ kind }), { kind });
  }
  assert.equal(parsePanelMessage({ kind: 'export', candidateId: 'c7', target: 'abacus' }), undefined);
});

test('a stored state is restored, and one of another version is not', () => {
  const state = {
    version: 2,
    kind: 'function',
    uri: 'file:///a.ts',
    name: 'f',
    runId: 'f-1',
    selected: 'c1',
    budget: { nrmse: 0.02, bytes: 32_000 },
    x: 'latencyNs',
    yScale: 'log',
    generation: 3,
    sort: { column: 'nrmse', descending: true },
    dominated: false,
    tab: 'errors',
    open: ['export'],
  };
  assert.deepEqual(parsePanelState(overTheWire(state)), state);
  assert.equal(parsePanelState({ ...state, version: 1 }), undefined);
  assert.equal(parsePanelState({ ...state, sort: { column: 'colour', descending: true } }), undefined);
  assert.equal(parsePanelState({ ...state, budget: { colour: 1 } }), undefined);
  assert.equal(parsePanelState(undefined), undefined);
});

test('the panel may load its own script and style sheet, and nothing else', () => {
  const html = panelHtml({
    cspSource: 'https://own.test',
    scriptUri: 'https://own.test/panel.js?a=1&b="2"',
    styleUris: ['https://own.test/plot.css', 'https://own.test/panel.css'],
    nonce: 'abc123',
    language: 'en',
    loading: 'Loading <…>',
  });
  assert.match(html, /content="default-src 'none'; style-src https:\/\/own\.test; script-src 'nonce-abc123'"/);
  assert.match(html, /<script nonce="abc123" src="https:\/\/own\.test\/panel\.js\?a=1&amp;b=&quot;2&quot;"><\/script>/);
  assert.match(html, /Loading &lt;…&gt;/);
  assert.doesNotMatch(html, /style="|<style|unsafe/);
});
