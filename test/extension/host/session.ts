/** What the test files share: the bundled suites, and a run of one of them in a copy of the fixture workspace. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { suiteVariable } from '../driverProtocol.ts';
import { runInBrowser } from './browserHost.ts';
import { cacheFolder, projectFolder } from './cache.ts';
import { runInElectron } from './electronHost.ts';
import { copyWorkspace, type Host, type HostOptions } from './host.ts';

const suites = [
  'approximate',
  'savedRuns',
  'workload',
  'stories',
  'states',
  'secondServer',
  'twoWindows',
  'serverCrash',
  'reload',
  'restricted',
  'installed',
  'screenshot',
] as const;
type SuiteName = (typeof suites)[number];
const timeoutMs = 10 * 60_000;

/** Bundles the suites to dist/test/suite. The folder is emptied first, so that no suite of yesterday is run. */
export async function buildSuites(): Promise<string> {
  const outdir = path.join(projectFolder, 'dist/test/suite');
  const source = path.join(projectFolder, 'test/extension/suite');
  await rm(outdir, { recursive: true, force: true });
  await build({
    entryPoints: [path.join(source, 'index.ts'), ...suites.map((name) => path.join(source, `${name}.suite.ts`))],
    outdir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    // Mocha keeps its state in its module: the index and the suites must share one.
    external: ['vscode', 'mocha'],
    define: { 'import.meta.dirname': '__dirname' },
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return path.join(outdir, 'index.cjs');
}

export interface SessionOptions extends Pick<HostOptions, 'extension' | 'trusted' | 'log'> {
  /** What `buildSuites` returned. */
  readonly entry: string;
  readonly suite: SuiteName;
  /** Run after it in the same window. */
  readonly followedBy?: readonly SuiteName[];
  /** Puts into the copy what the suites find there. */
  readonly prepare?: (workspace: string) => void;
  /** The folder whose copy is opened. Default: test/extension/workspace. */
  readonly workspace?: string;
}

/** Runs suites in a fresh copy of a workspace. DEEPMAKER_TEST_HOST=electron chooses a desktop VS Code. */
export async function runSuiteSession({
  entry,
  suite,
  followedBy = [],
  workspace,
  prepare,
  ...options
}: SessionOptions): Promise<number> {
  const host: Host = process.env.DEEPMAKER_TEST_HOST === 'electron' ? runInElectron : runInBrowser;
  const copy = await copyWorkspace(workspace ?? path.join(projectFolder, 'test/extension/workspace'));
  try {
    prepare?.(copy.workspace);
    return await host({
      ...options,
      suite: entry,
      workspace: copy.workspace,
      env: { [suiteVariable]: [suite, ...followedBy].join(',') },
      timeoutMs,
      screenshots: path.join(cacheFolder(), 'screenshots'),
    });
  } finally {
    await copy.remove();
  }
}
