/** One network as a circuit: what its kind decides of the files. The rest of them is the same for all. */

import { cnnName } from '../../nn/cnn/template.ts';
import type { Fixed16Cnn } from '../../quantise/cnn/fixed16.ts';
import { runQuantisedCnn } from '../../quantise/cnn/quantise.ts';
import { type Fixed16Network, runFixed16 } from '../../quantise/fixed16.ts';
import type { Grid } from '../../quantise/grid.ts';
import { isQuantisedCnn } from '../../quantise/models.ts';
import { cnnModule, memoryFiles } from './cnn/engine.ts';
import { estimateCnn } from './cnn/estimate.ts';
import { cnnHlsSource } from './cnn/hls.ts';
import { memoryTexts } from './cnn/memories.ts';
import { estimatePerceptron, type FpgaEstimate } from './estimate.ts';
import { hlsSource } from './hls.ts';
import { parallelModule } from './parallel.ts';
import { type FpgaForm, type FpgaOptions, planCnnFpga, planFpga } from './plan.ts';
import { type CircuitShape, fingerprintOf } from './registers.ts';
import { streamingModule } from './streaming.ts';
import { tableModule } from './verilog.ts';

export interface CircuitFile {
  readonly name: string;
  readonly text: string;
}

export interface Core {
  readonly form: FpgaForm;
  readonly shape: CircuitShape;
  /** Clocks from the last input taken to the first output offered, and from one result to the next. */
  readonly latency: number;
  readonly interval: number;
  readonly fingerprint: number;
  readonly input: Grid;
  readonly output: Grid;
  /** For example `4-8-1, tanh`. */
  readonly title: string;
  /** The number formats inside, as half a sentence. */
  readonly formats: string;
  readonly estimate: FpgaEstimate;
  /** Verilog, the circuit itself first. */
  readonly sources: readonly CircuitFile[];
  /** What the Verilog reads with $readmemh. */
  readonly memories: readonly CircuitFile[];
  /** The same as C++, behind the head that says what it is. */
  readonly hls: string;
  /** The interpreter: inputs (count, I), answers (count, O). */
  run(inputs: Int16Array, count: number): Int16Array;
}

/** `name`: of the module. Throws RangeError where the options ask for what cannot be. */
export const coreOf = (name: string, network: Fixed16Network | Fixed16Cnn, options: FpgaOptions): Core =>
  isQuantisedCnn(network) ? cnnCore(name, network, options) : perceptronCore(name, network, options);

export function estimateFpga(network: Fixed16Network | Fixed16Cnn, options: FpgaOptions = {}): FpgaEstimate {
  return isQuantisedCnn(network)
    ? estimateCnn(network, planCnnFpga(network, options))
    : estimatePerceptron(network, planFpga(network, options));
}

function perceptronCore(name: string, network: Fixed16Network, options: FpgaOptions): Core {
  const { topology, layers, table, input, output } = network;
  const plan = planFpga(network, options);
  const shape = { inputs: layers[0]!.inputs, outputs: layers.at(-1)!.outputs };
  const text =
    plan.form === 'parallel'
      ? parallelModule(name, plan.circuit, shape)
      : streamingModule(name, network, plan.schedule);
  const formats = layers.map(
    ({ weightBits, sumBits }, index) =>
      `layer ${index}: weights Q${15 - weightBits}.${weightBits}, sums Q${15 - sumBits}.${sumBits}`,
  );
  return {
    ...{ form: plan.form, latency: plan.latency, interval: plan.interval, shape, input, output },
    fingerprint: fingerprintOf(network),
    title: `${topology.widths.join('-')}, ${topology.activation}`,
    formats: formats.join('; '),
    estimate: estimatePerceptron(network, plan),
    sources: [{ name: `${name}.v`, text }, ...tableFile(name, table)],
    memories: [],
    hls: hlsSource(name, network, plan.form),
    run: (inputs, count) => runFixed16(network, inputs, count),
  };
}

function cnnCore(name: string, network: Fixed16Cnn, options: FpgaOptions): Core {
  const { topology, table, input, output } = network;
  const program = planCnnFpga(network, options);
  const { height, width, channels, outputs } = topology;
  const texts = memoryTexts(program.constants);
  const files = memoryFiles(name);
  return {
    ...{ form: 'streaming', latency: program.latency, interval: program.interval, input, output },
    shape: { inputs: height * width * channels, outputs },
    fingerprint: fingerprintOf(network),
    title: `${cnnName(topology)}, ${topology.activation}`,
    formats: 'every map has a format of its own',
    estimate: estimateCnn(network, program),
    sources: [{ name: `${name}.v`, text: cnnModule(name, network, program) }, ...tableFile(name, table)],
    memories: (['weights', 'channels', 'filters'] as const).map((own) => ({ name: files[own], text: texts[own] })),
    hls: cnnHlsSource(name, network, program),
    run: (inputs, count) => runQuantisedCnn(network, inputs, count),
  };
}

const tableFile = (name: string, table: Fixed16Network['table']): CircuitFile[] =>
  table ? [{ name: `${name}_activation.v`, text: tableModule(`${name}_activation`, table) }] : [];
