/** `deepmaker report` on real runs, of a data set and of a function, and how an editor finds and opens them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createRandom } from '../../engine/data/random.ts';
import { networkLabel } from '../../engine/plot/runFigures.ts';
import { targetIds } from '../../engine/types.ts';
import type { ExportOutcome, ExportTarget, FrontPoint, FrontView, RunSummary } from '../../server/protocol.ts';
import { RpcClient } from './rpcClient.ts';

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.cjs');

let folder: string;
/** Ids. */
let datasetRun: string;
let functionRun: string;

function deepmaker(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}

const runs = () => join(folder, '.deepmaker', 'runs');

before(() => {
  assert.ok(existsSync(cli), 'dist/cli.cjs is missing: run npm run build first');
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-report-')));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const random = createRandom(3);
  const inputs = Array.from({ length: 300 }, () => [random.next(), random.next()]);
  const outputs = inputs.map(([x, y]) => (x! > y! ? 'right' : 'left'));
  writeFileSync(join(folder, 'sides.json'), JSON.stringify({ inputs, outputs }));
  writeFileSync(
    join(folder, 'hill.ts'),
    '/**\n * @range x [0, 2]\n */\nexport const hill = (x: number): number => Math.exp(-x * x);\n',
  );
  writeFileSync(
    join(folder, 'deepmaker.config.json'),
    JSON.stringify({ samples: 1000, fullEpochs: 10, batchSize: 32 }),
  );
  const small = ['--population', '6', '--generations', '3', '--workers', '1'];
  deepmaker('search', 'sides.json', '--model', 'mlp', '--epochs', '3', ...small);
  datasetRun = readdirSync(runs())[0]!;
  deepmaker('approximate', 'hill.ts#hill', '--max-error', '0.3', ...small);
  functionRun = readdirSync(runs()).find((id) => id !== datasetRun)!;
  for (const id of [datasetRun, functionRun])
    assert.ok(existsSync(join(runs(), id, 'result.json')), `${id} is finished`);
});
after(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string) => readFileSync(join(folder, name), 'utf8');

/** Ids of the sections, those without data in brackets. */
const sections = (page: string): string[] =>
  [...page.matchAll(/<section id="(\w+)"( class="missing")?>/g)].map(([, id, missing]) => (missing ? `(${id})` : id!));

/** Throws where tags are not nested. */
function assertNested(markup: string): void {
  const open: string[] = [];
  for (const [, closing, tag] of markup.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*)?>/g)) {
    if (!closing) open.push(tag!);
    else assert.equal(open.pop(), tag, `</${tag}> closes what is open`);
  }
  assert.deepEqual(open, [], 'everything is closed');
}

test('a run on a data set becomes one page without script and network, and files of its figures', () => {
  const { status, stdout, stderr } = deepmaker('report', datasetRun, '--out', 'sides.html', '--svg', 'figures');
  assert.equal(status, 0, stderr);
  const files = [
    'sides.html',
    ...['front', 'fronts', 'hypervolume', 'curves', 'latency', 'pruning'].map((id) => join('figures', `${id}.svg`)),
  ];
  assert.equal(stdout, files.map((name) => `Wrote ${join(folder, name)}\n`).join(''));
  const page = read('sides.html');
  assert.deepEqual(sections(page), [
    'front',
    'fronts',
    'hypervolume',
    'curves',
    'latency',
    'pruning',
    '(comparison)',
    'devices',
  ]);
  assert.doesNotMatch(page.replaceAll('http://www.w3.org/2000/svg', ''), /<script|https?:|url\(|@import/);
  assert.match(page, /default-src 'none'/);
  assert.match(page, /prefers-color-scheme: dark/);
  assert.match(page, /Error \(wrong classes, %\)/);
  assert.match(page, /Validation accuracy \(%\)/);
  assert.match(page, /Time per call on CPU \(/);
  for (const name of files.slice(1)) {
    const picture = read(name);
    assertNested(picture.replace(/<style>.*<\/style>/s, ''));
    assert.match(
      picture,
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" [^>]*><title id="[\w-]+">[^<]+<\/title><desc id="[\w-]+">[^<]+</,
    );
    assert.doesNotMatch(picture, /var\(|NaN|undefined|Infinity/);
  }
});

test('a table says the same as each figure, with the figures of the result', () => {
  // The search offers none where tables outweigh the network; this adds them all.
  deepmaker('quantise', datasetRun);
  deepmaker('report', datasetRun, '--out', 'sides.html');
  const page = read('sides.html');
  assertNested(/<body>.*<\/body>/s.exec(page)![0]);
  const result = JSON.parse(read(join('.deepmaker', 'runs', datasetRun, 'result.json'))) as {
    points: FrontPoint[];
    networks: { id: string; integers?: object }[];
    chosen: string;
    search: { fronts: unknown[][] };
  };
  const table = (id: string) => new RegExp(`<section id="${id}">.*?<tbody>(.*?)</tbody>`, 's').exec(page)![1]!;
  const rows = (id: string) => [...table(id).matchAll(/<th scope="row">([^<]*)</g)].map(([, name]) => name!);
  const integers = new Set(result.networks.flatMap(({ id, integers }) => (integers ? id : [])));
  assert.ok(integers.size > 0);
  const listed = result.points.filter(({ onFront, id }) => onFront || integers.has(id));
  const names = (points: readonly FrontPoint[]) => points.map((point) => networkLabel(point)).sort();
  assert.deepEqual(
    rows('front')
      .map((name) => name.replace(' (chosen)', ''))
      .sort(),
    names(listed),
  );
  const timed = result.points.filter(({ latencyNs }) => latencyNs !== undefined);
  const floats = result.networks.filter(({ id }) => !integers.has(id));
  assert.deepEqual(timed.map(({ id }) => id).sort(), floats.map(({ id }) => id).sort(), 'every network has its time');
  assert.deepEqual(rows('latency').sort(), names(timed));
  assert.equal(rows('fronts').length, result.search.fronts.flat().length);
});

test('a run of a function has its times, its loss and its pruned networks, by id, folder or file alike', () => {
  const names = [
    functionRun,
    join('.deepmaker', 'runs', functionRun),
    join('.deepmaker', 'runs', functionRun, 'result.json'),
  ];
  const pages = names.map((name) => {
    const { status, stderr } = deepmaker('report', name);
    assert.equal(status, 0, stderr);
    return read(`${functionRun}.html`);
  });
  assert.equal(new Set(pages).size, 1);
  const [page] = pages;
  const timed = (
    JSON.parse(read(join('.deepmaker', 'runs', functionRun, 'result.json'))) as { points: { latencyNs?: number }[] }
  ).points.filter(({ latencyNs }) => latencyNs !== undefined).length;
  const latency = timed > 1 ? 'latency' : '(latency)';
  assert.deepEqual(sections(page!), [
    'front',
    'fronts',
    'hypervolume',
    'curves',
    latency,
    'pruning',
    '(comparison)',
    'devices',
  ]);
  assert.match(page!, /Error \(NRMSE, %\)/);
  assert.match(page!, /Validation loss against epochs/);
});

test('bad usage and runs that are not there are said in a sentence with a next step', () => {
  const unfinished = join(runs(), 'stopped');
  spawnSync('cp', ['-r', join(runs(), functionRun), unfinished]);
  rmSync(join(unfinished, 'result.json'));
  const rows: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /no run was named\.\nWrite deepmaker report RUN/],
    [['a', 'b'], /one run at a time; "b" is too much/],
    [['nothing'], /There is no run "nothing" in .*\.\nStored runs, the newest first: /],
    [['stopped'], /is not finished\.\nRun the command that made it again/],
    [[functionRun, '--colour', 'red'], /--colour/],
    [[functionRun, '--out', 'package.json/page.html'], /a file stands where a folder should be/],
  ];
  for (const [args, message] of rows) {
    const { status, stderr } = deepmaker('report', ...args);
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
  }
  rmSync(unfinished, { recursive: true });
});

test('an editor lists the finished runs, opens each by its folder or a file in it, and exports its networks', async () => {
  const client = new RpcClient(process.execPath, [cli, 'lsp', '--stdio']);
  try {
    await client.request('initialize', { processId: process.pid, rootUri: null, capabilities: {} }).response;
    client.notify('initialized', {});
    const uri = (...path: string[]) => pathToFileURL(join(runs(), ...path)).href;
    const uris = [
      uri(datasetRun, 'result.json'),
      uri(functionRun, 'result.json'),
      uri(functionRun),
      uri('gone', 'run.json'),
    ];
    const listed = await client.request<RunSummary[]>('deepmaker/runs', { uris }).response;
    assert.deepEqual(
      listed.map(({ kind, name, measure }) => [kind, name, measure]).sort(),
      [
        ['dataset', 'sides', 'classes'],
        ['function', 'hill', 'nrmse'],
      ],
      'each once',
    );
    assert.ok(listed[0]!.modifiedMs >= listed[1]!.modifiedMs, 'the newest first');
    type Answer = { kind: 'front'; front: FrontView } | { kind: 'none' | 'failed'; message: string };
    const open = (params: object) => client.request<Answer>('deepmaker/front', params).response;
    const dataset = await open({ uri: uri(datasetRun) });
    assert.ok(dataset.kind === 'front');
    assert.deepEqual(dataset.front.subject, { kind: 'dataset', uri: uri(datasetRun), name: 'sides' });
    assert.equal(dataset.front.plots?.fronts.length, 3);
    assert.deepEqual(await open({ uri: uri(datasetRun, 'run.json') }), dataset);
    const hill = await open({ uri: uri(functionRun, 'result.json') });
    assert.ok(hill.kind === 'front');
    const source = pathToFileURL(join(folder, 'hill.ts')).href;
    assert.deepEqual(hill.front.subject, { kind: 'function', uri: source, name: 'hill' });
    assert.deepEqual(await open({ uri: source, runId: functionRun }), hill, 'as the panel of the function has it');
    assert.equal((await open({ uri: uri('gone', 'run.json') })).kind, 'none');

    const params = { uri: uri(datasetRun), candidateId: dataset.front.chosen, target: 'cpu', trusted: true };
    const to = { folder: pathToFileURL(join(folder, 'exported')).href };
    const run = (more: object) =>
      client.request<ExportOutcome>('deepmaker/export', { ...params, ...to, ...more }).response;
    const written = await run({});
    assert.ok(written.kind === 'written', JSON.stringify(written));
    assert.deepEqual(written.files, [join(folder, 'exported', 'sides.approx.ts')]);
    assert.match(written.figures.join(), /wrong class in/);
    assert.match(read(join('exported', 'sides.approx.ts')), /export function classifySides/);
    for (const more of [{ trusted: false }, { candidateId: 'c999' }, { runId: 'gone-1' }, { uri: uri('gone') }]) {
      assert.equal((await run(more)).kind, 'failed', JSON.stringify(more));
    }
    const own = { uri: source, runId: functionRun, candidateId: hill.front.chosen!, target: 'onnx', trusted: true };
    const code = await run(own);
    assert.ok(code.kind === 'written', JSON.stringify(code));
    assert.deepEqual(
      code.files.map((file) => relative(folder, file)),
      ['hill.approx.ts', 'hill.onnx'].map((file) => join('exported', file)),
    );

    const exportsOf = async (reference: object) => {
      const answer = await client.request<{ targets: readonly ExportTarget[] }>('deepmaker/exportTargets', reference)
        .response;
      return answer.targets;
    };
    for (const reference of [own, params]) {
      const targets = await exportsOf(reference);
      assert.deepEqual(
        targets.map(({ id }) => id),
        targetIds,
      );
      assert.deepEqual(targets[0], { id: 'cpu', label: 'CPU' });
      const refused = targets.filter((target) => target.refused !== undefined);
      assert.deepEqual(refused, [], 'there is code for perceptrons everywhere');
    }
    const unknown = await client.request<{ kind: string }>('deepmaker/exportTargets', { ...own, candidateId: 'c999' })
      .response;
    assert.equal(unknown.kind, 'failed');
  } finally {
    await client.stop();
  }
});
