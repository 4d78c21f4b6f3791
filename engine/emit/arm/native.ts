/** A network as C: what perceptrons and convolutional networks have in common, which is everything around the layers. */
import { inputSlots, outputSlots } from '../../data/slots.ts';
import { type Entry, entryOf } from '../../quantise/grid.ts';
import type { AnyQuantised } from '../../quantise/models.ts';
import type { Domain, Encoding, SlotDomain, SlotEncoding } from '../../types.ts';
import { imageEntries, repeating } from '../cnn/entries.ts';
import { denormalisation, normalisation } from '../cpu/columns.ts';
import { isSameRange } from '../cpu/guardShapes.ts';
import { collapseLinear } from '../fold.ts';
import { nativeName } from '../names.ts';
import { type EmitInput, isCnnInput, perceptronInput } from '../target.ts';
import { floatCnn } from './cnn/float.ts';
import { integerCnn } from './cnn/integers.ts';
import { floatLayers } from './floatLayers.ts';
import { integerLayers } from './integerLayers.ts';
import { type Element, elementBytes, type LayerCode } from './layerCode.ts';
import { doubleLiteral, fingerprintOf } from './text.ts';

/** What the other files have to know about the C file. */
export interface Native extends Pick<LayerCode, 'element' | 'memory'> {
  readonly name: string;
  readonly source: string;
  /** Of a call's memory. */
  readonly memoryBytes: number;
  /** Tells it from other networks, in eight hexadecimal digits. */
  readonly fingerprint: string;
}

/** The C file without its head. Same input, same text. */
export function nativeOf(input: EmitInput): Native {
  const { encoding, quantised, domain } = input;
  const name = nativeName(input.functionName);
  const { element, memory, constants, functions, statements, results } = layersOf(input);
  const channels = isCnnInput(input) ? input.network.topology.channels : 0;
  const entries = isCnnInput(input) ? imageEntries(input).encodings : encoding.inputs;
  const source = `${prelude(name)}

${slotsText(entries, encoding.outputs, quantised)}

${domainText(repeating<SlotDomain>(domain, channels, isSameRange))}

${constants.join('\n')}

${functions.join('\n\n')}

${element === 'float' ? floatEntry : integerEntry(quantised!)}

${isCnnInput(input) ? encodeImage(encoding, entries.length, element) : encodeSlots(encoding, element, quantised)}

/** Columns to values: of a category the index of the largest, the first of equals. */
static void decode(const ${element} *columns, double *outputs) {
  for (int k = 0; k < ${encoding.outputs.length}; k++) {
    const slot *own = &output_slots[k];
    const ${element} *scores = columns + own->column;
    if (own->values == 0) {
      outputs[k] = own->factor * ${outputZero(quantised)} + own->offset;
    } else {
      int best = 0;
      for (int v = 1; v < own->values; v++) if (scores[v] > scores[best]) best = v;
      outputs[k] = best;
    }
  }
}

const ${element} *${name}_columns(${name}_memory *memory) {
${statements.map((line) => `  ${line}`).join('\n')}
  return ${results};
}

void ${name}_run(const double *inputs, double *outputs, ${name}_memory *memory) {
  encode(inputs, memory->${memory[0]!.name});
  decode(${name}_columns(memory), outputs);
}

${insideText(name, domain, channels)}
`;
  const memoryBytes = elementBytes[element] * memory.reduce((sum, { length }) => sum + length, 0);
  return { name, source, element, memory, memoryBytes, fingerprint: fingerprintOf(source) };
}

function layersOf(input: EmitInput): LayerCode {
  if (isCnnInput(input)) return input.quantised ? integerCnn(input.quantised) : floatCnn(input.network);
  const { network, quantised } = perceptronInput(input);
  return quantised ? integerLayers(quantised) : floatLayers(collapseLinear(network));
}

const encodeSlots = (
  { inputs }: Encoding,
  element: Element,
  quantised: AnyQuantised | undefined,
): string => `/** Values to columns: a category is one column per value. */
static void encode(const double *inputs, ${element} *columns) {
  for (int k = 0; k < ${inputs.length}; k++) {
    const slot *own = &input_slots[k];
    if (own->values == 0) columns[own->column] = enter(inputs[k], own);
    for (int v = 0; v < own->values; v++) columns[own->column + v] = inputs[k] == v ? ${oneHot(quantised).join(' : ')};
  }
}`;

const encodeImage = (
  { inputs }: Encoding,
  entries: number,
  element: Element,
): string => `/** Values of an image to columns, in the same order. */
static void encode(const double *inputs, ${element} *columns) {
  for (int k = 0; k < ${inputs.length}; k++) columns[k] = enter(inputs[k], &input_slots[${repeated(entries, inputs.length)}]);
}`;

/** The index of value k in a list that all values repeat. */
const repeated = (length: number, values: number): string =>
  length === 1 ? '0' : length === values ? 'k' : `k % ${length}`;

function insideText(name: string, domain: Domain, channels: number): string {
  const { length } = repeating<SlotDomain>(domain, channels, isSameRange);
  return `int ${name}_inside(const double *inputs) {
  for (int k = 0; k < ${domain.length}; k++) {
    const double *range = domain[${repeated(length, domain.length)}];
    if (!(inputs[k] >= range[0] && inputs[k] <= range[1])) return 0;
  }
  return 1;
}`;
}

const prelude = (name: string): string => `#include "${name}.h"

#include <stdint.h>

#if defined(__FAST_MATH__)
#error "-ffast-math changes the numbers that this network answers. Compile without it."
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif
/* DEEPMAKER_SCALAR leaves NEON out; the numbers are the same. */
#if defined(__ARM_NEON) && !defined(DEEPMAKER_SCALAR)
#define USE_NEON
#include <arm_neon.h>
#endif`;

function slotsText(
  entries: readonly SlotEncoding[],
  results: readonly SlotEncoding[],
  quantised: AnyQuantised | undefined,
): string {
  const inputs = entries.map((slot) => slotText(slot, inputConstants(slot, quantised)));
  const outputs = results.map((slot) => slotText(slot, outputConstants(slot, quantised)));
  return `/** A value among the columns. values: how many a category has, each with a column of its own; 0 for a number. */
typedef struct {
  double offset;
  double factor;
  uint16_t column;
  uint16_t values;
} slot;

static const slot input_slots[] = {
${inputs.join('\n')}
};
static const slot output_slots[] = {
${outputs.join('\n')}
};`;
}
/** A boolean output is a category of two, as encodings have it. */
function slotText(slot: SlotEncoding, { offset, factor }: Entry): string {
  const values = slot.kind === 'category' ? slot.values.length : 0;
  return `  {${doubleLiteral(offset)}, ${doubleLiteral(factor)}, ${slot.column}, ${values}},`;
}

const unused = { offset: 0, factor: 0 };

/** 0 and 1 of a boolean are the columns -1 and 1. */
const booleanScale = { offset: 0.5, scale: 0.5 };

function inputConstants(slot: SlotEncoding, quantised: AnyQuantised | undefined): Entry {
  if (slot.kind === 'category') return unused;
  const own = slot.kind === 'boolean' ? booleanScale : slot;
  return quantised ? entryOf(quantised.input, own) : normalisation(own.offset, own.scale);
}

function outputConstants(slot: SlotEncoding, quantised: AnyQuantised | undefined): Entry {
  if (slot.kind === 'boolean') throw new TypeError('Booleans of a result are encoded as categories.');
  if (slot.kind === 'category') return unused;
  const { offset, scale } = slot;
  return quantised ? { offset, factor: quantised.output.scale * scale } : denormalisation(offset, scale);
}

const domainText = (
  domain: Domain,
): string => `/** The lowest and the highest value that the network was trained for. */
static const double domain[][2] = {
${domain
  .map((slot) => {
    const [low, high] =
      slot.kind === 'number' ? [slot.min, slot.max] : [0, slot.kind === 'boolean' ? 1 : slot.values.length - 1];
    return `  {${doubleLiteral(low)}, ${doubleLiteral(high)}},`;
  })
  .join('\n')}
};`;

const floatEntry = `static float enter(double value, const slot *own) {
  return (float)((value - own->offset) * own->factor);
}`;

/** The grid's floor((value - offset) * factor + 1/2) + zero, saturated; far beyond it nothing changes any more. */
function integerEntry({ input, kind }: AnyQuantised): string {
  const type = kind === 'int8' ? 'int8_t' : 'int16_t';
  const far = kind === 'int8' ? '1000.0' : '100000.0';
  return `/** Rounded to the nearest step, halves upwards, and saturated; what is not a number becomes 0. */
static ${type} enter(double value, const slot *own) {
  double steps = (value - own->offset) * own->factor + 0.5;
  int32_t step;
  if (steps != steps) return 0;
  if (steps < -${far}) steps = -${far};
  if (steps > ${far}) steps = ${far};
  step = (int32_t)steps;
  if (step > steps) step--;
  step += ${input.zero};
  return (${type})(step < ${input.minimum} ? ${input.minimum} : step > ${input.maximum} ? ${input.maximum} : step);
}`;
}

/** The columns of a category's value that holds, and of one that does not. */
function oneHot(quantised: AnyQuantised | undefined): string[] {
  if (!quantised) return ['1.0f', '0.0f'];
  const { input } = quantised;
  const at = (column: number) =>
    Math.min(input.maximum, Math.max(input.minimum, Math.floor(column / input.scale + 0.5) + input.zero));
  return [1, 0].map((column) => String(at(column)));
}

const outputZero = (quantised: AnyQuantised | undefined): string =>
  quantised && quantised.output.zero !== 0 ? `(*scores - ${quantised.output.zero})`.replace('- -', '+ ') : '*scores';

/** What the values are called, in the order of the arrays. */
export const valueNames = (input: Pick<EmitInput, 'signature'>) => ({
  inputs: inputSlots(input.signature).map(({ path }) => path),
  outputs: outputSlots(input.signature).map(({ path }) => path),
});

export const formText = (quantised: AnyQuantised | undefined): string =>
  quantised ? { int8: '8-bit integers', fixed16: '16-bit fixed point' }[quantised.kind] : 'float32';
