/** Makes docs/report.png: `deepmaker report` on a run of the option example, as a browser shows its beginning. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { projectFolder } from '../test/extension/host/cache.ts';
import { installBrowser } from '../test/extension/host/chromium.ts';

const folder = mkdtempSync(join(tmpdir(), 'deepmaker-picture-'));
try {
  cpSync(join(projectFolder, 'examples'), folder, { recursive: true });
  deepmaker('approximate', 'options.ts#americanPut');
  const [run] = readdirSync(join(folder, '.deepmaker', 'runs'));
  deepmaker('report', run!, '--out', 'report.html');
  await takePicture(join(folder, 'report.html'), join(projectFolder, 'docs', 'report.png'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function deepmaker(...args: readonly string[]): void {
  const command = [join(projectFolder, 'dist', 'cli.cjs'), ...args];
  const { status } = spawnSync(process.execPath, command, { cwd: folder, stdio: 'inherit' });
  if (status !== 0) throw new Error(`deepmaker ${args.join(' ')} ended with ${status}.`);
}

async function takePicture(page: string, file: string): Promise<void> {
  const { executable, env } = await installBrowser(console.log);
  const browser = await chromium.launch({
    executablePath: executable,
    args: ['--no-sandbox'],
    env: { ...process.env, ...env } as Record<string, string>,
  });
  try {
    const window = await browser.newPage({ viewport: { width: 720, height: 600 }, colorScheme: 'light' });
    await window.goto(pathToFileURL(page).href);
    // The beginning: the whole page would be a large file.
    const next = await window.locator('#fronts details').boundingBox();
    const clip = { x: 0, y: 0, width: 720, height: next?.y ?? 1200 };
    await window.screenshot({ path: file, fullPage: true, clip });
  } finally {
    await browser.close();
  }
}
