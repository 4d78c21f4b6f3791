/** Recording real programs: what they print and how they end stays the same, and the record holds their calls. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type BuildOptions, build } from 'esbuild';
import type { Failure } from '../../server/protocol.ts';
import { recordableRegion } from '../../server/record/fromCommand.ts';
import { type Record, readRecord } from '../../server/record/record.ts';
import { finishRecording, prepareRecording } from '../../server/record/recording.ts';
import type { Region } from '../../server/source/types.ts';

const dist = join(import.meta.dirname, '..', '..', 'dist');
const cli = join(dist, 'cli.cjs');

let root: string;
before(() => {
  assert.ok(existsSync(join(dist, 'recordHook.cjs')), 'dist/recordHook.cjs is missing: run npm run build first');
  root = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker record-')));
  cpSync(join(import.meta.dirname, '..', 'fixtures', 'record'), root, { recursive: true });
});
after(() => rmSync(root, { recursive: true, force: true }));

async function bundle(outfile: string, options: BuildOptions): Promise<void> {
  await build({
    entryPoints: [join(root, 'esm.ts')],
    bundle: true,
    platform: 'node',
    outfile: join(root, outfile),
    logLevel: 'error',
    ...options,
  });
}

async function regionOf(file: string, name: string): Promise<Region> {
  const found = await recordableRegion(join(root, file), name);
  assert.equal(found.kind, 'region');
  return (found as { region: Region }).region;
}

/** As a shell runs it, and as Node does for people: warnings are part of what is printed. */
function run(command: string, nodeOptions = '') {
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}`, NODE_OPTIONS: nodeOptions };
  const { stdout, stderr, status, signal } = spawnSync(command, { cwd: root, shell: true, env, encoding: 'utf8' });
  return { stdout, stderr, exit: status ?? signal };
}

interface Recorded {
  readonly outcome: Record | Failure;
  readonly printed: ReturnType<typeof run>;
}

async function recorded(command: string, { file = 'price.ts', calls = 1000 } = {}): Promise<Recorded> {
  const region = await regionOf(file, 'price');
  const { folder, nodeOptions } = prepareRecording(root, region, { calls, limitBytes: 2 ** 26, seed: 1 });
  const printed = run(command, nodeOptions);
  const outcome = await finishRecording(root, folder, { command, exit: printed.exit! });
  assert.ok(!existsSync(folder), 'the parts are gone');
  if (outcome.kind === 'failed') return { outcome, printed };
  const read = readRecord(root, outcome.id);
  assert.equal(read.kind, 'record');
  return { outcome: (read as { record: Record }).record, printed };
}

const price = (spot: number, days: number): number => {
  let sum = 0;
  for (let day = 1; day <= days; day++) sum += Math.exp(-0.05 * day) * spot;
  return sum / days;
};

interface Program {
  readonly title: string;
  readonly command: string;
  readonly file?: string;
  readonly build?: () => Promise<void>;
  readonly calls: number;
  readonly threads?: number;
  readonly threw?: number;
}

const programs: readonly Program[] = [
  { title: 'an ECMAScript module in TypeScript', command: 'node esm.ts 5000', calls: 5000 },
  { title: 'one that exits with 3, after exceptions', command: 'node esm.ts 5000 throwing 3', calls: 5000, threw: 500 },
  { title: 'one that ends with an exception', command: 'node crash.ts', calls: 101, threw: 1 },
  {
    title: 'a loader that compiles TypeScript for require by itself',
    command: 'node --require ./legacy/loader.cjs legacy/main.cjs',
    file: 'legacy/price.ts',
    calls: 2000,
  },
  { title: 'worker threads', command: 'node worker.ts', calls: 4000, threads: 2 },
  { title: 'child processes', command: 'node parent.ts', calls: 4000, threads: 2 },
  {
    title: 'a bundle with its source map beside it',
    command: 'node dist/map.mjs',
    build: () => bundle('dist/map.mjs', { format: 'esm', sourcemap: true }),
    calls: 5000,
  },
  {
    title: 'a minified CommonJS bundle with its source map inside',
    command: 'node dist/inline.cjs',
    build: () => bundle('dist/inline.cjs', { format: 'cjs', sourcemap: 'inline', minify: true }),
    calls: 5000,
  },
  {
    title: 'a bundle without a source map, whose functions can be read',
    command: 'node dist/plain.cjs',
    build: () => bundle('dist/plain.cjs', { format: 'cjs' }),
    calls: 5000,
  },
];

describe('a program prints and ends as before, and its calls are recorded', () => {
  for (const { title, command, file = 'price.ts', build: prepare, calls, threads = 1, threw = 0 } of programs) {
    test(title, async () => {
      await prepare?.();
      const { outcome, printed } = await recorded(command, { file });
      assert.ok(!('kind' in outcome), JSON.stringify(outcome));
      const plain = run(command);
      // Columns move in the lines of the function, and what threads print may change places.
      const shown = (text: string) =>
        text
          .replaceAll(/:\d+\)/gu, ')')
          .split('\n')
          .sort();
      assert.deepEqual(shown(printed.stdout), shown(plain.stdout));
      assert.deepEqual(shown(printed.stderr), shown(plain.stderr));
      assert.equal(printed.exit, plain.exit);
      assert.equal(outcome.exit, plain.exit);
      assert.deepEqual([outcome.calls, outcome.threw, outcome.threads, outcome.misfits], [calls, threw, threads, 0]);
      for (let row = 0; row < outcome.count; row++) {
        const [spot, days] = outcome.inputs.subarray(2 * row, 2 * row + 2);
        assert.equal(outcome.outputs[row], price(spot!, days!));
      }
      assert.ok(outcome.count >= Math.min(calls - threw, 850) && outcome.count <= 1000, `${outcome.count} rows`);
    });
  }

  test('a CommonJS script that calls its own function while it loads', async () => {
    const { outcome, printed } = await recorded('node common.cjs', { file: 'common.cjs' });
    assert.ok(!('kind' in outcome), JSON.stringify(outcome));
    assert.equal(outcome.calls, 5000);
    assert.equal(printed.stdout, run('node common.cjs').stdout);
  });

  test('a program that is killed leaves a record', async () => {
    const { outcome, printed } = await recorded('exec node killed.ts');
    assert.equal(printed.exit, 'SIGKILL');
    assert.ok(!('kind' in outcome), JSON.stringify(outcome));
    assert.equal(outcome.count, 1000);
    assert.ok(outcome.calls > 5000 && outcome.calls <= 40_000, `${outcome.calls} calls`);
    assert.equal(outcome.exit, 'SIGKILL');
  });
});

const failures: readonly [title: string, command: string, message: RegExp, hint: RegExp][] = [
  ['a command without Node', 'true', /it started no Node process/, /runs Node/],
  [
    'a program that does not load the function',
    'node -e 0',
    /neither price\.ts nor code with a source map/,
    /source maps/,
  ],
  [
    'a program that loads it and does not call it',
    `node --input-type=module -e "import './price.ts'"`,
    /price\.ts was loaded, but the function was not used/,
    /uses it/,
  ],
  ['too few calls', 'node esm.ts 20', /only 20 times while "node esm\.ts 20" ran; 50 are needed/, /longer/],
  ['calls that all throw', 'node allThrow.ts', /all of its 60 calls threw/, /inputs/],
  ['a command that is not there', 'no-such-program', /ended with exit code 127/, /Node/],
];

describe('a recording without usable calls says why', () => {
  for (const [title, command, message, hint] of failures) {
    test(title, async () => {
      const { outcome } = await recorded(command);
      assert.ok('kind' in outcome);
      assert.match(outcome.message, message);
      assert.match(outcome.hint ?? '', hint);
    });
  }
});

interface Report {
  readonly record: {
    id: string;
    calls: number;
    threw: number;
    exit: number;
    samples: { recorded: number; synthetic: number };
  };
  readonly samples: { train: number; validation: number; test: number };
  readonly domain: { path: string; min: number; max: number; integer: boolean }[];
  readonly front: { topology: string; error: object; certificate?: { recorded?: boolean; samples: number } }[];
  readonly region: object;
}

describe('approximate', () => {
  const quick = ['--population', '6', '--generations', '2', '--json'];
  const approximate = (...args: readonly string[]) => {
    const options = {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
    } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], options);
    return { status, stdout, stderr };
  };
  const report = (stdout: string) => JSON.parse(stdout) as Report;
  const front = ({ front: points }: Report) => points.map(({ topology, error }) => ({ topology, error }));

  test('--record takes inputs and ranges from the program, and check knows the recorded inputs', () => {
    const config = {
      samples: 1000,
      searchEpochs: 4,
      fullEpochs: 20,
      batchSize: 32,
      pruning: { alphas: [] },
      quantisation: { formats: [] },
    };
    writeFileSync(join(root, 'deepmaker.config.json'), JSON.stringify(config));
    const args = ['approximate', 'price.ts#price', ...quick, '--apply', '--force', '--max-error', '0.5'];
    const first = approximate(...args, '--record', 'node esm.ts 6000 throwing 3');
    assert.ok(first.status === 0 || first.status === 1, first.stderr);
    const result = report(first.stdout);
    const { record, samples, domain } = result;
    assert.deepEqual([record.calls, record.threw, record.exit], [6000, 600, 3]);
    assert.deepEqual(record.samples, { recorded: 800, synthetic: 200 });
    assert.deepEqual(samples, { ...samples, train: 760, validation: 120, test: 120 });
    const ranges = domain.map(({ path, min, max, integer }) => [path, min, max, integer]);
    assert.deepEqual(ranges, [
      ['spot', 50, 150, true],
      ['days', 1, 7, true],
    ]);
    assert.ok(
      result.front.every(({ certificate }) => certificate?.recorded),
      'certified on recorded inputs',
    );
    assert.match(first.stderr, /^\d+\.\d{6}$/mu, 'what the program prints is shown');

    const [ignored, inputs] = [
      readFileSync(join(root, '.deepmaker', '.gitignore'), 'utf8'),
      readdirSync(join(root, '.deepmaker', 'inputs')),
    ];
    assert.equal(ignored, 'runs/\nrecords/\n');
    assert.equal(inputs.length, 1);
    // A fresh clone has neither runs nor records.
    for (const folder of ['runs', 'records']) rmSync(join(root, '.deepmaker', folder), { recursive: true });
    const checked = approximate('check', '--json');
    assert.equal(checked.status, 0, checked.stdout + checked.stderr);
    assert.match(checked.stdout, /"status":"holds"/);
    assert.equal(approximate('revert', 'price.ts#price').status, 0);
    assert.deepEqual(readdirSync(join(root, '.deepmaker', 'inputs')), []);

    // The same program, recorded again: the same record, and the same run.
    const second = approximate(...args, '--record', 'node esm.ts 6000 throwing 3');
    assert.equal(report(second.stdout).record.id, record.id, second.stderr);
    assert.deepEqual(front(report(second.stdout)), front(result));
    assert.equal(approximate('revert', 'price.ts#price').status, 0);
  });

  test('a function that gives other results by itself is refused', () => {
    const [id] = readdirSync(join(root, '.deepmaker', 'records'));
    const path = join(root, '.deepmaker', 'records', id!);
    const other = join(root, 'other.jsonl');
    writeFileSync(other, readFileSync(path, 'utf8').replaceAll(/"o":\[\d/gu, '"o":[1'));
    const { status, stderr } = approximate('approximate', 'price.ts#price', ...quick, '--from-record', other);
    assert.equal(status, 2);
    assert.match(
      stderr,
      /price gave the program another result than it gives by itself; for spot = \d+, days = \d+ it gave/,
    );
    assert.match(stderr, /Rebuild the program/);
  });

  const usage: readonly [title: string, args: readonly string[], message: RegExp][] = [
    ['a record that is not there', ['--from-record', 'none'], /There is no record "none"/],
    ['a record that is none', ['--from-record', 'package.json'], /package\.json is no record of this version/],
    ['both', ['--from-record', 'none', '--record', 'true'], /Give one/],
    ['a time that is none', ['--record', 'true', '--record-seconds', 'soon'], /--record-seconds needs a number/],
    ['a program that does not call it', ['--record', 'node -e 0'], /price was not called/],
  ];
  for (const [title, args, message] of usage) {
    test(title, () => {
      const { status, stderr } = approximate('approximate', 'price.ts#price', ...args);
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
    });
  }

  test('@range tags limit what is taken from a record', () => {
    const [id] = readdirSync(join(root, '.deepmaker', 'records'));
    const text = readFileSync(join(root, 'price.ts'), 'utf8');
    const run = (tag: string) => {
      writeFileSync(join(root, 'price.ts'), text.replace('/** Throws', `/** @range spot ${tag}\n * Throws`));
      return approximate('approximate', 'price.ts#price', ...quick, '--from-record', id!.replace('.jsonl', ''));
    };
    const narrowed = report(run('[100, 120]').stdout);
    assert.deepEqual([narrowed.domain[0]!.min, narrowed.domain[0]!.max], [100, 120]);
    const { status, stderr } = run('[1000, 2000]');
    assert.equal(status, 2);
    assert.match(stderr, /0 recorded calls of [\d,]+ are within the ranges of price's @range tags/);
    writeFileSync(join(root, 'price.ts'), text);
  });

  test('--record-seconds ends a program that does not end', () => {
    appendFileSync(
      join(root, 'server.ts'),
      "import { bench } from './bench.ts';\nsetInterval(() => bench(100), 20);\n",
    );
    const { status, stdout, stderr } = approximate(
      'approximate',
      'price.ts#price',
      ...quick,
      '--record',
      'node server.ts',
      '--record-seconds',
      '2',
    );
    assert.ok(status === 0 || status === 1, stderr);
    assert.ok(report(stdout).record.calls >= 100);
  });
});
