/** Imports point one way: client -> server/protocol, engine/types, engine/plot; server -> engine; engine -> nothing of ours. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..');

interface Import {
  readonly from: string;
  /** A path relative to the root for our own files, the specifier itself for packages. */
  readonly to: string;
}

const imports: Import[] = globSync('{client,server,engine}/**/*.ts', { cwd: root }).flatMap((file) => {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(([, specifier]) => ({
    from: file,
    to: specifier!.startsWith('.') ? relative(root, join(root, dirname(file), specifier!)) : specifier!,
  }));
});

const inside = (folder: string) => (path: string) => path.startsWith(`${folder}/`);

interface Rule {
  readonly name: string;
  readonly allows: (entry: Import) => boolean;
}

const rules: readonly Rule[] = [
  {
    name: 'the engine imports nothing of ours from outside the engine',
    allows: ({ from, to }) => !inside('engine')(from) || (!inside('server')(to) && !inside('client')(to)),
  },
  {
    name: 'the engine does no I/O and knows no editor and no source code',
    allows: ({ from, to }) => !inside('engine')(from) || !/^(node:|vscode|ts-morph|typescript$|esbuild$)/.test(to),
  },
  {
    name: 'the client knows of the server only its protocol, and of the engine only its types, texts, how figures are written, and plots',
    allows: ({ from, to }) =>
      !inside('client')(from) ||
      ((!inside('server')(to) || to === 'server/protocol.ts') &&
        (!inside('engine')(to) ||
          inside('engine/plot')(to) ||
          ['types', 'format', 'numbers', 'texts'].some((file) => to === `engine/${file}.ts`))),
  },
  {
    name: 'the library that speaks to the server lives in client/languageClient.ts, which is loaded with the first use',
    allows: ({ from, to }) =>
      !/^vscode-(languageclient|jsonrpc)/.test(to) || !inside('client')(from) || from === 'client/languageClient.ts',
  },
  {
    name: 'plots know how figures are written, what correlates and where a network is wrong, and nothing else',
    allows: ({ from, to }) =>
      !inside('engine/plot')(from) ||
      inside('engine/plot')(to) ||
      [
        'engine/format.ts',
        'engine/numbers.ts',
        'engine/texts.ts',
        'engine/data/correlation.ts',
        'engine/trust/explain.ts',
      ].includes(to),
  },
  {
    name: 'the server does not know the client',
    allows: ({ from, to }) => !inside('server')(from) || (!inside('client')(to) && to !== 'vscode'),
  },
  {
    name: 'BullMQ and its client live in server/queue, which others load when they need it',
    allows: ({ from, to }) =>
      !/^(bullmq|ioredis)/.test(to) || from.startsWith('server/queue/') || !inside('server')(from),
  },
  {
    name: 'ts-morph lives in server/source',
    allows: ({ from, to }) => !/ts-morph/.test(to) || from.startsWith('server/source/'),
  },
];

test('the sources are found', () => assert.ok(imports.length > 100, `${imports.length} imports`));

for (const { name, allows } of rules) {
  test(name, () => {
    const broken = imports.filter((entry) => !allows(entry)).map(({ from, to }) => `${from} imports ${to}`);
    assert.deepEqual(broken, []);
  });
}
