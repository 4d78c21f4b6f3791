/** What an editor shows on an approximated function: a hover, a lens, and a diagnostic with fixes once it is stale. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { CodeAction, CodeLens, Diagnostic, Hover } from 'vscode-languageserver-protocol';
import { RpcClient } from './rpcClient.ts';

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.cjs');

const wave = 'export const frequency = 3;\n';
const source = `import { frequency } from './wave.ts';

/** @range x [0, 2] */
export function hill(x: number): number {
  let sum = 0;
  for (let i = 1; i <= 300; i++) sum += Math.sin(frequency * x + i / 300) / 300;
  return sum;
}
`;

let folder: string;
let client: RpcClient;
let text: string;
const published = new Map<string, Diagnostic[]>();
const waiting: (() => void)[] = [];
const uriOf = (name: string) => pathToFileURL(join(folder, name)).href;
const hill = () => uriOf('hill.ts');

before(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-stale-')));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'wave.ts'), wave);
  writeFileSync(join(folder, 'hill.ts'), source);
  const config = { samples: 2000, population: 8, generations: 2, searchEpochs: 4, fullEpochs: 20, batchSize: 32 };
  writeFileSync(join(folder, 'deepmaker.config.json'), JSON.stringify(config));
  const args = [cli, 'approximate', 'hill.ts#hill', '--apply', '--force'];
  assert.notEqual(spawnSync(process.execPath, args, { cwd: folder }).status, 2);
  text = readFileSync(join(folder, 'hill.ts'), 'utf8');
  client = new RpcClient(process.execPath, [cli, 'lsp', '--stdio']);
  client.onNotification((method, params) => {
    if (method !== 'textDocument/publishDiagnostics') return;
    const { uri, diagnostics } = params as { uri: string; diagnostics: Diagnostic[] };
    published.set(uri, diagnostics);
    for (const resolve of waiting.splice(0)) resolve();
  });
  await client.request('initialize', { processId: process.pid, rootUri: null, capabilities: {} }).response;
  client.notify('initialized', {});
  open('hill.ts', text);
});
after(async () => {
  assert.equal(await client.stop(), 0);
  rmSync(folder, { recursive: true, force: true });
});

const open = (name: string, content: string) =>
  client.notify('textDocument/didOpen', {
    textDocument: { uri: uriOf(name), languageId: 'typescript', version: 1, text: content },
  });
let version = 1;
const change = (name: string, content: string) =>
  client.notify('textDocument/didChange', {
    textDocument: { uri: uriOf(name), version: ++version },
    contentChanges: [{ text: content }],
  });

/** The diagnostics of hill.ts as soon as they are published. */
async function nextDiagnostics(): Promise<Diagnostic[]> {
  await new Promise<void>((resolve) => waiting.push(resolve));
  return published.get(hill()) ?? [];
}

const nameLine = () => text.slice(0, text.indexOf('hill(x')).split('\n').length - 1;
const lensTitles = async () =>
  (await client.request<CodeLens[]>('textDocument/codeLens', { textDocument: { uri: hill() } }).response).map(
    ({ command }) => command!.title,
  );
const hoverText = async (character: number) => {
  const position = { line: nameLine(), character };
  const hover = await client.request<Hover | null>('textDocument/hover', { textDocument: { uri: hill() }, position })
    .response;
  return hover && (hover.contents as { value: string }).value;
};

test('hover and lens say what is known and certified', async () => {
  const hover = await hoverText(17);
  assert.match(hover!, /^Approximated by a neural network: 1-[\d-]+, [\d,]+ parameters\.$/m);
  assert.match(hover!, /^Error: .* \(NRMSE\), 99th percentile .*, largest .* of the output's range\.$/m);
  assert.match(
    hover!,
    /^Certified: error at most [\d.]+ % for at least 90 % of inputs \(95 % confidence\), from 200 fresh inputs\.$/m,
  );
  assert.match(hover!, /^Speed: .* \(95 % interval .*x to .*x\), .* per call with its guard, .* exactly\.$/m);
  assert.match(hover!, /^Guard: inputs outside of the trained ranges go to the exact function\.$/m);
  assert.equal(await hoverText(3), null, 'and nothing beside the name');
  assert.match((await lensTitles())[0]!, /^Approximated: error .*\. Certified: error at most .* \(95 % confidence\)$/);
});

test('an edit of a dependency in another file marks the approximation, and fixes are offered; undoing it clears the mark', async () => {
  open('wave.ts', wave);
  change('wave.ts', wave.replace('3', '4'));
  const [diagnostic, ...more] = await nextDiagnostics();
  assert.equal(more.length, 0);
  assert.equal(diagnostic!.code, 'stale');
  assert.match(
    String(diagnostic!.message),
    /^`hill`, or something it depends on, has changed since it was approximated\./,
  );
  const line = text.split('\n')[diagnostic!.range.start.line]!;
  assert.equal(line.slice(diagnostic!.range.start.character, diagnostic!.range.end.character), 'hill');

  const fixes = await client.request<CodeAction[]>('textDocument/codeAction', {
    textDocument: { uri: hill() },
    range: diagnostic!.range,
    context: { diagnostics: [diagnostic], only: ['quickfix'] },
  }).response;
  assert.deepEqual(
    fixes.map(({ title, kind, command }) => ({
      title,
      kind,
      command: command!.command,
      arguments: command!.arguments,
    })),
    [
      ['Approximate again', 'deepmaker.approximate'],
      ['Revert to the exact function', 'deepmaker.revert'],
    ].map(([title, command]) => ({ title, kind: 'quickfix', command, arguments: [{ uri: hill(), name: 'hill' }] })),
  );
  assert.match((await lensTitles())[0]!, /^Stale: /);
  assert.match((await hoverText(17))!, /^\*\*`hill`, or something it depends on, has changed/);

  change('wave.ts', wave);
  assert.deepEqual(await nextDiagnostics(), []);
});

test('a file that is not open is marked too', async () => {
  client.notify('textDocument/didClose', { textDocument: { uri: hill() } });
  change('wave.ts', wave.replace('3', '5'));
  assert.equal((await nextDiagnostics())[0]!.code, 'stale');
  change('wave.ts', wave);
  assert.deepEqual(await nextDiagnostics(), []);
});
