/** The header of the C file: what a program may call. */
import type { EmitInput } from '../target.ts';
import { commentText } from '../text.ts';
import { type Native, valueNames } from './native.ts';

export function headerFile(input: EmitInput, { name, element, widest, fingerprint }: Native, head: string): string {
  const upper = name.toUpperCase();
  const { inputs, outputs } = valueNames(input);
  const { encoding } = input;
  const list = (names: readonly string[]) =>
    names.map((path, index) => ` *   ${index}  ${commentText(path)}`).join('\n');
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

/** What a call works in: one for each thread, on the stack or static. */
typedef struct {
  ${element} ahead[${widest}];
  ${element} behind[${widest}];
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

/** The layers alone, for programs that encode by themselves: columns are in memory->ahead, the answer points to results. */
const ${element} *${name}_columns(${name}_memory *memory);

#ifdef __cplusplus
}
#endif

#endif
`;
}
