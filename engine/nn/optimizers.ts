/**
 * The optimisers of Table 1 in double precision, with Keras's default constants (Keras 3's formulas). One exception:
 * Adam adds epsilon to the bias-corrected root, as in its paper and in TensorFlow.js, where Keras folds the correction
 * into the learning rate; the two differ only where gradients are about as small as epsilon.
 */
import type { Optimizer } from '../types.ts';

export const beta1 = 0.9;
export const beta2 = 0.999;
export const epsilon = 1e-7;
export const rmspropRho = 0.9;
export const adadeltaRho = 0.95;
export const adagradStart = 0.1;

/** Nadam's momentum in step t, from 1: it grows to beta1 (Dozat's schedule). */
export const nadamMomentum = (t: number): number => beta1 * (1 - 0.5 * 0.96 ** t);

/** Lives as long as one training run. `first` and `second` are what the optimiser remembers of each parameter. */
export interface OptimizerState {
  readonly optimizer: Optimizer;
  readonly first: Float64Array;
  readonly second: Float64Array;
  /** Updates so far. */
  steps: number;
  /** Nadam's product of all momenta so far. */
  momentumProduct: number;
}

export function createOptimizer(optimizer: Optimizer, parameters: number): OptimizerState {
  return {
    optimizer,
    first: new Float64Array(parameters),
    second: new Float64Array(parameters).fill(optimizer === 'adagrad' ? adagradStart : 0),
    steps: 0,
    momentumProduct: 1,
  };
}

/** What one update knows besides the gradient: the state's buffers, the learning rate and the step's number, from 1. */
interface Step {
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly rate: number;
  readonly t: number;
  /** Nadam's momenta of this step and the next, and the product of all up to this one. */
  readonly momentum: number;
  readonly nextMomentum: number;
  readonly momentumProduct: number;
}

const average = (decay: number, old: number, value: number) => decay * old + (1 - decay) * value;

/** Each rule updates the state of parameter k for gradient g and returns what to take away from the parameter. */
const rules: Readonly<Record<Optimizer, (step: Step, k: number, g: number) => number>> = {
  sgd: ({ rate }, _, g) => rate * g,

  rmsprop({ second, rate }, k, g) {
    const v = average(rmspropRho, second[k]!, g * g);
    second[k] = v;
    return (rate * g) / Math.sqrt(v + epsilon);
  },

  adagrad({ second, rate }, k, g) {
    const v = second[k]! + g * g;
    second[k] = v;
    return (rate * g) / Math.sqrt(v + epsilon);
  },

  adadelta({ first, second, rate }, k, g) {
    const v = average(adadeltaRho, second[k]!, g * g);
    const move = Math.sqrt((first[k]! + epsilon) / (v + epsilon)) * g;
    second[k] = v;
    first[k] = average(adadeltaRho, first[k]!, move * move);
    return rate * move;
  },

  adam({ first, second, rate, t }, k, g) {
    const m = average(beta1, first[k]!, g);
    const v = average(beta2, second[k]!, g * g);
    first[k] = m;
    second[k] = v;
    return (rate * m) / (1 - beta1 ** t) / (Math.sqrt(v / (1 - beta2 ** t)) + epsilon);
  },

  adamax({ first, second, rate, t }, k, g) {
    const m = average(beta1, first[k]!, g);
    const norm = Math.max(beta2 * second[k]!, Math.abs(g));
    first[k] = m;
    second[k] = norm;
    return (rate * m) / (1 - beta1 ** t) / (norm + epsilon);
  },

  nadam({ first, second, rate, t, momentum, nextMomentum, momentumProduct }, k, g) {
    const m = average(beta1, first[k]!, g);
    const v = average(beta2, second[k]!, g * g);
    first[k] = m;
    second[k] = v;
    const ahead =
      (nextMomentum * m) / (1 - momentumProduct * nextMomentum) + ((1 - momentum) * g) / (1 - momentumProduct);
    return (rate * ahead) / (Math.sqrt(v / (1 - beta2 ** t)) + epsilon);
  },
};

/** One update of `weights` by `gradients`, which are as long as the state's buffers. */
export function applyGradients(
  state: OptimizerState,
  weights: Float64Array,
  gradients: Float64Array,
  learningRate: number,
): void {
  const t = ++state.steps;
  const momentum = nadamMomentum(t);
  const nextMomentum = nadamMomentum(t + 1);
  state.momentumProduct *= momentum;
  const { first, second, momentumProduct } = state;
  const step: Step = { first, second, rate: learningRate, t, momentum, nextMomentum, momentumProduct };
  const rule = rules[state.optimizer];
  for (let k = 0; k < weights.length; k++) weights[k]! -= rule(step, k, gradients[k]!);
}
