/**
 * A convolutional network in strict float32 as C: the steps of ../../cnn/plan.ts, every product and every sum rounded in the
 * order of the WebAssembly kernel. Four filters are the lanes of a vector, with NEON and without, so that all agree.
 */
import type { CnnNetwork } from '../../../types.ts';
import { activationSteps, argument, scalarC, vectorC } from '../../activationSteps.ts';
import { type CnnStep, planCnn } from '../../cnn/plan.ts';
import { quotientText } from '../floatLayers.ts';
import type { LayerCode } from '../layerCode.ts';
import { arrayText, weightLiteral } from '../text.ts';
import { stepTable } from './steps.ts';

const kinds = ['normalize', 'average', 'largest', 'convolve'] as const satisfies readonly CnnStep['kind'][];

export const floatStepFields = [
  ...['from', 'to', 'stride', 'height', 'width', 'channels', 'constants', 'active', 'margin', 'filters'],
] as const;

export function floatCnn(network: CnnNetwork): LayerCode {
  const { parameters, size, image, outputs, steps } = planCnn(network);
  const { activation } = network.topology;
  const operations = activationSteps[activation];
  const result = operations.at(-1)?.name ?? argument;
  const activated = operations.length > 0;
  // In C the parameters have an array of their own.
  const place = (position: number) => position - image;
  const rows = steps.map((step) => ({ kind: step.kind, values: fieldsOf(step, place) }));
  const pooled = steps.some(({ kind }) => kind === 'average');
  const hidden = (value: string, call: string) => (activated ? `s->active ? ${call}(${value}) : ${value}` : value);
  return {
    element: 'float',
    memory: [{ name: 'values', length: size - image }],
    constants: [
      `/* For each convolution: a scale and a shift of every channel before it, then for each twelve filters their biases and weights (kernel, kernel, channels, filters), padded to whole fours. */\n${arrayText('float', 'parameters', Array.from(parameters, weightLiteral))}`,
    ],
    functions: [
      stepTable({ kinds, fields: floatStepFields, rows, note: 'constants: where its own begin among the parameters.' }),
      ...(activated
        ? [
            `#ifdef USE_NEON
${operations.some(({ operator }) => operator === '/') ? `${quotientText}\n\n` : ''}static float32x4_t activate4(float32x4_t ${argument}) {
${vectorC(operations, '  ').join('\n')}
  return ${result};
}
#else
static float activate(float ${argument}) {
${scalarC(operations, '  ').join('\n')}
  return ${result};
}
#endif`,
          ]
        : []),
      `/** Zeros; answers where they end. */
static float *clear(float *to, int count) {
  while (count-- > 0) *to++ = 0.0f;
  return to;
}`,
      `/**
 * scale * x + shift of every channel${activated ? ', then the activation' : ''}, with margins of zeros at both ends of each row. A vector may
 * reach past the last channel: what it spoils is written after it.
 */
static void normalize(const step *s, float *values) {
  const float *scale = parameters + s->constants;
  const float *shift = scale + ((s->channels + 3) & ~3);
  const float *from = values + s->from;
  const int ends = s->margin * s->channels;
  float *to = clear(values + s->to, ends);
  for (int row = 0; row < s->height; row++) {
    for (int column = 0; column < s->width; column++) {
#ifdef USE_NEON
      for (int c = 0; c < s->channels; c += 4) {
        const float32x4_t scaled = vmulq_f32(vld1q_f32(from + c), vld1q_f32(scale + c));
        const float32x4_t sum = vaddq_f32(scaled, vld1q_f32(shift + c));
        vst1q_f32(to + c, ${hidden('sum', 'activate4')});
      }
#else
      for (int c = 0; c < s->channels; c++) {
        const float sum = from[c] * scale[c] + shift[c];
        to[c] = ${hidden('sum', 'activate')};
      }
#endif
      from += s->stride;
      to += s->channels;
    }
    to = clear(to, 2 * ends);
  }
}`,
      ...(pooled
        ? [
            `/** Replaces maps by the means of their 2x2 pixels. */
static void average(const step *s, float *values) {
  const int channels = s->channels;
  const int row = s->width * channels;
  float *to = values + s->from;
  for (int y = 0; y + 2 <= s->height; y += 2) {
    for (int x = 0; x + 2 <= s->width; x += 2) {
      const float *at = values + s->from + y * row + x * channels;
      for (int c = 0; c < channels; c++, at++) {
        const float top = at[0] + at[channels];
        const float bottom = at[row] + at[row + channels];
        *to++ = (top + bottom) * 0.25f;
      }
    }
  }
}`,
          ]
        : []),
      `/** The largest value of each map; not a number where one is not. */
static void largest(const step *s, float *values) {
  for (int c = 0; c < s->channels; c++) {
    const float *at = values + s->from + c;
    float best = *at;
    for (int pixel = 1; pixel < s->width; pixel++) {
      at += s->channels;
      if (*at > best || *at != *at) best = *at;
    }
    values[s->to + c] = best;
  }
}`,
      `/** Four filters of one pixel, or of four pixels side by side, over the rows of a kernel that lie in the image. */
#ifdef USE_NEON
static void four(const float *x, const float *w, const float *bias, float *y, const step *s, int rows, int lanes) {
  const int run = (2 * s->margin + 1) * s->channels;
  const int row = (s->width + 2 * s->margin) * s->channels;
  const int next = s->channels;
  float32x4_t a = vld1q_f32(bias);
  float32x4_t b = a, c = a, d = a;
  for (; rows > 0; rows--, x += row) {
    for (int i = 0; i < run; i++, w += lanes) {
      const float32x4_t own = vld1q_f32(w);
      a = vaddq_f32(a, vmulq_n_f32(own, x[i]));
      b = vaddq_f32(b, vmulq_n_f32(own, x[i + next]));
      c = vaddq_f32(c, vmulq_n_f32(own, x[i + 2 * next]));
      d = vaddq_f32(d, vmulq_n_f32(own, x[i + 3 * next]));
    }
  }
  vst1q_f32(y, a);
  vst1q_f32(y + s->stride, b);
  vst1q_f32(y + 2 * s->stride, c);
  vst1q_f32(y + 3 * s->stride, d);
}
#endif

static void one(const float *x, const float *w, const float *bias, float *y, const step *s, int rows, int lanes) {
  const int run = (2 * s->margin + 1) * s->channels;
  const int row = (s->width + 2 * s->margin) * s->channels;
#ifdef USE_NEON
  float32x4_t sum = vld1q_f32(bias);
  for (; rows > 0; rows--, x += row) {
    for (int i = 0; i < run; i++, w += lanes) sum = vaddq_f32(sum, vmulq_n_f32(vld1q_f32(w), x[i]));
  }
  vst1q_f32(y, sum);
#else
  float a = bias[0], b = bias[1], c = bias[2], d = bias[3];
  for (; rows > 0; rows--, x += row) {
    for (int i = 0; i < run; i++, w += lanes) {
      a += x[i] * w[0];
      b += x[i] * w[1];
      c += x[i] * w[2];
      d += x[i] * w[3];
    }
  }
  y[0] = a;
  y[1] = b;
  y[2] = c;
  y[3] = d;
#endif
}`,
      `/** Every sum begins with its bias, then tap by tap; rows outside the image have no part in it. */
static void convolve(const step *s, float *values) {
  const int kernel = 2 * s->margin + 1;
  const int run = kernel * s->channels;
  const int row = (s->width + 2 * s->margin) * s->channels;
  const float *bias = parameters + s->constants;
  for (int first = 0; first < s->filters; first += 12) {
    const int lanes = s->filters - first < 12 ? (s->filters - first + 3) & ~3 : 12;
    for (int line = 0; line < s->height; line++) {
      const int above = line < s->margin ? s->margin - line : 0;
      const int below = s->height - line <= s->margin ? s->height - line + s->margin : kernel;
      const float *w = bias + lanes + above * run * lanes;
      for (int lane = 0; lane < lanes; lane += 4) {
        const float *x = values + s->from + (line + above - s->margin) * row;
        float *y = values + s->to + line * s->width * s->stride + first + lane;
        int column = 0;
#ifdef USE_NEON
        for (; column + 4 <= s->width; column += 4, x += 4 * s->channels, y += 4 * s->stride) {
          four(x, w + lane, bias + lane, y, s, below - above, lanes);
        }
#endif
        for (; column < s->width; column++, x += s->channels, y += s->stride) {
          one(x, w + lane, bias + lane, y, s, below - above, lanes);
        }
      }
    }
    bias += lanes + kernel * run * lanes;
  }
}`,
    ],
    statements: ['run(memory->values);'],
    results: `memory->values + ${place(outputs)}`,
  };
}

/** What is not there is 0. */
function fieldsOf(
  step: CnnStep,
  place: (position: number) => number,
): Partial<Record<(typeof floatStepFields)[number], number>> {
  switch (step.kind) {
    case 'normalize': {
      const { source, stride, height, width, channels, table, activation, margin, to } = step;
      const active = activation === 'linear' ? 0 : 1;
      return { from: place(source), to: place(to), stride, height, width, channels, constants: table, active, margin };
    }
    case 'average': {
      const { maps, height, width, channels } = step;
      return { from: place(maps), height, width, channels };
    }
    case 'largest': {
      const { maps, pixels, channels, to } = step;
      return { from: place(maps), to: place(to), height: 1, width: pixels, channels };
    }
    case 'convolve': {
      const { x, weights, y, stride, height, width, channels, kernel, filters } = step;
      const size = { stride, height, width, channels, margin: (kernel - 1) / 2, filters };
      return { from: place(x), to: place(y), constants: weights, ...size };
    }
  }
}
