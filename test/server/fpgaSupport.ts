/** Circuits for the tests of the FPGA target, and the rule for programs that are missing. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emitCircuit } from '../../engine/emit/fpga/fpga.ts';
import type { FpgaOptions } from '../../engine/emit/fpga/plan.ts';
import { initialise } from '../../engine/nn/network.ts';
import { calibrate } from '../../engine/quantise/calibrate.ts';
import { type Fixed16Network, quantiseFixed16 } from '../../engine/quantise/fixed16.ts';
import { enterColumns } from '../../engine/quantise/grid.ts';
import type { Activation, Encoding, Network } from '../../engine/types.ts';
import type { CircuitFolder } from '../../server/targets/fpga/simulate.ts';
import { missingPrograms, type Programs } from '../../server/targets/programs.ts';
import { randomValues } from '../unit/nnHelpers.ts';

/** Tests of generated code for devices fail where a program is missing; their message is the command that installs it. */
export function requirePrograms(programs: Programs): void {
  const missing = missingPrograms(programs, 'This test');
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
export function writeCase(folder: string, circuit: CircuitCase): CircuitFolder {
  const { network, vectors } = quantisedOf(circuit);
  const [inputs, outputs] = [circuit.widths[0]!, circuit.widths.at(-1)!];
  const names = (count: number) => Array.from({ length: count }, (_, index) => `value${index}`);
  const files = emitCircuit({
    functionName: circuit.name,
    regionName: circuit.name,
    network,
    encoding: plainEncoding(inputs, outputs),
    inputNames: names(inputs),
    outputNames: names(outputs),
    vectors,
    options: circuit.options,
  });
  for (const { name, text } of files) writeFileSync(join(folder, name), text);
  return { folder, name: `${circuit.name}_nn`, files: files.map(({ name }) => name) };
}

/** A folder that is gone after `use`. */
export async function inFolder<T>(use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'deepmaker-circuit-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The outcome, which must not be a failure. */
export function succeeded<T extends { readonly kind: string }>(outcome: T): Exclude<T, { readonly kind: 'failed' }> {
  assert.notEqual(outcome.kind, 'failed', 'message' in outcome ? String(outcome.message) : '');
  return outcome as Exclude<T, { readonly kind: 'failed' }>;
}
