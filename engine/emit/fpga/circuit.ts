/**
 * A fixed-point network as a circuit computes it: what is the same for every input is folded into biases, neurons that
 * nothing reads are left out, and every sum is known to lie in a range. The integers stay those of the interpreter.
 */
import { type Fixed16Network, finishNeuron } from '../../quantise/fixed16.ts';

/** Whole numbers; both ends are included. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

export interface Term {
  readonly input: number;
  /** Never 0. */
  readonly weight: number;
}

export interface CircuitNeuron {
  /** Its number in the network's layer. */
  readonly index: number;
  /** Includes half of the step that the shift rounds to, so that rounding takes no adder. May need more than 32 bits. */
  readonly start: number;
  /** In the order of the inputs; at least one. */
  readonly terms: readonly Term[];
  /** Of the complete sum. */
  readonly range: Bounds;
  /** Bits of each partial sum, one per term. None has more than a later one: what those drop, they need not have. */
  readonly widths: readonly number[];
}

export interface CircuitLayer {
  /** The live ones of the layer before, in the order in which sums take them. */
  readonly inputs: readonly number[];
  /** What each of the layer's inputs may be, live or not. */
  readonly values: readonly Bounds[];
  readonly neurons: readonly CircuitNeuron[];
  readonly shift: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly usesTable: boolean;
}

export interface Circuit {
  readonly layers: readonly CircuitLayer[];
  /** One per output of the network: a number where the output is the same for every input. */
  readonly constants: readonly (number | undefined)[];
  /** The network's inputs that anything depends on. */
  readonly usedInputs: readonly number[];
}

const int16: Bounds = { low: -32768, high: 32767 };

/** Bits of a two's complement number that holds everything between the bounds. */
export function signedBits({ low, high }: Bounds): number {
  let bits = 1;
  while (low < -(2 ** (bits - 1)) || high > 2 ** (bits - 1) - 1) bits++;
  return bits;
}

/** The range that a layer's values take when its sum lies in `acc`. The bounds hold the rounding already. */
function valuesOf(layer: Fixed16Network['layers'][number], table: Fixed16Network['table'], acc: Bounds): Bounds {
  if (layer.usesTable && table) {
    return { low: table.values.reduce((a, b) => Math.min(a, b)), high: table.values.reduce((a, b) => Math.max(a, b)) };
  }
  const value = (sum: number) => finishNeuron(layer, undefined, sum);
  return { low: value(acc.low), high: value(acc.high) };
}

const half = (shift: number): number => (shift > 0 ? 2 ** (shift - 1) : 0);

export function circuitOf(network: Fixed16Network): Circuit {
  const { folded, values } = foldConstants(network);
  const depth = network.layers.length;
  const constants = values[depth]!.map(({ low, high }) => (low === high ? low : undefined));
  // Backwards: what do the outputs depend on?
  let alive = new Set(constants.flatMap((value, index) => (value === undefined ? [index] : [])));
  const layers: CircuitLayer[] = [];
  for (let index = depth - 1; index >= 0; index--) {
    const neurons = folded[index]!.filter((neuron) => alive.has(neuron.index));
    alive = new Set(neurons.flatMap(({ terms }) => terms.map(({ input }) => input)));
    const { shift, minimum, maximum, usesTable } = network.layers[index]!;
    const inputs = [...alive].sort((a, b) => a - b);
    layers.unshift({
      inputs,
      values: values[index]!,
      neurons,
      shift,
      minimum,
      maximum: Math.floor(maximum),
      usesTable,
    });
  }
  return { layers, constants, usedInputs: layers[0]!.inputs };
}

/** Layer after layer: neurons that vary, with what is constant added to their biases; and the ranges of all values. */
function foldConstants({ layers, table }: Fixed16Network): { folded: CircuitNeuron[][]; values: Bounds[][] } {
  const all: Bounds[][] = [Array.from({ length: layers[0]!.inputs }, () => int16)];
  const folded = layers.map((layer) => {
    const values = all.at(-1)!;
    const next: Bounds[] = [];
    const neurons: CircuitNeuron[] = [];
    for (let o = 0; o < layer.outputs; o++) {
      let bias = layer.bias[o]!;
      const terms: Term[] = [];
      for (let input = 0; input < layer.inputs; input++) {
        const weight = layer.weights[o * layer.inputs + input]!;
        const { low, high } = values[input]!;
        if (low === high) bias += low * weight;
        else if (weight !== 0) terms.push({ input, weight });
      }
      const { range: sum, widths } = partialSums(bias + half(layer.shift), terms, values);
      const { low, high } = sum;
      const acc = { low: low - half(layer.shift), high: high - half(layer.shift) };
      const range = terms.length > 0 ? valuesOf(layer, table, acc) : constantOf(finishNeuron(layer, table, bias));
      next.push({ low: Math.floor(range.low), high: Math.floor(range.high) });
      if (range.low === range.high) continue;
      neurons.push({ index: o, start: bias + half(layer.shift), terms, range: sum, widths });
    }
    all.push(next);
    return neurons;
  });
  return { folded, values: all };
}

const constantOf = (value: number): Bounds => ({ low: value, high: value });

function partialSums(
  start: number,
  terms: readonly Term[],
  values: readonly Bounds[],
): Pick<CircuitNeuron, 'range' | 'widths'> {
  let range = constantOf(start);
  const widths = terms.map(({ input, weight }) => {
    const product = productBounds(weight, values[input]!);
    range = { low: range.low + product.low, high: range.high + product.high };
    return signedBits(range);
  });
  for (let term = widths.length - 2; term >= 0; term--) widths[term] = Math.min(widths[term]!, widths[term + 1]!);
  return { range, widths };
}

export function productBounds(weight: number, { low, high }: Bounds): Bounds {
  return weight < 0 ? { low: weight * high, high: weight * low } : { low: weight * low, high: weight * high };
}

/** The exponent where `weight` is a power of two or the negative of one; such a product is a shift. */
export function powerOfTwo(weight: number): number | undefined {
  const exponent = Math.log2(Math.abs(weight));
  return Number.isInteger(exponent) ? exponent : undefined;
}
