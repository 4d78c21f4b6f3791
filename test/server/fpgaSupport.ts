/** Circuits for the tests of the FPGA target, and the rule for programs that are missing. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CircuitInput, emitCircuit } from '../../engine/emit/fpga/fpga.ts';
import type { FpgaOptions } from '../../engine/emit/fpga/plan.ts';
import { initialise } from '../../engine/nn/network.ts';
import { calibrate } from '../../engine/quantise/calibrate.ts';
import { calibrateCnn } from '../../engine/quantise/cnn/calibrate.ts';
import { type Fixed16Cnn, quantiseCnnFixed16 } from '../../engine/quantise/cnn/fixed16.ts';
import { type Fixed16Network, quantiseFixed16 } from '../../engine/quantise/fixed16.ts';
import { enterColumns } from '../../engine/quantise/grid.ts';
import type { Activation, CnnTopology, Encoding, Network } from '../../engine/types.ts';
import { type CircuitFolder, coreSources } from '../../server/targets/fpga/simulate.ts';
import { missingPrograms, type Programs, runProgram } from '../../server/targets/programs.ts';
import { unevenNetwork } from '../unit/cnnHelpers.ts';
import { randomValues } from '../unit/nnHelpers.ts';
import { succeeded } from './outcomes.ts';

/** Tests of generated code for devices fail where a program is missing; their message is the command that installs it. */
export function requirePrograms(programs: Programs): void {
  const missing = missingPrograms(programs, () => 'This test');
  if (missing) throw new Error(`${missing.message} ${missing.hint}`);
}

export interface CircuitCase {
  readonly name: string;
  readonly widths: readonly number[];
  readonly activation: Activation;
  readonly options: FpgaOptions;
  /** Weights smaller than this are 0, as after pruning. */
  readonly prunedBelow?: number;
  readonly change?: (weights: Float32Array) => Float32Array;
  /** 1,000 where absent. */
  readonly vectors?: number;
}

export function networkOf({
  widths,
  activation,
  prunedBelow = 0,
  change = (weights) => weights,
}: CircuitCase): Network {
  const topology = { widths, activation };
  const weights = initialise(topology, 3).map((w, k) =>
    Math.abs(w) < prunedBelow ? 0 : w * 1.5 || ((k % 7) - 3) / 10,
  );
  return { topology, weights: change(weights) };
}

export function quantisedOf(circuit: CircuitCase): { network: Fixed16Network; vectors: Int16Array } {
  const { vectors: vectorCount = 1000 } = circuit;
  const width = circuit.widths[0]!;
  const network = networkOf(circuit);
  const columns = randomValues(vectorCount * width, 5);
  const fixed = quantiseFixed16(network, calibrate(network, columns, vectorCount));
  // The first rows are anywhere on the grid, where inputs and sums saturate.
  const vectors = enterColumns(columns, fixed.input).map((value, at) =>
    at < (vectorCount / 10) * width ? Math.round(columns[at]! * 32768) : value,
  );
  return { network: fixed, vectors };
}

const numbers = (count: number) =>
  Array.from({ length: count }, (_, column) => ({ kind: 'number', column, offset: 0, scale: 1 }) as const);

const plainEncoding = (inputs: number, outputs: number): Encoding => ({
  inputs: numbers(inputs),
  outputs: numbers(outputs),
  inputColumns: inputs,
  outputColumns: outputs,
  loss: 'mse',
});

/** Writes the circuit's files; their names start with that of the case. */
export const writeCase = (folder: string, circuit: CircuitCase): CircuitFolder =>
  writeFiles(folder, { ...circuit, ...quantisedOf(circuit) }, circuit.widths[0]!, circuit.widths.at(-1)!);

export interface CnnCase {
  readonly name: string;
  readonly topology: CnnTopology;
  readonly options: FpgaOptions;
  readonly images: number;
  readonly change?: (weights: Float32Array) => Float32Array;
}

export function quantisedCnnOf({ topology, images, change = (weights) => weights }: CnnCase): {
  network: Fixed16Cnn;
  vectors: Int16Array;
} {
  const uneven = unevenNetwork(topology, 3);
  const network = { ...uneven, weights: change(uneven.weights) };
  const size = topology.height * topology.width * topology.channels;
  const columns = randomValues(images * size, 5);
  const fixed = quantiseCnnFixed16(network, calibrateCnn(network, columns, images));
  // The first image is anywhere on the grid, where inputs and sums saturate.
  const vectors = enterColumns(columns, fixed.input).map((value, at) =>
    at < size ? Math.round(columns[at]! * 32768) : value,
  );
  return { network: fixed, vectors };
}

export const writeCnnCase = (folder: string, circuit: CnnCase): CircuitFolder => {
  const { height, width, channels, outputs } = circuit.topology;
  return writeFiles(folder, { ...circuit, ...quantisedCnnOf(circuit) }, height * width * channels, outputs);
};

function writeFiles(
  folder: string,
  circuit: Pick<CircuitInput, 'network' | 'vectors'> & { readonly name: string; readonly options: FpgaOptions },
  inputs: number,
  outputs: number,
): CircuitFolder {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `value${index}`);
  const files = emitCircuit({
    functionName: circuit.name,
    regionName: circuit.name,
    network: circuit.network,
    encoding: plainEncoding(inputs, outputs),
    inputNames: names(inputs),
    outputNames: names(outputs),
    vectors: circuit.vectors,
    options: circuit.options,
  });
  for (const { name, text } of files) writeFileSync(join(folder, name), text);
  return { folder, name: `${circuit.name}_nn`, files: files.map(({ name }) => name) };
}

const { signal } = new AbortController();

export async function checkLint(circuit: CircuitFolder): Promise<void> {
  const top = `${circuit.name}_axi`;
  const lint = ['--lint-only', '-Wall', '--top-module', top, ...coreSources(circuit), `${top}.v`];
  succeeded(await runProgram('verilator', lint, { cwd: circuit.folder, signal }));
}

/** All testbenches in one program: compiling takes longer than running. */
export async function checkVerilator(folder: string, circuits: readonly CircuitFolder[]): Promise<void> {
  const instances = circuits.map(({ name }) => `  ${name}_tb #(.FINISH(0)) ${name}_i ();`);
  const done = circuits.map(({ name }) => `${name}_i.done`).join(' & ');
  writeFileSync(
    join(folder, 'all_tb.v'),
    `\`timescale 1ns / 1ps\nmodule all_tb;\n${instances.join('\n')}\n  always @(posedge (${done})) $finish;\nendmodule\n`,
  );
  const sources = circuits.flatMap((circuit) => [...coreSources(circuit), `${circuit.name}_tb.v`]);
  const flags = [
    '--binary',
    '--timing',
    '-Wno-fatal',
    '-Wno-lint',
    '--top-module',
    'all_tb',
    '-O1',
    '-j',
    '2',
    '-CFLAGS',
    '-O0',
  ];
  succeeded(await runProgram('verilator', [...flags, '-o', 'all', 'all_tb.v', ...sources], { cwd: folder, signal }));
  const { stdout } = succeeded(await runProgram('obj_dir/all', [], { cwd: folder, signal }));
  const passed = stdout.split('\n').flatMap((line) => /^PASS (\w+):/.exec(line)?.[1] ?? []);
  assert.deepEqual(passed.sort(), circuits.map(({ name }) => name).sort(), stdout);
}

/** With warnings as errors; the pragmas of HLS tools are unknown to g++. */
export async function checkCpp(circuits: readonly CircuitFolder[]): Promise<void> {
  for (const { folder, name } of circuits) {
    const flags = ['-std=c++11', '-Wall', '-Wextra', '-Werror', '-Wno-unknown-pragmas', '-O0', '-o', `${name}_hls`];
    const sources = [`${name}_hls.cpp`, `${name}_hls_test.cpp`];
    succeeded(await runProgram('g++', [...flags, ...sources], { cwd: folder, signal }));
    const { stdout } = succeeded(await runProgram(`./${name}_hls`, [], { cwd: folder, signal }));
    assert.match(stdout, new RegExp(`^PASS ${name}_hls: \\d+ vectors, 0 wrong`));
  }
}
