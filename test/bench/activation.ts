/**
 * `npm run bench:activation`: what opening a TypeScript file costs a window, on the bundle that ships. Each load is a new
 * process, in which a stand-in takes every call to the editor's API and does nothing; that part is the editor's own time.
 */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { significant } from '../../engine/format.ts';

const loads = 31;
const root = join(import.meta.dirname, '..', '..');
const dist = join(root, 'dist');
/** What the client uses of the editor's API: a bundle copies a module's names before it uses them. */
const names = new Set(
  globSync('client/*.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/\bvscode\.(\w+)/g)].map(([, name]) => name),
  ),
);

const program = `
const Module = require('node:module');
const stand = new Proxy(function () {}, {
  get(_, key) {
    if (key === Symbol.iterator) return function* () {};
    return key === Symbol.toPrimitive ? () => '' : key === 'then' ? undefined : stand;
  },
  set: () => true,
  apply: () => stand,
  construct: () => stand,
});
const api = Object.fromEntries(${JSON.stringify([...names])}.map((name) => [name, stand]));
// The extension host has these loaded long since.
for (const name of ['node:crypto', 'node:fs', 'node:path']) require(name);
const load = Module._load;
const loaded = [];
Module._load = (name, ...more) => (loaded.push(name), name === 'vscode' ? api : load(name, ...more));
const wall = performance.now();
const cpu = process.cpuUsage();
require(process.argv[1]).activate({ subscriptions: [], extensionUri: stand, asAbsolutePath: (path) => path });
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ wallMs: performance.now() - wall, cpuMs: (user + system) / 1000, loaded }));
`;

interface Load {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly loaded: readonly string[];
}

function measure(): Load {
  return JSON.parse(execFileSync(process.execPath, ['-e', program, join(dist, 'extension.cjs')], { encoding: 'utf8' }));
}

const results = Array.from({ length: loads }, measure);
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const sizeKb = (name: string) => Math.round(statSync(join(dist, name)).size / 1000);
console.log(
  `extension.cjs ${sizeKb('extension.cjs')} kB; languageClient.cjs ${sizeKb('languageClient.cjs')} kB, on first use`,
);
console.log(`Load and activation, median of ${loads} processes`);
console.log(`  elapsed    ${significant(median(results.map(({ wallMs }) => wallMs)))} ms`);
console.log(`  processor  ${significant(median(results.map(({ cpuMs }) => cpuMs)))} ms`);
console.log(`  modules    ${[...new Set(results[0]!.loaded.filter((name) => !name.startsWith('/')))].join(', ')}`);
