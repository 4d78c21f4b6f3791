/** `deepmaker search` on tiny sets: results, runs that are killed, interrupted or shared, and bad usage. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, before, beforeEach, describe, test } from 'node:test';
import { createRandom } from '../../engine/data/random.ts';
import { cnnParameterCount } from '../../engine/nn/cnn/template.ts';
import { isCnn, isCnnNetwork } from '../../engine/nn/models.ts';
import type { DatasetPlan, DatasetResult } from '../../server/pipeline/datasetRun.ts';
import { readRun } from '../../server/pipeline/readRun.ts';
import { restoreNetwork } from '../../server/pipeline/storedNetwork.ts';
import { type JournalEntry, readJournal } from '../../server/store.ts';
import { tinyImages } from './tinyImages.ts';

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.cjs');

/** A product of two numbers, one list of rows. */
function products(count: number): string {
  const random = createRandom(2);
  const inputs = Array.from({ length: count }, () => [random.next(), random.next()]);
  return JSON.stringify({ inputs, outputs: inputs.map(([a, b]) => [a! * b!]) });
}

let folder: string;
before(() => assert.ok(existsSync(cli), 'dist/cli.cjs is missing: run npm run build first'));
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-search-')));
  writeFileSync(join(folder, 'package.json'), '{}');
  writeFileSync(join(folder, 'shapes.json'), tinyImages(90));
  writeFileSync(join(folder, 'products.json'), products(200));
  // What is made of the front takes longer than the searches; those tests that are about it say so with flags.
  const variants = { pruning: { alphas: [] }, quantisation: { formats: [] } };
  writeFileSync(join(folder, 'deepmaker.config.json'), JSON.stringify({ batchSize: 16, ...variants }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const environment = { ...process.env, DEEPMAKER_DATA: '' };

function deepmaker(...args: readonly string[]) {
  const command = [cli, 'search', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: folder,
    encoding: 'utf8',
    env: environment,
  });
  return { status, stdout, stderr };
}

interface Report {
  readonly runId: string;
  readonly dataset: DatasetPlan['dataset'];
  readonly model: string;
  readonly samples: DatasetPlan['samples'];
  readonly search: DatasetResult['search'];
  readonly front: {
    id: string;
    topology: string;
    params: number;
    error: { missRate: number };
    validationError: number;
    testError: number;
    bytes: number;
    latencyNs?: number;
    variant?: string;
    variantOf?: string;
  }[];
  readonly integers: Report['front'];
  readonly chosen: string;
  readonly criterion: { met: boolean; reason: string };
  readonly artifacts: string[];
}

function reported(outcome: ReturnType<typeof deepmaker>, status = 0): Report {
  assert.equal(outcome.status, status, outcome.stderr);
  return JSON.parse(outcome.stdout) as Report;
}

const runsFolder = () => join(folder, '.deepmaker', 'runs');

function journal(): readonly JournalEntry[] {
  const [run] = existsSync(runsFolder()) ? readdirSync(runsFolder()) : [];
  return run === undefined ? [] : readJournal(join(runsFolder(), run));
}

/** What must not depend on the machine: everything but times. */
const decided = ({ search: { seconds: _seconds, ...search }, ...report }: Report) => {
  const untimed = (points: Report['front']) => points.map(({ latencyNs: _time, ...point }) => point);
  return { ...report, search, front: untimed(report.front), integers: untimed(report.integers) };
};

const small = ['--population', '4', '--generations', '2', '--epochs', '1', '--max-params', '160000'];

describe('convolutional networks', () => {
  const args = ['shapes.json', ...small, '--full-epochs', '2', '--json'];

  test('a search gives a front with test errors, and stores all that other commands need', () => {
    const report = reported(deepmaker(...args, '--out', 'out'));
    assert.deepEqual(report.samples, { train: 73, validation: 8, test: 9 });
    assert.equal(report.model, 'cnn', 'the default for images');
    assert.equal(report.dataset.name, 'shapes');
    const { search, front } = report;
    assert.deepEqual([search.evaluations, search.generations], [8, 2]);
    assert.deepEqual([search.hypervolume.length, search.fronts.length, search.timeLimited], [2, 2, false]);
    assert.ok(search.hypervolume[1]! >= search.hypervolume[0]!);
    assert.ok(front.length > 0 && front.some(({ id }) => id === report.chosen));
    for (const { params, testError, error, latencyNs } of front) {
      assert.ok(params <= 160_000);
      assert.equal(testError, error.missRate);
      assert.ok(latencyNs! > 0, 'its code was timed');
    }
    assert.deepEqual(report.integers, [], 'none where the settings say so');

    const stored = readRun(folder, report.runId);
    assert.ok(stored.kind === 'dataset');
    const { result } = stored;
    assert.equal(result.points.length, 8);
    assert.deepEqual(
      result.points.map(({ key }) => key).sort(),
      journal()
        .map(({ key }) => key)
        .sort(),
    );
    for (const { curve } of journal()) assert.equal(curve!.validationError!.length, 1);
    for (const network of result.networks) {
      const restored = restoreNetwork(network);
      assert.ok(isCnnNetwork(restored) && isCnn(network.topology));
      assert.equal(restored.weights.length, cnnParameterCount(network.topology));
      assert.ok(restored.statistics.length > 0 && restored.statistics.every(Number.isFinite));
      assert.ok(network.curve!.validationError!.length >= 1);
    }
    assert.deepEqual(report.artifacts, [join(folder, 'out', 'shapes-cnn.json')]);
    const written = JSON.parse(readFileSync(report.artifacts[0]!, 'utf8')) as Record<string, unknown>;
    assert.deepEqual(written.topology, result.networks.find(({ id }) => id === report.chosen)!.topology);
  });

  test('the front does not depend on the number of workers, and a killed run goes on to the same one', async () => {
    const one = reported(deepmaker(...args, '--workers', '1'));
    rmSync(runsFolder(), { recursive: true });
    const child = spawn(process.execPath, [cli, 'search', ...args, '--workers', '2'], {
      cwd: folder,
      stdio: 'ignore',
      env: environment,
    });
    const exited = new Promise((resolve) => child.on('exit', resolve));
    while (journal().length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGKILL');
    await exited;
    const before = journal();
    assert.ok(before.length < 8, 'the kill came before the search was over');
    assert.deepEqual(decided(reported(deepmaker(...args, '--workers', '2'))), decided(one));
    assert.deepEqual(journal().slice(0, before.length), before, 'no candidate was trained twice');
    assert.equal(journal().length, 8);
  });

  test('networks that were trained in full or fine-tuned are not trained again, nor timed', () => {
    const variants = [...args, '--alpha', '30', '--format', 'int8'];
    const first = reported(deepmaker(...variants));
    const trained = join(runsFolder(), first.runId, 'trained.jsonl');
    const networks = () =>
      readFileSync(trained, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { key: string; seconds: number })
        .map(({ key, seconds }) => ({ key, seconds }));
    const before = networks();
    const stored = readRun(folder, first.runId);
    assert.ok(stored.kind === 'dataset');
    const kinds = stored.result.networks.map(({ id }) => stored.result.points.find((own) => own.id === id)!.variant);
    const found = kinds.filter((variant) => variant === undefined).length;
    const pruned = kinds.filter((variant) => variant === 'pruned').length;
    assert.ok(pruned > 0 && before.length >= found + pruned);
    rmSync(join(runsFolder(), first.runId, 'result.json'));
    const again = reported(deepmaker(...variants));
    assert.deepEqual({ ...again, search: decided(again).search }, { ...first, search: decided(first).search });
    assert.deepEqual(networks(), before);
  });
});

describe('perceptrons', () => {
  const quick = ['--model', 'mlp', '--population', '8', '--generations', '3', '--epochs', '6', '--full-epochs', '40'];

  test('learn classes from images', () => {
    const report = reported(deepmaker('shapes.json', ...quick, '--json'));
    assert.match(report.runId, /^shapes-mlp-/);
    assert.ok(report.front.every(({ topology }) => topology.startsWith('64-') && topology.endsWith('-3')));
    assert.ok(Math.min(...report.front.map(({ testError }) => testError)) < 0.3, JSON.stringify(report.front));
  });

  test('learn numbers from columns, where they are the default, and meet a bound or say so', () => {
    const args = ['products.json', ...quick.slice(2), '--json'];
    const report = reported(deepmaker(...args, '--max-error', '0.2'));
    assert.equal(report.model, 'mlp');
    assert.equal(report.criterion.met, true, report.criterion.reason);
    const chosen = report.front.find(({ id }) => id === report.chosen)!;
    assert.ok(chosen.testError <= 0.2);
    const strict = reported(deepmaker(...args, '--max-error', '0.000001'), 1);
    assert.equal(strict.runId, report.runId, 'the bound does not decide what is searched');
    assert.match(strict.criterion.reason, /not within the bound of 0\.0001 %/);
  });

  test('pruned ones join the front, and integers stand beside it, smaller than what they were made of', () => {
    writeFileSync(join(folder, 'shapes.json'), tinyImages(300));
    const args = ['shapes.json', ...quick, '--json'];
    const plain = reported(deepmaker(...args));
    const report = reported(deepmaker(...args, '--alpha', '20,50', '--format', 'fixed16,int8'));
    assert.equal(report.runId, plain.runId, 'they do not decide what is searched');
    const stored = readRun(folder, report.runId);
    assert.ok(stored.kind === 'dataset');
    const { points, networks } = stored.result;
    const point = (id: string) => points.find((own) => own.id === id)!;
    assert.ok(report.front.some(({ variant }) => variant === 'pruned'));
    for (const { id, variant, variantOf, params } of report.front.filter((own) => own.variant)) {
      assert.match(id, /^c\d+-p(20|50)$/);
      assert.ok(variant === 'pruned' && params < point(variantOf!).params);
    }
    for (const front of plain.front) {
      const beaten = report.front.some((own) => own.id === front.id || own.params < front.params);
      assert.ok(beaten, `${front.id} left the front for a smaller one`);
    }
    assert.deepEqual([...new Set(report.integers.map(({ variant }) => variant))].sort(), ['fixed16', 'int8']);
    for (const { id, variantOf, bytes, testError } of report.integers) {
      assert.ok(bytes < point(variantOf!).bytes && point(variantOf!).onFront);
      assert.ok(Math.abs(testError - point(variantOf!).testError!) <= 0.1, `${id}: ${testError}`);
      assert.ok(networks.find((own) => own.id === id)!.integers);
    }
  });

  test('are shown in a table', () => {
    const args = ['--subset', '40', '--alpha', 'none', '--format', 'int8'];
    const { status, stdout, stderr } = deepmaker('shapes.json', ...quick, ...args);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^shapes: 36 training, 4 validation and 9 test rows\n24 perceptrons in 3 generations, /);
    assert.match(
      stdout,
      /network +activation +variant +.*params +size +MACs +validation error +test error +per call\n/,
    );
    assert.match(stdout, /\n> +64-.* [\d.]+ (ns|µs)\n/);
    assert.match(stdout, /\n\n +64-.* 8-bit integers /);
    assert.match(stderr, /Generation 1 of 3: 8 networks trained, best error [\d.]+ %, hypervolume/);
    assert.match(stderr, /Testing the front/);
  });

  test('keep the training of the search where there is no full one', () => {
    const args = ['shapes.json', ...quick.slice(0, 6), '--epochs', '6', '--full-epochs', '0', '--json'];
    const { runId, front } = reported(deepmaker(...args));
    const stored = readRun(folder, runId);
    assert.ok(stored.kind === 'dataset');
    for (const { id, validationError } of front) {
      assert.equal(stored.result.points.find((point) => point.id === id)!.searchError, validationError);
    }
  });

  test('a time limit ends the search with what is finished, says so, and the same run goes on from there', () => {
    const args = ['products.json', '--population', '8', '--generations', '3', '--epochs', '40', '--full-epochs', '0'];
    const seconds = ['--seconds', '0.1', '--workers', '1'];
    const { stdout, status, stderr } = deepmaker(...args, ...seconds);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /The time limit ended the search/);
    const finished = journal();
    assert.ok(finished.length > 0 && finished.length < 24, `${finished.length}`);
    const whole = reported(deepmaker(...args, '--json'));
    assert.equal(whole.search.timeLimited, false);
    assert.equal(whole.search.evaluations, 24);
    assert.deepEqual(journal().slice(0, finished.length), finished);
    rmSync(runsFolder(), { recursive: true });
    assert.deepEqual(decided(reported(deepmaker(...args, '--json'))), decided(whole));
  });

  test('an interrupt is a cancellation, and a second process is told that the run is taken', async () => {
    const args = ['products.json', '--population', '40', '--generations', '50', '--epochs', '200'];
    const child = spawn(process.execPath, [cli, 'search', ...args], { cwd: folder, stdio: 'ignore', env: environment });
    const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
    try {
      while (journal().length < 1) await new Promise((resolve) => setTimeout(resolve, 10));
      const { status, stderr } = deepmaker(...args);
      assert.equal(status, 2);
      assert.match(
        stderr,
        new RegExp(`products\\.json is being searched already, by another process \\(PID ${child.pid}\\)\\.`),
      );
    } finally {
      child.kill('SIGINT');
    }
    assert.equal(await exited, 130);
    const stored = readRun(folder, readdirSync(runsFolder())[0]!);
    assert.ok(stored.kind === 'failed');
    assert.match(stored.message, /is not finished/);
  });

  test('other rows under the same name are another run', () => {
    const args = ['products.json', '--population', '2', '--generations', '1', '--epochs', '1', '--full-epochs', '0'];
    const first = reported(deepmaker(...args, '--json'));
    writeFileSync(join(folder, 'products.json'), products(201));
    assert.notEqual(reported(deepmaker(...args, '--json')).runId, first.runId);
  });
});

const usageErrors: readonly [name: string, args: readonly string[], message: RegExp][] = [
  ['no dataset', [], /no dataset was named\.\nWrite deepmaker search mnist/],
  ['two datasets', ['shapes.json', 'products.json'], /"products\.json" is too much/],
  ['a dataset that is not there', ['nowhere'], /no dataset "nowhere".*\nName mnist/],
  ['a file that is not there', ['nowhere.json'], /nowhere\.json does not exist/],
  ['a named set that is not on this machine', ['mnist'], /mnist is in none of .*\n.*npm run datasets -- mnist/],
  ['an unknown model', ['shapes.json', '--model', 'rnn'], /no model "rnn"\.\nModels: cnn, mlp/],
  ['images that are none', ['products.json', '--model', 'cnn'], /products are 2 columns, .*\n.*--model mlp/],
  [
    'columns to move',
    ['products.json', '--augment', 'shift'],
    /Only images can be moved, .* 2 columns.*\nLeave it out/,
  ],
  ['an unknown rate', ['shapes.json', '--alpha', '0.3'], /--alpha needs percentages/],
  ['an unknown format', ['shapes.json', '--format', 'int4'], /no integer format "int4"/],
  ['an unknown option', ['shapes.json', '--apply'], /--apply.*\nRun deepmaker help/],
  ['a number that is none', ['shapes.json', '--epochs', 'many'], /--epochs needs a number, not "many"/],
  ['no epochs', ['shapes.json', '--epochs', '0'], /searchEpochs/],
  ['a subset that cannot be split', ['shapes.json', '--subset', '9'], /--subset needs at least 10 rows, not 9/],
  ['part of a row', ['shapes.json', '--subset', '10.5'], /--subset needs at least 10 rows, not 10\.5/],
  ['no time', ['shapes.json', '--seconds', '0'], /--seconds needs more than 0/],
  ['too much time', ['shapes.json', '--seconds', '1e9'], /at most 2000000 seconds/],
  ['too few parameters', ['shapes.json', '--max-params', '1000'], /No network fits into 1,000 parameters.*\nAllow at/],
  ['a trainer that is not installed', ['shapes.json', '--trainer', 'tensorflow'], /npm install @tensorflow\/tfjs-node/],
];

describe('bad usage exits 2, says what to do, and leaves no run', () => {
  for (const [name, args, message] of usageErrors) {
    test(name, () => {
      const { status, stdout, stderr } = deepmaker(...args);
      assert.equal(status, 2, stdout);
      assert.equal(stdout, '');
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /at .*\.cjs:/, 'no stack trace');
      assert.deepEqual(journal(), []);
    });
  }
});
