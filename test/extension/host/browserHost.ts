/** Runs a suite in VS Code's web server with Chromium in front of it, the way VS Code runs its own integration tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { chromium, type Page } from 'playwright-core';
import { driverPortVariable } from '../driverProtocol.ts';
import { HostError } from './cache.ts';
import { installBrowser } from './chromium.ts';
import { childEnvironment, expectSuccess, lastLines } from './command.ts';
import { startDriver, takeScreenshot } from './driver.ts';
import { type Editor, installEditor } from './editor.ts';
import { createProfile, type HostOptions, type Profile, report } from './host.ts';

const startTimeoutMs = 60_000;
const windowSize = { width: 1400, height: 900 };
const browserArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A container's /dev/shm is often too small for the editor's page.
  '--disable-dev-shm-usage',
];

/** See `Host`. Installs editor and browser first where they are missing. */
export async function runInBrowser(options: HostOptions): Promise<number> {
  const browser = await installBrowser(options.log);
  const editor = await installEditor(options.log);
  const profile = await createProfile('data/User');
  const opened = Promise.withResolvers<Page>();
  const reached = Promise.withResolvers<Server>();
  // Nobody may ask for it.
  reached.promise.catch(() => undefined);
  const driver = await startDriver({
    page: opened.promise,
    screenshots: options.screenshots,
    openOther: async ({ file, line, column }) => {
      const page = await window.newPage({ viewport: windowSize });
      const { port } = await reached.promise;
      const shown = [
        ['openFile', remote(port, `${file}:${line}:${column}`)],
        ['gotoLineMode', 'true'],
      ];
      await page.goto(windowUrl(port, { profile, options, payload: shown }), { timeout: startTimeoutMs });
      return page;
    },
  });
  // First of all: from here on Playwright turns a signal into a closed page, and so into the cleaning up below.
  const window = await chromium.launch({
    executablePath: browser.executable,
    args: browserArguments,
    env: childEnvironment(browser.env),
  });
  let server: Server | undefined;
  try {
    // The server's gallery of extensions would be asked for updates of what it carries.
    const env = { ...options.env, [driverPortVariable]: String(driver.port), EXTENSIONS_GALLERY: '{}' };
    if ('vsix' in options.extension) await installVsix(editor, profile, options.extension.vsix);
    server = await startServer(editor, profile, { trusted: options.trusted, env });
    reached.resolve(server);
    const page = await window.newPage({ viewport: windowSize });
    opened.resolve(page);
    return await runSuite(page, { server, profile }, options);
  } finally {
    driver.close();
    await window.close();
    server?.kill();
    await profile.remove();
  }
}

async function runSuite(
  page: Page,
  { server, profile }: { readonly server: Server; readonly profile: Profile },
  options: HostOptions,
): Promise<number> {
  const finished = Promise.withResolvers<number>();
  await page.exposeFunction('codeAutomationLog', (_type: string, values: readonly unknown[]) => {
    report(values.map(String).join(' '), options.log);
  });
  await page.exposeFunction('codeAutomationExit', (code: number) => finished.resolve(code));
  page.once('crash', () => finished.reject(new HostError('The page of the editor crashed.')));
  page.once('close', () => finished.reject(new HostError('The page of the editor was closed.')));
  server.ended.then((code) => finished.reject(new HostError(`VS Code's server ended early (${code}).`)));
  const timer = setTimeout(
    () => finished.reject(new HostError(`The suite did not end within ${options.timeoutMs / 1000} s.`)),
    options.timeoutMs,
  );
  try {
    const tests = [['extensionTestsPath', remote(server.port, options.suite)]];
    const url = windowUrl(server.port, { profile, options, payload: tests });
    const arrived = page.goto(url, { timeout: startTimeoutMs });
    const [code] = await Promise.all([finished.promise, arrived]);
    if (code !== 0) options.log(await describeFailure(page, server, options));
    return code;
  } catch (error) {
    throw new HostError(
      error instanceof Error ? error.message : String(error),
      await describeFailure(page, server, options),
    );
  } finally {
    clearTimeout(timer);
  }
}

const remote = (port: number, file: string) =>
  `vscode-remote://127.0.0.1:${port}${file.split('/').map(encodeURIComponent).join('/')}`;

interface WindowOptions {
  readonly profile: Profile;
  readonly options: HostOptions;
  /** What this window does. */
  readonly payload: readonly (readonly string[])[];
}

function windowUrl(port: number, { profile, options, payload }: WindowOptions): string {
  const developed = 'folder' in options.extension ? options.extension.folder : profile.placeholder;
  const all = [['extensionDevelopmentPath', remote(port, developed)], ...payload, ['skipWelcome', 'true']];
  const query = new URLSearchParams({ folder: options.workspace, payload: JSON.stringify(all) });
  return `http://127.0.0.1:${port}/?${query}`;
}

async function describeFailure(page: Page, server: Server, options: HostOptions): Promise<string> {
  const picture = await takeScreenshot(page, options.screenshots, `failure-${Date.now()}`).catch(
    (error: unknown) => `none (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`,
  );
  return `Screenshot: ${picture}\nEnd of the server's log:\n${lastLines(server.output(), 20)}`;
}

/** Lives as long as one host run. */
interface Server {
  readonly port: number;
  /** Resolves when the process has ended, with its exit code or signal. */
  readonly ended: Promise<string>;
  output(): string;
  kill(): void;
}

async function startServer(
  { node, serverMain }: Editor,
  profile: Profile,
  options: { readonly trusted: boolean; readonly env: Readonly<Record<string, string>> },
): Promise<Server> {
  const args = [
    serverMain,
    ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token', '--accept-server-license-terms'],
    ...['--server-data-dir', profile.root, '--extensions-dir', profile.extensions, '--disable-telemetry'],
    // Without this the payload in the page's address is ignored.
    '--enable-smoke-test-driver',
    ...(options.trusted ? ['--disable-workspace-trust'] : []),
  ];
  // A process group of its own, so that the extension host and what it started end with it.
  const child = spawn(node, args, {
    env: childEnvironment(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const kill = () => killGroup(child);
  process.once('exit', kill);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      process.off('exit', kill);
      resolve(signal ?? `exit code ${code}`);
    });
  });
  const lines: string[] = [];
  const listening = Promise.withResolvers<number>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      const port = /^Extension host agent listening on (\d+)/.exec(line)?.[1];
      if (port !== undefined) listening.resolve(Number(port));
    });
  }
  const output = () => lines.join('\n');
  const fail = (reason: string) =>
    listening.reject(new HostError(`VS Code's server did not start: ${reason}`, output()));
  const timer = setTimeout(() => fail('no answer in time'), startTimeoutMs);
  ended.then(fail);
  try {
    return { port: await listening.promise, ended, output, kill };
  } catch (error) {
    kill();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // Already gone.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function installVsix({ node, serverMain }: Editor, profile: Profile, vsix: string): Promise<void> {
  await expectSuccess(
    node,
    [
      serverMain,
      ...['--accept-server-license-terms', '--server-data-dir', profile.root, '--extensions-dir', profile.extensions],
      ...['--install-extension', vsix],
    ],
    { timeoutMs: 2 * 60_000, hint: 'The VSIX does not install: look at its package.json and engines.vscode.' },
  );
}
