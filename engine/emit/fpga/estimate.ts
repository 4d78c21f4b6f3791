/**
 * What a circuit takes of a device of the UltraScale+ family, without running anything.
 *
 * Basis: the registers, adders and memories that the generator writes, counted bit by bit, and small constants for control
 * and limits fitted to Yosys 0.23 (`synth_xilinx -family xcup -flatten`) on networks of 9 to 400 parameters. DSP blocks
 * are exact; LUTs and flip-flops came within the errors of docs/targets/fpga.md. Yosys leaves adders and pipeline registers
 * outside the DSP blocks of this family; tools that use those in the blocks need fewer.
 */
import type { Fixed16Network } from '../../quantise/fixed16.ts';
import { type CircuitLayer, type CircuitNeuron, powerOfTwo } from './circuit.ts';
import { chainOf, delays, products } from './parallel.ts';
import { dspsOf, type FpgaPlan } from './plan.ts';
import type { Schedule } from './schedule.ts';
import { distributedWords } from './streaming.ts';

export interface FpgaEstimate {
  readonly form: FpgaPlan['form'];
  readonly lut: number;
  readonly ff: number;
  readonly dsp: number;
  /** Blocks of 36 Kbit; half a block counts 0.5. */
  readonly bram: number;
  /** From the last input to the first output. */
  readonly latencyClocks: number;
  /** From one result to the next. */
  readonly intervalClocks: number;
}

/** `plan`: that of the network. */
export function estimatePerceptron(network: Fixed16Network, plan: FpgaPlan): FpgaEstimate {
  const resources = plan.form === 'parallel' ? parallelResources(plan) : streamingResources(network, plan.schedule);
  return { form: plan.form, ...resources, latencyClocks: plan.latency, intervalClocks: plan.interval };
}

export type Resources = Pick<FpgaEstimate, 'lut' | 'ff' | 'dsp' | 'bram'>;

function parallelResources({ circuit, latency }: FpgaPlan & { form: 'parallel' }): Resources {
  const parts = circuit.layers.filter(({ neurons }) => neurons.length > 0).map(layerResources);
  const sum = (pick: (part: { lut: number; ff: number }) => number) =>
    parts.reduce((total, part) => total + pick(part), 0);
  const tabled = circuit.layers.reduce((count, { usesTable, neurons }) => count + (usesTable ? neurons.length : 0), 0);
  return {
    lut: Math.round(sum(({ lut }) => lut)),
    ff: Math.round(latency + sum(({ ff }) => ff)),
    dsp: dspsOf(circuit),
    bram: tabled / 2,
  };
}

/** Registers and adders of the line between two points; its table is in block RAM. */
export const tableBits = { lut: 17, ff: 65 };
/** Clocks of delay from which a shift register in a LUT replaces flip-flops, and how many it holds. */
const shiftRegister = { least: 3, most: 32 };

function layerResources(layer: CircuitLayer): { lut: number; ff: number } {
  let [lut, ff] = [0, 0];
  for (const clocks of delays(layer).values()) {
    if (clocks < shiftRegister.least) ff += 16 * clocks;
    else lut += 16 * Math.ceil(clocks / shiftRegister.most);
  }
  // A weight that a power of two divides gives products that end in zeros.
  for (const { weight, bits } of products(layer).values()) ff += bits - trailingZeros(weight);
  for (const neuron of layer.neurons) {
    const { adders, registers } = chainBits(layer, neuron);
    const limits = limitLuts(layer, neuron);
    lut += adders + limits;
    ff += registers + 16;
    if (!layer.usesTable) continue;
    lut += tableBits.lut;
    ff += tableBits.ff;
    // Without limits, the fraction waits for three clocks: a shift register.
    if (limits > 0) continue;
    lut += 8;
    ff -= 24;
  }
  return { lut, ff };
}

/**
 * An adder takes a LUT for each bit; one of a constant only an inverter for each bit that is set. A sum that waits becomes
 * a shift register, and of the last one only what the layer's shift leaves is registered.
 */
function chainBits(layer: CircuitLayer, neuron: CircuitNeuron): { adders: number; registers: number } {
  let [adders, registers] = [0, 0];
  const chain = chainOf(layer, neuron);
  chain.forEach(({ width, term }, place) => {
    if (!term) return;
    const negated = term.weight < 0 && powerOfTwo(term.weight) !== undefined;
    adders += place > 0 ? width : onesOf(neuron.start, width) + (negated ? width : 0);
    const next = chain.findIndex((step, other) => other > place && step.term);
    const clocks = (next < 0 ? chain.length : next) - place;
    const bits = next < 0 ? width - Math.max(0, layer.shift) : width;
    if (clocks < shiftRegister.least) registers += bits * clocks;
    else adders += bits * Math.ceil(clocks / shiftRegister.most);
  });
  return { adders, registers };
}

function onesOf(value: number, width: number): number {
  const modulus = 1n << BigInt(width);
  return [...(((BigInt(value) % modulus) + modulus) % modulus).toString(2)].filter((digit) => digit === '1').length;
}

const trailingZeros = (weight: number): number => Math.log2(weight & -weight);

function limitLuts({ shift, minimum, maximum, usesTable }: CircuitLayer, { range }: CircuitNeuron): number {
  const { low, high } = range;
  const [lower, upper] = usesTable ? [-32768, 32767] : [minimum, maximum];
  const above = high / 2 ** shift > upper;
  const below = low / 2 ** shift < lower;
  return (above ? 4 : 0) + (below ? 4 : 0);
}

function streamingResources(network: Fixed16Network, schedule: Schedule): Resources {
  const { macs, productSumBits, sumBits, scaledBits, bankWords, weightWords, biasWords, biasBits } = schedule;
  const tabled = network.table !== undefined;
  const shifts = new Set(network.layers.map(({ shift }) => shift)).size;
  // Multipliers that no layer has neurons for read zeros, which take no memory.
  const weightBits = 16 * Math.min(macs, Math.max(...network.layers.map(({ outputs }) => outputs)));
  const weights = memoryOf(weightBits, weightWords);
  const biases = memoryOf(biasBits, biasWords);
  const values = bankWords <= distributedWords ? lutRam(2 * bankWords) : memoryOf(16, 2 * bankWords, 'ram');
  const control = 30 + 2 * Math.ceil(Math.log2(weightWords + 1)) + 3 * Math.log2(bankWords);
  // Each multiplier has an adder and a register that takes a new sum or that of its neighbour.
  const sums = macs * (2 * productSumBits + 28) + sumBits + (shifts > 1 ? scaledBits : 0);
  const memories = weights.lut + biases.lut + values.lut;
  return {
    lut: Math.round(sums + control + memories + (tabled ? tableBits.lut : 0)),
    ff: Math.round(
      macs * (32 + 2 * productSumBits) + productSumBits + sumBits + 2 * 16 + 45 + (tabled ? tableBits.ff : 0),
    ),
    dsp: macs + (tabled ? 1 : 0),
    bram: weights.bram + biases.bram + values.bram + (tabled ? 0.5 : 0),
  };
}

export interface Memory {
  readonly bram: number;
  readonly lut: number;
}

/** Blocks of 18 and of 36 Kbit: bits of a word, and words. Yosys weighs a block by these costs, and LUTs that pick. */
const blocks = [
  { halves: 1, cost: 129, shapes: shapesOf(512) },
  { halves: 2, cost: 257, shapes: shapesOf(1024) },
] as const;
const pickCost = 0.57;

function shapesOf(words: number): readonly { readonly bits: number; readonly long: number }[] {
  return [36, 18, 9, 4, 2, 1].map((bits, index) => ({ bits, long: words * 2 ** index }));
}

/**
 * A memory with one read port, and one that writes unless it is a ROM; LUTs pick among blocks that follow each other. The
 * blocks of a ROM hold columns of words one after the other, so that its last one may serve several rows.
 */
export function memoryOf(width: number, words: number, kind: 'rom' | 'ram' = 'rom'): Memory {
  const choices = blocks.flatMap(({ halves, cost, shapes }) =>
    shapes.map(({ bits, long }) => {
      const rows = Math.ceil(words / long);
      const count = kind === 'rom' ? Math.ceil((width * rows) / bits) : Math.ceil(width / bits) * rows;
      const picks = rows === 1 ? 0 : width * Math.ceil(rows / 4) + (kind === 'ram' ? rows : 0);
      return { bram: (count * halves) / 2, lut: picks, cost: count * cost + pickCost * width * (rows - 1) };
    }),
  );
  return choices.reduce((best, choice) => (choice.cost < best.cost ? choice : best));
}

/** 16 bits a word, in LUTs: eight hold 14 bits of 32 words, or 7 bits of 64; LUTs pick among them. */
function lutRam(words: number): Memory {
  if (words <= 32) return { bram: 0, lut: 16 };
  const long = Math.ceil(words / 64);
  return { bram: 0, lut: 24 * long + 16 * Math.ceil((long - 1) / 3) };
}
