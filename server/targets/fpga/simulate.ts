/** Simulates emitted circuits: the testbench by Icarus Verilog, the driver against the circuit by Verilator. */
import type { Failure } from '../../protocol.ts';
import { type Programs, runProgram } from '../programs.ts';

export const simulators: Programs = {
  iverilog: 'iverilog',
  vvp: 'iverilog',
  verilator: 'verilator',
  'g++': 'g++',
  make: 'make',
};

/** A folder with the files of one circuit. */
export interface CircuitFolder {
  readonly folder: string;
  /** Of the circuit's module. */
  readonly name: string;
  readonly files: readonly string[];
}

export const coreSources = ({ name, files }: CircuitFolder): string[] =>
  files.filter((file) => file === `${name}.v` || file === `${name}_activation.v`);

/** Runs the testbench; answers its line, which starts with PASS. */
export async function runTestbench(
  circuit: CircuitFolder,
  signal: AbortSignal,
): Promise<{ readonly kind: 'passed'; readonly line: string } | Failure> {
  const { folder: cwd, name } = circuit;
  const program = `${name}_tb.vvp`;
  const sources = [...coreSources(circuit), `${name}_tb.v`];
  const compiled = await runProgram('iverilog', ['-g2005', '-o', program, ...sources], { cwd, signal });
  if (compiled.kind === 'failed') return compiled;
  const ran = await runProgram('vvp', [program], { cwd, signal });
  if (ran.kind === 'failed') return ran;
  const line = ran.stdout.split('\n').find((text) => text.startsWith('PASS'));
  if (line) return { kind: 'passed', line };
  return { kind: 'failed', message: `The testbench of ${name} failed.\n${ran.stdout.trim()}` };
}

/**
 * Raw outputs (count, outputs) of raw rows (count, inputs), computed by the driver, its registers and the circuit.
 */
export async function runDriver(
  circuit: CircuitFolder,
  rows: { readonly inputs: Float64Array; readonly count: number },
  signal: AbortSignal,
): Promise<{ readonly kind: 'outputs'; readonly outputs: Float64Array } | Failure> {
  const { folder: cwd, name } = circuit;
  const top = `${name}_axi`;
  const sources = [...coreSources(circuit), `${top}.v`, `${name}_sim.cpp`];
  const flags = ['--cc', '--exe', '--build', '-Wall', '--top-module', top, '-o', `${name}_sim`];
  const built = await runProgram('verilator', [...flags, '-CFLAGS', '-O1', ...sources], { cwd, signal });
  if (built.kind === 'failed') return built;
  const width = rows.inputs.length / rows.count;
  const lines = Array.from({ length: rows.count }, (_, row) =>
    rows.inputs.subarray(row * width, (row + 1) * width).join(' '),
  );
  const ran = await runProgram(`obj_dir/${name}_sim`, [], { cwd, signal, input: `${lines.join('\n')}\n` });
  if (ran.kind === 'failed') return ran;
  return { kind: 'outputs', outputs: Float64Array.from(ran.stdout.trim().split(/\s+/), Number) };
}
