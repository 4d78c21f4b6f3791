/**
 * Runs a suite in a desktop VS Code that @vscode/test-electron downloads. Playwright starts it, where
 * @vscode/test-electron would start it itself, so that the same driver can click in its window.
 */
import { createInterface } from 'node:readline';
import { downloadAndUnzipVSCode, resolveCliArgsFromVSCodeExecutablePath } from '@vscode/test-electron';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { driverPortVariable } from '../driverProtocol.ts';
import { cacheFolder, HostError } from './cache.ts';
import { childEnvironment, expectSuccess } from './command.ts';
import { startDriver, takeScreenshot } from './driver.ts';
import { createProfile, type HostOptions, type Profile, report } from './host.ts';

/** See `Host`. DEEPMAKER_VSCODE_VERSION chooses a version other than the newest stable one. */
export async function runInElectron(options: HostOptions): Promise<number> {
  const executablePath = await downloadAndUnzipVSCode({
    version: process.env.DEEPMAKER_VSCODE_VERSION ?? 'stable',
    cachePath: cacheFolder(),
  });
  const profile = await createProfile('User');
  const opened = Promise.withResolvers<Page>();
  const driver = await startDriver({
    page: opened.promise,
    screenshots: options.screenshots,
    openOther: () => Promise.reject(new HostError('A desktop VS Code shows a folder in one window.')),
  });
  try {
    if ('vsix' in options.extension) await installVsix(executablePath, profile, options.extension.vsix);
    const app = await _electron.launch({
      executablePath,
      args: windowArguments(profile, options),
      env: launchEnvironment({ ...options.env, [driverPortVariable]: String(driver.port) }),
    });
    return await runSuite(app, opened.resolve, options);
  } finally {
    driver.close();
    await profile.remove();
  }
}

async function runSuite(app: ElectronApplication, opened: (page: Page) => void, options: HostOptions): Promise<number> {
  const process = app.process();
  for (const stream of [process.stdout, process.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', (line) => report(line, options.log));
  }
  const finished = Promise.withResolvers<number>();
  process.once('exit', (code, signal) => {
    if (code !== null) finished.resolve(code);
    else finished.reject(new HostError(`VS Code was ended by ${signal}.`));
  });
  const timer = setTimeout(
    () => finished.reject(new HostError(`The suite did not end within ${options.timeoutMs / 1000} s.`)),
    options.timeoutMs,
  );
  app.firstWindow().then(opened, finished.reject);
  try {
    return await finished.promise;
  } catch (error) {
    // The picture is a help, and the window may be gone: the first error is the one to tell.
    const window = app.windows()[0];
    if (window) await takeScreenshot(window, options.screenshots, `failure-${Date.now()}`).catch(options.log);
    throw error;
  } finally {
    clearTimeout(timer);
    process.kill('SIGKILL');
  }
}

function windowArguments(profile: Profile, options: HostOptions): string[] {
  return [
    options.workspace,
    `--user-data-dir=${profile.root}`,
    `--extensions-dir=${profile.extensions}`,
    `--extensionTestsPath=${options.suite}`,
    `--extensionDevelopmentPath=${'folder' in options.extension ? options.extension.folder : profile.placeholder}`,
    ...(options.trusted ? ['--disable-workspace-trust'] : []),
    ...['--no-sandbox', '--disable-gpu', '--disable-updates', '--skip-welcome', '--skip-release-notes'],
    '--disable-telemetry',
  ];
}

async function installVsix(executablePath: string, profile: Profile, vsix: string): Promise<void> {
  const [cli] = resolveCliArgsFromVSCodeExecutablePath(executablePath);
  if (cli === undefined) throw new HostError('The downloaded VS Code has no command line.');
  await expectSuccess(
    cli,
    [`--user-data-dir=${profile.root}`, `--extensions-dir=${profile.extensions}`, '--install-extension', vsix],
    { timeoutMs: 2 * 60_000, hint: 'The VSIX does not install: look at its package.json and engines.vscode.' },
  );
}

/** Playwright takes no undefined values. A terminal inside VS Code sets ELECTRON_RUN_AS_NODE, which would open no window. */
function launchEnvironment(added: Readonly<Record<string, string>>): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(childEnvironment(added))) {
    if (value !== undefined && name !== 'ELECTRON_RUN_AS_NODE') env[name] = value;
  }
  return env;
}
