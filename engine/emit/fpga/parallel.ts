/**
 * The parallel form: every product has a multiplier of its own, and each neuron adds its products one clock after the
 * other along a chain, as the cascade between DSP blocks does. Inputs reach the chain one clock later each. A result
 * leaves in every clock.
 */
import {
  type Bounds,
  type Circuit,
  type CircuitLayer,
  type CircuitNeuron,
  powerOfTwo,
  productBounds,
  signedBits,
  type Term,
} from './circuit.ts';
import { extended, hex16, limited, literal, shifted, tableLatency } from './verilog.ts';

/** Clocks that a layer takes: one for each live input, one more for the first product, one to round and limit. */
export function layerLatency({ inputs, neurons, usesTable }: CircuitLayer): number {
  return neurons.length === 0 ? 0 : inputs.length + 2 + (usesTable ? tableLatency : 0);
}

/** Clocks from inputs to outputs; at least one, as outputs are registered. */
export const parallelLatency = ({ layers }: Circuit): number =>
  Math.max(
    1,
    layers.reduce((sum, layer) => sum + layerLatency(layer), 0),
  );

/** The value of input `input` of layer `layer` as it was `clocks` before; a register where that is more than 0. */
const delayed = (layer: number, input: number, clocks: number): string => `x${layer}_${input}_d${clocks}`;

const productKey = ({ input, weight }: Term): string => `${input}_${weight < 0 ? 'm' : ''}${Math.abs(weight)}`;

const productName = (layer: number, term: Term): string => `p${layer}_${productKey(term)}`;

export function parallelModule(
  name: string,
  circuit: Circuit,
  shape: { readonly inputs: number; readonly outputs: number },
): string {
  const { layers, constants, usedInputs } = circuit;
  const latency = parallelLatency(circuit);
  const unused = Array.from({ length: shape.inputs }, (_, input) => input).filter(
    (input) => !usedInputs.includes(input),
  );
  const outputs = constants.map((constant, index) =>
    constant === undefined ? `x${layers.length}_${index}_d0` : hex16(constant),
  );
  const body = [
    ...validLines(latency),
    ...usedInputs.map(
      (input) => `  wire signed [15:0] ${delayed(0, input, 0)} = in_data[${16 * input + 15}:${16 * input}];`,
    ),
    ...(unused.length > 0
      ? [
          '  // Nothing depends on these inputs.',
          `  wire unused = &{1'b0, ${unused.map((input) => `in_data[${16 * input + 15}:${16 * input}]`).join(', ')}};`,
        ]
      : []),
    ...layers.flatMap((layer, index) => layerLines(name, layer, index)),
    '',
    '  assign out_data = {',
    `    ${outputs.toReversed().join(',\n    ')}`,
    '  };',
  ];
  return `module ${name} (
  input  wire         clk,
  // Clears what is under way; the numbers need no reset.
  input  wire         rst,
  input  wire         in_valid,
  // Input i in bits 16 * i + 15 to 16 * i.
  input  wire [${16 * shape.inputs - 1}:0] in_data,
  output wire         out_valid,
  output wire [${16 * shape.outputs - 1}:0] out_data
);
${body.join('\n')}
endmodule
`;
}

function validLines(latency: number): string[] {
  const next = latency === 1 ? 'in_valid' : `{valid[${latency - 2}:0], in_valid}`;
  return [
    `  reg [${latency - 1}:0] valid = ${latency}'d0;`,
    `  always @(posedge clk) valid <= rst ? ${latency}'d0 : ${next};`,
    `  assign out_valid = valid[${latency - 1}];`,
    '',
  ];
}

export interface Product extends Term {
  /** Bits that the product takes, or the widest sum that it is added to where that is narrower: sums wrap. */
  readonly bits: number;
}

/** The distinct products of a layer that take a multiplier, by name in layer 0: those by powers of two are wires. */
export function products({ neurons, values }: CircuitLayer): ReadonlyMap<string, Product> {
  const all = new Map<string, Product>();
  for (const { terms, widths } of neurons) {
    terms.forEach(({ input, weight }, place) => {
      if (powerOfTwo(weight) !== undefined) return;
      const key = productKey({ input, weight });
      const own = signedBits(productBounds(weight, values[input]!));
      const bits = Math.max(all.get(key)?.bits ?? 0, Math.min(own, widths[place]!));
      all.set(key, { input, weight, bits });
    });
  }
  return all;
}

/** Not below the 17 bits that a weight takes in the text, so that no product is cut. */
const registerBits = ({ bits }: Product): number => Math.max(17, bits);

/** How many clocks each live input has to wait at most: its place in the chain, one more for a shifted summand. */
export function delays({ inputs, neurons }: CircuitLayer): Map<number, number> {
  const doubled = new Set(
    neurons.flatMap(({ terms }) =>
      terms.filter(({ weight }) => powerOfTwo(weight) !== undefined).map(({ input }) => input),
    ),
  );
  return new Map(inputs.map((input, place) => [input, place + (doubled.has(input) ? 1 : 0)]));
}

/** A layer in the text: its number, the place of each live input in the chains, and its products. */
interface LayerText {
  readonly name: string;
  readonly layer: CircuitLayer;
  readonly index: number;
  readonly places: ReadonlyMap<number, number>;
  readonly shared: ReadonlyMap<string, Product>;
}

function layerLines(name: string, layer: CircuitLayer, index: number): string[] {
  if (layer.neurons.length === 0) return [];
  const places = new Map(layer.inputs.map((input, place) => [input, place]));
  const shared = products(layer);
  const waits = [...delays(layer)].flatMap(([input, most]) =>
    Array.from({ length: most }, (_, clock) => ({
      to: delayed(index, input, clock + 1),
      from: delayed(index, input, clock),
    })),
  );
  const multiplied = [...shared.values()];
  return [
    '',
    `  // Layer ${index}: ${layer.inputs.length} inputs, ${layer.neurons.length} neurons.`,
    ...(waits.length > 0 ? droppingBits(waits.map(({ to }) => `  reg signed [15:0] ${to};`).join('\n')) : []),
    ...multiplied.flatMap((product) => {
      const declaration = `  reg signed [${registerBits(product) - 1}:0] ${productName(index, product)};`;
      return product.bits < registerBits(product) ? droppingBits(declaration) : [declaration];
    }),
    '  always @(posedge clk) begin',
    ...waits.map(({ to, from }) => `    ${to} <= ${from};`),
    ...multiplied.map((product) => {
      const value = delayed(index, product.input, places.get(product.input)!);
      return `    ${productName(index, product)} <= ${value} * ${literal(product.weight, 17)};`;
    }),
    '  end',
    ...layer.neurons.flatMap((neuron) => neuronLines({ name, layer, index, places, shared }, neuron)),
  ];
}

export interface ChainStep {
  readonly width: number;
  /** What is added; absent where the sum waits for the others. */
  readonly term?: Term;
}

/** The registers of a chain, one per live input of the layer from the neuron's first one on. */
export function chainOf({ inputs }: CircuitLayer, neuron: CircuitNeuron): ChainStep[] {
  const chain: ChainStep[] = [];
  let taken = 0;
  for (const input of inputs) {
    const term = neuron.terms[taken];
    if (term?.input === input) chain.push({ width: neuron.widths[taken++]!, term });
    else if (taken > 0) chain.push({ width: neuron.widths[taken - 1]! });
  }
  return chain;
}

function neuronLines(text: LayerText, neuron: CircuitNeuron): string[] {
  const { layer, index } = text;
  const chain = chainOf(layer, neuron);
  const first = layer.inputs.length - chain.length;
  const declarations: string[] = [];
  const steps: string[] = [];
  let [before, beforeWidth] = ['', 0];
  chain.forEach(({ width, term }, place) => {
    const own = `s${index}_${neuron.index}_${first + place}`;
    const declaration = `  reg signed [${width - 1}:0] ${own};`;
    declarations.push(...(place === chain.length - 1 && layer.shift > 0 ? droppingBits(declaration) : [declaration]));
    const previous = place === 0 ? literal(wrapped(neuron.start, width), width) : fitted(before, beforeWidth, width, 0);
    steps.push(`    ${own} <= ${term ? `${previous} ${summand(text, term, width)}` : before};`);
    [before, beforeWidth] = [own, width];
  });
  return [
    `  // Neuron ${neuron.index}.`,
    ...declarations,
    '  always @(posedge clk) begin',
    ...steps,
    '  end',
    ...finishLines(text, neuron, before),
  ];
}

/**
 * Rounding drops low bits of complete sums, limits look at no bit twice, and shifted values and small products may
 * stick out of a narrow sum. All other bits of the circuit are used.
 */
const droppingBits = (declaration: string): string[] => [
  '  /* verilator lint_off UNUSED */',
  declaration,
  '  /* verilator lint_on UNUSED */',
];

/** `+ product`, or `- x * 2^k`, at the width of the sum. */
function summand({ index, places, shared }: LayerText, term: Term, width: number): string {
  const shift = powerOfTwo(term.weight);
  if (shift === undefined) {
    const product = shared.get(productKey(term))!;
    return `+ ${fitted(productName(index, term), registerBits(product), width, 0)}`;
  }
  const value = delayed(index, term.input, places.get(term.input)! + 1);
  return `${term.weight < 0 ? '-' : '+'} ${fitted(value, 16, width, shift)}`;
}

/** The number of `width` bits that is `value` modulo 2^width. */
function wrapped(value: number, width: number): number {
  const modulus = 2 ** width;
  const rest = ((value % modulus) + modulus) % modulus;
  return rest < modulus / 2 ? rest : rest - modulus;
}

/** As `extended`; where the sum is narrower than the summand, it takes the low bits, which is exact modulo its width. */
function fitted(name: string, from: number, to: number, shift: number): string {
  if (from + shift <= to) return extended(name, from, to, shift);
  const low = `${name}[${to - shift - 1}:0]`;
  return shift > 0 ? `{${low}, ${shift}'d0}` : low;
}

/** Rounds (the constant is in the sum already), limits, and looks up. `acc` is the complete sum. */
function finishLines({ name, layer, index }: LayerText, neuron: CircuitNeuron, acc: string): string[] {
  const bounds = neuron.range;
  const { shift, usesTable } = layer;
  const scaled: Bounds = { low: Math.floor(bounds.low / 2 ** shift), high: Math.floor(bounds.high / 2 ** shift) };
  const kept = Math.max(2, signedBits(scaled));
  const rounded = `t${index}_${neuron.index}`;
  const limits = usesTable ? { minimum: -32768, maximum: 32767 } : layer;
  const result = delayed(index + 1, neuron.index, 0);
  const limitedName = usesTable ? `u${index}_${neuron.index}` : result;
  return [
    ...droppingBits(`  wire signed [${kept - 1}:0] ${rounded} = ${shifted(acc, signedBits(bounds), shift, kept)};`),
    `  reg signed [15:0] ${limitedName};`,
    `  always @(posedge clk) ${limitedName} <= ${limited(rounded, kept, limits, scaled)};`,
    ...(usesTable
      ? [
          `  wire signed [15:0] ${result};`,
          `  ${name}_activation a${index}_${neuron.index} (.clk(clk), .sum(${limitedName}), .value(${result}));`,
        ]
      : []),
  ];
}
