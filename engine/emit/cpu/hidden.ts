/** Source of the hidden activations: the fastest accurate form of each that V8 compiles inline. All leave NaN alone. */
import type { FoldedActivation } from '../folded.ts';
import { formatConstant } from '../text.ts';

/** Code for h = activation(z). Each neuron sets the variable `argument`, runs `steps` and takes `value`. */
export interface HiddenCode {
  /** Constants to declare once per function, with the comment that explains them. */
  readonly constants: readonly string[];
  /** Variables that neurons share, `argument` first. */
  readonly variables: readonly string[];
  readonly argument: string;
  readonly steps: readonly string[];
  readonly value: string;
}

/**
 * z P(z²) / Q(z²), the least maximum error for tanh on [-8.4, 8.4], where tanh reaches 1 - 1e-7: 1.2e-8. Written out per
 * neuron: V8 inlines only the first few calls of a helper and boxes the numbers of the others, at twice the time.
 */
const tanhNumerator = [0.999999951, 0.134126885, 0.00353356419, 2.12518686e-5, 1.42880414e-8];
const tanhDenominator = [1, 0.467460022, 0.0260204716, 0.000334846403, 8.14896265e-7];
const tanhLimit = 8.4;

/** P(u) / Q(u), the least maximum error for log(1 + exp(-u)) on [0, 17]: 1.8e-8. The tail beyond is below 5e-8. */
const softplusNumerator = [0.693147164, -0.213876588, 0.0271428079, -0.00176490917, 5.85819344e-5, -7.91108263e-7];
const softplusDenominator = [1, 0.412787229, 0.156602169, 0.0359063882, 0.00540815233, 0.000344017364, 8.51774728e-5];
const softplusLimit = 17;

export function hiddenCode(activation: FoldedActivation, claim: (wanted: string) => string): HiddenCode {
  const z = claim('z');
  switch (activation.kind) {
    case 'relu':
      return { constants: [], variables: [z], argument: z, steps: [], value: `${z} <= 0 ? 0 : ${z}` };
    case 'clip':
      return { constants: [], variables: [z], argument: z, steps: [], value: `${z} <= 0 ? 0 : ${z} > 1 ? 1 : ${z}` };
    case 'elu': {
      const exponential = `Math.exp(${z}) - 1`;
      const negative = activation.alpha === 1 ? exponential : `${formatConstant(activation.alpha)} * (${exponential})`;
      return { constants: [], variables: [z], argument: z, steps: [], value: `${z} > 0 ? ${z} : ${negative}` };
    }
    case 'tanh': {
      const s = claim('s');
      const p = polynomial(tanhNumerator, s, 'p', claim);
      const q = polynomial(tanhDenominator, s, 'q', claim);
      return {
        constants: ['// tanh(z) as a ratio of polynomials; its error is below 2e-8.', p.constants, q.constants],
        variables: [z, s],
        argument: z,
        steps: [
          `${z} = ${z} < -${tanhLimit} ? -${tanhLimit} : ${z} > ${tanhLimit} ? ${tanhLimit} : ${z};`,
          `${s} = ${z} * ${z};`,
        ],
        value: `(${z} * (${p.value})) / (${q.value})`,
      };
    }
    case 'softplus': {
      const u = claim('u');
      const p = polynomial(softplusNumerator, u, 'p', claim);
      const q = polynomial(softplusDenominator, u, 'q', claim);
      return {
        constants: [
          '// log(1 + exp(z)) is max(z, 0) plus a ratio of polynomials in |z|; its error is below 5e-8.',
          p.constants,
          q.constants,
        ],
        variables: [z, u],
        argument: z,
        steps: [`${u} = ${z} < 0 ? -${z} : ${z};`, `${u} = ${u} > ${softplusLimit} ? ${softplusLimit} : ${u};`],
        value: `(${z} <= 0 ? 0 : ${z}) + (${p.value}) / (${q.value})`,
      };
    }
  }
}

/** A polynomial in Horner's form over named constants; a leading 1 stays a literal. */
function polynomial(
  coefficients: readonly number[],
  variable: string,
  letter: string,
  claim: (wanted: string) => string,
) {
  const names = coefficients.map((value, power) => (value === 1 ? '1' : claim(`${letter}${power}`)));
  const declared = names.flatMap((name, power) =>
    name === '1' ? [] : [`${name} = ${formatConstant(coefficients[power]!)}`],
  );
  const value = names.reduceRight((inner, name) => `${name} + ${variable} * ${/ /.test(inner) ? `(${inner})` : inner}`);
  return { constants: `const ${declared.join(', ')};`, value };
}
