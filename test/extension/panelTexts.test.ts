/** Every word of the panel comes from the texts of its language: one that marks each of them leaves nothing unmarked. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import type { HostMessage, PanelStatus } from '../../client/messages.ts';
import type { TargetFigures } from '../../client/targetFigures.ts';
import type { Locale } from '../../engine/texts.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import { projectFolder } from './host/cache.ts';
import { largeFront } from './panelFronts.ts';
import { launchBrowser, openPanel, type PanelPage } from './panelPage.ts';

const english = JSON.parse(
  readFileSync(path.join(projectFolder, 'l10n', 'bundle.l10n.json'), 'utf8'),
) as Locale['texts'];

/** Words in brackets are translated. Values stay outside of them, so that each has to answer for itself. */
const mark = (text: string): string =>
  text
    .split(/(\{\d+\})/)
    .map((part) => (part === '' || /^\{\d+\}$/.test(part) ? part : `⟦${part}⟧`))
    .join('');
/** German, whose numbers have a decimal comma. */
const pseudo: Locale = {
  name: 'de',
  texts: Object.fromEntries(Object.keys(english).map((text) => [text, mark(text)])),
};

/** What the extension and the server say in their own words, which their texts cover. */
const said = mark('said by the server');
const refusal = mark('refused');

const large = largeFront(120);
const pruned: Partial<FrontPoint> = { variant: 'pruned', variantOf: 'f20', alpha: 0.3, onFront: true };
const front: FrontView = {
  ...large,
  points: large.points.map((point) => (point.id === 'f14' || point.id === 'f15' ? { ...point, ...pruned } : point)),
  notes: [said],
  criterion: { met: true, reason: said },
};
const figures: TargetFigures = {
  kind: 'estimated',
  estimates: {
    ...{ kind: 'estimates', runId: large.runId, target: 'cpu', label: 'CPU', description: said, deviceBasis: said },
    networks: [
      {
        id: 'f13',
        figures: [{ label: said, value: 1960, unit: 'bytes', basis: said }],
        devices: { table: { columns: [said, said], rows: [[said, said]] }, notes: [said] },
      },
      { id: 'f12', figures: [], refusal },
    ],
  },
};

let browser: Browser;
before(async () => {
  browser = await launchBrowser();
});
after(() => browser.close());

/**
 * What a reader sees, hears or is told by the pointer and that has letters outside of all brackets. Names, units and code
 * are the same in every language.
 */
async function unmarked({ page }: PanelPage): Promise<readonly string[]> {
  const texts = await page.evaluate<string[]>(`(() => {
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) {
        if (node.parentElement.tagName !== 'SCRIPT') found.push(node.textContent);
        continue;
      }
      for (const name of ['aria-label', 'aria-valuetext', 'aria-roledescription', 'title', 'placeholder', 'alt'])
        if (node.hasAttribute(name)) found.push(node.getAttribute(name));
      if ('value' in node && node.tagName === 'INPUT' && node.type === 'text') found.push(node.value);
    }
    return found;
  })()`);
  return [...new Set(texts.filter((text) => /\p{L}{2}|\d\.\d{1,2}(?!\d)/u.test(ownWords(text))))];
}

const sameEverywhere = [
  ...[/\d+(x\d+)+( L\d+ B\d+ \d+x\d+)?/g, /\d+(-\d+)+/g, /\b(tanh|relu|sigmoid|softplus|elu|selu|linear|gelu|silu)\b/g],
  ...[/\bNRMSE\b/g, /\b(CPU|ARM|FPGA|GPU|ONNX|LUT|DSP)\b/g, /µs|\b(ns|ms|kB|MB|price|spot|vol|n)\b/g],
];
const ownWords = (text: string): string =>
  sameEverywhere.reduce((words, known) => words.replaceAll(known, ' '), text.replaceAll(/⟦[^⟦⟧]*⟧/g, ' '));

const statuses: readonly (readonly [PanelStatus, Partial<FrontView>?])[] = [
  [{ kind: 'loading' }],
  [{ kind: 'none', note: { message: said } }],
  [{ kind: 'waiting' }],
  ...(['analysing', 'sampling', 'searching', 'training', 'measuring', 'done'] as const).map(
    (stage) => [{ kind: 'running' }, { stage }] as const,
  ),
  ...(['stopping', 'editing', 'cancelled'] as const).map((kind) => [{ kind }, {}] as const),
  [{ kind: 'failed', note: { message: said, hint: said } }, {}],
  [{ kind: 'ready', note: { message: said } }, {}],
  [{ kind: 'ready' }, { stale: said }],
  [{ kind: 'ready' }, { applied: 'f12' }],
  [{ kind: 'ready' }, { points: [] }],
  [{ kind: 'ready' }, { subject: { kind: 'dataset', uri: 'file:///digits', name: 'price' }, measure: 'classes' }],
];

test('every text of the panel is in its language', async () => {
  const panel = await openPanel(browser, { locale: pseudo, width: 1000 });
  const { page } = panel;
  const left = new Map<string, string>();
  const check = async (state: string) => {
    for (const text of await unmarked(panel)) left.set(text, left.get(text) ?? state);
  };
  for (const [status, change] of statuses) {
    const messages: HostMessage[] = [{ kind: 'status', status }];
    if (change) messages.unshift({ kind: 'front', front: { ...front, runId: JSON.stringify(change), ...change } });
    await panel.tell(...messages);
    await check(JSON.stringify([status, Object.keys(change ?? {})]));
  }

  await panel.tell(
    { kind: 'front', front },
    { kind: 'status', status: { kind: 'ready' } },
    { kind: 'target', figures },
  );
  await page.locator('[data-focus=fold-figures]').click();
  await page.locator('[data-focus=fold-export]').click();
  await check('targets are looked for');
  await panel.tell({
    ...{ kind: 'targets', candidateId: 'f12' },
    targets: [
      { id: 'cpu', label: 'CPU' },
      { id: 'arm', label: 'ARM', refused: refusal },
    ],
  });
  await check('all figures, and exports');
  for (const id of ['f14', 'f15-int8', 'd3']) {
    await page.getByRole('checkbox').check();
    await page.locator(`[data-focus="row-${id}"]`).click();
    await check(`network ${id}`);
  }
  for (const axes of [0, 1]) {
    const select = page.locator('.axes-bar select').nth(axes);
    for (const option of await select.locator('option').all()) {
      await select.selectOption((await option.getAttribute('value'))!);
      await check(`axis ${axes}: ${await option.getAttribute('value')}`);
    }
  }
  await page.locator('.budget-bar input:visible').first().fill('2,5 %');
  await check('a budget');
  await page.locator('.budget-bar input:visible').first().fill('0,0001 %');
  await check('a budget that no network keeps');
  await page.locator('.budget-bar button:visible').click();

  await page.locator('[data-focus=pin]').click();
  await check('a comparison with nothing');
  await page.locator('[role=option]').nth(3).press('Enter');
  const tabs = page.getByRole('tab');
  for (let index = 0; index < (await tabs.count()); index++) {
    await tabs.nth(index).click();
    await check(`tab ${await tabs.nth(index).textContent()}`);
  }
  const slider = page.locator('input[type=range]');
  await slider.press('ArrowLeft');
  await slider.press('ArrowLeft');
  await check('the replay');
  await page.mouse.move(0, 0);
  await page.locator('[data-point]').first().hover();
  await check('the tip');
  assert.deepEqual([...left], []);
  await page.close();
});

test('a word that no text stands for is found', async () => {
  const panel = await openPanel(browser, { locale: { name: 'de', texts: { ...pseudo.texts, Networks: 'Networks' } } });
  await panel.tell({ kind: 'front', front }, { kind: 'status', status: { kind: 'ready' } });
  assert.deepEqual(await unmarked(panel), ['Networks']);
  await panel.page.close();
});
