/** `deepmaker check`, as continuous integration runs it: on a fresh clone, where only what is under version control is. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { hashOfText } from '../../server/pipeline/stale.ts';

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.cjs');

const wave = `/** How fast it swings. */
export const frequency = 3;
export const phase = (x: number): number => x * frequency;
`;
const source = `import { phase } from './wave.ts';

/**
 * @approximate error 0.3
 * @range x [0, 2]
 */
export function hill(x: number): number {
  let sum = 0;
  for (let i = 1; i <= 300; i++) sum += Math.sin(phase(x) + i / 300) / 300;
  return sum;
}
`;

let origin: string;
let folder: string;
before(() => {
  origin = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-check-')));
  writeFileSync(join(origin, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(origin, 'wave.ts'), wave);
  writeFileSync(join(origin, 'hill.ts'), source);
  const config = { samples: 2000, population: 8, generations: 2, searchEpochs: 4, fullEpochs: 60, batchSize: 32 };
  writeFileSync(join(origin, 'deepmaker.config.json'), JSON.stringify(config));
  folder = origin;
  const { status, stderr } = deepmaker('approximate', 'hill.ts#hill', '--apply', '--force');
  assert.ok(status !== 2, stderr);
});
after(() => rmSync(origin, { recursive: true, force: true }));

function deepmaker(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}

interface Report {
  readonly passed: boolean;
  readonly approximations: readonly { name: string; status: string; message: string; error?: number }[];
}

/** Checks a clone without `runs/`, after `change` was made to it. */
function checkClone(change: (clone: string) => void, ...args: readonly string[]) {
  const clone = mkdtempSync(join(tmpdir(), 'deepmaker-clone-'));
  try {
    cpSync(origin, clone, { recursive: true, filter: (path) => !path.includes('runs') });
    change(clone);
    folder = clone;
    const { status, stdout, stderr } = deepmaker('check', ...args);
    return { status, stdout, stderr, report: () => JSON.parse(stdout) as Report };
  } finally {
    rmSync(clone, { recursive: true, force: true });
  }
}

function edit(clone: string, name: string, change: (text: string) => string): void {
  const path = join(clone, name);
  const before = readFileSync(path, 'utf8');
  const text = change(before);
  assert.notEqual(text, before, `${name} was to be changed`);
  writeFileSync(path, text);
}

const records = '.deepmaker/approximations.json';
/** Moves every result, so that all of them are wrong. */
const spoil = (text: string) => text.replace(/(function hillApprox\([\s\S]*?\n {2}return )/, '$15 + ');

const cases: readonly [name: string, change: (clone: string) => void, status: string, message: RegExp][] = [
  ['nothing changed', () => {}, 'holds', /^Its error is .*, within /],
  [
    'comments, formatting and other line endings',
    (clone) => {
      edit(clone, 'hill.ts', (text) => `// hello\n${text.replace('let sum = 0;', 'let sum  =  0')}`);
      edit(clone, 'hill.approx.ts', (text) => text.replaceAll('\n', '\r\n'));
    },
    'holds',
    /within/,
  ],
  [
    'the exact function',
    (clone) => edit(clone, 'hill.ts', (text) => text.replace('i <= 300', 'i <= 301')),
    'stale',
    /has changed/,
  ],
  [
    'a dependency in another file',
    (clone) => edit(clone, 'wave.ts', (text) => text.replace('= 3', '= 4')),
    'stale',
    /depends on/,
  ],
  [
    'a range',
    (clone) => edit(clone, 'hill.ts', (text) => text.replace('[0, 2]', '[0, 3]')),
    'stale',
    /^The ranges of `hill`/,
  ],
  [
    'no generated file',
    (clone) => rmSync(join(clone, 'hill.approx.ts')),
    'missing',
    /^hill\.approx\.ts, which `hill` calls/,
  ],
  [
    'a generated file edited by hand',
    (clone) => edit(clone, 'hill.approx.ts', spoil),
    'edited',
    /not as it was generated/,
  ],
  [
    'a generated file that computes something else',
    (clone) => {
      edit(clone, 'hill.approx.ts', spoil);
      const hash = hashOfText(readFileSync(join(clone, 'hill.approx.ts'), 'utf8'));
      edit(clone, records, (text) => text.replace(/"generatedHash": "\w+"/, `"generatedHash": "${hash}"`));
    },
    'out-of-bound',
    /^Its error is [\d,.]+ %, the bound/,
  ],
  [
    'a certificate that promises more than there is',
    (clone) => edit(clone, records, (text) => text.replace(/("certificate": \{\s+"error": )[\d.e-]+/, '$11e-9')),
    'uncertified',
    /no longer holds/,
  ],
  [
    'no record',
    (clone) => writeFileSync(join(clone, records), '{ "version": 1, "approximations": [] }'),
    'unrecorded',
    /does not know it/,
  ],
  ['a record without a call', (clone) => writeFileSync(join(clone, 'hill.ts'), source), 'not-applied', /exactly/],
];

describe('check', () => {
  for (const [name, change, status, message] of cases) {
    test(name, () => {
      const outcome = checkClone(change, '--json');
      const { passed, approximations } = outcome.report();
      assert.equal(approximations.length, 1, outcome.stdout);
      assert.deepEqual({ name: approximations[0]!.name, status: approximations[0]!.status }, { name: 'hill', status });
      assert.match(approximations[0]!.message, message);
      assert.equal(passed, status === 'holds' || status === 'not-applied');
      assert.equal(outcome.status, passed ? 0 : 1);
    });
  }

  test('prints a table, and the reason of what fails', () => {
    const fine = checkClone(() => {}, 'hill.ts');
    assert.match(
      fine.stdout,
      /^function +status +certificate +error +bound\nhill\.ts#hill +holds +error at most .* confidence\) +[\d.]+ % +[\d.]+ %$/m,
    );
    const broken = checkClone((clone) => edit(clone, 'wave.ts', (text) => text.replace('= 3', '= 4')));
    assert.match(broken.stdout, /hill\.ts:\d+: hill: `hill`, or something it depends on, has changed/);
    assert.equal(broken.status, 1);
  });

  test('refuses what it cannot check', () => {
    assert.equal(checkClone(() => {}, 'nowhere').status, 2);
    assert.equal(checkClone((clone) => writeFileSync(join(clone, records), '<<<<<<< ours')).status, 2);
    assert.match(
      checkClone((clone) => rmSync(join(clone, 'hill.ts')), 'wave.ts').stdout,
      /^Nothing is approximated here\.$/m,
    );
  });
});
