/** The FPGA target: a module that computes the circuit's integers on any machine, and the circuit beside it. */

import { inputSlots, outputSlots } from '../../data/slots.ts';
import { sampleDomain } from '../../data/sobol.ts';
import { formatCount } from '../../format.ts';
import { isCnn } from '../../nn/models.ts';
import type { Fixed16Cnn } from '../../quantise/cnn/fixed16.ts';
import type { Fixed16Network } from '../../quantise/fixed16.ts';
import { enterRows } from '../../quantise/grid.ts';
import { type AnyQuantised, integerBytes, isQuantisedCnn } from '../../quantise/models.ts';
import { t } from '../../texts.ts';
import type { AnyNetwork, AnyTopology } from '../../types.ts';
import { type Cost, type CostItem, countsOf } from '../cost.ts';
import { cpuTarget } from '../cpu/cpu.ts';
import type { EmitInput, EmittedFiles, Known, Target } from '../target.ts';
import { estimateFpga } from './core.ts';
import { fixedOnDomain, fixedUnseen } from './fixed.ts';
import { emitCircuit } from './fpga.ts';
import { type FpgaOptions, planCnnFpga, planFpga } from './plan.ts';
import { mostWords } from './registers.ts';

export const fpgaTarget: Target = {
  id: 'fpga',
  label: 'FPGA',
  get description() {
    return t('Verilog in 16-bit fixed point with testbench and Linux driver, C++ for high-level synthesis');
  },
  format: 'fixed16',
  refuses,
  emit,
  estimate,
};

function refuses(topology: AnyTopology): string | undefined {
  if (!isCnn(topology)) return undefined;
  const { height, width, channels } = topology;
  if (height * width * channels <= mostWords) return undefined;
  return t(
    'An image of {0}x{1}x{2} has more values than the {3} that a circuit takes.',
    String(height),
    String(width),
    String(channels),
    formatCount(mostWords),
  );
}

/** Rows that the testbench runs, of another seed than those that number formats are chosen on. */
const vectors = { rows: 1000, seed: 2, clocks: 4e5, least: 2 };
/** The share of the testbench's rows that lie far outside the domain, where inputs and sums saturate. */
const saturatedShare = 0.05;

function emit(input: EmitInput): EmittedFiles {
  const quantised = input.quantised?.kind === 'fixed16' ? input.quantised : fixedOnDomain(input);
  const [module] = cpuTarget.emit({ ...input, quantised });
  const files = emitCircuit({
    functionName: input.functionName,
    regionName: input.regionName,
    network: quantised,
    encoding: input.encoding,
    inputNames: inputSlots(input.signature).map(({ path }) => path),
    outputNames: outputSlots(input.signature).map(({ path }) => path),
    vectors: (interval) => vectorsOf(input, quantised, interval),
    ...(input.circuit ? { options: input.circuit } : {}),
    ...(input.figures ? { figures: input.figures } : {}),
  });
  return [module, ...files.map(({ name, text }) => ({ suffix: `.fpga/${name}`, content: text }))];
}

/** As many as a simulator runs in a few seconds where a result takes `interval` clocks. */
function vectorsOf(
  { domain, encoding }: EmitInput,
  network: Fixed16Network | Fixed16Cnn,
  interval: number,
): Int16Array {
  const affordable = isQuantisedCnn(network) ? Math.floor(vectors.clocks / interval) : vectors.rows;
  const rows = Math.min(vectors.rows, Math.max(vectors.least, affordable));
  const integers = enterRows(sampleDomain(domain, rows, vectors.seed), rows, encoding, network.input);
  const saturated = Math.ceil(rows * saturatedShare) * encoding.inputColumns;
  return integers.map((value, at) => (at < saturated ? Math.max(-32768, Math.min(32767, 9 * value)) : value));
}

const basis = {
  get dsp() {
    return t('Counted on the circuit; exact.');
  },
  get cells() {
    return t(
      'Registers and adders of the circuit counted bit by bit, within 25 % of Yosys for UltraScale+ (synth_xilinx -family xcup); tools that add inside DSP blocks need fewer.',
    );
  },
  get bram() {
    return t('Memories of the circuit, in blocks of 36 Kbit as Yosys maps them.');
  },
  get clocks() {
    return t('Counted on the circuit and checked by its testbench; the clock rate is up to the device.');
  },
};

function estimate(network: AnyNetwork, stored?: AnyQuantised, { circuit }: Known = {}): Cost {
  const quantised = stored?.kind === 'fixed16' ? stored : fixedUnseen(network);
  const { form, lut, ff, dsp, bram, latencyClocks, intervalClocks } = estimateFpga(quantised, circuit);
  const item = (label: string, value: number, unit: string, text: string): CostItem => ({
    label,
    value,
    unit,
    basis: text,
  });
  return {
    ...countsOf(network),
    parameterBytes: integerBytes(quantised),
    workingBytes: workingBytes(quantised, circuit),
    more: [
      item('LUT', lut, '', basis.cells),
      item('FF', ff, '', basis.cells),
      item('DSP', dsp, '', basis.dsp),
      item(t('Block RAM'), bram, '', basis.bram),
      item(
        t('Latency'),
        latencyClocks,
        'clocks',
        form === 'parallel' ? t('Parallel form. {0}', basis.clocks) : t('Streaming form. {0}', basis.clocks),
      ),
      item(t('Interval'), intervalClocks, 'clocks', t('From one result to the next. {0}', basis.clocks)),
    ],
  };
}

/** What holds values between layers: pipeline registers are logic, the streaming form has memories of 16 bits. */
function workingBytes(network: Fixed16Network | Fixed16Cnn, circuit?: FpgaOptions): number {
  if (isQuantisedCnn(network)) return 2 * planCnnFpga(network, circuit).words;
  const plan = planFpga(network, circuit);
  return plan.form === 'parallel' ? 0 : 4 * plan.schedule.bankWords;
}
