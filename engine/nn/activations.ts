/** The hidden activations of Table 1: readable, in double precision. Kernels are compared with these. */
import type { Activation } from '../types.ts';

export interface ActivationFunction {
  readonly value: (x: number) => number;
  /** d value / d x; at a kink, the derivative from the left (0 at both ends of the hard sigmoid's slope). */
  readonly slope: (x: number) => number;
}

/** Keras's constants, for which outputs keep zero mean and unit variance (Klambauer et al., 2017). */
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/** 1 / (1 + e^-x), by the branch whose exponential cannot overflow. */
function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

export const activationFunctions: Readonly<Record<Activation, ActivationFunction>> = {
  'hard-sigmoid': {
    value: (x) => Math.min(1, Math.max(0, 0.2 * x + 0.5)),
    slope: (x) => (x > -2.5 && x < 2.5 ? 0.2 : 0),
  },
  relu: { value: (x) => Math.max(0, x), slope: (x) => (x > 0 ? 1 : 0) },
  elu: { value: (x) => (x > 0 ? x : Math.expm1(x)), slope: (x) => (x > 0 ? 1 : Math.exp(x)) },
  tanh: { value: Math.tanh, slope: (x) => 1 - Math.tanh(x) ** 2 },
  sigmoid: { value: sigmoid, slope: (x) => sigmoid(x) * sigmoid(-x) },
  softplus: { value: (x) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x))), slope: sigmoid },
  linear: { value: (x) => x, slope: () => 1 },
  selu: {
    value: (x) => seluScale * (x > 0 ? x : seluAlpha * Math.expm1(x)),
    slope: (x) => seluScale * (x > 0 ? 1 : seluAlpha * Math.exp(x)),
  },
};
