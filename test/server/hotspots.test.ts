/** Profiles that Node makes of real programs, as they run and bundled: which functions are hot, and which can be approximated. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build } from 'esbuild';
import type { Hotspots } from '../../server/hotspots/hotspots.ts';

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.cjs');

let root: string;
before(() => {
  assert.ok(existsSync(cli), 'dist/cli.cjs is missing: run npm run build first');
  root = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-hotspots-')));
  cpSync(join(import.meta.dirname, '..', 'fixtures', 'hotspots'), root, { recursive: true });
});
after(() => rmSync(root, { recursive: true, force: true }));

function profile(program: string, name: string): string {
  const args = ['--cpu-prof', '--cpu-prof-dir', root, '--cpu-prof-name', name, program];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return name;
}

function deepmaker(...args: readonly string[]) {
  return spawnSync(process.execPath, [cli, 'hotspots', ...args], { cwd: root, encoding: 'utf8' });
}

function hotspots(name: string): Hotspots {
  const { status, stdout, stderr } = deepmaker(name, '--json');
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Hotspots;
}

/** What must hold of any profile of work.ts: the machine decides the exact shares. */
function assertWork({ functions, seconds }: Hotspots): void {
  const byName = new Map(functions.map((hotspot) => [hotspot.name, hotspot]));
  const named = (name: string) => {
    const found = byName.get(name);
    assert.ok(found, `${name} among ${[...byName.keys()].join(', ')}`);
    return found;
  };
  assert.ok(seconds > 0.05);
  const suitable = functions.filter(({ suitability }) => suitability === 1).map(({ name }) => name);
  assert.equal(suitable[0], 'heavy', 'the hottest of those that can be approximated comes first');
  assert.deepEqual(suitable.toSorted(), ['Series.sum', 'heavy', 'light']);
  assert.deepEqual(
    functions.slice(0, 3).map(({ name }) => name),
    suitable,
    'the others follow',
  );
  const [heavy, light, main] = [named('heavy'), named('light'), named('main')];
  assert.ok(heavy.share > 1.5 * light.share, `${heavy.share} and ${light.share}`);
  assert.ok(main.share > heavy.share + light.share && main.selfShare < 0.2, 'a caller has the time of what it calls');
  assert.deepEqual([heavy.file, heavy.line], [join(root, 'work.ts'), 5]);
  assert.deepEqual([named('Series.sum').file, named('Series.sum').line], [join(root, 'series.ts'), 2]);
  assert.match(named('impure').reasons[0]!.message, /readFileSync/);
  assert.match(named('nested').reasons[0]!.message, /not at the top level/);
}

describe('hotspots', () => {
  test('of a program in TypeScript, which Node runs as it is', () => {
    assertWork(hotspots(profile('work.ts', 'plain.cpuprofile')));
  });

  test('of a minified bundle, through its source map', async () => {
    const outfile = join(root, 'dist', 'work.js');
    await build({
      entryPoints: [join(root, 'work.ts')],
      bundle: true,
      minify: true,
      sourcemap: true,
      platform: 'node',
      format: 'esm',
      outfile,
    });
    assertWork(hotspots(profile('dist/work.js', 'bundle.cpuprofile')));
  });

  test('of a machine on which the project lies elsewhere', () => {
    const text = readFileSync(join(root, 'plain.cpuprofile'), 'utf8');
    writeFileSync(join(root, 'moved.cpuprofile'), text.replaceAll(root, '/home/ci/checkout/project'));
    assertWork(hotspots('moved.cpuprofile'));
  });

  test('of a browser, whose scripts lie in the output folder', () => {
    const text = readFileSync(join(root, 'bundle.cpuprofile'), 'utf8');
    writeFileSync(join(root, 'chrome.cpuprofile'), text.replaceAll(`file://${root}/dist/`, 'http://localhost:8080/'));
    assertWork(hotspots('chrome.cpuprofile'));
  });

  test('the table says what can be approximated, what not and why, and what to do next', () => {
    const { status, stdout } = deepmaker('plain.cpuprofile');
    assert.equal(status, 0);
    assert.match(stdout, /heavy +work\.ts:5 +can be approximated/);
    assert.match(stdout, /impure +work\.ts:18 +it (?:calls|uses) `readFileSync`/);
    assert.match(stdout, /Next: deepmaker approximate work\.ts#heavy --record "COMMAND"/);
  });

  test('scripts that are not here are counted and named', () => {
    const text = readFileSync(join(root, 'plain.cpuprofile'), 'utf8');
    mkdirSync(join(root, 'aside'));
    for (const file of ['work.ts', 'series.ts']) renameSync(join(root, file), join(root, 'aside', file));
    writeFileSync(join(root, 'absent.cpuprofile'), text);
    const { functions, elsewhere, absent } = hotspots('absent.cpuprofile');
    assert.deepEqual(functions, []);
    assert.ok(elsewhere.absent > 0.5);
    assert.ok(
      absent.some((url) => url.endsWith('/work.ts')),
      absent.join(' '),
    );
    for (const file of ['work.ts', 'series.ts']) renameSync(join(root, 'aside', file), join(root, file));
  });

  const usage: readonly [title: string, args: readonly string[], message: RegExp][] = [
    ['no profile', [], /no profile was named/],
    ['a file that is not there', ['x.cpuprofile'], /there is no file x\.cpuprofile/],
    ['a file that is none', ['package.json'], /package\.json is no CPU profile[\s\S]*--cpu-prof/],
    ['two', ['a', 'b'], /one profile at a time/],
  ];
  for (const [title, args, message] of usage) {
    test(`${title} exits 2`, () => {
      const { status, stderr } = deepmaker(...args);
      assert.equal(status, 2);
      assert.match(stderr, message);
    });
  }
});
