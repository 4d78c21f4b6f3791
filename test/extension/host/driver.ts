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

/** @param page the window, once it is open: requests that come before it wait for it */
export async function startDriver(page: Promise<Page>, screenshots: string): Promise<Driver> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A suite that was killed resets its connection; nobody is left to tell.
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket }).once('line', async (line) => {
      const reply = await answer(await page, JSON.parse(line) as DriverRequest, screenshots);
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

async function answer(page: Page, request: DriverRequest, screenshots: string): Promise<DriverReply> {
  try {
    return { kind: 'done', text: await perform(page, request, screenshots) };
  } catch (error) {
    return {
      kind: 'failed',
      message: stripVTControlCharacters(error instanceof Error ? error.message : String(error)),
    };
  }
}

async function perform(page: Page, request: DriverRequest, screenshots: string): Promise<string> {
  switch (request.kind) {
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
      await page.keyboard.type(request.text);
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
