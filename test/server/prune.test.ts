/** Pruned and quantised networks from the command line: in the result, in the code, in a run that is over. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { formatPercent } from '../../engine/format.ts';
import { tinyImages } from './tinyImages.ts';

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.cjs');

const source = `/**
 * @approximate error 0.2
 * @range x [-2, 2]
 * @range y [-2, 2]
 */
export function hill(x: number, y: number): number {
  let sum = 0;
  for (let i = 1; i <= 200; i++) sum += Math.exp(-((x - i / 200) ** 2) - y * y) / 200;
  return sum;
}
`;
const maxBytes = 1600;
const config = { samples: 600, population: 8, generations: 2, fullEpochs: 60, maxBytes };

/** A line per row: inputs and a class. */
const rows = Array.from({ length: 300 }, (_, k) => [
  Math.sin(k),
  Math.cos(3 * k),
  Math.sin(k) > Math.cos(3 * k) ? 1 : 0,
]);

interface Point {
  readonly id: string;
  readonly params: number;
  readonly bytes: number;
  readonly macs: number;
  readonly variant?: string;
  readonly variantOf?: string;
  readonly alpha?: number;
  readonly rate?: number;
  readonly error: { readonly nrmse: number };
  readonly latencyNs?: number;
}

let folder: string;
before(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-prune-')));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(folder, 'hill.ts'), source);
  writeFileSync(join(folder, 'deepmaker.config.json'), JSON.stringify(config));
  const inputs = rows.map(([a, b]) => [a, b]);
  writeFileSync(
    join(folder, 'points.json'),
    JSON.stringify({ inputs, outputs: rows.map(([, , side]) => (side ? 'above' : 'below')) }),
  );
});
after(() => rmSync(folder, { recursive: true, force: true }));

function deepmaker(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}

const newestRun = () => {
  const { stderr } = deepmaker('prune', 'none');
  return /newest first: ([^,.]+?)[,.\s]/.exec(stderr)![1]!;
};

describe('a function', () => {
  let run: string;

  test('the front has pruned networks, and integers stand beside it, each with its size', () => {
    const { status, stdout, stderr } = deepmaker('approximate', 'hill.ts#hill', '--json');
    assert.ok(status === 0 || status === 1, stderr);
    const { front, integers } = JSON.parse(stdout) as { front: Point[]; integers: Point[] };
    assert.ok(
      front.some(({ variant }) => variant === 'pruned'),
      'some pruned network is not dominated',
    );
    for (const { id, params, bytes, variant, variantOf, alpha } of front) {
      assert.equal(bytes, 4 * params);
      assert.ok(bytes <= maxBytes, `${id} has ${bytes} bytes`);
      if (variant === undefined) continue;
      assert.equal(variant, 'pruned');
      assert.equal(id, `${variantOf}-p${alpha! * 100}`);
    }
    for (const format of ['int8', 'fixed16']) {
      const own = integers.filter(({ variant }) => variant === format);
      assert.ok(own.length > 0, format);
      for (const { id, params, bytes, variantOf, latencyNs } of own) {
        assert.equal(id, `${variantOf}-${format}`);
        assert.ok(bytes < 4 * params && latencyNs! > 0);
      }
    }
    run = newestRun();
    const chosen = integers.find(({ variant }) => variant === 'int8')!;
    const exported = deepmaker('export', run, '--candidate', chosen.id, '--out', 'generated');
    assert.equal(exported.status, 0, exported.stderr);
    assert.match(readFileSync(join(folder, 'generated', 'hill.approx.ts'), 'utf8'), /in 8-bit integers, [\d,]+ bytes/);
  });

  test('a run that is over is pruned at other rates, which join it', () => {
    const { status, stdout, stderr } = deepmaker('prune', run, '--alpha', '25,40', '--json');
    assert.equal(status, 0, stderr);
    const { before: originals, pruned } = JSON.parse(stdout) as { before: Point[]; pruned: Point[] };
    assert.ok(originals.length > 0 && pruned.length > 0);
    for (const { variantOf, alpha, rate, params, bytes, latencyNs } of pruned) {
      const original = originals.find(({ id }) => id === variantOf)!;
      assert.ok(alpha === 0.25 || alpha === 0.4);
      assert.ok(rate! >= alpha! && Math.abs(rate! - (1 - params / original.params)) < 1e-12);
      assert.equal(bytes, 4 * params);
      assert.ok(latencyNs! > 0, 'measured on its code');
    }
    const again = deepmaker('export', run, '--candidate', pruned[0]!.id, '--out', 'again');
    assert.equal(again.status, 0, again.stderr);
    assert.equal(
      deepmaker('prune', run, '--alpha', '25,40', '--json').stdout.replace(/"latencyNs":[^,}]+/g, ''),
      stdout.replace(/"latencyNs":[^,}]+/g, ''),
      'the same again',
    );
  });

  test('its networks in integers are there already', () => {
    const { status, stderr } = deepmaker('quantise', run);
    assert.equal(status, 2);
    assert.match(stderr, /has its networks in integers already\.\ndeepmaker approximate lists them/);
  });

  test('a function that has changed is not sampled again', () => {
    writeFileSync(join(folder, 'hill.ts'), source.replace('y * y', 'y'));
    const { status, stderr } = deepmaker('prune', run);
    writeFileSync(join(folder, 'hill.ts'), source);
    assert.equal(status, 2);
    assert.match(stderr, /hill has changed since the run/);
  });
});

test("a dataset's run is pruned and tested on its test rows", () => {
  const searched = deepmaker('search', 'points.json', '--population', '4', '--generations', '1', '--full-epochs', '5');
  assert.ok(searched.status === 0, searched.stderr);
  const { status, stdout, stderr } = deepmaker(
    'prune',
    newestRun(),
    '--alpha',
    '30',
    '--method',
    'magnitude',
    '--json',
  );
  assert.equal(status, 0, stderr);
  const { method, pruned } = JSON.parse(stdout) as { method: string; pruned: Point[] };
  assert.equal(method, 'magnitude');
  assert.ok(pruned.length > 0 && pruned.every(({ id, rate }) => id.endsWith('-p30-magnitude') && rate! >= 0.3));
});

describe("a dataset's networks in integers", () => {
  interface Quantised extends Point {
    readonly testError: number;
    readonly rows: { readonly test: number };
  }
  const quantised = (...args: string[]) => {
    const { status, stdout, stderr } = deepmaker('quantise', newestRun(), ...args, '--json');
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout) as { before: Quantised[]; quantised: Quantised[] };
  };
  const search = (...args: string[]) => {
    const { status, stderr } = deepmaker('search', ...args, '--population', '4', '--generations', '1');
    assert.equal(status, 0, stderr);
  };

  test('perceptrons join the run, and become code', () => {
    search('points.json', '--full-epochs', '20', '--seed', '2');
    const { before: originals, quantised: made } = quantised();
    assert.equal(made.length, 2 * originals.length);
    for (const { variantOf, testError } of made) {
      const original = originals.find(({ id }) => id === variantOf)!;
      assert.ok(Math.abs(testError - original.testError) <= 0.1, `${testError} from ${original.testError}`);
    }
    const { status, stderr } = deepmaker('export', newestRun(), '--candidate', made[0]!.id, '--out', 'integers');
    assert.equal(status, 0, stderr);
  });

  test('convolutional networks take less and stay close, and their code errs as much as the interpreter', () => {
    writeFileSync(join(folder, 'tiny.json'), tinyImages(240));
    writeFileSync(join(folder, 'cnn.json'), JSON.stringify({ batchSize: 16 }));
    search('tiny.json', '--epochs', '1', '--full-epochs', '5', '--max-params', '200000', '--config', 'cnn.json');
    const { before: originals, quantised: made } = quantised('--format', 'int8');
    for (const { id, variant, variantOf, bytes, testError, rows: scored } of made) {
      const original = originals.find((own) => own.id === variantOf)!;
      assert.equal(id, `${variantOf}-int8`);
      assert.ok(variant === 'int8' && bytes < original.bytes && scored.test > 0);
      assert.ok(Math.abs(testError - original.testError) <= 0.1, `${testError} from ${original.testError}`);
    }
    const { id, testError, rows } = made[0]!;
    const { status, stdout, stderr } = deepmaker('export', newestRun(), '--candidate', id, '--out', 'integers');
    assert.equal(status, 0, stderr);
    const figure = `Measured on ${rows.test} test rows it was not trained on: wrong class in ${formatPercent(testError)}.`;
    assert.ok(stdout.includes(figure), `${figure} is not in ${stdout}`);
  });
});

const refused: readonly (readonly [string[], RegExp])[] = [
  [['prune'], /no run was named\.\nWrite deepmaker prune RUN/],
  [['prune', 'a', 'b'], /one run at a time; "b" is too much/],
  [['prune', 'nowhere'], /There is no run "nowhere"/],
  [['prune', 'x', '--alpha', '0.3'], /--alpha needs percentages from 1 to 99, separated by commas, not "0\.3"/],
  [['prune', 'x', '--alpha', '10,,20'], /--alpha needs percentages/],
  [['quantise'], /no run was named\.\nWrite deepmaker quantise RUN/],
  [['quantise', 'x', '--format', 'int4'], /no integer format "int4"\.\nFormats: int8, fixed16/],
  [['prune', 'x', '--method', 'hope'], /no method "hope"\.\nMethods: similarity, random, magnitude/],
  [
    ['approximate', 'hill.ts#hill', '--max-bytes', '20'],
    /Allow at least 9 parameters\. Each takes 4 bytes, of which 20/,
  ],
];

for (const [args, message] of refused) {
  test(`${args.join(' ')} is refused with the next step`, () => {
    const { status, stderr } = deepmaker(...args);
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
  });
}
