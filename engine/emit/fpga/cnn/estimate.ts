/**
 * What a convolutional circuit takes of a device of the UltraScale+ family. Basis: as in ../estimate.ts; what steers the
 * loops is a line over the bits of an address, fitted to twelve networks of 228 to 108,192 words of maps.
 */
import type { Fixed16Cnn } from '../../../quantise/cnn/fixed16.ts';
import { type FpgaEstimate, memoryOf, tableBits } from '../estimate.ts';
import type { Shifting } from './constants.ts';
import { movedBits } from './engine.ts';
import { activates, type CnnProgram, preparing, unsignedBits } from './program.ts';

export function estimateCnn(network: Fixed16Cnn, program: CnnProgram): FpgaEstimate {
  const { macs, constants, latency, interval } = program;
  const { sumBits } = constants;
  const tabled = network.table !== undefined;
  const memories = memoriesOf(program);
  const memoryLuts = memories.reduce((sum, { lut }) => sum + lut, 0);
  // Each multiplier has an adder and a register that takes a new sum or that of its neighbour.
  const sums = macs * (2 * sumBits + 28);
  return {
    form: 'streaming',
    lut: sums + memoryLuts + controlLuts(network, program) + rescalingLuts(program) + (tabled ? tableLuts : 0),
    ff: macs * (32 + 2 * sumBits) + controlBits(program, tabled) + rescalingBits(program) + (tabled ? tableBits.ff : 0),
    dsp: macs + 1 + (tabled ? 1 : 0),
    bram: memories.reduce((sum, { bram }) => sum + bram, tabled ? 0.5 : 0),
    latencyClocks: latency,
    intervalClocks: interval,
  };
}

/** With what waits for those values that pass the table by. */
const tableLuts = tableBits.lut + 16;

function memoriesOf({ constants, macs, steps, fields, wordBits, words }: CnnProgram) {
  const { channels, filters, weights, normalizing, finishing } = constants;
  const shifting = ({ biasBits, shiftBits }: Shifting) => biasBits + shiftBits;
  // Multipliers that no step has filters for read zeros, which take no memory.
  const lanes = Math.min(macs, Math.max(...steps.map((step) => step.filters)));
  return [
    memoryOf(16, words, 'ram'),
    memoryOf(16 * lanes, weights.length),
    memoryOf(16 + shifting(normalizing), channels.length),
    memoryOf(shifting(finishing), filters.length),
    memoryOf(wordBits, steps.length * fields.length),
  ];
}

const controlLuts = (network: Fixed16Cnn, { addressBits }: CnnProgram): number =>
  Math.max(100, 65 * addressBits - 263) + (network.table || !activates(network) ? 0 : 36);

/** Adders, and what shifts by two bits of the number of places in one LUT. */
function rescalingLuts({ constants: { normalizing, finishing } }: CnnProgram): number {
  return [normalizing, finishing].reduce(
    (sum, own) => sum + own.totalBits + movedBits(own) * Math.ceil(own.shiftBits / 2),
    0,
  );
}

function controlBits(program: CnnProgram, tabled: boolean): number {
  const { constants, fields, steps, addressBits, last, macs, drain } = program;
  const told = fields.reduce((sum, { bits }) => sum + bits, 0);
  const counters = [
    ...last,
    ...[constants.channels.length, constants.weights.length, constants.filters.length],
    ...[steps.length * fields.length, fields.length, macs, drain],
  ];
  // Two addresses; flags that a reset clears are no shift registers.
  const flags = 2 * preparing(tabled) + 40;
  return told + 2 * addressBits + flags + counters.reduce((sum, largest) => sum + unsignedBits(largest), 0);
}

function rescalingBits({ constants: { normalizing, finishing, sumBits } }: CnnProgram): number {
  const own = (shifting: Shifting) => shifting.totalBits + movedBits(shifting) + 16;
  const products = 32 + normalizing.biasBits + 2 * normalizing.shiftBits;
  return products + own(normalizing) + own(finishing) + sumBits + finishing.shiftBits + 18 + 16;
}
