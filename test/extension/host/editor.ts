/**
 * A VS Code that npm alone can deliver: the web server of the `code-server` package, with a Node 24 of its own, because
 * its native modules are built for exactly that Node. About 3 minutes and 700 MB the first time.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { HostError, installOnce } from './cache.ts';
import { execute, expectSuccess } from './command.ts';

/** Carries VS Code 1.139.1. */
const codeServerVersion = '4.139.1';
const nodeMajor = '24';
/** The native modules that the server loads at start. Everything else native (terminal, keychain) is not needed here. */
const nativeModules = ['@vscode/spdlog', '@vscode/native-watchdog', '@vscode/deviceid', '@vscode/fs-copyfile'];
const builtFiles = ['spdlog/build/Release/spdlog.node', 'native-watchdog/build/Release/watchdog.node'];
const npmTimeoutMs = 15 * 60 * 1000;

export interface Editor {
  /** The Node that runs `serverMain`. */
  readonly node: string;
  /** VS Code's server-main.js. */
  readonly serverMain: string;
}

/** Installs the editor if the cache lacks it. @throws HostError */
export async function installEditor(log: (line: string) => void): Promise<Editor> {
  const nodePackage = nodePackageName();
  const name = `editor-${codeServerVersion}-${process.platform}-${process.arch}`;
  const folder = await installOnce(name, (partial) => fill(partial, nodePackage, log));
  return editorIn(folder, nodePackage);
}

function editorIn(folder: string, nodePackage: string): Editor {
  return {
    node: path.join(folder, 'node_modules', nodePackage, 'bin', 'node'),
    serverMain: path.join(folder, 'node_modules/code-server/lib/vscode/out/server-main.js'),
  };
}

async function fill(
  folder: string,
  nodePackage: string,
  log: (line: string) => void,
): Promise<Readonly<Record<string, string>>> {
  await requireCompiler();
  log(`Fetching code-server ${codeServerVersion} and Node ${nodeMajor} (once, a few minutes)`);
  await writeFile(path.join(folder, 'package.json'), '{ "private": true }\n');
  await npmInstall(folder, [`code-server@${codeServerVersion}`, `${nodePackage}@${nodeMajor}`]);
  const { node, serverMain } = editorIn(folder, nodePackage);
  const server = path.resolve(serverMain, '../..');
  log("Fetching the dependencies of VS Code's server");
  await npmInstall(server, []);
  await npmInstall(path.join(server, 'extensions'), []);
  log('Building its native modules');
  await buildNativeModules(server, path.resolve(node, '../..'));
  const version = await expectSuccess(node, ['--version'], { timeoutMs: 30_000, hint: 'Delete the cache folder.' });
  return { 'code-server': codeServerVersion, node: version.trim() };
}

/** `npm install` and not `npm ci`: the shrinkwrap inside code-server is out of step with its package.json. */
async function npmInstall(cwd: string, packages: readonly string[]): Promise<void> {
  const flags = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await expectSuccess('npm', ['install', '--prefix', cwd, ...flags, ...packages], {
    cwd,
    timeoutMs: npmTimeoutMs,
    hint: 'Check that npm reaches its registry, and run the tests again.',
  });
}

async function buildNativeModules(cwd: string, nodeFolder: string): Promise<void> {
  const output = await expectSuccess(
    'npm',
    ['rebuild', '--prefix', cwd, '--ignore-scripts=false', '--foreground-scripts', ...nativeModules],
    {
      cwd,
      timeoutMs: npmTimeoutMs,
      env: {
        // node-gyp takes the headers from here instead of downloading them.
        npm_config_nodedir: nodeFolder,
        PATH: `${path.join(nodeFolder, 'bin')}${path.delimiter}${process.env.PATH ?? ''}`,
      },
      hint: compilerHint,
    },
  );
  const missing = builtFiles.filter((file) => !existsSync(path.join(cwd, 'node_modules/@vscode', file)));
  if (missing.length > 0) {
    throw new HostError(`npm rebuilt VS Code's native modules without a result: ${missing.join(', ')}.`, output);
  }
}

const compilerHint =
  "VS Code's native modules need python3, make and a C++ compiler. On Debian or Ubuntu: apt-get install -y python3 make g++";

async function requireCompiler(): Promise<void> {
  const missing: string[] = [];
  for (const program of ['python3', 'make', 'g++', 'npm']) {
    const { code } = await execute(program, ['--version'], { timeoutMs: 60_000 });
    if (code !== 0) missing.push(program);
  }
  if (missing.length > 0) throw new HostError(`Not found: ${missing.join(', ')}.`, compilerHint);
}

function nodePackageName(): string {
  if (process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')) {
    return `node-linux-${process.arch}`;
  }
  throw new HostError(
    `The browser host runs on Linux (x64 and arm64), not on ${process.platform} ${process.arch}.`,
    'Set DEEPMAKER_TEST_HOST=electron to test in a downloaded VS Code.',
  );
}
