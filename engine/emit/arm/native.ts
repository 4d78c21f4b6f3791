/** A network as C: what perceptrons and convolutional networks have in common, which is everything around the layers. */
import { inputSlots, outputSlots } from '../../data/slots.ts';
import type { AnyQuantised } from '../../quantise/models.ts';
import type { Domain, SlotDomain } from '../../types.ts';
import { imageEntries, repeating } from '../cnn/entries.ts';
import { isSameRange } from '../cpu/guardShapes.ts';
import { collapseLinear } from '../fold.ts';
import { nativeName } from '../names.ts';
import { type EmitInput, isCnnInput, perceptronInput } from '../target.ts';
import { floatCnn } from './cnn/float.ts';
import { integerCnn } from './cnn/integers.ts';
import { floatLayers } from './floatLayers.ts';
import { integerLayers } from './integerLayers.ts';
import { elementBytes, type LayerCode } from './layerCode.ts';
import { decodeText, encodeText, slotsText } from './slots.ts';
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
  // Throws where the inputs are not the values of an image in order.
  if (isCnnInput(input)) imageEntries(input);
  const source = `${prelude(name)}

${slotsText(encoding, quantised)}

${domainText(repeating<SlotDomain>(domain, channels, isSameRange))}

${constants.join('\n')}

${functions.join('\n\n')}

${encodeText(encoding, element, quantised)}

${decodeText(encoding, element, quantised)}

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

/** What the values are called, in the order of the arrays. */
export const valueNames = (input: Pick<EmitInput, 'signature'>) => ({
  inputs: inputSlots(input.signature).map(({ path }) => path),
  outputs: outputSlots(input.signature).map(({ path }) => path),
});

export const formText = (quantised: AnyQuantised | undefined): string =>
  quantised ? { int8: '8-bit integers', fixed16: '16-bit fixed point' }[quantised.kind] : 'float32';
