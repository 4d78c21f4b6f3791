/**
 * Circuits against the interpreter, integer by integer: simulated by Icarus Verilog and by Verilator, and as C++. Each
 * testbench runs 1,000 vectors and also counts clocks.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { activations } from '../../engine/types.ts';
import { runTestbench, simulators } from '../../server/targets/fpga/simulate.ts';
import { type CircuitCase, checkCpp, checkLint, checkVerilator, requirePrograms, writeCase } from './fpgaSupport.ts';
import { inFolder, succeeded } from './outcomes.ts';

const { signal } = new AbortController();
const parallel = { form: 'parallel' } as const;
const streaming = (macs: number) => ({ form: 'streaming', macs }) as const;
const nameOf = (text: string) => text.replaceAll(/\W/g, '_');

const byActivation: readonly CircuitCase[] = activations.flatMap((activation, index) => [
  { name: nameOf(`${activation}_parallel`), widths: [2, 3, 3, 2], activation, options: parallel },
  { name: nameOf(`${activation}_streaming`), widths: [2, 3, 3, 2], activation, options: streaming(1 + (index % 5)) },
]);

const scaledBy = (factor: number) => (weights: Float32Array) => weights.map((weight) => weight * factor);
const toPowerOfTwo = (weight: number) => Math.sign(weight) * 2 ** Math.round(Math.log2(Math.abs(weight)));

const atTheEdge: readonly CircuitCase[] = [
  { name: 'pruned', widths: [6, 8, 3], activation: 'tanh', options: parallel, prunedBelow: 0.7 },
  { name: 'pruned_relu', widths: [6, 8, 5, 2], activation: 'relu', options: parallel, prunedBelow: 0.6 },
  // Shifts instead of products, and products that neurons share.
  { name: 'powers', widths: [4, 6, 2], activation: 'relu', options: parallel, change: (w) => w.map(toPowerOfTwo) },
  { name: 'no_hidden', widths: [4, 3], activation: 'tanh', options: parallel },
  { name: 'no_hidden_streaming', widths: [4, 3], activation: 'tanh', options: streaming(2) },
  { name: 'one_of_each', widths: [1, 1, 1], activation: 'softplus', options: parallel },
  { name: 'one_of_each_streaming', widths: [1, 1, 1], activation: 'softplus', options: streaming(8) },
  { name: 'all_zero', widths: [3, 4, 2], activation: 'sigmoid', options: parallel, change: scaledBy(0) },
  // Weights in the thousands are shifted to the left.
  { name: 'huge', widths: [3, 4, 2], activation: 'tanh', options: parallel, change: scaledBy(1e5) },
  { name: 'huge_clip', widths: [3, 4, 2], activation: 'hard-sigmoid', options: streaming(4), change: scaledBy(1e5) },
  { name: 'tiny', widths: [3, 4, 2], activation: 'softplus', options: parallel, change: scaledBy(1e-7) },
  // Activations in block RAM.
  { name: 'wide', widths: [300, 4, 2], activation: 'relu', options: streaming(3), vectors: 40 },
];

describe('the circuits of the FPGA target', () => {
  before(() => requirePrograms(simulators));

  test('Icarus Verilog, Verilator and C++ agree with the interpreter in every form and activation', () =>
    inFolder(async (folder) => {
      const circuits = byActivation.map((circuit) => writeCase(folder, circuit));
      const edges = atTheEdge.map((circuit) => writeCase(folder, circuit));
      for (const circuit of [...circuits, ...edges]) {
        const passed = succeeded(await runTestbench(circuit, signal));
        assert.equal(passed.circuit, circuit.name);
        assert.ok(passed.vectors > 0);
        await checkLint(circuit);
      }
      await checkVerilator(folder, circuits);
      // The forms differ in pragmas only.
      await checkCpp([...circuits.filter((_, index) => index % 2 === 0), ...edges.slice(-4)]);
    }));

  test('a wrong integer does not pass', () =>
    inFolder(async (folder) => {
      const circuit = writeCase(folder, byActivation[0]!);
      const path = join(folder, `${circuit.name}.v`);
      const text = readFileSync(path, 'utf8');
      const changed = text.replace(/(<= \d+'s)d(\d+) \+/, (_, head, digits) => `${head}d${Number(digits) + 4096} +`);
      assert.notEqual(changed, text);
      writeFileSync(path, changed);
      const outcome = await runTestbench(circuit, signal);
      assert.ok(outcome.kind === 'failed' && /FAIL|instead of/.test(outcome.message), JSON.stringify(outcome));
    }));
});
