/**
 * Convolutional circuits against the interpreter, integer by integer: simulated by Icarus Verilog and by Verilator, and as
 * C++; and from raw images to classes, through the driver and through the generated module.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { outputSlots } from '../../engine/data/slots.ts';
import { fpgaTarget } from '../../engine/emit/fpga/target.ts';
import type { CnnTopology } from '../../engine/types.ts';
import { runDriver, runTestbench, simulators } from '../../server/targets/fpga/simulate.ts';
import { checkRows, writeCircuit } from '../../server/targets/fpga.ts';
import { cnnTopologyWith, layersOf } from '../unit/cnnHelpers.ts';
import { quantisedCnnInputOf, rawImages } from '../unit/emitCnnHelpers.ts';
import { callRows, load } from '../unit/emitHelpers.ts';
import { type CnnCase, checkCpp, checkLint, checkVerilator, requirePrograms, writeCnnCase } from './fpgaSupport.ts';
import { inFolder, succeeded } from './outcomes.ts';

const { signal } = new AbortController();

const caseOf = (name: string, macs: number, changes: Partial<CnnTopology>): CnnCase => ({
  name,
  topology: cnnTopologyWith({ height: 4, width: 5, growth: 2, initialFilters: 3, ...changes }),
  options: { macs },
  images: 4,
});

const bottlenecks = layersOf({ blocks: 2, perBlock: 1, bottleneck: true });

const cases: readonly CnnCase[] = [
  // More multipliers than filters, and than a group of the first convolution has taps.
  caseOf('relu_12', 12, { activation: 'relu' }),
  // A last group of fewer filters.
  caseOf('tanh_2', 2, { activation: 'tanh', outputs: 5 }),
  caseOf('clip_1', 1, { activation: 'hard-sigmoid', blocks: 1, layers: 5 }),
  caseOf('linear_3', 3, { activation: 'linear', blocks: 1, layers: 4 }),
  // Odd sizes lose a row and a column between blocks.
  caseOf('odd_5x5', 4, { activation: 'relu', kernel: 5, height: 5, width: 7, channels: 2, layers: 6 }),
  caseOf('bottlenecks', 16, { activation: 'selu', bottleneck: true, compression: 0.5, layers: bottlenecks }),
  caseOf('pruned', 5, { activation: 'elu', filters: [3, 1, 2, 4, 3, 1] }),
  caseOf('three_blocks', 2, { activation: 'softplus', height: 4, width: 4, blocks: 3, layers: 7 }),
  { ...caseOf('all_zero', 3, { activation: 'sigmoid', layers: 6 }), change: (weights) => weights.map(() => 0) },
  { ...caseOf('huge', 3, { activation: 'relu', layers: 6 }), change: (weights) => weights.map((w) => 1e4 * w) },
];

describe('the convolutional circuits of the FPGA target', () => {
  before(() => requirePrograms(simulators));

  test('Icarus Verilog, Verilator and C++ agree with the interpreter in every kind of step', () =>
    inFolder(async (folder) => {
      const circuits = cases.map((circuit) => writeCnnCase(folder, circuit));
      for (const circuit of circuits) {
        const { vectors, by } = succeeded(await runTestbench(circuit, signal));
        assert.equal(vectors, 4);
        assert.equal(by, 'Icarus Verilog');
        await checkLint(circuit);
      }
      await checkVerilator(folder, circuits);
      await checkCpp(circuits);
    }));

  test('a wrong weight does not pass', () =>
    inFolder(async (folder) => {
      const circuit = writeCnnCase(folder, cases[1]!);
      const path = join(folder, `${circuit.name}_weights.hex`);
      const [first, ...others] = readFileSync(path, 'utf8').split('\n');
      writeFileSync(path, [first!.replace(/^./, (digit) => (digit === '4' ? '5' : '4')), ...others].join('\n'));
      const outcome = await runTestbench(circuit, signal);
      assert.ok(outcome.kind === 'failed' && /FAIL|instead of/.test(outcome.message), JSON.stringify(outcome));
    }));

  test('driver and circuit classify raw images as the generated module does', () =>
    inFolder(async (folder) => {
      const topology = cnnTopologyWith({ height: 5, width: 5, channels: 2, growth: 2, activation: 'relu' });
      const range = (index: number) => (index % 2 === 0 ? ([100, 50] as const) : ([90, 70] as const));
      const recipe = { topology, classes: ['a', 'b', 'c'], range } as const;
      const input = { ...quantisedCnnInputOf(recipe, 'fixed16'), circuit: { macs: 2 } };
      const count = 60;
      const rows = rawImages(input, count);
      const files = fpgaTarget.emit(input);
      const { single } = await load(input, String(files[0].content));
      const exact = callRows(input, single, rows);
      assert.ok(new Set(exact).size > 1, 'all images are of one class');
      const circuit = writeCircuit(folder, files);
      assert.match(readFileSync(join(folder, `${circuit.name}_driver.c`), 'utf8'), /offset\[2\] = \{100\.0, 90\.0\}/);
      const { outputs } = succeeded(await runDriver(circuit, { inputs: rows, count }, signal));
      assert.deepEqual(outputs, exact);

      // Only some of the rows are simulated where they would take long; the module answers for all of them.
      const { functionName, signature } = input;
      const slots = outputSlots(signature);
      const request = { files, functionName, signature, outputSlots: slots, signal };
      const checked = succeeded(
        await checkRows(circuit, { ...request, test: { inputs: rows, outputs: exact, count } }, 20_000),
      );
      assert.equal(checked.error.missRate, 0);
      assert.match(checked.notes.map((note) => note()).join(' '), /answers of the module on \d of the 60 test rows/);
      const other = fpgaTarget.emit({ ...input, network: { ...input.network } });
      const wrong = [{ ...other[0], content: String(other[0].content).replace('return', 'return "b" ?? ') }] as const;
      const differs = await checkRows(
        circuit,
        { ...request, files: wrong, test: { inputs: rows, outputs: exact, count } },
        20_000,
      );
      assert.ok(
        differs.kind === 'failed' && /circuit and the module differ/.test(differs.message),
        JSON.stringify(differs),
      );
    }));

  test('a parallel circuit, and a number of multipliers that is none, are refused in words', () => {
    const input = quantisedCnnInputOf({ topology: cnnTopologyWith({}), classes: ['a', 'b', 'c'] }, 'fixed16');
    assert.throws(() => fpgaTarget.emit({ ...input, circuit: { form: 'parallel' } }), /no parallel circuit/);
    assert.throws(() => fpgaTarget.emit({ ...input, circuit: { macs: 65 } }), /1 to 64 multipliers, not 65/);
  });

  test('a network without integers gets its formats from its domain, and its estimate from the usual ranges', () => {
    const { quantised, ...input } = quantisedCnnInputOf(
      { topology: cnnTopologyWith({}), classes: ['a', 'b', 'c'] },
      'fixed16',
    );
    const suffixes = fpgaTarget.emit(input).map(({ suffix }) => suffix);
    for (const name of ['.v', '_weights.hex', '_axi.v', '_driver.c', '_hls.cpp']) {
      assert.ok(suffixes.includes(`.fpga/classify_nn${name}`), suffixes.join(' '));
    }
    const lutOf = (own?: typeof quantised) => fpgaTarget.estimate(input.network, own).more[0]!.value;
    const [exact, usual] = [lutOf(quantised), lutOf()];
    assert.ok(Math.abs(usual / exact - 1) < 0.1, `${usual} instead of ${exact} LUTs`);
  });
});
