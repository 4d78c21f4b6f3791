/** The panel's webview in a browser: accessible in every theme and state, by pointer and by keyboard alone. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import type { HostMessage, PanelStatus } from '../../client/messages.ts';
import type { TargetFigures } from '../../client/targetFigures.ts';
import { readLocale } from '../../server/locale.ts';
import type { FrontView } from '../../server/protocol.ts';
import { projectFolder } from './host/cache.ts';
import { largeFront } from './panelFronts.ts';
import { launchBrowser, openPanel, type PanelPage, type PanelPageOptions, themeNames, themes } from './panelPage.ts';

let browser: Browser;
const pages: Page[] = [];

before(async () => {
  browser = await launchBrowser();
});
after(() => browser.close());
afterEach(() => Promise.all(pages.splice(0).map((page) => page.close())));

const front = largeFront(300);
/** Enough of it for colours: contrast is measured cell by cell. */
const few = { ...front, points: front.points.filter((_, index) => index < 14 || index > 290) };
const item = { label: 'Parameters', value: 1200, unit: 'bytes', basis: 'Counted.' };
const figures: TargetFigures = {
  kind: 'estimated',
  estimates: {
    ...{ kind: 'estimates', runId: front.runId, target: 'arm', label: 'ARM', description: 'C code' },
    ...{ unavailable: 'There is no compiler.', deviceBasis: 'Counted.' },
    networks: [
      {
        id: 'f3',
        figures: [item],
        devices: { table: { columns: ['Device', 'Time'], rows: [['A', '1 ns']] }, notes: ['A.'] },
      },
      { id: 'f12', figures: [], refusal: 'It is too large.' },
    ],
  },
};
const ready: HostMessage = { kind: 'status', status: { kind: 'ready' } };

async function open(options: PanelPageOptions = {}, ...messages: HostMessage[]): Promise<PanelPage> {
  const panel = await openPanel(browser, options);
  pages.push(panel.page);
  await panel.tell(...messages);
  return panel;
}
const openFront = (view: FrontView = front, options: PanelPageOptions = {}) =>
  open(options, { kind: 'front', front: view }, ready);

interface AxeResults {
  readonly violations: readonly {
    id: string;
    help: string;
    nodes: readonly { html: string; failureSummary?: string }[];
  }[];
}

/** `only` names the rules to check where not all are, `part` what of the panel where not all of it is. */
async function assertAccessible(
  { page }: PanelPage,
  state: string,
  { only, part }: { readonly only?: readonly string[]; readonly part?: readonly string[] } = {},
): Promise<void> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source);
  const [context, options] = [part ? JSON.stringify(part) : 'document', JSON.stringify(only ? { runOnly: only } : {})];
  const { violations } = await page.evaluate<AxeResults>(`axe.run(${context}, ${options})`);
  const told = violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes.map((node) => `${node.html}\n${node.failureSummary}`).join('\n')}`,
  );
  assert.deepEqual(told, [], state);
}

const selectedName = ({ page }: PanelPage) => page.locator('.details h2').textContent();
const focused = ({ page }: PanelPage) =>
  page.evaluate<string>('document.activeElement.getAttribute("data-focus") ?? document.activeElement.textContent');

test('no theme and no view breaks a rule of accessibility', async () => {
  for (const theme of themeNames) {
    const panel = await openFront(few, { theme });
    const { page } = panel;
    // Themes differ in their colours alone.
    const only = theme === 'light' ? {} : { only: ['color-contrast'] };
    await assertAccessible(panel, `${theme}, networks`, only);
    await page.getByText('Compare with another network').click();
    await page.locator('[role=option]').nth(3).press('Enter');
    await page.getByText('All figures').click();
    await page.getByText('Export as code').click();
    await panel.tell({
      ...{ kind: 'targets', candidateId: 'f3' },
      targets: [
        { id: 'cpu', label: 'CPU' },
        { id: 'arm', label: 'ARM', refused: 'It has no code for it.' },
      ],
    });
    await page.getByLabel('NRMSE', { exact: true }).fill('nonsense');
    await assertAccessible(panel, `${theme}, comparison`, only);
    await panel.tell({ kind: 'target', figures });
    await page.getByRole('tab', { name: 'Target' }).click();
    await assertAccessible(panel, `${theme}, target`, only);
    // Figures are drawn in the colours of the plot above.
    for (const tab of theme === 'light' ? ['Where it is wrong', 'The search'] : []) {
      await page.getByRole('tab', { name: tab }).click();
      await page.getByRole('tabpanel').getByText('The same as a table').first().click();
      await assertAccessible(panel, `${theme}, ${tab}`, only);
    }
    await page.close();
  }
});

const note = { message: 'All outputs are the same.', hint: 'Widen the ranges.' };
/** Those without a front come first: nothing takes one away from a panel that has one. */
const states: readonly (readonly [PanelStatus, Partial<FrontView> | undefined, RegExp, readonly string[]])[] = [
  [{ kind: 'loading' }, undefined, /^Loading the run…$/, []],
  [{ kind: 'none', note }, undefined, /^All outputs/, ['Run']],
  [{ kind: 'waiting' }, undefined, /^Waiting for the run/, ['Stop']],
  [{ kind: 'failed', note }, undefined, /^All outputs are the same\. Widen the ranges\.$/, ['Run again', 'Open log']],
  [{ kind: 'running' }, { stage: 'sampling', points: [], hypervolume: [] }, /^Sampling/, ['Stop']],
  [{ kind: 'running' }, { stage: 'searching' }, /^Searching: generation 20 of 20, 300 networks/, ['Stop']],
  [{ kind: 'stopping' }, { stage: 'searching' }, /^Stopping…$/, []],
  [{ kind: 'cancelled' }, { stage: 'searching' }, /^Cancelled after 300 networks\. Run again/, ['Run again']],
  [{ kind: 'ready' }, {}, /^It is 3\.2 times faster/, []],
  [{ kind: 'ready', note }, {}, /^All outputs/, ['Open log']],
  [{ kind: 'ready' }, { stale: 'It has changed.' }, /^It has changed\. Run again to search/, ['Run again']],
  [{ kind: 'editing' }, {}, /^Changing the source…$/, []],
];

test('every state has its words and its buttons, and none is inaccessible', async () => {
  const panel = await open({ height: 400 });
  const { page } = panel;
  for (const [status, more, words, buttons] of states) {
    const { plots: _later, ...before } = front;
    const view = more?.stage === undefined ? front : before;
    if (more) await panel.tell({ kind: 'front', front: { ...view, ...more } });
    await panel.tell({ kind: 'status', status });
    const name = JSON.stringify(status);
    assert.match((await page.getByRole('status').first().textContent()) ?? '', words, name);
    assert.deepEqual(await page.locator('header .status-tools button:visible').allTextContents(), buttons, name);
    // The rest is the same in every state, and what takes the time.
    await assertAccessible(panel, name, { part: ['header', ...(more ? ['.details'] : [])] });
  }
});

test('the keyboard alone walks the front, picks, sets a budget, replays and opens the views', async () => {
  const panel = await openFront();
  const { page } = panel;
  const press = async (...keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  // One tab stop for the whole front, at the selected network.
  for (let presses = 0; !(await focused(panel)).startsWith('point-'); presses++) {
    assert.ok(presses < 15, 'the front is reached with Tab');
    await press('Tab');
  }
  assert.equal(await focused(panel), 'point-f12');
  await press('ArrowRight', 'ArrowRight', 'Enter');
  const name = await selectedName(panel);
  assert.match(await focused(panel), /^point-/, 'the focus stays on the front while it is drawn anew');
  await press('End', 'Home', ' ');
  assert.notEqual(await selectedName(panel), name);

  await page.getByLabel('NRMSE', { exact: true }).focus();
  await page.keyboard.type('5 %');
  assert.match(
    (await page.locator('.budget-result').textContent()) ?? '',
    /Best choice: 2-93-1 tanh, 8-bit integers, the smallest of them\.$/,
  );
  const smallest = await selectedName(panel);
  await page.getByLabel('Time per call', { exact: true }).focus();
  await page.keyboard.type('1 us');
  assert.match((await page.locator('.budget-result').textContent()) ?? '', /the most accurate of them\.$/);
  assert.notEqual(await selectedName(panel), smallest);
  assert.deepEqual((await panel.stored()).budget, { nrmse: 0.05, latencyNs: 1000 });

  await page.getByRole('slider').focus();
  await press('Home', 'ArrowRight');
  assert.equal(await page.getByRole('slider').getAttribute('aria-valuetext'), 'Generation 2 of 20');
  assert.equal(await page.locator('[role=option]').count(), 4, 'what was on the front then');
  await press('End');
  assert.equal(await page.getByRole('slider').getAttribute('aria-valuetext'), 'Final front');

  await page.getByRole('tab', { name: 'Networks' }).focus();
  await press('ArrowRight');
  assert.equal(await focused(panel), 'Where it is wrong');
  assert.equal(await page.getByRole('figure', { name: 'Network against exact function' }).count(), 1);
});

test('a pointer names what it is over, selects it, and draws a budget', async () => {
  const panel = await openFront();
  const { page } = panel;
  const box = (await page.locator('svg.chart').boundingBox())!;
  // A dot has no element of its own; the table tells the same of it.
  const dot = /M([\d.]+) ([\d.]+)h0/.exec((await page.locator('path.dominated').first().getAttribute('d')) ?? '')!;
  const at = { x: box.x + Number(dot[1]), y: box.y + Number(dot[2]) };
  await page.mouse.move(at.x, at.y);
  assert.match((await page.locator('.tip').textContent()) ?? '', /^2-\d+-1 tanhNRMSE/);
  await page.mouse.click(at.x, at.y);
  const picked = (await panel.stored()).selected;
  assert.match(picked ?? '', /^d\d+$/);
  assert.match((await page.locator('.details').textContent()) ?? '', /Another network is at least as small/);

  await page.mouse.move(box.x + box.width - 40, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 4 });
  assert.match((await page.locator('.budget-result').textContent()) ?? '', /Best choice/, 'while it goes on');
  await page.mouse.up();
  const { budget, selected } = await panel.stored();
  assert.deepEqual(Object.keys(budget).sort(), ['bytes', 'nrmse']);
  assert.equal(selected, undefined, 'the click that ends a drag picks nothing');
  const before = budget;
  await page.mouse.move(box.x + box.width / 2, box.y + 100);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 3, box.y + 60, { steps: 4 });
  await page.keyboard.press('Escape');
  await page.mouse.up();
  assert.deepEqual((await panel.stored()).budget, before, 'Escape leaves the budget as it was');
  await page.getByRole('button', { name: 'Clear' }).click();
  assert.deepEqual((await panel.stored()).budget, {});
});

test('a finger selects with a tap, and draws a budget', async () => {
  const panel = await openFront(front, { touch: true });
  const { page } = panel;
  const box = (await page.locator('svg.chart').boundingBox())!;
  const dot = /M([\d.]+) ([\d.]+)h0/.exec((await page.locator('path.dominated').first().getAttribute('d')) ?? '')!;
  await page.touchscreen.tap(box.x + Number(dot[1]), box.y + Number(dot[2]));
  assert.match((await panel.stored()).selected ?? '', /^d\d+$/);

  const session = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...touchPoints: { x: number; y: number }[]) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints });
  const y = box.y + box.height / 2;
  await touch('touchStart', { x: box.x + box.width - 60, y });
  for (const share of [0.9, 0.7, 0.5]) await touch('touchMove', { x: box.x + share * box.width, y: y + 10 });
  await touch('touchEnd');
  assert.deepEqual(Object.keys((await panel.stored()).budget).sort(), ['bytes', 'nrmse']);
});

test('axes, scales, dominated networks and more rows are a click away, and survive a reload', async () => {
  const panel = await openFront();
  const { page } = panel;
  await page.getByLabel('Horizontal axis', { exact: true }).selectOption('latencyNs');
  await page.getByLabel('Vertical axis', { exact: true }).selectOption('speedup');
  await page.getByRole('button', { name: 'Log scale of the horizontal axis' }).click();
  assert.deepEqual(await page.locator('.axis-label').allTextContents(), ['Time per call (ns)', 'Speedup (times)']);
  await page.getByLabel('Show dominated networks').click();
  const rows = () => page.locator('table.networks tbody tr').count();
  assert.equal(await rows(), 200);
  await page.getByRole('button', { name: 'Show 100 more of 100' }).click();
  assert.equal(await rows(), 300);
  await page.getByRole('button', { name: 'NRMSE' }).click();
  assert.equal(await page.locator('table.networks tbody th').first().textContent(), '2-7919-1');

  const again = await openFront(front, { state: await panel.stored() });
  assert.equal(await again.page.getByLabel('Vertical axis', { exact: true }).inputValue(), 'speedup');
  assert.equal(await again.page.getByLabel('Show dominated networks').isChecked(), true);
});

test('what the user asks for is said to the extension', async () => {
  const panel = await openFront();
  const { page } = panel;
  await page.getByRole('button', { name: 'Preview changes' }).click();
  await page.getByRole('button', { name: 'Use this network' }).click();
  await page.getByRole('button', { name: 'Copy as CSV' }).click();
  await page.getByText('Export as code').click();
  await panel.tell({ kind: 'targets', candidateId: 'f12', targets: [{ id: 'arm', label: 'ARM' }] });
  await page.getByRole('button', { name: 'Export for ARM' }).click();
  const [hello, preview, use, copy, ask, wanted, ...rest] = await panel.said();
  assert.deepEqual(
    [hello, preview, use],
    [{ kind: 'ready' }, { kind: 'preview', candidateId: 'f12' }, { kind: 'use', candidateId: 'f12' }],
  );
  assert.ok(copy?.kind === 'copy' && copy.text.split('\r\n').length === 41, JSON.stringify(copy));
  assert.deepEqual(
    [ask, wanted],
    [
      { kind: 'targets', candidateId: 'f12' },
      { kind: 'export', candidateId: 'f12', target: 'arm' },
    ],
  );
  assert.deepEqual(rest, []);
});

for (const language of ['en', 'de']) {
  test(`nothing runs out of a narrow panel (${language})`, async () => {
    const locale = readLocale(language);
    const { page } = await openFront(front, { width: 340, locale });
    const wide = 'document.documentElement.scrollWidth';
    assert.ok((await page.evaluate<number>(wide)) <= 340);
    for (const tab of ['Where it is wrong', 'The search']) {
      await page.getByRole('tab', { name: locale.texts[tab] ?? tab }).click();
      assert.ok((await page.evaluate<number>(wide)) <= 340, tab);
    }
  });
}

test('the colours of the tests are those that the styles ask for', () => {
  const css = ['panel.css', 'plot.css'].map((file) => readFileSync(path.join(projectFolder, 'media', file), 'utf8'));
  const required = new Set([...css.join().matchAll(/var\((--vscode-[\w-]+)\)(?!,)/g)].map(([, name]) => name!));
  // High contrast has no colour for these: the editor leaves them to a border.
  const borders = /^--vscode-(button-secondary|list-activeSelection|contrast)/;
  for (const theme of themeNames) {
    const missing = [...required].filter((name) => !(name in themes[theme].variables) && !borders.test(name));
    assert.deepEqual(missing, [], theme);
  }
});
