/**
 * What the streaming form does when. A layer's neurons are computed in groups of one per multiplier; a group takes one
 * clock per input, or one per neuron where that is more, because its sums leave one after the other.
 */
import type { Fixed16Network } from '../../quantise/fixed16.ts';
import { signedBits } from './circuit.ts';
import { tableLatency } from './verilog.ts';

export interface ScheduledLayer {
  readonly inputs: number;
  readonly groups: number;
  /** Clocks of one group. */
  readonly slots: number;
}

export interface Schedule {
  readonly macs: number;
  readonly layers: readonly ScheduledLayer[];
  /** Words of one bank of activations, a power of two. */
  readonly bankWords: number;
  /** Words of the weight memory, each of `macs` weights. */
  readonly weightWords: number;
  /** Words of the bias memory: neurons, the last group of a layer filled up. */
  readonly biasWords: number;
  /** Bits that hold every sum of products, without and with the bias and half of the rounding step. */
  readonly productSumBits: number;
  readonly biasBits: number;
  readonly sumBits: number;
  /** Bits that hold every sum after the shift; at least 17, so that there is something to saturate. */
  readonly scaledBits: number;
  /** Clocks from the last input taken to the first output offered. */
  readonly latency: number;
  /** Clocks from one result to the next where neither side waits. */
  readonly interval: number;
}

/** Clocks from a layer's last product asked for to the next layer's first one: the pipeline runs empty in between. */
const drainClocks = (macs: number, tabled: boolean): number => macs + 7 + (tabled ? tableLatency : 0);

export function scheduleOf(network: Fixed16Network, macs: number): Schedule {
  const { layers } = network;
  const scheduled = layers.map(({ inputs, outputs }) => ({
    inputs,
    groups: Math.ceil(outputs / macs),
    slots: Math.max(inputs, macs),
  }));
  const widest = Math.max(...scheduled.map(({ inputs }) => inputs), ...scheduled.map(({ groups }) => groups * macs));
  const sums = layers.map(sumRanges);
  const bits = (pick: (range: ReturnType<typeof sumRanges>) => number) => Math.max(...sums.map(pick));
  // From the last input taken to the first output read.
  const clocks = scheduled.reduce(
    (total, { groups, slots, inputs }, index) =>
      total + (groups - 1) * slots + inputs - 1 + drainClocks(macs, layers[index]!.usesTable),
    1,
  );
  // A product alone has 32 bits.
  const productSumBits = Math.max(
    32,
    bits(({ products }) => products),
  );
  const biasBits = bits(({ biases }) => biases);
  const outputs = layers.at(-1)!.outputs;
  return {
    macs,
    layers: scheduled,
    bankWords: 2 ** Math.ceil(Math.log2(Math.max(2, widest))),
    weightWords: scheduled.reduce((total, { groups, inputs }) => total + groups * inputs, 0),
    biasWords: scheduled.reduce((total, { groups }) => total + groups * macs, 0),
    productSumBits,
    biasBits,
    sumBits: Math.max(
      productSumBits,
      biasBits,
      bits(({ sum }) => sum),
    ),
    scaledBits: bits(({ scaled }) => scaled),
    latency: clocks + 1,
    interval: clocks + layers[0]!.inputs + outputs,
  };
}

function sumRanges({ inputs, outputs, weights, bias, shift }: Fixed16Network['layers'][number]) {
  let [largest, low, high] = [0, 0, 0];
  const half = shift > 0 ? 2 ** (shift - 1) : 0;
  for (let o = 0; o < outputs; o++) {
    const magnitude = weights.subarray(o * inputs, (o + 1) * inputs).reduce((sum, weight) => sum + Math.abs(weight), 0);
    largest = Math.max(largest, 32768 * magnitude);
    low = Math.min(low, bias[o]! + half - 32768 * magnitude);
    high = Math.max(high, bias[o]! + half + 32768 * magnitude);
  }
  const biases = bias.reduce((bits, value) => Math.max(bits, signedBits({ low: value + half, high: value + half })), 1);
  return {
    products: signedBits({ low: -largest, high: largest }),
    biases,
    sum: signedBits({ low, high }),
    scaled: Math.max(17, signedBits({ low: Math.floor(low / 2 ** shift), high: Math.floor(high / 2 ** shift) })),
  };
}
