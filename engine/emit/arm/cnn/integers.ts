/** A convolutional network in integers as C: the steps of ../../cnn/integerPlan.ts. Sums are exact, in whatever order. */

import type { QuantisedCnn } from '../../../quantise/cnn/quantise.ts';
import { type IntegerStep, planIntegerCnn } from '../../cnn/integerPlan.ts';
import { dotText, rescaleText, shiftText } from '../integerLayers.ts';
import type { LayerCode } from '../layerCode.ts';
import { arrayText, integerItems } from '../text.ts';
import { stepTable } from './steps.ts';

const kinds = ['pad', 'prepare', 'average', 'largest', 'convolve'] as const satisfies readonly IntegerStep['kind'][];

const shared = ['from', 'to', 'stride', 'height', 'width', 'channels', 'margin', 'weight', 'row', 'filters'] as const;
const eightBits = [...shared, 'origin', 'zero', 'table'] as const;
const sixteenBits = [...shared, 'minimum', 'maximum'] as const;
type Field = (typeof eightBits)[number] | (typeof sixteenBits)[number];

export const integerStepFields = (kind: QuantisedCnn['kind']): readonly Field[] =>
  kind === 'int8' ? eightBits : sixteenBits;

export function integerCnn(network: QuantisedCnn): LayerCode {
  const { steps, rows, outputs, size } = planIntegerCnn(network);
  const eight = network.kind === 'int8';
  const element = eight ? 'int8_t' : 'int16_t';
  const tabled = rows.tables.length > 0;
  const list = (type: string, name: string, values: readonly number[]) => arrayText(type, name, integerItems(values));
  const pooled = steps.some(({ kind }) => kind === 'average');
  const table = stepTable({
    kinds,
    fields: integerStepFields(network.kind),
    rows: steps.map((step) => ({ kind: step.kind, values: fieldsOf(step) })),
    note: 'weight, row: the first of its own.',
    element,
  });
  return {
    element,
    memory: [{ name: 'values', length: size }],
    constants: [
      `/* Row after row: the weight of a normalised channel, or those of a filter, (kernel, kernel, channels). */\n${list(element, 'weights', rows.weights)}`,
      list('int32_t', 'biases', rows.biases),
      ...(eight
        ? [
            `/* What a sum is multiplied by: multiplier * 2^(shift - 31). */\n${list('int32_t', 'multipliers', rows.multipliers)}`,
            list('int8_t', 'shifts', rows.shifts),
            ...(tabled
              ? [
                  `/* The activation of every sum from -128 to 127, stage after stage. */\n${list('int8_t', 'tables', rows.tables)}`,
                ]
              : []),
          ]
        : [
            // Sums are far below 2^61: beyond that, a shift leaves nothing.
            list(
              'int8_t',
              'shifts',
              rows.shifts.map((shift) => Math.min(shift, 62)),
            ),
            ...(tabled
              ? [
                  `/* The activation of the sums -32768, -32512 and so on; between two of them it is a straight line. */\n${list('int16_t', 'table', rows.tables)}`,
                ]
              : []),
          ]),
    ],
    functions: [
      table,
      ...(eight ? [rescaleText, dotText.int8, finish8] : [shiftText, dotText.fixed16, finish16]),
      border(element),
      pad(element),
      prepare(element, eight, tabled),
      ...(pooled ? [average(element, eight)] : []),
      `/** The largest value of each map. */
static void largest(const step *s, ${element} *values) {
  for (int c = 0; c < s->channels; c++) {
    const ${element} *at = values + s->from + c;
    ${element} best = *at;
    for (int pixel = 1; pixel < s->width; pixel++) {
      at += s->channels;
      if (*at > best) best = *at;
    }
    values[s->to + c] = best;
  }
}`,
      `static void convolve(const step *s, ${element} *values) {
  const int kernel = 2 * s->margin + 1;
  const int run = kernel * s->channels;
  const int line = (s->width + 2 * s->margin) * s->channels;
  ${element} *y = values + s->to;
  for (int row = 0; row < s->height; row++) {
    for (int column = 0; column < s->width; column++, y += s->stride) {
      const ${element} *x = values + s->from + row * line + column * s->channels;
      const ${element} *w = weights + s->weight;
      for (int f = 0; f < s->filters; f++) {
        ${eight ? 'int32_t' : 'int64_t'} sum = 0;
        for (int tap = 0; tap < kernel; tap++, w += run) sum += dot(x + tap * line, w, run);
        y[f] = finish(sum, s->row + f${eight ? ', s->origin' : ''});
      }
    }
  }
}`,
    ],
    statements: ['run(memory->values);'],
    results: `memory->values + ${outputs}`,
  };
}

const finish8 = `/** A row's sum of products as eight bits, of which \`origin\` stands for 0. */
static int8_t finish(int32_t sum, int row, int32_t origin) {
  sum = rescale(sum + biases[row], multipliers[row], shifts[row]) + origin;
  return (int8_t)(sum < -128 ? -128 : sum > 127 ? 127 : sum);
}`;

const finish16 = `/** A row's sum of products as sixteen bits. */
static int16_t finish(int64_t sum, int row) { return (int16_t)rounded(sum + biases[row], shifts[row]); }`;

/** int8 alone has something else than 0 there. */
const zeroOf = (element: string): string => (element === 'int8_t' ? '(int8_t)s->zero' : '0');

const border = (
  element: string,
): string => `/** Fills an image and the margin around it with what stands for 0; answers where the image begins. */
static ${element} *border(const step *s, ${element} *values) {
  const int line = (s->width + 2 * s->margin) * s->channels;
  ${element} *to = values + s->to;
  const int count = s->margin > 0 ? (s->height + 2 * s->margin) * line : 0;
  for (int k = 0; k < count; k++) to[k] = ${zeroOf(element)};
  return to + s->margin * (line + s->channels);
}`;

const pad = (element: string): string => `/** Copies the image into its margin. */
static void pad(const step *s, ${element} *values) {
  const ${element} *from = values + s->from;
  ${element} *to = border(s, values);
  for (int row = 0; row < s->height; row++, to += 2 * s->margin * s->channels) {
    for (int k = 0; k < s->width * s->channels; k++) *to++ = *from++;
  }
}`;

function prepare(element: string, eight: boolean, tabled: boolean): string {
  const interpolated = `const int index = (sum + 32768) >> 8;
        const int32_t part = (table[index + 1] - table[index]) * (int32_t)(sum & 255) + 128;
        *to++ = (int16_t)(table[index] + (part < 0 ? ~(~part >> 8) : part >> 8));`;
  const limited = '*to++ = (int16_t)(sum < s->minimum ? s->minimum : sum > s->maximum ? s->maximum : sum);';
  const looked = tabled ? '*to++ = s->table < 0 ? (int8_t)sum : tables[s->table + sum + 128];' : '*to++ = (int8_t)sum;';
  return `/** Normalises channel by channel, and activates. */
static void prepare(const step *s, ${element} *values) {
  const ${element} *from = values + s->from;
  ${element} *to = border(s, values);
  for (int row = 0; row < s->height; row++, to += 2 * s->margin * s->channels) {
    for (int column = 0; column < s->width; column++, from += s->stride) {
      for (int c = 0; c < s->channels; c++) {
        const int32_t sum = finish((int32_t)from[c] * weights[s->weight + c], s->row + c${eight ? ', s->origin' : ''});
        ${eight ? looked : tabled ? interpolated : limited}
      }
    }
  }
}`;
}

const average = (
  element: string,
  eight: boolean,
): string => `/** Replaces maps by the means of their 2x2 pixels, rounded to the nearest, ${eight ? 'halves away from zero' : 'halves upwards'}. */
static void average(const step *s, ${element} *values) {
  const int channels = s->channels;
  const int row = s->width * channels;
  ${element} *to = values + s->from;
  for (int y = 0; y + 2 <= s->height; y += 2) {
    for (int x = 0; x + 2 <= s->width; x += 2) {
      const ${element} *at = values + s->from + y * row + x * channels;
      for (int c = 0; c < channels; c++, at++) {
        const int32_t sum = at[0] + at[channels] + at[row] + at[row + channels];
        *to++ = (${element})(${eight ? 'sum < 0 ? -((2 - sum) >> 2) : (sum + 2) >> 2' : 'sum < -2 ? ~(~(sum + 2) >> 2) : (sum + 2) >> 2'});
      }
    }
  }
}`;

/** What is not there is 0. */
function fieldsOf(step: IntegerStep): Partial<Record<Field, number>> {
  switch (step.kind) {
    case 'average':
      return { from: step.maps, height: step.height, width: step.width, channels: step.channels };
    case 'largest':
      return { from: step.maps, to: step.to, height: 1, width: step.pixels, channels: step.channels };
    case 'convolve': {
      const { kind: _kind, x: from, y: to, kernel, ...rest } = step;
      return { ...rest, from, to, margin: (kernel - 1) / 2 };
    }
    default: {
      const { kind: _kind, ...rest } = step;
      return rest;
    }
  }
}
