/**
 * Layers in strict float32: y[o] = activation(bias[o] + x[0] w[0,o] + x[1] w[1,o] + ...), from left to right, each product
 * and each sum rounded to float32. NEON takes four outputs at a time, whose sums have the same order.
 */
import { layerSlices } from '../../nn/network.ts';
import type { Network } from '../../types.ts';
import { activationSteps, argument, scalarC, vectorC } from '../activationSteps.ts';
import { inSequence, type LayerCode } from './layerCode.ts';
import { arrayText, weightLiteral } from './text.ts';

export function floatLayers({ topology, weights }: Network): LayerCode {
  const { widths, activation } = topology;
  const slices = layerSlices(topology);
  const steps = slices.length > 1 ? activationSteps[activation] : [];
  const result = steps.at(-1)?.name ?? argument;
  const activated = steps.length > 0;
  const hidden = (value: string, call: string) => (activated ? `hidden ? ${call}(${value}) : ${value}` : value);
  const calls = slices.map(({ inputs, outputs, offset }, index) => [
    `parameters + ${offset}`,
    inputs,
    outputs,
    ...(activated ? [index < slices.length - 1 ? 1 : 0] : []),
  ]);
  return {
    element: 'float',
    constants: [
      `/* Layer after layer: weights (inputs, outputs), then biases. */\n${arrayText('float', 'parameters', Array.from(weights, weightLiteral))}`,
    ],
    functions: [
      ...(activated
        ? [
            `#ifdef USE_NEON
${steps.some(({ operator }) => operator === '/') ? `${quotientText}\n\n` : ''}static float32x4_t activate4(float32x4_t ${argument}) {
${vectorC(steps, '  ').join('\n')}
  return ${result};
}
#endif

static float activate(float ${argument}) {
${scalarC(steps, '  ').join('\n')}
  return ${result};
}`,
          ]
        : []),
      `/** y = x w + bias, each sum from its bias on, input by input${activated ? ', then the activation' : ''}. */
static void dense(const float *x, float *y, const float *w, int inputs, int outputs${activated ? ', int hidden' : ''}) {
  const float *bias = w + inputs * outputs;
  int o = 0;
#ifdef USE_NEON
  for (; o + 8 <= outputs; o += 8) {
    float32x4_t a = vld1q_f32(bias + o);
    float32x4_t b = vld1q_f32(bias + o + 4);
    for (int i = 0; i < inputs; i++) {
      const float *own = w + i * outputs + o;
      a = vaddq_f32(a, vmulq_n_f32(vld1q_f32(own), x[i]));
      b = vaddq_f32(b, vmulq_n_f32(vld1q_f32(own + 4), x[i]));
    }
    vst1q_f32(y + o, ${hidden('a', 'activate4')});
    vst1q_f32(y + o + 4, ${hidden('b', 'activate4')});
  }
  for (; o + 4 <= outputs; o += 4) {
    float32x4_t sum = vld1q_f32(bias + o);
    for (int i = 0; i < inputs; i++) sum = vaddq_f32(sum, vmulq_n_f32(vld1q_f32(w + i * outputs + o), x[i]));
    vst1q_f32(y + o, ${hidden('sum', 'activate4')});
  }
#endif
  for (; o < outputs; o++) {
    float sum = bias[o];
    for (int i = 0; i < inputs; i++) sum += x[i] * w[i * outputs + o];
    y[o] = ${hidden('sum', 'activate')};
  }
}`,
    ],
    ...inSequence(Math.max(...widths), calls),
  };
}

/** 32-bit ARM divides one value at a time. */
export const quotientText = `static float32x4_t quotient(float32x4_t a, float32x4_t b) {
#ifdef __aarch64__
  return vdivq_f32(a, b);
#else
  float n[4], d[4];
  vst1q_f32(n, a);
  vst1q_f32(d, b);
  for (int k = 0; k < 4; k++) n[k] /= d[k];
  return vld1q_f32(n);
#endif
}`;
