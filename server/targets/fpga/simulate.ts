/** Simulates emitted circuits: the testbench by Icarus Verilog, the driver against the circuit by Verilator. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure } from '../../protocol.ts';
import { type Programs, runProgram } from '../programs.ts';

/** What interprets a testbench, and what compiles circuits, which takes seconds and runs far longer ones. */
export const interpreter: Programs = { iverilog: 'iverilog', vvp: 'iverilog' };
export const simulators: Programs = { ...interpreter, verilator: 'verilator', 'g++': 'g++', make: 'make' };

/** A folder with the files of one circuit. */
export interface CircuitFolder {
  readonly folder: string;
  /** Of the circuit's module. */
  readonly name: string;
  readonly files: readonly string[];
}

export const coreSources = ({ name, files }: CircuitFolder): string[] =>
  files.filter((file) => file === `${name}.v` || file === `${name}_activation.v`);

/** What these read with $readmemh. */
export const memoryFiles = ({ name, files }: CircuitFolder): string[] =>
  files.filter((file) => file.endsWith('.hex') && file !== `${name}_vectors.hex`);

/** Vectors of the testbench, and the clocks from one result to the next that it expects. */
export function benchOf({ folder, name }: CircuitFolder): { readonly vectors: number; readonly interval: number } {
  const text = readFileSync(join(folder, `${name}_tb.v`), 'utf8');
  const number = (pattern: RegExp) => Number(pattern.exec(text)![1]);
  return { vectors: number(/COUNT = (\d+);/), interval: number(/finish\(\d*[1-9]\d*, (\d+)\);/) };
}

/** Icarus Verilog runs some 50,000 clocks a second of the larger circuits, Verilator a million, once it has compiled. */
const mostInterpretedClocks = 2e6;

/** What a testbench says of a circuit that gave every vector's integers. */
export interface Passed {
  readonly kind: 'passed';
  readonly by: string;
  readonly circuit: string;
  readonly vectors: number;
  /** In clocks. */
  readonly latency: number;
  /** Clocks from one result to the next. */
  readonly interval: number;
}

export type BenchOutcome = Passed | Failure;

export function runTestbench(circuit: CircuitFolder, signal: AbortSignal): Promise<BenchOutcome> {
  const { vectors, interval } = benchOf(circuit);
  return vectors * interval <= mostInterpretedClocks
    ? interpretTestbench(circuit, vectors, signal)
    : compileTestbench(circuit, signal);
}

/** Its first `vectors` alone, by Icarus Verilog. */
export async function interpretTestbench(
  circuit: CircuitFolder,
  vectors: number,
  signal: AbortSignal,
): Promise<BenchOutcome> {
  const { folder: cwd, name } = circuit;
  const program = `${name}_tb.vvp`;
  const flags = ['-g2005', `-P${name}_tb.COUNT=${vectors}`, '-o', program];
  const compiled = await runProgram('iverilog', [...flags, ...benchSources(circuit)], { cwd, signal });
  if (compiled.kind === 'failed') return compiled;
  const ran = await runProgram('vvp', [program], { cwd, signal });
  return ran.kind === 'failed' ? ran : passedBy('Icarus Verilog', circuit, ran.stdout);
}

async function compileTestbench(circuit: CircuitFolder, signal: AbortSignal): Promise<BenchOutcome> {
  const { folder: cwd, name } = circuit;
  const top = `${name}_tb`;
  const flags = [...benchFlags, '--top-module', top, '-o', top];
  const compiled = await runProgram('verilator', [...flags, ...benchSources(circuit)], { cwd, signal });
  if (compiled.kind === 'failed') return compiled;
  const ran = await runProgram(`obj_tb/${top}`, [], { cwd, signal });
  return ran.kind === 'failed' ? ran : passedBy('Verilator', circuit, ran.stdout);
}

const benchSources = (circuit: CircuitFolder): string[] => [...coreSources(circuit), `${circuit.name}_tb.v`];

function passedBy(by: string, { name }: CircuitFolder, stdout: string): BenchOutcome {
  const passed = /^PASS \S+ (\d+) vectors, latency (\d+) clocks, (\d+) from/m.exec(stdout);
  if (passed) {
    const [vectors, latency, interval] = passed.slice(1).map(Number);
    return { kind: 'passed', by, circuit: name, vectors: vectors!, latency: latency!, interval: interval! };
  }
  return { kind: 'failed', message: `The testbench of ${name} failed.\n${stdout.trim()}` };
}

/** A testbench is no circuit, and its delays and tasks are no mistakes. */
const benchFlags = ['--binary', '--timing', '-Wno-fatal', '-Wno-lint', '--Mdir', 'obj_tb', '-CFLAGS', '-O1'] as const;

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
