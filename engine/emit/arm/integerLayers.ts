/** Layers in integers, as the interpreters of engine/quantise compute them; sums are exact, in whatever order. */
import type { Fixed16Network } from '../../quantise/fixed16.ts';
import type { Int8Network } from '../../quantise/int8.ts';
import type { QuantisedNetwork } from '../../quantise/quantise.ts';
import { inSequence, type LayerCode } from './layerCode.ts';
import { arrayText, integerItems } from './text.ts';

export const integerLayers = (network: QuantisedNetwork): LayerCode =>
  network.kind === 'int8' ? int8Layers(network) : fixed16Layers(network);

const widestOf = ({ layers }: QuantisedNetwork): number =>
  Math.max(layers[0]!.inputs, ...layers.map(({ outputs }) => outputs));

/** Where each layer's weights and neurons begin among all. */
function startsOf({ layers }: QuantisedNetwork): { readonly weight: number; readonly neuron: number }[] {
  let [weight, neuron] = [0, 0];
  return layers.map(({ inputs, outputs }) => {
    const start = { weight, neuron };
    weight += inputs * outputs;
    neuron += outputs;
    return start;
  });
}

const weightsComment = '/* Layer after layer, neuron after neuron: one weight for each input. */\n';

function int8Layers(network: Int8Network): LayerCode {
  const { layers } = network;
  const all = (of: (layer: (typeof layers)[number]) => ArrayLike<number>) =>
    integerItems(layers.flatMap((layer) => Array.from(of(layer))));
  const tables = layers.flatMap(({ table }) => (table ? [table] : []));
  // What the inputs' zero point adds to every sum is the same in each call.
  const biases = all(({ inputs, weights, bias, input }) =>
    bias.map((value, o) =>
      weights.subarray(o * inputs, (o + 1) * inputs).reduce((sum, weight) => sum - weight * input.zero, value),
    ),
  );
  const starts = startsOf(network);
  let table = 0;
  const calls = layers.map(({ inputs, outputs, sums, table: own }, index) => {
    const { weight, neuron } = starts[index]!;
    const call = [inputs, outputs, weight, neuron, sums.zero];
    if (tables.length === 0) return call;
    return [...call, own ? `tables + ${256 * table++}` : '0'];
  });
  return {
    element: 'int8_t',
    ...inSequence(widestOf(network), calls),
    constants: [
      weightsComment +
        arrayText(
          'int8_t',
          'weights',
          all((layer) => layer.weights),
        ),
      arrayText('int32_t', 'biases', biases),
      `/* What a sum is multiplied by: multiplier * 2^(shift - 31). */\n${arrayText(
        'int32_t',
        'multipliers',
        all((layer) => layer.multipliers),
      )}`,
      arrayText(
        'int8_t',
        'shifts',
        all((layer) => layer.shifts),
      ),
      ...(tables.length === 0
        ? []
        : [
            `/* The activation of every sum from -128 to 127, layer after layer. */\n${arrayText('int8_t', 'tables', integerItems(tables.flatMap((own) => Array.from(own))))}`,
          ]),
    ],
    functions: [rescaleText, dotText.int8, int8Text(tables.length > 0)],
  };
}

export const rescaleText = `/** The product with multiplier * 2^(shift - 31), as TensorFlow Lite rounds it: first the product, then the shift. */
static int32_t rescale(int32_t sum, int32_t multiplier, int shift) {
  const int64_t half = (int64_t)1 << 30;
  int64_t wide = sum;
  int64_t product;
  if (shift > 0) {
    wide *= (int64_t)1 << shift;
    if (wide < INT32_MIN) wide = INT32_MIN;
    if (wide > INT32_MAX) wide = INT32_MAX;
  }
  product = (wide * multiplier + (wide < 0 ? 1 - half : half)) / (2 * half);
  if (shift < 0) {
    const int64_t middle = (int64_t)1 << (-shift - 1);
    product = product < 0 ? -((middle - product) >> -shift) : (product + middle) >> -shift;
  }
  return (int32_t)product;
}`;

/** Exact sums of products, side by side with NEON. */
export const dotText = {
  int8: `static int32_t dot(const int8_t *x, const int8_t *w, int count) {
  int32_t sum = 0;
  int i = 0;
#ifdef USE_NEON
  int32x4_t sums = vdupq_n_s32(0);
  int32x2_t pair;
  for (; i + 16 <= count; i += 16) {
    const int8x16_t a = vld1q_s8(x + i);
    const int8x16_t b = vld1q_s8(w + i);
    sums = vpadalq_s16(sums, vmull_s8(vget_low_s8(a), vget_low_s8(b)));
    sums = vpadalq_s16(sums, vmull_s8(vget_high_s8(a), vget_high_s8(b)));
  }
  for (; i + 8 <= count; i += 8) sums = vpadalq_s16(sums, vmull_s8(vld1_s8(x + i), vld1_s8(w + i)));
  pair = vadd_s32(vget_low_s32(sums), vget_high_s32(sums));
  sum = vget_lane_s32(vpadd_s32(pair, pair), 0);
#endif
  for (; i < count; i++) sum += x[i] * w[i];
  return sum;
}`,
  fixed16: `static int64_t dot(const int16_t *x, const int16_t *w, int count) {
  int64_t sum = 0;
  int i = 0;
#ifdef USE_NEON
  int64x2_t sums = vdupq_n_s64(0);
  for (; i + 4 <= count; i += 4) sums = vpadalq_s32(sums, vmull_s16(vld1_s16(x + i), vld1_s16(w + i)));
  sum = vgetq_lane_s64(sums, 0) + vgetq_lane_s64(sums, 1);
#endif
  for (; i < count; i++) sum += (int32_t)x[i] * w[i];
  return sum;
}`,
} as const;

const int8Text = (
  tabled: boolean,
): string => `/** y = x w + bias in 32 bits, rescaled to 8${tabled ? ', then the table where there is one' : ''}. */
static void dense(const int8_t *x, int8_t *y, int inputs, int outputs, int weight, int neuron, int zero${tabled ? ', const int8_t *table' : ''}) {
  for (int o = 0; o < outputs; o++) {
    const int8_t *w = weights + weight + o * inputs;
    int32_t sum = biases[neuron + o] + dot(x, w, inputs);
    sum = rescale(sum, multipliers[neuron + o], shifts[neuron + o]) + zero;
    sum = sum < -128 ? -128 : sum > 127 ? 127 : sum;
    y[o] = ${tabled ? 'table ? table[sum + 128] : (int8_t)sum' : '(int8_t)sum'};
  }
}`;

function fixed16Layers(network: Fixed16Network): LayerCode {
  const { layers, table } = network;
  const starts = startsOf(network);
  const all = (of: (layer: (typeof layers)[number]) => ArrayLike<number>) =>
    integerItems(layers.flatMap((layer) => Array.from(of(layer))));
  const calls = layers.map(({ inputs, outputs, shift, minimum, maximum, usesTable }, index) => {
    const { weight, neuron } = starts[index]!;
    // Sums are far below 2^61: beyond that, a shift leaves nothing.
    const call = [inputs, outputs, weight, neuron, Math.min(shift, 62)];
    return [...call, ...(table ? [usesTable ? 1 : 0] : [minimum, maximum])];
  });
  return {
    element: 'int16_t',
    ...inSequence(widestOf(network), calls),
    constants: [
      weightsComment +
        arrayText(
          'int16_t',
          'weights',
          all((layer) => layer.weights),
        ),
      arrayText(
        'int32_t',
        'biases',
        all((layer) => layer.bias),
      ),
      ...(table
        ? [
            `/* The activation of the sums -32768, -32512 and so on; between two of them it is a straight line. */\n${arrayText('int16_t', 'table', integerItems(table.values))}`,
          ]
        : []),
    ],
    functions: [shiftText, dotText.fixed16, fixed16Text(table !== undefined)],
  };
}

export const shiftText = `/** sum / 2^shift to the nearest, halves upwards, saturated to 16 bits. */
static int32_t rounded(int64_t sum, int shift) {
  if (shift > 0) {
    sum += (int64_t)1 << (shift - 1);
    sum = sum < 0 ? ~(~sum >> shift) : sum >> shift;
  } else {
    if (sum < -32768) sum = -32768;
    if (sum > 32767) sum = 32767;
    sum *= (int64_t)1 << -shift;
  }
  return sum < -32768 ? -32768 : sum > 32767 ? 32767 : (int32_t)sum;
}`;

const fixed16Text = (tabled: boolean): string => `/** y = x w + bias, exact in 64 bits, shifted to 16. */
static void dense(const int16_t *x, int16_t *y, int inputs, int outputs, int weight, int neuron, int shift, ${tabled ? 'int tabled' : 'int minimum, int maximum'}) {
  for (int o = 0; o < outputs; o++) {
    const int16_t *w = weights + weight + o * inputs;
    int32_t sum = rounded(biases[neuron + o] + dot(x, w, inputs), shift);
${
  tabled
    ? `    if (tabled) {
      const int index = (sum + 32768) >> 8;
      const int32_t step = (table[index + 1] - table[index]) * (int32_t)(sum & 255) + 128;
      sum = table[index] + (step < 0 ? ~(~step >> 8) : step >> 8);
    }
`
    : '    sum = sum < minimum ? minimum : sum > maximum ? maximum : sum;\n'
}    y[o] = (int16_t)sum;
  }
}`;
