/** WGSL of the hidden activations: the ratios of polynomials of engine/emit/kernels/activate.ts, whatever the driver's own functions are. */
import type { Activation } from '../../types.ts';

/** `fn activate(z)` on f32 or on four of them, with what it needs. Empty for linear layers, which call nothing. */
export function activationText(activation: Activation, type: 'f32' | 'vec4f'): string {
  const body = bodies[activation];
  if (body === '') return '';
  const uses = /\btanhOver\b/.test(body) ? [tanhText] : [];
  const text = [...uses, `fn activate(z: T) -> T {\n${body}\n}`].join('\n\n');
  return text.replaceAll(/\bT\b/g, type);
}

/** The call where there is an activation, else the value itself. */
export const activated = (activation: Activation, value: string): string =>
  bodies[activation] === '' ? value : `activate(${value})`;

/** P and Q of tanh(z) = z P(z²) / Q(z²), below 2e-8 from it on [-8.4, 8.4]: z P in the first column, Q in the second. */
const tanhText = `struct Ratio { p: T, q: T }

fn tanhOver(value: T) -> Ratio {
  let z = clamp(value, T(-8.4), T(8.4));
  let s = z * z;
  let p = ((((1.42880414e-8 * s + 2.12518686e-5) * s + 0.00353356419) * s + 0.134126885) * s + 0.999999951) * z;
  let q = (((8.14896265e-7 * s + 0.000334846403) * s + 0.0260204716) * s + 0.467460022) * s + 1.0;
  return Ratio(p, q);
}`;

/** exp(z) - 1 = 2 z P / (Q - z P) at z / 2, for z <= 0, where nothing cancels. */
const exponential = (alpha: string, scale: string) => `  let t = tanhOver(0.5 * min(z, T(0.0)));
  let below = ${alpha}((t.p + t.p) / (t.q - t.p));
  return ${scale}select(below, z, z > T(0.0));`;

const bodies: Readonly<Record<Activation, string>> = {
  'hard-sigmoid': '  return clamp(0.2 * z + 0.5, T(0.0), T(1.0));',
  relu: '  return max(z, T(0.0));',
  elu: exponential('', ''),
  selu: exponential('1.6732632423543772 * ', '1.0507009873554805 * '),
  tanh: '  let t = tanhOver(z);\n  return t.p / t.q;',
  sigmoid: '  let t = tanhOver(0.5 * z);\n  return 0.5 + 0.5 * (t.p / t.q);',
  linear: '',
  softplus: `  let u = min(abs(z), T(17.0));
  let p = ((((-7.91108263e-7 * u + 5.85819344e-5) * u - 0.00176490917) * u + 0.0271428079) * u - 0.213876588) * u + 0.693147164;
  let q = (((((8.51774728e-5 * u + 0.000344017364) * u + 0.00540815233) * u + 0.0359063882) * u + 0.156602169) * u + 0.412787229) * u + 1.0;
  return max(z, T(0.0)) + p / q;`,
};
