/** Applying and reverting on disk where names meet, links lead elsewhere, or a file is not what it seems. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, before, beforeEach, describe, test } from 'node:test';

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.cjs');

const config = {
  population: 6,
  generations: 2,
  samples: 1000,
  searchEpochs: 4,
  fullEpochs: 20,
  batchSize: 32,
  workers: 1,
  maxError: 1,
};

const tags = '/** @range x [0, 2] */';
const body = (steps: number) =>
  `{\n  let sum = 0;\n  for (let i = 1; i <= ${steps}; i++) sum += Math.sin(x * i) / i;\n  return sum;\n}\n`;
const wave = (steps: number) => `${tags}\nexport function wave(x: number): number ${body(steps)}`;

let folder: string;
before(() => assert.ok(existsSync(cli), 'dist/cli.cjs is missing: run npm run build first'));
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-sources-')));
  write('package.json', '{ "type": "module" }');
  write('deepmaker.config.json', JSON.stringify(config));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const write = (name: string, text: string | Buffer) => writeFileSync(at(name), text);
const read = (name: string) => readFileSync(at(name), 'utf8');
const generated = () =>
  readdirSync(folder)
    .filter((name) => name.includes('.approx.'))
    .sort();

function deepmaker(...args: readonly string[]) {
  return spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: 'utf8' });
}

function apply(region: string): void {
  const { status, stderr } = deepmaker('approximate', region, '--apply');
  assert.equal(status, 0, stderr);
}

function revert(region: string): void {
  const { status, stderr } = deepmaker('revert', region);
  assert.equal(status, 0, stderr);
}

/** What an exported function gives at `x`, in a process of its own. */
function resultOf(file: string, call: string): number {
  const program = `const m = await import(${JSON.stringify(`./${file}`)}); console.log(${call});`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.ok(Number.isFinite(Number.parseFloat(stdout)), stderr);
  return Number.parseFloat(stdout);
}

describe('names that meet', () => {
  test('functions of the same name in two files of a folder keep their own code', () => {
    write('a.ts', wave(300));
    write('b.ts', wave(300).replace('sum += ', 'sum += 100 + '));
    apply('a.ts#wave');
    apply('b.ts#wave');
    assert.deepEqual(generated(), ['b.wave.approx.ts', 'wave.approx.ts']);
    const [a, b] = [resultOf('a.ts', 'm.wave(1)'), resultOf('b.ts', 'm.wave(1)')];
    assert.ok(Math.abs(a) < 1000 && b > 20_000, `${a} and ${b}`);

    revert('a.ts#wave');
    assert.deepEqual(generated(), ['b.wave.approx.ts']);
    assert.equal(resultOf('b.ts', 'm.wave(1)'), b);
    revert('b.ts#wave');
    assert.equal(read('a.ts'), wave(300));
    assert.deepEqual(generated(), []);
  });

  test('methods of the same name in two classes of a file get two imports', () => {
    const method = (steps: number) => `  ${tags}\n  static at(x: number): number ${body(steps)}`;
    const source = `export class A {\n${method(300)}}\nexport class B {\n${method(200)}}\n`;
    write('classes.ts', source);
    apply('classes.ts#A.at');
    apply('classes.ts#B.at');
    assert.match(read('classes.ts'), /\? aAtApprox\(x\) : A\.atExact\(x\);.*\? bAtApprox\(x\) : B\.atExact2\(x\);/s);
    resultOf('classes.ts', 'm.A.at(1) + m.B.at(1)');
    revert('classes.ts#A.at');
    revert('classes.ts#B.at');
    assert.equal(read('classes.ts'), source);
  });

  test('code for another seed takes the place of the first, and still reverts to the first bytes', () => {
    const source = wave(300).replaceAll('\n', '\r\n');
    write('a.ts', source);
    apply('a.ts#wave');
    write('deepmaker.config.json', JSON.stringify({ ...config, seed: 2 }));
    apply('a.ts#wave');
    assert.deepEqual(generated(), ['wave.approx.ts']);
    revert('a.ts#wave');
    assert.equal(read('a.ts'), source);
  });
});

test('through a link the file itself is changed, and its code lies beside it', {
  skip: process.platform === 'win32',
}, () => {
  mkdirSync(at('real'));
  write('real/a.ts', wave(300));
  symlinkSync(join('real', 'a.ts'), at('link.ts'));
  apply('link.ts#wave');
  assert.equal(lstatSync(at('link.ts')).isSymbolicLink(), true);
  assert.ok(existsSync(at('real/wave.approx.ts')));
  resultOf('link.ts', 'm.wave(1)');
  revert('link.ts#wave');
  assert.equal(read('real/a.ts'), wave(300));
});

const refusals: readonly [name: string, prepare: () => void, message: RegExp][] = [
  [
    'a source that is not UTF-8',
    () => write('a.ts', Buffer.from(`// \u00e9t\u00e9\n${wave(300)}`, 'latin1')),
    /a\.ts is not UTF-8 text\.\nSave it as UTF-8/,
  ],
  [
    'a list of approximations with a merge conflict',
    () => {
      mkdirSync(at('.deepmaker'));
      write('.deepmaker/approximations.json', '<<<<<<< HEAD\n');
    },
    /approximations\.json cannot be read .*\nResolve its merge conflict/,
  ],
  [
    'files of a person under both names',
    () => {
      write('wave.approx.ts', '');
      write('a.wave.approx.ts', '');
    },
    /wave\.approx\.ts exists and was not generated by DeepMaker\.\nRename that file/,
  ],
];

describe('nothing is overwritten, the figures are shown all the same, and the exit code is 2', () => {
  for (const [name, prepare, message] of refusals) {
    test(name, () => {
      write('a.ts', wave(300));
      prepare();
      const files = () =>
        readdirSync(folder).map((entry) =>
          entry.includes('.') && lstatSync(at(entry)).isFile() ? read(entry) : entry,
        );
      const earlier = [...files(), existsSync(at('.deepmaker/approximations.json'))];
      const { status, stdout, stderr } = deepmaker('approximate', 'a.ts#wave', '--apply', '--json');
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
      assert.equal((JSON.parse(stdout) as { applied: boolean }).applied, false);
      const later = [...files(), existsSync(at('.deepmaker/approximations.json'))];
      assert.deepEqual(
        later.filter((entry) => entry !== '.deepmaker'),
        earlier.filter((entry) => entry !== '.deepmaker'),
      );
    });
  }
});

test('a store that cannot be made is told in one sentence', () => {
  write('a.ts', wave(300));
  write('.deepmaker', '');
  const { status, stderr } = deepmaker('approximate', 'a.ts#wave');
  assert.equal(status, 2);
  assert.match(stderr, /\.deepmaker.* cannot be used: a file stands where a folder should be\./);
  assert.doesNotMatch(stderr, /at .*\.cjs:/);
});
