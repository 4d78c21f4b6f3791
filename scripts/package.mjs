// Packages the extension as deepmaker-<platform>-<version>.vsix. The package carries esbuild's program for the platform
// that it is made on, so it is for that platform only.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const root = path.resolve(import.meta.dirname, '..');
const { values } = parseArgs({ options: { out: { type: 'string' }, 'no-build': { type: 'boolean', default: false } } });
const { name, version, repository } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const target = `${process.platform}-${process.arch}`;
const out = path.resolve(values.out ?? path.join(root, `${name}-${target}-${version}.vsix`));

if (!values['no-build']) run('esbuild.mjs', ['--production']);
// Everything is bundled, so nothing of node_modules goes in.
run('node_modules/@vscode/vsce/vsce', [
  ...['package', '--no-dependencies', '--target', target, '--out', out],
  // vsce turns relative links of the README into links to the repository, where there is one.
  ...(repository ? [] : ['--allow-missing-repository', '--no-rewrite-relative-links']),
]);

function run(script, args) {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`Packaging failed: ${script} ended with ${status ?? 'a signal'}. Its message is above.`);
    process.exit(1);
  }
}
