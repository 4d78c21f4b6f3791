/** The test process's end of the driver: does with the window what a suite asks for. */
import { mkdir } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import type { DriverReply, DriverRequest, Surface } from '../driverProtocol.ts';

/** An element may appear only when a run is over. */
const elementTimeoutMs = 90_000;

/** Lives as long as one host run. */
export interface Driver {
  readonly port: number;
  close(): void;
}

/** A place in a file, as `open-window` has it. */
export type Place = Omit<Extract<DriverRequest, { kind: 'open-window' }>, 'kind' | 'window'>;

export interface DriverOptions {
  /** The window, once it is open: requests that come before it wait for it. */
  readonly page: Promise<Page>;
  /** A second window on the same workspace. */
  readonly openOther: (place: Place) => Promise<Page>;
  readonly screenshots: string;
}

export async function startDriver({ page, openOther, screenshots }: DriverOptions): Promise<Driver> {
  let other: Promise<Page> | undefined;
  const windowOf = (request: DriverRequest): Promise<Page> => {
    if (request.kind === 'open-window') other = openOther(request);
    if (request.kind !== 'open-window' && request.window !== 'other') return page;
    return other ?? Promise.reject(new Error('There is no other window.'));
  };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A suite that was killed resets its connection; nobody is left to tell.
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket }).once('line', async (line) => {
      const request = JSON.parse(line) as DriverRequest;
      const reply = await answer(() => windowOf(request), request, screenshots);
      socket.end(`${JSON.stringify(reply)}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The driver listens on a TCP port.');
  return {
    port: address.port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function answer(window: () => Promise<Page>, request: DriverRequest, screenshots: string): Promise<DriverReply> {
  try {
    return { kind: 'done', text: await perform(await window(), request, screenshots) };
  } catch (error) {
    return {
      kind: 'failed',
      message: stripVTControlCharacters(error instanceof Error ? error.message : String(error)),
    };
  }
}

async function perform(page: Page, request: DriverRequest, screenshots: string): Promise<string> {
  switch (request.kind) {
    case 'open-window':
      return '';
    case 'command': {
      const box = quickInput(page);
      // A window that is still starting does not hear keys.
      for (const end = Date.now() + elementTimeoutMs; !(await box.isVisible()) && Date.now() < end; ) {
        await page.keyboard.press('F1');
        await box.waitFor({ state: 'visible', timeout: 2000 }).catch(() => undefined);
      }
      await box.fill(`>${request.title}`, { timeout: elementTimeoutMs });
      await page.getByRole('option', { name: request.title }).first().click({ timeout: elementTimeoutMs });
      return '';
    }
    case 'click': {
      const found = element(page, request);
      await (request.part === undefined ? found : found.locator(request.part)).click({ timeout: elementTimeoutMs });
      return '';
    }
    case 'press':
      await element(page, request).focus({ timeout: elementTimeoutMs });
      for (const key of request.keys) await page.keyboard.press(key);
      return '';
    case 'type':
      if (request.into === undefined) await page.keyboard.type(request.text);
      else await quickInput(page).fill(request.text, { timeout: elementTimeoutMs });
      await page.keyboard.press('Enter');
      return '';
    case 'read': {
      const found = element(page, request);
      await found.waitFor({ state: 'visible', timeout: elementTimeoutMs });
      return (await found.textContent())?.trim() ?? '';
    }
    case 'snapshot':
      return surfaceOf(page, request.surface).locator('body').ariaSnapshot({ timeout: elementTimeoutMs });
    case 'screenshot':
      return takeScreenshot(page, screenshots, request.name);
  }
}

const quickInput = (page: Page): Locator => page.locator('.quick-input-widget .quick-input-box input').first();

function element(
  page: Page,
  { surface, role, name }: Extract<DriverRequest, { readonly name: string; role: unknown }>,
): Locator {
  return surfaceOf(page, surface)
    .getByRole(role, { name: new RegExp(name) })
    .first();
}

function surfaceOf(page: Page, surface: Surface): Page | FrameLocator {
  if (surface === 'workbench') return page;
  // VS Code wraps a webview's document in two frames.
  return page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
}

/** @returns the picture's path */
export async function takeScreenshot(page: Page, folder: string, name: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, `${name}.png`);
  await page.screenshot({ path: file, timeout: elementTimeoutMs });
  return file;
}
