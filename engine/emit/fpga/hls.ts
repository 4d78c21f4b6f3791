/** The same integers as C++ for high-level synthesis; any C++11 compiler takes it too. */
import type { Fixed16Network } from '../../quantise/fixed16.ts';
import type { FpgaForm } from './plan.ts';
import type { CircuitShape } from './registers.ts';

/** Values, eight or so a line. */
function rows(values: ArrayLike<number>): string {
  const texts = Array.from(values, String);
  const lines: string[] = [];
  for (let at = 0; at < texts.length; at += 12) lines.push(`    ${texts.slice(at, at + 12).join(', ')},`);
  return lines.join('\n');
}

export function hlsHeader(name: string, { inputs, outputs }: CircuitShape): string {
  return `#ifndef ${name.toUpperCase()}_HLS_H
#define ${name.toUpperCase()}_HLS_H
#include <stdint.h>

/* Integers on the network's grids, as its Verilog takes and gives them. */
void ${name}_hls(const int16_t in[${inputs}], int16_t out[${outputs}]);

#endif
`;
}

export function hlsSource(name: string, network: Fixed16Network, form: FpgaForm): string {
  const { layers, table } = network;
  const parallel = form === 'parallel';
  const [inputs, outputs] = [layers[0]!.inputs, layers.at(-1)!.outputs];
  const constants = layers.map(
    ({ inputs: own, outputs: neurons, weights, bias }, index) => `// Layer ${index}: a row of weights for each neuron.
static const int16_t weights_${index}[${neurons}][${own}] = {
${Array.from({ length: neurons }, (_, o) => `  {\n${rows(weights.subarray(o * own, (o + 1) * own))}\n  },`).join('\n')}
};
static const int32_t bias_${index}[${neurons}] = {
${rows(bias)}
};`,
  );
  const calls = layers.map(({ outputs: neurons, shift, minimum, maximum, usesTable }, index) => {
    const [from, to] = [
      index === 0 ? 'in' : `values_${index}`,
      index === layers.length - 1 ? 'out' : `values_${index + 1}`,
    ];
    const limits = `${shift}, ${minimum}, ${Math.floor(maximum)}, ${usesTable ? 'true' : 'false'}`;
    const line = `  dense(${from}, weights_${index}, bias_${index}, ${limits}, ${to});`;
    return index === layers.length - 1 ? [line] : [`  int16_t values_${index + 1}[${neurons}];`, line];
  });
  const partitions = parallel
    ? layers.slice(0, -1).map((_, index) => `#pragma HLS ARRAY_PARTITION variable=values_${index + 1} complete`)
    : [];
  return `#include "${name}_hls.h"

${constants.join('\n')}
${
  table
    ? `// The activation of the sums -32768, -32512 and so on; between two of them it is a straight line.
static const int16_t activation[257] = {
${rows(table.values)}
};
`
    : ''
}
static int64_t limit(int64_t value, int64_t low, int64_t high) {
  return value < low ? low : value > high ? high : value;
}

// >> of a negative number repeats its sign with every compiler that this is meant for, and by the standard from C++20 on.
static int16_t finish(int64_t sum, int shift, int minimum, int maximum, bool tabled) {
  const int64_t scaled = shift > 0 ? (sum + (int64_t(1) << (shift - 1))) >> shift : sum * (int64_t(1) << -shift);
  const int value = int(limit(scaled, -32768, 32767));
${
  table
    ? `  if (tabled) {
    const int left = activation[(value >> 8) + 128];
    const int slope = activation[(value >> 8) + 129] - left;
    return int16_t(left + ((slope * (value & 255) + 128) >> 8));
  }
`
    : '  (void)tabled;\n'
}  return int16_t(limit(value, minimum, maximum));
}

template <int INPUTS, int OUTPUTS>
static void dense(const int16_t *x, const int16_t (&weights)[OUTPUTS][INPUTS], const int32_t (&bias)[OUTPUTS],
                  int shift, int minimum, int maximum, bool tabled, int16_t *y) {
#pragma HLS INLINE
  for (int o = 0; o < OUTPUTS; o++) {
${parallel ? '#pragma HLS UNROLL\n' : ''}    int64_t sum = bias[o];
    for (int i = 0; i < INPUTS; i++) {
#pragma HLS ${parallel ? 'UNROLL' : 'PIPELINE II=1'}
      sum += int32_t(x[i]) * weights[o][i];
    }
    y[o] = finish(sum, shift, minimum, maximum, tabled);
  }
}

void ${name}_hls(const int16_t in[${inputs}], int16_t out[${outputs}]) {
${parallel ? '#pragma HLS PIPELINE II=1\n#pragma HLS ARRAY_PARTITION variable=in complete\n#pragma HLS ARRAY_PARTITION variable=out complete\n' : '#pragma HLS INTERFACE s_axilite port=in\n#pragma HLS INTERFACE s_axilite port=out\n#pragma HLS INTERFACE s_axilite port=return\n'}${calls
  .map(([declaration, call]) => (call ? `${declaration}` : ''))
  .filter(Boolean)
  .concat(partitions)
  .concat(calls.map((lines) => lines.at(-1)!))
  .join('\n')}
}
`;
}

/** A program that runs every vector through the function: what an HLS tool calls a test bench. */
export function hlsTest(name: string, { inputs, outputs }: CircuitShape): string {
  return `// Usage: ${name}_hls_test [FILE]; FILE is ${name}_vectors.hex where absent. Exit code 0: every integer agrees.
#include <stdio.h>
#include "${name}_hls.h"

int main(int count, char **arguments) {
  const char *path = count > 1 ? arguments[1] : "${name}_vectors.hex";
  FILE *file = fopen(path, "r");
  if (!file) {
    perror(path);
    return 2;
  }
  int vectors = 0, wrong = 0;
  unsigned word;
  for (;;) {
    int16_t in[${inputs}], out[${outputs}];
    int read = 0;
    for (int i = 0; i < ${inputs} && fscanf(file, "%x", &word) == 1; i++, read++) in[i] = int16_t(word);
    if (read < ${inputs}) break;
    ${name}_hls(in, out);
    for (int o = 0; o < ${outputs} && fscanf(file, "%x", &word) == 1; o++) {
      if (out[o] == int16_t(word)) continue;
      if (wrong++ < 10) fprintf(stderr, "vector %d, output %d: %d instead of %d\\n", vectors, o, out[o], int16_t(word));
    }
    vectors++;
  }
  fclose(file);
  printf("%s ${name}_hls: %d vectors, %d wrong outputs\\n", vectors > 0 && wrong == 0 ? "PASS" : "FAIL", vectors, wrong);
  return vectors > 0 && wrong == 0 ? 0 : 1;
}
`;
}
