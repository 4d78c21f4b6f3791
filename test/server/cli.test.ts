/** The command line as scripts use it: arguments, exit codes, one JSON object, files on disk. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, before, beforeEach, describe, test } from 'node:test';

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.cjs');

const source = `/**
 * @approximate error 0.1
 * @range x [0, 2]
 * @range y [-1, 1]
 */
export function hill(x: number, y: number): number {
  let sum = 0;
  for (let i = 1; i <= 500; i++) sum += Math.exp(-((x - i / 500) ** 2) - y * y) / 500;
  return sum;
}

/** @range x [0, 1] */
export const cheap = (x: number) => x * x + 1;

export function bare(x: number): number {
  return Math.sin(x);
}

/** @range x [0, 1] */
export function noisy(x: number): number {
  return x + Math.random();
}
`;

const quick = ['--population', '8', '--generations', '3'];
const config = { samples: 2000, searchEpochs: 4, fullEpochs: 40, batchSize: 32 };

let folder: string;
before(() => assert.ok(existsSync(cli), 'dist/cli.cjs is missing: run npm run build first'));
beforeEach(() => {
  folder = makeProject();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function makeProject(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-cli-')));
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(root, 'hill.ts'), source);
  writeFileSync(join(root, 'deepmaker.config.json'), JSON.stringify(config));
  return root;
}

function deepmaker(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}

interface Report {
  readonly region: { name: string; inputs: object[]; outputs: object[]; sourceHash: string };
  readonly samples: { train: number; validation: number; test: number };
  readonly search: { evaluations: number; generations: number; hypervolume: number[] };
  readonly front: { id: string; topology: string; params: number; error: { nrmse: number }; speedup: number }[];
  readonly chosen: string;
  readonly exactNs: number;
  readonly criterion: { met: boolean; reason: string };
  readonly artifacts: string[];
  readonly applied: boolean;
}

const report = (stdout: string) => JSON.parse(stdout) as Report;

/** What must not depend on the machine's speed: everything but the timings. */
const errors = ({ front }: Report) => front.map(({ id, topology, error }) => ({ id, topology, error }));

describe('approximate', () => {
  test('prints one JSON object, applies, runs as before, and reverts byte for byte', () => {
    const { status, stdout, stderr } = deepmaker('approximate', 'hill.ts#hill', ...quick, '--json', '--apply');
    assert.equal(status, 0, stderr);
    const { region, samples, search, front, chosen, exactNs, criterion, artifacts, applied } = report(stdout);
    assert.equal(region.name, 'hill');
    assert.equal(region.inputs.length, 2);
    assert.equal(samples.train + samples.validation + samples.test, config.samples);
    assert.equal(search.generations, 3);
    assert.equal(search.hypervolume.length, 3);
    assert.ok(search.evaluations > 8 && search.evaluations <= 24);
    assert.ok(exactNs > 500);
    assert.ok(front.some(({ id }) => id === chosen));
    for (const point of front) {
      const dominated = front.some(
        (other) =>
          other !== point &&
          other.error.nrmse <= point.error.nrmse &&
          other.params <= point.params &&
          (other.error.nrmse < point.error.nrmse || other.params < point.params),
      );
      assert.equal(dominated, false, `${point.topology} is dominated`);
    }
    assert.equal(criterion.met, true, criterion.reason);
    assert.equal(applied, true);
    assert.deepEqual(artifacts, [join(folder, 'hill.approx.ts')]);

    const program = 'const m = await import("./hill.ts"); console.log(m.hill(0.5, 0.25));';
    const value = Number(spawnSync(process.execPath, ['-e', program], { cwd: folder, encoding: 'utf8' }).stdout);
    const exact = Array.from({ length: 500 }, (_, i) => Math.exp(-((0.5 - (i + 1) / 500) ** 2) - 0.0625) / 500);
    assert.ok(Math.abs(value - exact.reduce((a, b) => a + b)) < 0.1, `${value}`);

    const reverted = deepmaker('revert', 'hill.ts#hill');
    assert.equal(reverted.status, 0, reverted.stderr);
    assert.equal(readFileSync(join(folder, 'hill.ts'), 'utf8'), source);
    assert.equal(existsSync(join(folder, 'hill.approx.ts')), false);
  });

  test('gives the same front whatever the number of workers, and after a kill', async () => {
    const args = ['approximate', 'hill.ts#hill', ...quick, '--json'];
    const one = report(deepmaker(...args, '--workers', '1').stdout);
    rmSync(join(folder, '.deepmaker'), { recursive: true });
    const two = report(deepmaker(...args, '--workers', '3').stdout);
    assert.deepEqual(errors(two), errors(one));
    rmSync(join(folder, '.deepmaker'), { recursive: true });

    const child = spawn(process.execPath, [cli, ...args, '--workers', '1'], { cwd: folder, stdio: 'ignore' });
    const evaluated = () => journalLines(folder).length;
    while (evaluated() < 10) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('exit', resolve));
    const before = journalLines(folder);
    assert.ok(before.length < one.search.evaluations, 'the kill came before the search was over');
    const resumed = deepmaker(...args, '--workers', '2');
    assert.equal(resumed.status, 0, resumed.stderr);
    assert.deepEqual(errors(report(resumed.stdout)), errors(one));
    assert.deepEqual(journalLines(folder).slice(0, before.length), before, 'no genome was trained twice');
    assert.equal(journalLines(folder).length, one.search.evaluations);
  });

  test('says that a cheap function is faster exact, does not apply, and exits 1', () => {
    const { status, stdout, stderr } = deepmaker('approximate', 'hill.ts#cheap', ...quick, '--json', '--apply');
    assert.equal(status, 1, stderr);
    const { criterion, applied } = report(stdout);
    assert.equal(criterion.met, false);
    assert.equal(applied, false);
    assert.equal(readFileSync(join(folder, 'hill.ts'), 'utf8'), source);
  });

  test('writes code to a folder with --out and leaves the source alone', () => {
    const { status, stderr } = deepmaker('approximate', 'hill.ts#hill', ...quick, '--out', 'generated');
    assert.equal(status, 0, stderr);
    assert.deepEqual(readdirSync(join(folder, 'generated')), ['hill.approx.ts']);
    assert.equal(readFileSync(join(folder, 'hill.ts'), 'utf8'), source);
    const [run] = readdirSync(join(folder, '.deepmaker', 'runs'));
    const exported = deepmaker('export', join('.deepmaker', 'runs', run!), '--target', 'cpu', '--out', 'exported');
    assert.equal(exported.status, 0, exported.stderr);
    const texts = ['generated', 'exported'].map((out) => readFileSync(join(folder, out, 'hill.approx.ts'), 'utf8'));
    assert.equal(texts[1], texts[0], 'a run that is stored exports what it wrote');
    assert.equal(deepmaker('export', run!, '--candidate', 'none', '--out', 'exported').status, 2);
    const other = deepmaker('export', run!, '--target', 'gpu', '--out', 'exported');
    assert.equal(other.status, 0, other.stderr);
    assert.match(readFileSync(join(folder, 'exported', 'hill.approx.ts'), 'utf8'), /function hillApproxBatchGpu\(/);
  });

  test('a second process is told that the run is taken', async () => {
    const args = ['approximate', 'hill.ts#hill', '--population', '40', '--generations', '20'];
    const child = spawn(process.execPath, [cli, ...args], { cwd: folder, stdio: 'ignore' });
    try {
      while (journalLines(folder).length < 1) await new Promise((resolve) => setTimeout(resolve, 10));
      const { status, stderr } = deepmaker(...args);
      assert.equal(status, 2);
      assert.match(stderr, new RegExp(`being approximated already, by another process \\(PID ${child.pid}\\)`));
    } finally {
      child.kill('SIGINT');
    }
    const [code] = await new Promise<[number | null]>((resolve) => child.on('exit', (...exit) => resolve([exit[0]])));
    assert.equal(code, 130, 'an interrupt is a cancellation');
  });
});

function journalLines(root: string): string[] {
  const runs = join(root, '.deepmaker', 'runs');
  if (!existsSync(runs)) return [];
  return readdirSync(runs).flatMap((run) => {
    const journal = join(runs, run, 'journal.jsonl');
    return existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').filter(Boolean) : [];
  });
}

const usageErrors: readonly [name: string, args: readonly string[], message: RegExp][] = [
  ['no command', [], /approximate FILE#FUNCTION/],
  ['an unknown command', ['fly'], /no command "fly"/],
  ['no function', ['approximate'], /FILE#FUNCTION/],
  ['a file without a function', ['approximate', 'hill.ts'], /FILE#FUNCTION/],
  ['a file that is not there', ['approximate', 'valley.ts#hill'], /valley\.ts is not a file/],
  ['a function that is not there', ['approximate', 'hill.ts#valley'], /no function valley/],
  ['an unknown option', ['approximate', 'hill.ts#hill', '--fast'], /--fast/],
  ['an unknown target', ['approximate', 'hill.ts#hill', '--target', 'abacus'], /no target "abacus"/],
  ['a number that is none', ['approximate', 'hill.ts#hill', '--population', 'many'], /population/],
  ['a number that is empty', ['approximate', 'hill.ts#hill', '--seed='], /--seed needs a number, not ""\./],
  ['a percentage', ['approximate', 'hill.ts#hill', '--max-error', '5%'], /--max-error needs a number, not "5%"\./],
  ['an option without its value', ['approximate', 'hill.ts#hill', '--seed'], /argument missing\.\nRun deepmaker help/],
  ['a configuration that is not there', ['approximate', 'hill.ts#hill', '--config', 'x.json'], /x\.json/],
  ['a missing range', ['approximate', 'hill.ts#bare'], /@range x \[min, max\]/],
  ['a function that draws random numbers', ['approximate', 'hill.ts#noisy'], /hill\.ts:\d+: .*Math\.random/],
  ['a revert of what is exact', ['revert', 'hill.ts#hill'], /not approximated/],
  ['a server without a stream', ['lsp'], /--stdio/],
];

describe('help is no error, wherever it is asked for', () => {
  for (const args of [['help'], ['--help'], ['approximate', '--help'], ['revert', '-h']]) {
    test(args.join(' '), () => {
      const { status, stdout, stderr } = deepmaker(...args);
      assert.equal(status, 0, stderr);
      assert.match(stdout, /Exit codes:/);
    });
  }
});

describe('bad usage exits 2 and says what to do', () => {
  for (const [name, args, message] of usageErrors) {
    test(name, () => {
      const { status, stdout, stderr } = deepmaker(...args);
      assert.equal(status, 2);
      assert.match(stdout + stderr, message);
      assert.doesNotMatch(stderr, /at .*\.cjs:/, 'no stack trace');
    });
  }
});
