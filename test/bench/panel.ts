/**
 * How smoothly the panel answers with 5,000 networks, in a browser without a graphics processor: the time between frames
 * while a pointer hovers and draws a budget, the replay moves, and the keyboard selects. On a machine with other work,
 * frames wait for it; the processor time of the page's main thread per step does not.
 */
import { type CDPSession, chromium, type Page } from 'playwright-core';
import { installBrowser } from '../extension/host/chromium.ts';
import { largeFront } from '../extension/panelFronts.ts';
import { openPanel } from '../extension/panelPage.ts';

const count = 5000;

interface Frames {
  /** Milliseconds from each frame to the next. */
  readonly gaps: readonly number[];
  /** Milliseconds of the main thread, by the processor's clock, for each step: all of it, script, style and layout. */
  readonly perStep: { readonly all: number; readonly script: number; readonly layout: number };
}

const recorder = `window.frameGaps = [];
let last;
requestAnimationFrame(function tick(now) {
  if (last !== undefined) frameGaps.push(now - last);
  last = now;
  requestAnimationFrame(tick);
});`;

const { executable, env } = await installBrowser(console.error);
const browser = await chromium.launch({
  executablePath: executable,
  args: ['--no-sandbox', '--disable-gpu'],
  env: { ...process.env, ...env } as Record<string, string>,
});
try {
  const { page, tell } = await openPanel(browser, { width: 1000, height: 900 });
  const front = largeFront(count);
  await page.evaluate(recorder);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const record = (steps: number, act: (step: number) => Promise<unknown>) => measure({ page, session }, steps, act);
  const arrives = [{ kind: 'front', front } as const, { kind: 'status', status: { kind: 'ready' } } as const];
  const arrival = await record(1, () => tell(...arrives));
  const box = (await page.locator('svg.chart').boundingBox())!;
  const at = (share: number) =>
    [box.x + 80 + share * (box.width - 120), box.y + 30 + share * (box.height - 90)] as const;
  const idle = await record(100, () => page.waitForTimeout(20));
  const hover = await record(120, (step) => page.mouse.move(...at(0.5 + 0.5 * Math.sin(step / 7))));
  await page.mouse.move(...at(1));
  await page.mouse.down();
  const drag = await record(120, (step) => page.mouse.move(...at(0.55 + 0.4 * Math.cos(step / 9))));
  await page.mouse.up();
  await page.getByRole('slider').focus();
  const slide = await record(60, (step) => page.keyboard.press(step % 40 < 20 ? 'ArrowLeft' : 'ArrowRight'));
  await page.keyboard.press('End');
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.locator('[role=option][tabindex="0"]').focus();
  await page.keyboard.press('Home');
  const select = await record(30, async () => {
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
  });
  console.log(`${count} networks, Chromium ${browser.version()}\n`);
  console.log(
    '| | frames | median, ms | 95th percentile, ms | longest, ms | processor time a step, ms | of it script | style and layout |',
  );
  console.log('|---|--:|--:|--:|--:|--:|--:|--:|');
  const rows = { 'the front arrives': arrival, 'nothing happens': idle, hovering: hover, 'drawing a budget': drag };
  for (const [name, frames] of Object.entries({
    ...rows,
    'moving the replay': slide,
    'selecting by keyboard': select,
  })) {
    console.log(`| ${name} | ${line(frames)} |`);
  }
} finally {
  await browser.close();
}

async function measure(
  { page, session }: { readonly page: Page; readonly session: CDPSession },
  steps: number,
  act: (step: number) => Promise<unknown>,
): Promise<Frames> {
  await page.waitForTimeout(300);
  await page.evaluate('frameGaps.length = 0');
  const before = await times(session);
  for (let step = 0; step < steps; step++) await act(step);
  // The last frame.
  await page.waitForTimeout(200);
  const after = await times(session);
  const per = (key: keyof Frames['perStep']) => (after[key] - before[key]) / steps;
  const perStep = { all: per('all'), script: per('script'), layout: per('layout') };
  return { gaps: await page.evaluate<number[]>('frameGaps'), perStep };
}

/** Milliseconds so far. */
async function times(session: CDPSession): Promise<Frames['perStep']> {
  const { metrics } = await session.send('Performance.getMetrics');
  const ms = (name: string) => metrics.find((metric) => metric.name === name)!.value * 1000;
  return {
    all: ms('TaskDuration'),
    script: ms('ScriptDuration'),
    layout: ms('LayoutDuration') + ms('RecalcStyleDuration'),
  };
}

function line({ gaps, perStep }: Frames): string {
  const sorted = [...gaps].sort((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  const figures = [quantile(0.5), quantile(0.95), quantile(1), perStep.all, perStep.script, perStep.layout];
  return [gaps.length, ...figures.map((value) => value.toFixed(1))].join(' | ');
}
