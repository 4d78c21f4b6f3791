/** The FPGA target: a module that computes the circuit's integers on any machine, and the circuit beside it. */
import { encode } from '../../data/encoding.ts';
import { inputSlots, outputSlots } from '../../data/slots.ts';
import { sampleDomain } from '../../data/sobol.ts';
import { isCnn, perceptron } from '../../nn/models.ts';
import { calibrate } from '../../quantise/calibrate.ts';
import { type Fixed16Network, quantiseFixed16 } from '../../quantise/fixed16.ts';
import { enterRows } from '../../quantise/grid.ts';
import { type AnyQuantised, isQuantisedCnn } from '../../quantise/models.ts';
import { quantisedBytes } from '../../quantise/quantise.ts';
import type { AnyNetwork, Network } from '../../types.ts';
import { type Cost, type CostItem, countsOf } from '../cost.ts';
import { cpuTarget } from '../cpu/cpu.ts';
import { type EmitInput, type EmittedFiles, perceptronInput, type Target } from '../target.ts';
import { estimateFpga } from './estimate.ts';
import { emitCircuit } from './fpga.ts';
import { planFpga } from './plan.ts';

export const fpgaTarget: Target = {
  id: 'fpga',
  label: 'FPGA',
  description: 'Verilog in 16-bit fixed point with testbench and Linux driver, C++ for high-level synthesis',
  format: 'fixed16',
  refuses: (topology) =>
    isCnn(topology) ? 'Circuits are generated for perceptrons only, not for convolutional networks.' : undefined,
  emit,
  estimate,
};

/** Rows that number formats are chosen on, and that the testbench runs; two seeds, so that they are not the same ones. */
const calibration = { rows: 2000, seed: 1 };
const vectors = { rows: 1000, seed: 2 };
/** Parameters times rows of an estimate, at most: about a tenth of a second. */
const estimateWork = 4e7;
/** Of the testbench's rows, these lie far outside the domain, where inputs and sums saturate. */
const saturatedRows = 50;

function emit(any: EmitInput): EmittedFiles {
  const input = perceptronInput(any);
  const quantised = input.quantised?.kind === 'fixed16' ? input.quantised : quantiseOnDomain(input);
  const [module] = cpuTarget.emit({ ...input, quantised });
  const files = emitCircuit({
    functionName: input.functionName,
    regionName: input.regionName,
    network: quantised,
    encoding: input.encoding,
    inputNames: inputSlots(input.signature).map(({ path }) => path),
    outputNames: outputSlots(input.signature).map(({ path }) => path),
    vectors: vectorsOf(input, quantised),
    ...(input.figures ? { figures: input.figures } : {}),
  });
  return [module, ...files.map(({ name, text }) => ({ suffix: `.fpga/${name}`, content: text }))];
}

/** Formats that hold what the network computes anywhere on its domain. */
function quantiseOnDomain({ domain, encoding, network }: EmitInput<Network>): Fixed16Network {
  const { rows: count, seed } = calibration;
  const inputs = sampleDomain(domain, count, seed);
  const columns = encode(
    { count, inputs, outputs: new Float64Array(count * encoding.outputs.length) },
    encoding,
  ).inputs;
  return quantiseFixed16(network, calibrate(network, columns, count));
}

function vectorsOf({ domain, encoding }: EmitInput, network: Fixed16Network): Int16Array {
  const raw = sampleDomain(domain, vectors.rows, vectors.seed);
  const integers = enterRows(raw, vectors.rows, encoding, network.input);
  const saturated = saturatedRows * encoding.inputColumns;
  return integers.map((value, at) => (at < saturated ? Math.max(-32768, Math.min(32767, 9 * value)) : value));
}

const basis = {
  dsp: 'Counted on the circuit; exact.',
  cells:
    'Registers and adders of the circuit counted bit by bit, within 25 % of Yosys for UltraScale+ (synth_xilinx -family xcup); tools that add inside DSP blocks need fewer.',
  bram: 'Memories of the circuit, in blocks of 36 Kbit as Yosys maps them.',
  clocks: 'Counted on the circuit and checked by its testbench; the clock rate is up to the device.',
};

function estimate(any: AnyNetwork, stored?: AnyQuantised): Cost {
  const network = perceptron(any);
  const quantised = stored?.kind === 'fixed16' && !isQuantisedCnn(stored) ? stored : quantiseOnSquare(network);
  const { form, lut, ff, dsp, bram, latencyClocks, intervalClocks } = estimateFpga(quantised);
  const item = (label: string, value: number, unit: string, text: string): CostItem => ({
    label,
    value,
    unit,
    basis: text,
  });
  return {
    ...countsOf(network),
    parameterBytes: quantisedBytes(quantised),
    workingBytes: workingBytes(quantised),
    more: [
      item('LUT', lut, '', basis.cells),
      item('FF', ff, '', basis.cells),
      item('DSP', dsp, '', basis.dsp),
      item('Block RAM', bram, '', basis.bram),
      item(
        'Latency',
        latencyClocks,
        'clocks',
        `${form === 'parallel' ? 'Parallel' : 'Streaming'} form. ${basis.clocks}`,
      ),
      item('Interval', intervalClocks, 'clocks', `From one result to the next. ${basis.clocks}`),
    ],
  };
}

/** Formats chosen as if every encoded input lay in [-1, 1], where encodings put the numbers of a domain. */
function quantiseOnSquare(network: Network): Fixed16Network {
  const width = network.topology.widths[0]!;
  const domain = Array.from(
    { length: width },
    () => ({ path: '', kind: 'number', min: -1, max: 1, integer: false }) as const,
  );
  // Large networks get fewer, so that a whole front is estimated while somebody waits.
  const rows = Math.max(100, Math.min(calibration.rows, Math.floor(estimateWork / network.weights.length)));
  const columns = Float32Array.from(sampleDomain(domain, rows, calibration.seed));
  return quantiseFixed16(network, calibrate(network, columns, rows));
}

/** What holds values between layers: pipeline registers are logic, the streaming form has two banks of 16 bits. */
function workingBytes(network: Fixed16Network): number {
  const plan = planFpga(network);
  return plan.form === 'parallel' ? 0 : 4 * plan.schedule.bankWords;
}
