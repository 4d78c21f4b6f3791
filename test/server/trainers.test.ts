/** Which trainer a run gets: packages that are missing, broken or there, and `--trainer` on the command line. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { lossFunctions } from '../../engine/nn/losses.ts';
import { isCnnNetwork } from '../../engine/nn/models.ts';
import { loadTensorflow } from '../../server/tensorflow.ts';
import { chooseTrainer, createTrainer, defaultWorkers } from '../../server/trainers.ts';
import { cnnTaskOf, randomImages } from '../unit/cnnHelpers.ts';
import { randomSamples, taskOf } from '../unit/nnHelpers.ts';

const checkout = join(import.meta.dirname, '..', '..');

let project: string;
beforeEach(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-trainers-')));
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

function addPackage(name: string, code: string): void {
  const folder = join(project, 'node_modules', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, main: 'index.js' }));
  writeFileSync(join(folder, 'index.js'), code);
}

/**
 * Plain TensorFlow.js under the name of the native package, because libtensorflow is not everywhere. Like that package it
 * needs two functions that Node has taken out of `util`. It says on stderr that it was loaded.
 */
const standIn = `
  const { isArray, isNullOrUndefined } = require('util');
  if (!isArray([]) || !isNullOrUndefined(null) || isNullOrUndefined(0)) throw new Error('util is not repaired');
  const tf = require(${JSON.stringify(join(checkout, 'node_modules/@tensorflow/tfjs'))});
  for (const kernel of tf.getKernelsForBackend('cpu')) tf.registerKernel({ ...kernel, backendName: 'tensorflow' });
  tf.registerBackend('tensorflow', () => tf.engine().registryFactory.cpu.factory());
  process.stderr.write('stand-in loaded\\n');
  module.exports = tf;
`;

describe('a TensorFlow trainer that cannot be had says what is missing and how to get it', () => {
  test('packages that are not installed', async () => {
    const tensorflow = await loadTensorflow('tensorflow', project);
    assert.ok(tensorflow.kind === 'failed');
    assert.equal(
      tensorflow.message,
      `The trainer "tensorflow" needs @tensorflow/tfjs-node, not installed in ${project}.`,
    );
    assert.match(tensorflow.hint!, /`npm install @tensorflow\/tfjs-node` there \(it downloads libtensorflow\)/);
    const webgpu = await loadTensorflow('webgpu', project);
    assert.ok(webgpu.kind === 'failed');
    assert.match(webgpu.hint!, /`npm install @tensorflow\/tfjs @tensorflow\/tfjs-backend-webgpu webgpu`/);
  });

  const broken: readonly [name: string, code: string, message: RegExp][] = [
    [
      'a native addon that is missing',
      'throw new Error("no addon at lib/\\nmany more lines")',
      /start: no addon at lib\/$/,
    ],
    ['what is thrown is no error', 'throw undefined', /did not start: undefined$/],
    ['code that does not parse', 'let let', /did not start: /],
    ['another package of that name', 'module.exports = {}', /did not start: .*is not a function/],
    [
      'a package without its backend',
      'module.exports = { enableProdMode() {}, setBackend: async () => false }',
      /its backend "tensorflow" is missing/,
    ],
  ];
  for (const [name, code, message] of broken) {
    test(name, async () => {
      addPackage('@tensorflow/tfjs-node', code);
      const loaded = await loadTensorflow('tensorflow', project);
      assert.ok(loaded.kind === 'failed');
      assert.match(loaded.message, message);
      assert.match(loaded.hint!, /npm rebuild @tensorflow\/tfjs-node/);
    });
  }

  test('operations that fail or compute nonsense are met before the run', async () => {
    const backend = "enableProdMode() {}, setBackend: async () => true, getBackend: () => 'tensorflow'";
    addPackage('@tensorflow/tfjs-node', `module.exports = { ${backend}, tensor2d() { throw new Error('too old'); } }`);
    const chosen = await chooseTrainer('tensorflow', 'mlp', project);
    assert.ok(chosen.kind === 'failed');
    assert.match(chosen.message, /failed its trial: too old/);
    assert.match(chosen.hint!, /4\.x/);
  });

  test('a package without convolutions is refused for convolutional networks only', async () => {
    addPackage(
      '@tensorflow/tfjs-node',
      `${standIn.replace('module.exports = tf', 'module.exports = { ...tf, conv2d: undefined }')}`,
    );
    const [mlp, cnn] = [
      await chooseTrainer('tensorflow', 'mlp', project),
      await chooseTrainer('tensorflow', 'cnn', project),
    ];
    assert.equal(mlp.kind, 'setup');
    assert.ok(cnn.kind === 'failed');
    assert.match(cnn.message, /failed its trial: .*conv2d is not a function/);
  });
});

test('packages of the project are loaded, also from a folder below it', async () => {
  addPackage('@tensorflow/tfjs-node', standIn);
  const below = join(project, 'src');
  mkdirSync(below);
  const chosen = await chooseTrainer('tensorflow', 'mlp', below);
  assert.deepEqual(chosen, { kind: 'setup', setup: { name: 'tensorflow', project: below } });
  assert.ok(chosen.kind === 'setup');
  const trainer = await createTrainer(chosen.setup);
  assert.equal(trainer.name, 'tensorflow');
  const samples = randomSamples(20, [3, 5, 2], 'mse');
  const { outcome, trainLoss } = await trainer.train(taskOf({ epochs: 5 }), samples, samples);
  assert.equal(outcome, 'finished');
  assert.ok(trainLoss[4]! < trainLoss[0]!);

  const task = cnnTaskOf({ epochs: 1 });
  const images = randomImages(16, task.topology, task.loss);
  const { network, validationLoss } = await trainer.train(task, images, images);
  assert.ok(isCnnNetwork(network));
  const outputs = trainer.predict(network, images.inputs, images.count);
  const { 'softmax-cross-entropy': lossOf } = lossFunctions;
  const loss = lossOf(Float64Array.from(outputs), Float64Array.from(images.targets), new Float64Array(48), 3);
  assert.ok(Math.abs(loss - validationLoss[0]!) < 1e-4, 'the embedded kernel computes what TensorFlow.js trained');
});

test('a package that was repaired is loaded without a restart', async () => {
  addPackage('@tensorflow/tfjs-node', 'throw new Error("no addon")');
  assert.equal((await loadTensorflow('tensorflow', project)).kind, 'failed');
  addPackage('@tensorflow/tfjs-node', standIn);
  assert.equal((await loadTensorflow('tensorflow', project)).kind, 'loaded');
});

test('the embedded trainer gives way to the reference only where nobody asked for it by name', async () => {
  const noSimd = () => {
    const empty = new WebAssembly.Module(new Uint8Array(8));
    return { mlp: empty, cnn: empty };
  };
  assert.deepEqual(await chooseTrainer('auto', 'mlp', project, noSimd), {
    kind: 'setup',
    setup: { name: 'reference' },
  });
  const wasm = await chooseTrainer('wasm', 'mlp', project, noSimd);
  assert.ok(wasm.kind === 'failed');
  assert.match(wasm.message, /SIMD/);
  const bug = () => {
    throw new TypeError('not a kernel');
  };
  await assert.rejects(chooseTrainer('auto', 'mlp', project, bug), /not a kernel/);
  for (const wanted of ['auto', 'wasm'] as const) {
    const chosen = await chooseTrainer(wanted, 'mlp', project);
    assert.ok(chosen.kind === 'setup' && chosen.setup.name === 'wasm');
  }
});

test('a GPU serves one thread', () => {
  assert.equal(defaultWorkers({ name: 'webgpu', project: '' }), 1);
  assert.ok(defaultWorkers({ name: 'reference' }) >= 1);
});

describe('deepmaker approximate --trainer', () => {
  const source = `/**
 * @range x [0, 2]
 */
export function wave(x: number): number {
  let sum = 0;
  for (let i = 1; i <= 300; i++) sum += Math.sin(x * i / 300);
  return sum / 300;
}
`;
  const config = { samples: 300, searchEpochs: 2, fullEpochs: 4, batchSize: 32, population: 4, generations: 1 };

  function approximate(...args: readonly string[]) {
    writeFileSync(join(project, 'wave.ts'), source);
    writeFileSync(join(project, 'deepmaker.config.json'), JSON.stringify(config));
    const command = [join(checkout, 'dist/cli.cjs'), 'approximate', 'wave.ts#wave', '--json', ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: project, encoding: 'utf8' });
    return { status, stdout, stderr };
  }
  const frontOf = (stdout: string) => (JSON.parse(stdout) as { front: { topology: string }[] }).front;

  test('reference', () => {
    const { status, stdout, stderr } = approximate('--trainer', 'reference');
    assert.ok(status === 0 || status === 1, stderr);
    assert.ok(frontOf(stdout).length > 0);
  });

  test('tensorflow, with its package in the project', () => {
    addPackage('@tensorflow/tfjs-node', standIn);
    const { status, stdout, stderr } = approximate('--trainer', 'tensorflow', '--workers', '1');
    assert.ok(status === 0 || status === 1, stderr);
    assert.ok(frontOf(stdout).length > 0);
    assert.equal(stderr.match(/stand-in loaded/g)?.length, 2, 'once to try it, once on the worker thread');
  });

  test('tensorflow without its package exits 2 with the way to it, before anything is sampled', () => {
    const { status, stdout, stderr } = approximate('--trainer', 'tensorflow');
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /needs @tensorflow\/tfjs-node, not installed in .*\n.*npm install @tensorflow\/tfjs-node/);
    assert.doesNotMatch(stderr, /Sampling|at .*\.cjs:/);
  });

  test('a trainer that does not exist exits 2 with those that do', () => {
    const { status, stderr } = approximate('--trainer', 'torch');
    assert.equal(status, 2);
    assert.match(stderr, /trainer: .*"auto"\|"wasm"\|"reference"\|"tensorflow"\|"webgpu"/);
  });
});
