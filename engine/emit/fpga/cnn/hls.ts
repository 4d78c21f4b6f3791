/** The same integers as C++ for high-level synthesis: the loop nest of the circuit. Any C++11 compiler takes it too. */
import type { Fixed16Cnn } from '../../../quantise/cnn/fixed16.ts';
import type { Rescaling } from './constants.ts';
import { type CnnProgram, limitsOf } from './program.ts';
import { groupsOf, tapsOf } from './steps.ts';

const rows = (texts: readonly string[], perLine: number): string =>
  Array.from(
    { length: Math.ceil(texts.length / perLine) },
    (_, line) => `  ${texts.slice(line * perLine, (line + 1) * perLine).join(', ')},`,
  ).join('\n');

export function cnnHlsSource(name: string, network: Fixed16Cnn, program: CnnProgram): string {
  const { topology, table } = network;
  const { steps, constants, macs, words, image, outputs } = program;
  const inputs = topology.height * topology.width * topology.channels;
  const limits = limitsOf(network) ?? { minimum: -32768, maximum: 32767 };
  const rescaling = ({ bias, shift }: Rescaling) => `${bias}, ${shift}`;
  let [channel, weight, filter] = [0, 0, 0];
  const stepTexts = steps.map((step) => {
    const { counts, strides, read, write, stride, filters, pad, reduces, raw } = step;
    const kind = reduces === undefined ? 'DIRECT' : reduces === 'mean' ? 'MEAN' : 'LARGEST';
    const text = `{{${counts.join(', ')}}, {${strides.join(', ')}}, ${read}, ${write}, ${stride}, ${filters}, ${pad}, ${kind}, ${raw}, ${channel}, ${weight}, ${filter}}`;
    channel += step.channels;
    weight += groupsOf(step) * tapsOf(step);
    filter += groupsOf(step) * macs;
    return text;
  });
  return `#include "${name}_hls.h"

enum Kind { DIRECT, MEAN, LARGEST };

// Loops from the innermost one outwards: three over what is read, one over groups of filters, two over pixels. Of a mean
// or a largest value, the first two are over its values.
struct Step {
  int counts[6], strides[6], read, write, stride, filters, pad;
  Kind kind;
  bool raw;
  int channel, weight, filter;
};
static const Step steps[${steps.length}] = {
${rows(stepTexts, 1)}
};

// sum = bias + x * weight, which holds half of the rounding step already, then a shift to the right, or to the left.
struct Rescaling {
  int64_t bias;
  int shift;
};
struct Line {
  int16_t weight;
  Rescaling rescaling;
};
static const Line lines[${constants.channels.length}] = {
${rows(
  constants.channels.map((own) => `{${own.weight}, {${rescaling(own)}}}`),
  4,
)}
};
static const Rescaling filters[${constants.filters.length}] = {
${rows(
  constants.filters.map((own) => `{${rescaling(own)}}`),
  6,
)}
};
static const int16_t weights[${constants.weights.length}][${macs}] = {
${rows(
  constants.weights.map((word) => `{${word.join(', ')}}`),
  Math.max(1, Math.floor(12 / macs)),
)}
};
${
  table
    ? `// The activation of the sums -32768, -32512 and so on; between two of them it is a straight line.
static const int16_t activation[257] = {
${rows(Array.from(table.values, String), 12)}
};
`
    : ''
}
static int limit(int64_t value, int low, int high) { return value < low ? low : value > high ? high : int(value); }

// >> of a negative number repeats its sign with every compiler that this is meant for, and by the standard from C++20 on.
static int settle(int64_t sum, const Rescaling &by) {
  const int64_t total = sum + by.bias;
  return limit(by.shift > 0 ? total >> by.shift : total * (int64_t(1) << -by.shift), -32768, 32767);
}

static int prepare(int16_t value, const Line &line, bool raw) {
  const int sum = settle(int32_t(value) * line.weight, line.rescaling);
  if (raw) return sum;
${
  table
    ? `  const int left = activation[(sum >> 8) + 128];
  const int slope = activation[(sum >> 8) + 129] - left;
  return left + ((slope * (sum & 255) + 128) >> 8);`
    : `  return limit(sum, ${limits.minimum}, ${limits.maximum});`
}
}

static void run(const Step &s, int16_t *maps) {
  for (int row = 0; row < s.counts[5]; row++)
    for (int column = 0; column < s.counts[4]; column++) {
      const int pixel = s.read + row * s.strides[5] + column * s.strides[4];
      const int write = s.write + (row * s.counts[4] + column) * s.stride;
      int word = s.weight;
      for (int group = 0; group < s.counts[3]; group++) {
        int64_t sums[${macs}] = {0};
        int reduced = 0;
        for (int c = 0; c < s.counts[2]; c++)
          for (int b = 0; b < s.counts[1]; b++)
            for (int a = 0; a < s.counts[0]; a++) {
#pragma HLS PIPELINE
              const int y = row + c - s.pad, x = column + b - s.pad;
              const bool inside = s.pad == 0 || (y >= 0 && y < s.counts[5] && x >= 0 && x < s.counts[4]);
              const int at = pixel + c * s.strides[2] + b * s.strides[1] + a * s.strides[0];
              const Line &line = lines[s.channel + (s.kind == DIRECT ? a : c)];
              const int value = inside ? prepare(maps[at], line, s.raw) : 0;
              const bool begins = s.kind == DIRECT || (a == 0 && b == 0);
              if (begins || (s.kind == LARGEST && value > reduced)) reduced = value;
              else if (s.kind == MEAN) reduced += value;
              if (s.kind != DIRECT && (a < s.counts[0] - 1 || b < s.counts[1] - 1)) continue;
              const int tap = s.kind == MEAN ? (reduced + 2) >> 2 : reduced;
              for (int k = 0; k < ${macs}; k++) {
#pragma HLS UNROLL
                sums[k] += int32_t(tap) * weights[word][k];
              }
              word++;
            }
        for (int k = 0; k < ${macs}; k++) {
          const int filter = group * ${macs} + k;
          if (filter < s.filters) maps[write + filter] = int16_t(settle(sums[k], filters[s.filter + filter]));
        }
      }
    }
}

void ${name}_hls(const int16_t in[${inputs}], int16_t out[${topology.outputs}]) {
#pragma HLS INTERFACE s_axilite port=in
#pragma HLS INTERFACE s_axilite port=out
#pragma HLS INTERFACE s_axilite port=return
  static int16_t maps[${words}];
  for (int i = 0; i < ${inputs}; i++) maps[${image} + i] = in[i];
  for (int step = 0; step < ${steps.length}; step++) run(steps[step], maps);
  for (int o = 0; o < ${topology.outputs}; o++) out[o] = maps[${outputs} + o];
}
`;
}
