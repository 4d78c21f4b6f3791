/** `deepmaker export` on the run of a dataset: its code answers what the network does, and says what was measured on it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { LabelledSet, Rows } from '../../engine/data/dataset.ts';
import { fitNormalization, toEncodedSamples } from '../../engine/data/normalization.ts';
import { formatPercent } from '../../engine/format.ts';
import { predictCnnReference } from '../../engine/nn/cnn/reference.ts';
import { calibrateCnn } from '../../engine/quantise/cnn/calibrate.ts';
import { quantiseCnn, runQuantisedCnn } from '../../engine/quantise/cnn/quantise.ts';
import { enterColumns } from '../../engine/quantise/grid.ts';
import { type IntegerFormat, integerFormats } from '../../engine/quantise/quantise.ts';
import type { CnnNetwork } from '../../engine/types.ts';
import { targetIds } from '../../engine/types.ts';
import { loadDataset } from '../../server/datasets/load.ts';
import { contentHash, testRows } from '../../server/pipeline/datasetData.ts';
import { storeNetwork } from '../../server/pipeline/storedNetwork.ts';
import { formatVersion } from '../../server/store.ts';
import { describeTargets, serverTargets } from '../../server/targets/registry.ts';
import { cnnTopologyWith, unevenNetwork } from '../unit/cnnHelpers.ts';

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.cjs');
const classes = ['bright', 'dark', 'striped'];
const topology = cnnTopologyWith({ height: 5, width: 6, outputs: 3, blocks: 2, layers: 6 });
const network: CnnNetwork = unevenNetwork(topology, 4);

let folder: string;
before(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-export-')));
  writeFileSync(join(folder, 'package.json'), '{}');
  writeImages('images.json', 60);
  await writeRun();
});
after(() => rmSync(folder, { recursive: true, force: true }));

function writeImages(file: string, count: number): void {
  const inputs = Array.from({ length: count }, (_, row) =>
    Array.from({ length: 30 }, (_, at) => ((row * 7 + at * (1 + (row % 3))) % 23) / (1 + (row % 5))),
  );
  const outputs = inputs.map((_, row) => classes[row % 3]!);
  writeFileSync(join(folder, file), JSON.stringify({ shape: [5, 6, 1], inputs, outputs }));
}

async function imagesOf() {
  const loaded = await loadDataset('images.json', folder);
  assert.equal(loaded.kind, 'dataset');
  return loaded.dataset;
}

async function writeRun(): Promise<void> {
  const set = await imagesOf();
  const run = join(folder, '.deepmaker', 'runs', 'images-cnn-1');
  mkdirSync(run, { recursive: true });
  const { name, input, output } = set;
  const plan = {
    ...{
      version: formatVersion,
      kind: 'dataset',
      model: 'cnn',
      config: { seed: 1 },
      samples: { train: 49, validation: 5, test: 6 },
    },
    dataset: { name, source: 'images.json', hash: contentHash(set), input, output },
  };
  const result = {
    ...plan,
    runId: 'images-cnn-1',
    normalization: fitNormalization(set.train, set),
    points: [{ id: 'a' }],
    networks: [
      { id: 'a', ...storeNetwork(network) },
      ...integerFormats.map((format) => {
        const calibration = calibrateCnn(network, encodedOf(set, set.train), set.train.count);
        return { id: `a-${format}`, ...storeNetwork(network), integers: { kind: 'cnn', format, calibration } };
      }),
    ],
    chosen: 'a',
  };
  writeFileSync(join(run, 'run.json'), JSON.stringify(plan));
  writeFileSync(join(run, 'result.json'), JSON.stringify(result));
}

/** Rows as the network takes them, normalised as the run does. */
const encodedOf = (set: LabelledSet, rows: Rows): Float32Array =>
  toEncodedSamples(rows, set.output, fitNormalization(set.train, set)).inputs;

const deepmaker = (...args: readonly string[]) => deepmakerIn(process.env, args);

function deepmakerIn(env: NodeJS.ProcessEnv, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'export', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr };
}

test('the code of an image search classifies its images, and its head has the error that it makes', async () => {
  const { status, stdout, stderr } = deepmaker('images-cnn-1', '--out', 'out');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /Wrote .*images\.approx\.ts/);
  const text = readFileSync(join(folder, 'out', 'images.approx.ts'), 'utf8');
  const code = Buffer.from(stripTypeScriptTypes(text)).toString('base64');
  const { classifyImages } = await import(`data:text/javascript;base64,${code}`);

  const set = await imagesOf();
  const rows = testRows(set, 1);
  const normalization = fitNormalization(set.train, set);
  const { inputs } = toEncodedSamples(rows, set.output, normalization);
  const logits = predictCnnReference(network, inputs, rows.count);
  let wrong = 0;
  for (let row = 0; row < rows.count; row++) {
    const own = Array.from(logits.subarray(3 * row, 3 * row + 3));
    const expected = own.indexOf(Math.max(...own));
    assert.equal(classifyImages(rows.inputs.subarray(30 * row, 30 * row + 30)), classes[expected]);
    if (rows.targets[row] !== expected) wrong++;
  }
  const figure = `Measured on 6 test rows it was not trained on: wrong class in ${formatPercent(wrong / rows.count)}.`;
  assert.ok(text.includes(figure), `${figure} is not in ${text.slice(0, 600)}`);
  assert.match(text.slice(0, 600), / per call where it was measured\./);
});

/** Share of test rows that the interpreter gives the wrong class. */
async function wrongInIntegers(format: IntegerFormat): Promise<number> {
  const set = await imagesOf();
  const rows = testRows(set, 1);
  const quantised = quantiseCnn(network, format, calibrateCnn(network, encodedOf(set, set.train), set.train.count));
  const outputs = runQuantisedCnn(quantised, enterColumns(encodedOf(set, rows), quantised.input), rows.count);
  let wrong = 0;
  for (let row = 0; row < rows.count; row++) {
    const own = outputs.subarray(3 * row, 3 * row + 3);
    if (own.indexOf(Math.max(...own)) !== rows.targets[row]) wrong++;
  }
  return wrong / rows.count;
}

for (const target of ['cpu', 'gpu', 'arm'] as const) {
  for (const format of integerFormats) {
    test(`a network in integers, ${format}, is exported for ${target} with its size and the error of its code`, async () => {
      const out = `${target}-${format}`;
      const args = ['images-cnn-1', '--candidate', `a-${format}`, '--target', target, '--out', out];
      const { status, stdout, stderr } = deepmaker(...args);
      assert.equal(status, 0, stderr);
      const figure = `wrong class in ${formatPercent(await wrongInIntegers(format))}`;
      assert.ok(stdout.includes(figure), `${figure} is not in ${stdout}`);
      const text = readFileSync(join(folder, out, 'images.approx.ts'), 'utf8');
      assert.match(text, /parameters in (8-bit integers|16-bit fixed point), [\d,]+ bytes\./);
      if (target === 'arm') {
        const code = readFileSync(join(folder, out, 'images.arm', 'classifyImages_nn.c'), 'utf8');
        assert.ok(code.includes(figure));
      }
    });
  }
}

test('C for ARM errs as much as the code for the CPU, and its head says so', () => {
  const { status, stdout, stderr } = deepmaker('images-cnn-1', '--target', 'arm', '--out', 'arm');
  assert.equal(status, 0, stderr);
  const [measured = 'nothing'] = /Measured on 6 test rows.*/.exec(stdout) ?? [];
  const code = readFileSync(join(folder, 'arm', 'images.arm', 'classifyImages_nn.c'), 'utf8');
  assert.ok(code.includes(measured), code.slice(0, 400));
  assert.ok(deepmaker('images-cnn-1', '--out', 'out').stdout.includes(measured.split('.')[0]!));
});

test('a network in single precision becomes a circuit in fixed point, with as many multipliers as are asked for', async () => {
  const args = ['images-cnn-1', '--target', 'fpga', '--multipliers', '3', '--out', 'fpga'];
  // Synthesis has tests of its own, and takes a while.
  writeFileSync(join(folder, 'yosys'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const path = [folder, process.env.PATH].join(delimiter);
  const { status, stdout, stderr } = deepmakerIn({ ...process.env, PATH: path }, args);
  assert.equal(status, 0, stderr);
  const figure = `wrong class in ${formatPercent(await wrongInIntegers('fixed16'))}`;
  if (!/Not run on this machine/.test(stdout)) {
    assert.ok(stdout.includes(figure), `${figure} is not in ${stdout}`);
    assert.match(stdout, /Simulated by Icarus Verilog and Verilator: classifyImages_nn: \d+ vectors/);
    assert.match(stdout, /Not synthesised: yosys failed/);
  }
  const circuit = readFileSync(join(folder, 'fpga', 'images.fpga', 'classifyImages_nn.v'), 'utf8');
  assert.match(circuit, /5x6x1 L6 B2 3x3.*, tanh/);
  assert.ok(circuit.includes('product_2') && !circuit.includes('product_3'));
});

test('an ONNX file comes with the code, and is run where ONNX Runtime is', async () => {
  const without = deepmaker('images-cnn-1', '--target', 'onnx', '--out', 'onnx');
  assert.equal(without.status, 0, without.stderr);
  assert.match(
    without.stdout,
    /Wrote .*images\.onnx\nMeasured on 6 test rows[^\n]*\n(?:[^\n]*\n)?Not checked here: onnxruntime-node does not load.* Run npm install/,
  );
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['onnxruntime-node', 'onnxruntime-common']) {
    symlinkSync(join(import.meta.dirname, '..', '..', 'node_modules', name), join(folder, 'node_modules', name));
  }
  const { status, stdout, stderr } = deepmaker('images-cnn-1', '--target', 'onnx', '--out', 'onnx');
  assert.equal(status, 0, stderr);
  const [measured] = /Measured on 6 test rows.*/.exec(stdout) ?? [''];
  assert.ok(readFileSync(join(folder, 'onnx', 'images.approx.ts'), 'utf8').includes(measured));
  assert.ok(deepmaker('images-cnn-1', '--out', 'out').stdout.includes(measured), 'the code for the CPU errs as much');
});

describe('what cannot be exported says why', () => {
  for (const [name, args, message] of [
    ['no run', ['--out', 'out'], /no run was named/],
    ['no folder', ['images-cnn-1'], /export needs --out DIR/],
    ['unknown run', ['other', '--out', 'out'], /There is no run "other".*\n.*images-cnn-1/],
    [
      'unknown network',
      ['images-cnn-1', '--candidate', 'b', '--out', 'out'],
      /holds no trained network b.\nChoose one of a/,
    ],
    [
      'a circuit that such networks do not have',
      ['images-cnn-1', '--target', 'fpga', '--circuit', 'parallel', '--out', 'out'],
      /have no parallel circuit.*\nLeave --circuit out/,
    ],
    [
      'a circuit for another target',
      ['images-cnn-1', '--multipliers', '3', '--out', 'out'],
      /--multipliers are for circuits, and the target is cpu.\nAdd --target fpga/,
    ],
    [
      'unknown circuit',
      ['images-cnn-1', '--target', 'fpga', '--circuit', 'integrated', '--out', 'out'],
      /no circuit "integrated".\nCircuits: parallel, streaming/,
    ],
    [
      'no number of multipliers',
      ['images-cnn-1', '--target', 'fpga', '--multipliers', '0', '--out', 'out'],
      /--multipliers 0 is no whole number from 1 to 64/,
    ],
    [
      'multipliers of a parallel circuit',
      ['images-cnn-1', '--target', 'fpga', '--circuit', 'parallel', '--multipliers', '2', '--out', 'out'],
      /as many multipliers as it needs.\nLeave --multipliers out/,
    ],
    ['unknown target', ['images-cnn-1', '--target', 'abacus', '--out', 'out'], /no target "abacus".\nTargets: cpu/],
  ] as const) {
    test(name, () => {
      const { status, stderr } = deepmaker(...args);
      assert.equal(status, 2);
      assert.match(stderr, message);
    });
  }

  test('other data under the same name', () => {
    writeImages('images.json', 63);
    const { status, stderr } = deepmaker('images-cnn-1', '--out', 'out');
    writeImages('images.json', 60);
    assert.equal(status, 2);
    assert.match(stderr, /images.json is no longer the one that images-cnn-1 was searched on/);
  });
});

test('every target has code and is described; what cannot be checked here says why, and how to change that', async (context) => {
  const described = await describeTargets();
  assert.deepEqual(
    described.map(({ id }) => id),
    [...targetIds],
  );
  assert.deepEqual(serverTargets.map(({ target }) => target.id).sort(), [...targetIds].sort());
  // Its package is no dependency of ours: test/server/targets.test.ts and targetGpu.test.ts bring it.
  const checkable = described.filter(({ id }) => id !== 'gpu');
  for (const { id, unavailable } of described) {
    if (unavailable === undefined) continue;
    assert.match(unavailable, /npm install|Install|apt-get install/, id);
    context.diagnostic(`Not checked on this machine: ${unavailable}`);
  }
  const missing = checkable.filter(({ unavailable }) => unavailable !== undefined);
  if (process.env.CI) assert.deepEqual(missing, [], 'scripts/ci-packages.txt installs what targets need');
  assert.ok(!missing.some(({ id }) => id === 'cpu'), 'the CPU needs nothing');
});

test('without its tools a target is described all the same, with the command that installs them', async () => {
  const path = process.env.PATH;
  process.env.PATH = '';
  try {
    const described = await describeTargets();
    for (const id of ['arm', 'fpga'] as const) {
      const { unavailable } = described.find((own) => own.id === id)!;
      assert.match(unavailable ?? '', /needs .*, not installed here\. On Debian or Ubuntu: apt-get install -y \S+/);
    }
  } finally {
    process.env.PATH = path;
  }
});
