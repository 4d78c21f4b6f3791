/**
 * What the language server says to people is in the editor's language: over a pipe, in German, and in a language that is
 * made for this, whose every text is the English one between marks. What comes without them cannot be translated.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { CodeAction, CodeLens, Diagnostic, Hover } from 'vscode-languageserver-protocol';
import type { TargetId } from '../../engine/types.ts';
import type { EditOutcome, FrontView, RunOutcome } from '../../server/protocol.ts';
import { RpcClient } from './rpcClient.ts';

const root = join(import.meta.dirname, '..', '..');

const source = `/**
 * @approximate error 0.5
 * @range x [0, 2]
 * @range y [-1, 1]
 */
export function hill(x: number, y: number): number {
  let sum = 0;
  for (let i = 1; i <= 200; i++) sum += Math.exp(-((x - i / 200) ** 2) - y * y) / 200;
  return sum;
}

export function now(x: number): number {
  return x + Date.now();
}

function clock(): number {
  return performance.now();
}

export function later(x: number, when: Date): Date {
  return new Date(when.getTime() + x + clock());
}

/** @range z [0, 1] */
export function options(x: number, names: number[], o: { gain?: number }): number {
  return x + names[0]! + (o.gain === undefined ? 1 : o.gain);
}

export async function waits(x: number): Promise<number> {
  return x;
}

export function bare(x: number): number {
  return Math.sin(x);
}

/** @range x [-1, 1] */
export function throws(x: number): number {
  if (x < 2) throw new Error('never');
  return x;
}
`;

const settings = { population: 6, generations: 2, samples: 1000, searchEpochs: 4, fullEpochs: 20, workers: 1 };

interface Session {
  readonly client: RpcClient;
  readonly uri: string;
  readonly folder: string;
  readonly told: unknown[];
  readonly diagnostics: Diagnostic[];
}

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function start(locale: string, program = root): Promise<Session> {
  const folder = mkdtempSync(join(tmpdir(), 'deepmaker-texts-'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'hill.ts'), source);
  const uri = pathToFileURL(join(folder, 'hill.ts')).href;
  const cli = join(program, 'dist', 'cli.cjs');
  const client = new RpcClient(process.execPath, [
    '--preserve-symlinks',
    '--preserve-symlinks-main',
    cli,
    'lsp',
    '--stdio',
  ]);
  const told: unknown[] = [];
  const diagnostics: Diagnostic[] = [];
  client.onNotification((method, params) => {
    told.push(params);
    if (method === 'textDocument/publishDiagnostics') {
      diagnostics.splice(0, diagnostics.length, ...(params as { diagnostics: Diagnostic[] }).diagnostics);
    }
  });
  open.push(async () => {
    await client.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  await client.request('initialize', {
    processId: process.pid,
    locale,
    rootUri: pathToFileURL(folder).href,
    capabilities: {},
    initializationOptions: { commands: 'client' },
  }).response;
  client.notify('initialized', {});
  const textDocument = { uri, languageId: 'typescript', version: 1, text: source };
  client.notify('textDocument/didOpen', { textDocument });
  return { client, uri, folder, told, diagnostics };
}

const at = (needle: string) => {
  const lines = source.slice(0, source.indexOf(needle)).split('\n');
  return { line: lines.length - 1, character: lines.at(-1)!.length };
};

function actions({ client, uri }: Session, from: string, to = from, diagnostics: readonly Diagnostic[] = []) {
  const range = { start: at(from), end: at(to) };
  const context = { diagnostics, triggerKind: 1 };
  return client.request<CodeAction[]>('textDocument/codeAction', { textDocument: { uri }, range, context }).response;
}

const run = ({ client, uri }: Session, name: string, more: object = {}) =>
  client.request<RunOutcome>('deepmaker/run', {
    ...{ region: { uri, name }, target: 'cpu', trusted: true, settings, workDoneToken: 'progress', ...more },
  }).response;

/** A copy of the program beside a bundle of its own: it finds what it carries relative to itself. */
function programWithMarks(): string {
  const folder = mkdtempSync(join(tmpdir(), 'deepmaker-marked-'));
  open.push(async () => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['package.json', 'node_modules', 'media']) symlinkSync(join(root, name), join(folder, name));
  mkdirSync(join(folder, 'dist'));
  for (const name of readdirSync(join(root, 'dist'))) {
    symlinkSync(join(root, 'dist', name), join(folder, 'dist', name));
  }
  cpSync(join(root, 'l10n'), join(folder, 'l10n'), { recursive: true });
  const english = Object.keys(JSON.parse(readFileSync(join(root, 'l10n', 'bundle.l10n.json'), 'utf8')));
  const marked = Object.fromEntries(english.map((text) => [text, `⟦${text}⟧`]));
  writeFileSync(join(folder, 'l10n', 'bundle.l10n.qps.json'), JSON.stringify(marked));
  return folder;
}

/** What people read; others of the same name that are names (`CPU`, `price`) have no space in them. */
const readByPeople = new Set([
  ...['title', 'message', 'hint', 'reason', 'label', 'description', 'unavailable', 'refused', 'unchecked', 'basis'],
  ...['refusal', 'objection', 'stale', 'deviceBasis', 'notes', 'columns', 'checked'],
]);

function textsOf(value: unknown, key = ''): string[] {
  if (typeof value === 'string') return readByPeople.has(key) && value.includes(' ') ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((entry) => textsOf(entry, key));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => textsOf(inner, name));
}

/** What of a text lies between no marks, other than what joins sentences. */
function unmarked(text: string): string {
  let rest = text;
  for (let before = ''; before !== rest; ) {
    before = rest;
    rest = rest.replaceAll(/⟦[^⟦⟧]*⟧/gu, '');
  }
  return rest.replaceAll(/[\s().,:]/gu, '');
}

function assertMarked(value: unknown, least = 1): void {
  const texts = textsOf(value);
  assert.ok(texts.length >= least, `${least} texts in ${JSON.stringify(value)}`);
  for (const text of texts) assert.equal(unmarked(text), '', text);
}

test('everything that is said about a function comes from the bundle', async () => {
  const session = await start('qps-ploc', programWithMarks());
  const { client, uri, folder, told, diagnostics } = session;
  const ask = <T>(method: string, params: object) => client.request<T>(method, params).response;

  assertMarked(await actions(session, 'hill(x'));
  for (const name of ['now(x', 'later(x', 'options(x', 'waits(x']) assertMarked(await actions(session, name), 2);
  assertMarked(await actions(session, 'let sum', '  return sum'));
  assertMarked(await actions(session, 'let sum', '\n}\n\nexport function now'), 2);
  assertMarked(await run(session, 'options'), 2);
  assertMarked(await run(session, 'hill', { trusted: false }), 2);
  assertMarked(await run(session, 'nobody'), 2);
  assertMarked(await run(session, 'throws'), 2);
  assertMarked(await run(session, 'bare', { ranges: { x: [1, 1] } }), 2);
  assertMarked(await ask('deepmaker/front', { uri, name: 'hill' }), 2);
  assertMarked(await ask('deepmaker/revert', { uri, name: 'hill' }), 2);
  assertMarked(await ask('deepmaker/targets', {}), 4);

  told.length = 0;
  const outcome = await run(session, 'hill');
  assert.ok(outcome.kind === 'done', JSON.stringify(outcome));
  assertMarked(told, 6);
  const { runId, chosen, criterion, notes } = outcome.front as FrontView & { notes?: readonly string[] };
  assertMarked({ reason: criterion?.reason, notes });
  assertMarked(await ask('deepmaker/estimate', { uri, runId, target: 'arm' }), 6);
  assertMarked(await ask('deepmaker/exportTargets', { uri, runId, candidateId: chosen }), 0);
  const asked = { runId, candidateId: chosen, target: 'cpu', uri };
  assertMarked(await ask('deepmaker/apply', { ...asked, trusted: false }), 2);
  assertMarked(await ask('deepmaker/apply', { ...asked, candidateId: 'none', trusted: true }), 2);
  const apply = async (target: TargetId) => {
    const edit = await ask<EditOutcome>('deepmaker/apply', { ...asked, target, trusted: true, force: true });
    assert.ok(edit.kind === 'edit', JSON.stringify(edit));
    return edit;
  };
  for (const target of ['onnx', 'fpga'] as const) {
    const { edit, checked } = await apply(target);
    assertMarked({ checked });
    const files = edit.documentChanges!.flatMap((change) => ('edits' in change ? change.edits : []));
    const texts = files.flatMap((each) => ('newText' in each ? each.newText : []));
    assert.ok(
      texts.some((each) => each.includes('hecked ') && !each.includes('⟦')),
      'what is found stands in the head of the file, in English',
    );
  }
  const applied = await apply('cpu');
  assertMarked({ label: applied.label });

  const text = writeEdit(folder, applied);
  client.notify('textDocument/didChange', { textDocument: { uri, version: 2 }, contentChanges: [{ text }] });
  const lenses = await ask<CodeLens[]>('textDocument/codeLens', { textDocument: { uri } });
  assert.equal(lenses.length, 3);
  for (const { command } of lenses) assert.equal(unmarked(command!.title), '');
  const line = text.split('\n').findIndex((each) => each.includes('function hill('));
  const hover = await ask<Hover>('textDocument/hover', { textDocument: { uri }, position: { line, character: 17 } });
  const paragraphs = (hover.contents as { value: string }).value.split('\n\n');
  // Where errors are large is a sentence of the file that is under version control, and so in English.
  for (const each of paragraphs) if (!each.startsWith('Errors are largest')) assert.equal(unmarked(each), '', each);

  const changed = text.replace('y * y', 'y * x');
  client.notify('textDocument/didChange', { textDocument: { uri, version: 3 }, contentChanges: [{ text: changed }] });
  const [stale] = await ask<CodeLens[]>('textDocument/codeLens', { textDocument: { uri } });
  assert.equal(unmarked(stale!.command!.title), '');
  for (let tries = 0; diagnostics.length === 0 && tries < 200; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assertMarked(diagnostics);
  const range = diagnostics[0]!.range;
  const context = { diagnostics, only: ['quickfix'], triggerKind: 1 };
  const fixes = await ask<CodeAction[]>('textDocument/codeAction', { textDocument: { uri }, range, context });
  assert.equal(fixes.length, 2);
  for (const { title } of fixes) assert.equal(unmarked(title), '', title);
});

/** Carries out the edit on the disk, and answers the source's text. */
function writeEdit(folder: string, { edit }: Extract<EditOutcome, { kind: 'edit' }>): string {
  let text = source;
  for (const change of edit.documentChanges!) {
    if (!('edits' in change)) continue;
    const newest = change.edits.map((each) => ('newText' in each ? each : { ...each, newText: '' }));
    if (!change.textDocument.uri.endsWith('/hill.ts')) {
      writeFileSync(join(folder, change.textDocument.uri.split('/').at(-1)!), newest[0]!.newText);
      continue;
    }
    const lines = source.split('\n');
    const offset = ({ line, character }: { line: number; character: number }) =>
      lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0) + character;
    const sorted = newest.toSorted((a, b) => offset(b.range.start) - offset(a.range.start));
    for (const { range, newText } of sorted) {
      text = text.slice(0, offset(range.start)) + newText + text.slice(offset(range.end));
    }
  }
  return text;
}

for (const [locale, title, reason, wrong] of [
  [
    'de-AT',
    'Diese Funktion approximieren',
    '`now` wurde nicht approximiert: die Funktion liest die Uhr (`Date.now`).',
    /hill\.config|deepmaker\.config\.json: population: Zu klein: erwartet, dass number >=2 ist/,
  ],
  [
    'fr',
    'Approximate this function',
    '`now` was not approximated: it reads the clock (`Date.now`).',
    /deepmaker\.config\.json: population: Too small: expected number to be >=2/,
  ],
] as const) {
  test(`an editor that speaks ${locale} reads ${title === 'Approximate this function' ? 'English' : 'German'}`, async () => {
    const session = await start(locale);
    const [action] = await actions(session, 'hill(x');
    assert.equal(action?.title, title);
    const [refused] = await actions(session, 'now(x');
    assert.equal(refused?.disabled?.reason, reason);
    writeFileSync(join(session.folder, 'deepmaker.config.json'), '{ "population": 1 }');
    const outcome = await run(session, 'hill', { settings: {} });
    assert.ok(outcome.kind === 'failed', JSON.stringify(outcome));
    assert.match(outcome.message, wrong);
  });
}
