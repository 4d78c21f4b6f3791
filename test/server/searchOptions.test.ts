/** `deepmaker search` with what goes beyond the paper: the extended space, changed images, halving. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createRandom } from '../../engine/data/random.ts';

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.cjs');
let folder: string;

before(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-options-')));
  writeFileSync(join(folder, 'package.json'), '{}');
  const random = createRandom(1);
  const outputs = Array.from({ length: 60 }, (_, row) => (row % 2 === 0 ? 'left' : 'right'));
  const inputs = outputs.map((side) =>
    Array.from({ length: 64 }, (_, pixel) => Number(side === 'left') * Number(pixel % 8 < 4) + 0.3 * random.next()),
  );
  writeFileSync(join(folder, 'sides.json'), JSON.stringify({ inputs, outputs, shape: [8, 8, 1] }));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function deepmaker(...args: readonly string[]) {
  const command = [cli, 'search', 'sides.json', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}

const without = ['--alpha', 'none', '--format', 'none'];
const small = ['--population', '4', '--generations', '2', '--epochs', '4', '--full-epochs', '1', '--json', ...without];
const beyond = ['--space', 'extended', '--max-params', '30000', '--augment', 'shift', '--fidelity', 'halving'];

/** What must not depend on the machine or on the number of workers. */
function decided(args: readonly string[]) {
  const { status, stdout, stderr } = deepmaker(...small, ...args);
  assert.equal(status, 0, stderr);
  const { search, ...report } = JSON.parse(stdout);
  const { seconds: _seconds, ...figures } = search;
  const front = report.front.map(({ latencyNs: _time, ...point }: { readonly latencyNs: number }) => point);
  return { ...report, front, search: figures };
}

test('the report says what the figures were obtained with, and they do not depend on the workers', () => {
  const one = decided([...beyond, '--workers', '1']);
  assert.deepEqual(one.settings, { fidelity: 'halving', space: 'extended', augment: 'shift' });
  assert.equal(one.search.evaluations, 8);
  // Below the paper's smallest network, so these are of the extended space.
  assert.ok(one.front.length > 0);
  for (const { params } of one.front) assert.ok(params <= 30_000);
  rmSync(join(folder, '.deepmaker'), { recursive: true });
  assert.deepEqual(decided([...beyond, '--workers', '2']), one);
  const plain = decided(beyond.with(5, 'none'));
  assert.notEqual(plain.runId, one.runId, 'changed images are another run');
});

test('perceptrons train on changed images too, and the workers do not matter', () => {
  const args = ['--model', 'mlp', '--augment', 'shift+flip'];
  const one = decided([...args, '--workers', '1']);
  assert.deepEqual(one.settings, { fidelity: 'full', space: 'paper', augment: 'shift+flip' });
  rmSync(join(folder, '.deepmaker'), { recursive: true });
  assert.deepEqual(decided([...args, '--workers', '2']), one);
  const weights = ({ runId }: { readonly runId: string }) =>
    JSON.parse(readFileSync(join(folder, '.deepmaker', 'runs', runId, 'result.json'), 'utf8')).networks[0].weights;
  assert.notEqual(weights(decided(['--model', 'mlp'])), weights(one));
});

const refused: readonly [args: string[], message: RegExp][] = [
  [
    ['--model', 'mlp', '--space', 'extended'],
    /growth rates and bottlenecks, perceptrons have not: "space" is extended\./,
  ],
  [['--augment', 'rotate'], /augment: .*"none"\|"shift"\|"shift\+flip"/],
  [['--fidelity', 'half'], /fidelity: .*"full"\|"halving"/],
  [['--max-params', '30000'], /No network fits into 30,000 parameters/],
];
for (const [args, message] of refused) {
  test(`${args.join(' ')} is refused with the next step`, () => {
    const { status, stderr } = deepmaker(...args);
    assert.equal(status, 2);
    assert.match(stderr, message);
    assert.equal(stderr.trim().split('\n').length >= 2, true, 'a hint follows');
  });
}
