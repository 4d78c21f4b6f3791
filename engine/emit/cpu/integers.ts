/**
 * Quantised networks as loops over integer constants: the same integers, step by step, as the interpreters in
 * engine/quantise. Real numbers occur only where inputs enter and outputs leave.
 */
import type { Fixed16Network } from '../../quantise/fixed16.ts';
import { enterColumn } from '../../quantise/grid.ts';
import type { Int8Network } from '../../quantise/int8.ts';
import type { QuantisedNetwork } from '../../quantise/quantise.ts';
import type { Network } from '../../types.ts';
import { claimName } from '../names.ts';
import type { EmitInput } from '../target.ts';
import { bracketed, encodeBase64 } from '../text.ts';
import { shifted } from './columns.ts';
import { closeFrame, type Frame, type FrameOptions, holds, openFrame } from './frame.ts';
import { inputRuns } from './inputs.ts';
import { arrayOf, enterCall, enterText, integerDecoding, rescaleLines, type Syntax, syntaxOf } from './integerCode.ts';
import type { LoopCode } from './loops.ts';
import { returnOutputs } from './outputs.ts';

/** Names in the module; all are claimed before anything is written. */
interface Names {
  readonly decode: string;
  readonly enter: string;
  readonly ahead: string;
  readonly behind: string;
  readonly weights: string;
  readonly biases: string;
  readonly multipliers: string;
  readonly shifts: string;
  readonly table: string;
  readonly dense: string;
}

/** `decode` is the module's base64 decoder. */
export function emitIntegers(
  input: EmitInput<Network>,
  network: QuantisedNetwork,
  moduleNames: Set<string>,
  decode: string,
  options: FrameOptions = {},
): LoopCode {
  const claim = (wanted: string) => claimName(moduleNames, wanted);
  const names: Names = {
    decode,
    enter: claim('enter'),
    ahead: claim('ahead'),
    behind: claim('behind'),
    weights: claim('weights'),
    biases: claim('biases'),
    multipliers: claim('multipliers'),
    shifts: claim('shifts'),
    table: claim('table'),
    dense: claim('dense'),
  };
  const integers = arrayOf(network);
  const syntax = syntaxOf(input, integers);
  const frame = openFrame(input, moduleNames, () => true);
  let [from, to] = [names.ahead, names.behind];
  const calls = layerCalls(network).map((rest) => {
    const call = `  ${names.dense}(${from}, ${to}, ${rest.join(', ')});`;
    [from, to] = [to, from];
    return call;
  });
  const body = [...enterInputs(frame, network, names, syntax), ...calls];
  body.push(...returnOutputs(frame, from, integerDecoding(network.output)));
  const support = [
    enterText(network.input, names.enter, syntax),
    scratchText(network, integers, names),
    ...(network.kind === 'int8' ? int8Text(network, names, syntax) : fixed16Text(network, names, syntax)),
  ];
  return { single: closeFrame(frame, body, options), support: support.join('\n\n') };
}

/** Where a layer's weights and neurons begin among all, and what else tells layers apart. */
function layerCalls(network: QuantisedNetwork): (number | string)[][] {
  let [weight, neuron, table] = [0, 0, 0];
  const starts = network.layers.map(({ inputs, outputs }) => {
    const start = [inputs, outputs, weight, neuron];
    weight += inputs * outputs;
    neuron += outputs;
    return start;
  });
  if (network.kind === 'int8') {
    return network.layers.map((layer, index) => {
      const at = layer.table ? table : -1;
      table += layer.table ? 256 : 0;
      return [...starts[index]!, layer.sums.zero, at];
    });
  }
  return network.layers.map(({ shift, minimum, maximum, usesTable }, index) => [
    ...starts[index]!,
    `2 ** ${-shift}`,
    ...(network.table ? [usesTable ? 'true' : 'false'] : [minimum, maximum]),
  ]);
}

/** Statements that write every input column, as an integer, to the first scratch. */
function enterInputs(frame: Frame, network: QuantisedNetwork, names: Names, { sure }: Syntax): string[] {
  const { encoding } = frame.input;
  const { input: grid } = network;
  const place = (column: number | string) => `  ${names.ahead}[${column}] =`;
  const integer = (column: number) => String(enterColumn(column, grid));
  return inputRuns(frame).flatMap((run): string[] => {
    const slot = encoding.inputs[run.slot]!;
    const leaf = frame.leaves[run.slot]!;
    if (slot.kind === 'boolean') return [`${place(slot.column)} ${leaf.expression} ? ${integer(1)} : ${integer(-1)};`];
    if (slot.kind === 'category') {
      return slot.values.map(
        (_, index) => `${place(slot.column + index)} ${holds(leaf, index)} ? ${integer(1)} : ${integer(0)};`,
      );
    }
    const enter = (value: string) => enterCall(names.enter, value, slot, grid);
    if (run.length === 1) return [`${place(slot.column)} ${enter(leaf.expression)};`];
    const { array, index: first } = leaf.element!;
    const index = frame.claim('i');
    const value = enter(`${array}[${shifted(first, index)}]${sure}`);
    const loop = `  for (let ${index} = 0; ${index} < ${run.length}; ${index}++)`;
    return [`${loop} ${names.ahead}[${shifted(slot.column, index)}] = ${value};`];
  });
}

function scratchText({ layers }: QuantisedNetwork, integers: string, { ahead, behind }: Names): string {
  const widest = Math.max(layers[0]!.inputs, ...layers.map(({ outputs }) => outputs));
  return `/** Scratch for two layers, reused by every call: a call runs to its end before the next one starts. */
const ${ahead} = new ${integers}(${widest});
const ${behind} = new ${integers}(${widest});`;
}

const list = (type: string, values: readonly number[]): string => bracketed('', `${type}.of(`, values.map(String), ')');

const bytesOf = ({ buffer, byteOffset, byteLength }: Int8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function int8Text({ layers }: Int8Network, names: Names, { sure, number, array, nothing }: Syntax): string[] {
  const { decode, weights, biases, multipliers, shifts, table, dense } = names;
  const all = Int8Array.from(layers.flatMap((layer) => [...layer.weights]));
  // What the inputs' zero point adds to every sum is the same in each call.
  const folded = layers.flatMap(({ inputs, weights: own, bias, input }) =>
    Array.from(bias, (value, o) =>
      own.subarray(o * inputs, (o + 1) * inputs).reduce((sum, w) => sum - w * input.zero, value),
    ),
  );
  const tables = layers.flatMap((layer) => (layer.table ? [...layer.table] : []));
  return [
    `/** Layer after layer, neuron after neuron: one weight for each input. */
const ${weights} = Int8Array.from(${decode}('${encodeBase64(bytesOf(all))}'));
const ${biases} = ${list('Int32Array', folded)};
/** What a sum is multiplied by, as multiplier * 2 ** (shift - 31). */
const ${multipliers} = ${list(
      'Int32Array',
      layers.flatMap((layer) => [...layer.multipliers]),
    )};
const ${shifts} = ${list(
      'Int8Array',
      layers.flatMap((layer) => [...layer.shifts]),
    )};${
      tables.length === 0
        ? ''
        : `
/** The activation of every sum from -128 to 127, for each hidden layer. */
const ${table} = ${list('Int8Array', tables)};`
    }`,
    `/** Sums in 32 bits, rescaled to 8: the product with the multiplier is rounded, then the shift, halves away from zero. */
function ${dense}(x${array}, y${array}, inputs${number}, outputs${number}, weight${number}, neuron${number}, zero${number}, from${number})${nothing} {
  for (let o = 0; o < outputs; o++) {
    let sum${number} = ${biases}[neuron + o]${sure};
    for (let i = 0; i < inputs; i++) sum = (sum + x[i]${sure} * ${weights}[weight++]${sure}) | 0;
    const multiplier = ${multipliers}[neuron + o]${sure};
    const shift = ${shifts}[neuron + o]${sure};
${rescaleLines('    ')}
    y[o] = ${tables.length === 0 ? 'scaled' : `from < 0 ? scaled : ${table}[from + scaled + 128]${sure}`};
  }
}`,
  ];
}

function fixed16Text(network: Fixed16Network, names: Names, { sure, number, array, nothing }: Syntax): string[] {
  const { decode, weights, biases, table, dense } = names;
  const { layers } = network;
  const all = Int16Array.from(layers.flatMap((layer) => [...layer.weights]));
  const bytes = Uint8Array.from(Array.from(all, (weight) => [weight & 255, (weight >> 8) & 255]).flat());
  const boolean = number === '' ? '' : ': boolean';
  const limits = network.table ? `tabled${boolean}` : `minimum${number}, maximum${number}`;
  const tail = network.table
    ? `    if (!tabled) {
      y[o] = sum;
      continue;
    }
    const at = (sum >> 8) + 128;
    const left = ${table}[at]${sure};
    y[o] = left + (((${table}[at + 1]${sure} - left) * (sum & 255) + 128) >> 8);`
    : '    y[o] = Math.max(minimum, Math.min(maximum, sum));';
  return [
    `/** Layer after layer, neuron after neuron: one weight for each input. Two bytes each, the low one first. */
const ${weights} = (() => {
  const bytes = ${decode}('${encodeBase64(bytes)}');
  return Int16Array.from({ length: bytes.length / 2 }, (_, i) => bytes[2 * i]${sure} | (bytes[2 * i + 1]${sure} << 8));
})();
const ${biases} = ${list(
      'Int32Array',
      layers.flatMap((layer) => [...layer.bias]),
    )};${
      network.table
        ? `
/** The activation of the sums -32768, -32512 and so on; between two of them it is a straight line. */
const ${table} = ${list('Int16Array', [...network.table.values])};`
        : ''
    }`,
    `/** Sums are exact: they stay far below 2 ** 53. Scaling is a shift with rounding, as \`scale\` is a power of two. */
function ${dense}(x${array}, y${array}, inputs${number}, outputs${number}, weight${number}, neuron${number}, scale${number}, ${limits})${nothing} {
  for (let o = 0; o < outputs; o++) {
    let acc${number} = ${biases}[neuron + o]${sure};
    for (let i = 0; i < inputs; i++) acc += x[i]${sure} * ${weights}[weight++]${sure};
    const sum = Math.max(-32768, Math.min(32767, Math.floor(acc * scale + 0.5)));
${tail}
  }
}`,
  ];
}
