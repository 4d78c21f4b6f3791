/** The panel's webview alone in a browser, with the extension's end played by the test, and the editor's real colours. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { HostMessage, PanelMessage, PanelState } from '../../client/messages.ts';
import { panelHtml } from '../../client/panelHtml.ts';
import { english, type Locale } from '../../engine/texts.ts';
import { projectFolder } from './host/cache.ts';
import { installBrowser } from './host/chromium.ts';

export const themeNames = ['light', 'dark', 'hc-dark', 'hc-light'] as const;
export type ThemeName = (typeof themeNames)[number];

/** What VS Code 1.139 gives a webview of what the panel's styles use, by theme: those of the default Modern and High Contrast. */
export const themes = JSON.parse(readFileSync(path.join(import.meta.dirname, 'panelThemes.json'), 'utf8')) as Readonly<
  Record<ThemeName, { body: readonly string[]; variables: Readonly<Record<string, string>> }>
>;

const origin = 'https://panel.test';
const files: Readonly<Record<string, string>> = {
  '/panel.js': 'dist/webview/panel.js',
  '/plot.css': 'media/plot.css',
  '/panel.css': 'media/panel.css',
};

export interface PanelPageOptions {
  readonly theme?: ThemeName;
  /** Pixels. */
  readonly width?: number;
  readonly height?: number;
  /** The screen is touched. */
  readonly touch?: boolean;
  /** What a panel of before a reload has stored. */
  readonly state?: PanelState;
  readonly locale?: Locale;
}

export interface PanelPage {
  readonly page: Page;
  /** Says something as the extension does: over JSON. */
  tell(...messages: readonly HostMessage[]): Promise<void>;
  /** What the panel has said so far. */
  said(): Promise<readonly PanelMessage[]>;
  stored(): Promise<PanelState>;
}

export async function launchBrowser(): Promise<Browser> {
  const { executable, env } = await installBrowser(console.error);
  return chromium.launch({
    executablePath: executable,
    args: ['--no-sandbox'],
    env: { ...process.env, ...env } as Record<string, string>,
  });
}

/** Opens the panel and gives it its texts. Errors of its script, and what its security policy refuses, are thrown. */
export async function openPanel(browser: Browser, options: PanelPageOptions = {}): Promise<PanelPage> {
  const { theme = 'light', width = 720, height = 900, touch = false, state, locale = english } = options;
  const page = await browser.newPage({ viewport: { width, height }, hasTouch: touch });
  page.setDefaultTimeout(10_000);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.route(`${origin}/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    const file = files[pathname];
    if (file) return route.fulfill({ path: path.join(projectFolder, file) });
    return route.fulfill({ contentType: 'text/html', body: document() });
  });
  await page.addInitScript({
    content: `(${extensionEnd})(${JSON.stringify({ ...themes[theme], stored: state ?? null })})`,
  });
  await page.goto(origin);
  const tell = async (...messages: readonly HostMessage[]) => {
    for (const message of messages) {
      await page.evaluate(`window.postMessage(${JSON.stringify(message)}, '*')`);
    }
    // Messages are tasks; the frame after them is drawn.
    await page.evaluate('new Promise((resolve) => setTimeout(() => requestAnimationFrame(() => resolve())))');
    if (problems.length > 0) throw new Error(problems.join('\n'));
  };
  await tell({ kind: 'locale', locale });
  return {
    page,
    tell,
    said: () => page.evaluate<PanelMessage[]>('panelTest.said'),
    stored: () => page.evaluate<PanelState>('panelTest.state'),
  };
}

const document = () =>
  panelHtml({
    cspSource: origin,
    scriptUri: `${origin}/panel.js`,
    styleUris: [`${origin}/plot.css`, `${origin}/panel.css`],
    nonce: 'test',
    language: 'en',
    loading: 'Loading…',
  });

/** What VS Code gives a webview, as text because it runs in the page: its API, and the theme's colours and classes. */
const extensionEnd = `({ variables, body, stored }) => {
  const known = { said: [], state: stored };
  window.panelTest = known;
  window.acquireVsCodeApi = () => ({
    postMessage: (message) => { known.said.push(message); },
    getState: () => known.state,
    setState: (next) => { known.state = next; },
  });
  window.addEventListener('DOMContentLoaded', () => {
    for (const [name, value] of Object.entries(variables)) document.documentElement.style.setProperty(name, value);
    document.body.classList.add(...body);
  });
}`;
