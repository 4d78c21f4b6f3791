// Makes a fresh checkout ready: dependencies, Node 24, esbuild, dist/. Runs on Node 20 with nothing installed, so it is
// plain JavaScript with nothing imported from npm.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const windows = process.platform === 'win32';
const node24 = path.join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');

/** Expected: something on this machine is missing. The message ends with the next step. */
class SetupError extends Error {}

try {
  step(`Dependencies: ${installDependencies()}`);
  step(`Node: ${ensureWorks('node', nodeVersion)}`);
  step(`esbuild: ${ensureWorks('esbuild', esbuildVersion)}`);
  step(`dist/: ${build()}`);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`Setup failed: ${error.message}`);
  process.exitCode = 1;
}

/** `npm ci` where there is no install, or the lock file has changed since. */
function installDependencies() {
  const installed = modifiedMs('node_modules/.package-lock.json');
  if (installed !== undefined && installed >= (modifiedMs('package-lock.json') ?? 0)) return 'up to date';
  step('Dependencies: installing, this takes about a minute the first time');
  // Building and testing need the development dependencies even where NODE_ENV is production.
  const flags = ['--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  if (run('npm', ['ci', ...flags], 'inherit').status === 0) return 'installed';
  // A registry that does not carry every platform's optional packages makes `npm ci` take the lock file for incomplete.
  // `npm install` still takes the locked versions.
  step('Dependencies: `npm ci` refused, trying `npm install`');
  if (run('npm', ['install', '--no-save', ...flags], 'inherit').status === 0) return 'installed';
  throw new SetupError(
    'npm did not install the dependencies. Its message is above; check that it reaches its registry.',
  );
}

/**
 * npm may be told not to run install scripts, and then these two packages are there without their programs: run the
 * scripts of just these.
 */
function ensureWorks(name, version) {
  const found = version();
  if (found !== undefined) return found;
  step(`${name}: running its installer`);
  run('npm', ['rebuild', name, '--ignore-scripts=false', '--foreground-scripts'], 'inherit');
  const repaired = version();
  if (repaired !== undefined) return repaired;
  throw new SetupError(
    `the npm package "${name}" has no working program for ${process.platform} ${process.arch}. ` +
      'Delete node_modules and run `npm ci --include=dev --include=optional --ignore-scripts=false`.',
  );
}

function nodeVersion() {
  const version = run(node24, ['--version'], 'pipe').stdout?.trim();
  return version?.startsWith('v24.') ? version : undefined;
}

/** Transforms something, because the version alone does not start esbuild's native program. */
function esbuildVersion() {
  const script = "const e = require('esbuild'); e.transformSync('let a'); console.log(e.version)";
  const { status, stdout } = run(process.execPath, ['--eval', script], 'pipe');
  return status === 0 ? stdout.trim() : undefined;
}

function build() {
  const started = performance.now();
  const { status } = run(node24, ['esbuild.mjs'], 'inherit');
  if (status !== 0) throw new SetupError('the build did not finish. Its message is above.');
  return `built in ${((performance.now() - started) / 1000).toFixed(1)} s`;
}

/** stdout is left to the command that the setup is for: what `npm ci` and the build say goes to stderr. */
function run(file, args, output) {
  const stdio = output === 'pipe' ? ['ignore', 'pipe', 'ignore'] : ['ignore', 2, 2];
  // npm is a .cmd file on Windows, and those start only through a shell.
  return spawnSync(file, args, { cwd: root, stdio, encoding: 'utf8', shell: windows && file === 'npm' });
}

function modifiedMs(file) {
  return statSync(path.join(root, file), { throwIfNoEntry: false })?.mtimeMs;
}

function step(line) {
  console.error(line);
}
