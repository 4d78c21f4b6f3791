/** The header of the C file: what a program may call. */
import type { EmitInput } from '../target.ts';
import { commentText } from '../text.ts';
import { type Native, valueNames } from './native.ts';

export function headerFile(input: EmitInput, native: Native, head: string): string {
  const { name, element, memory, memoryBytes, fingerprint } = native;
  const upper = name.toUpperCase();
  const { inputs, outputs } = valueNames(input);
  const { encoding } = input;
  const list = (names: readonly string[]) =>
    gathered(names)
      .map(({ at, text }) => ` *   ${at}  ${commentText(text)}`)
      .join('\n');
  return `${head}
#ifndef ${upper}_H
#define ${upper}_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ${upper}_INPUTS ${inputs.length}
#define ${upper}_OUTPUTS ${outputs.length}
#define ${upper}_INPUT_COLUMNS ${encoding.inputColumns}
#define ${upper}_OUTPUT_COLUMNS ${encoding.outputColumns}
/** Tells this network from others. */
#define ${upper}_FINGERPRINT "${fingerprint}"

/** What a call works in, ${memoryBytes} bytes: one for each thread, static or, where it is small, on the stack. */
typedef struct {
${memory.map(({ name: own, length }) => `  ${element} ${own}[${length}];`).join('\n')}
} ${name}_memory;

/**
 * Values in, values out: numbers in their own units, a boolean as 0 or 1, one of several literals as its index from 0.
 *
 * Inputs
${list(inputs)}
 * Outputs
${list(outputs)}
 */
void ${name}_run(const double *inputs, double *outputs, ${name}_memory *memory);

/** 1 where every input is in the range that the network was trained for, else 0: outside it extrapolates. */
int ${name}_inside(const double *inputs);

/** The layers alone, for programs that encode by themselves: columns are in memory->${memory[0]!.name}, the answer points to results. */
const ${element} *${name}_columns(${name}_memory *memory);

#ifdef __cplusplus
}
#endif

#endif
`;
}

/** Arrays of more than this are listed by their first and last element. */
const listed = 16;

/** Names with their indices; long arrays, nested or not, in one line. */
function gathered(names: readonly string[]): { readonly at: string; readonly text: string }[] {
  const lines: { at: string; text: string }[] = [];
  for (let first = 0; first < names.length; ) {
    const array = arrayOf(names[first]!);
    let end = first + 1;
    while (end < names.length && array !== names[end] && arrayOf(names[end]!) === array) end++;
    if (end - first > listed) lines.push({ at: `${first}..${end - 1}`, text: `${names[first]} to ${names[end - 1]}` });
    else for (let index = first; index < end; index++) lines.push({ at: String(index), text: names[index]! });
    first = end;
  }
  return lines;
}

const arrayOf = (path: string): string => path.replace(/(\[\d+\])+$/, '');
