/**
 * The optimisers of Table 1 as TensorFlow.js operations, rule for rule those of ../optimizers.ts. The library's own have
 * no Nadam, another Adadelta, and a learning rate that cannot follow a schedule.
 */
import type { Tensor1D } from '@tensorflow/tfjs-core';
import type { Optimizer } from '../../types.ts';
import { adadeltaRho, adagradStart, beta1, beta2, epsilon, nadamMomentum, rmspropRho } from '../optimizers.ts';
import type { Tensorflow } from './tensorflowLayers.ts';

/** Lives as long as one training run; its owner disposes of the moments. */
export interface TensorOptimizer {
  readonly optimizer: Optimizer;
  /** What the optimiser remembers of each parameter (P): none, one or two vectors. */
  moments: readonly Tensor1D[];
  /** Updates so far. */
  steps: number;
  /** Nadam's product of all momenta so far. */
  momentumProduct: number;
}

interface Update {
  /** What to take away from the parameters (P). */
  readonly move: Tensor1D;
  /** Take the place of the optimiser's. */
  readonly moments: readonly Tensor1D[];
}

/** Values of the step that is being made; `t` counts from 1. */
interface Step {
  readonly rate: number;
  readonly t: number;
  /** Nadam's product of all momenta up to this step. */
  readonly momentumProduct: number;
}

type Rule = (tf: Tensorflow, g: Tensor1D, moments: readonly Tensor1D[], step: Step) => Update;

const average = (tf: Tensorflow, decay: number, old: Tensor1D, value: Tensor1D): Tensor1D =>
  tf.add(tf.mul(old, decay), tf.mul(value, 1 - decay));

/** Adam's two moments, updated. */
const adamMoments = (tf: Tensorflow, g: Tensor1D, [first, second]: readonly Tensor1D[]) => ({
  m: average(tf, beta1, first!, g),
  v: average(tf, beta2, second!, tf.square(g)),
});

/** sqrt(v / (1 - beta2^t)) + epsilon, which Adam and Nadam divide by. */
const correctedRoot = (tf: Tensorflow, v: Tensor1D, t: number): Tensor1D =>
  tf.add(tf.sqrt(tf.div(v, 1 - beta2 ** t)), epsilon);

const rules: Readonly<Record<Optimizer, Rule>> = {
  sgd: (tf, g, _, { rate }) => ({ move: tf.mul(g, rate), moments: [] }),

  rmsprop(tf, g, [second], { rate }) {
    const v = average(tf, rmspropRho, second!, tf.square(g));
    return { move: tf.div(tf.mul(g, rate), tf.sqrt(tf.add(v, epsilon))), moments: [v] };
  },

  adagrad(tf, g, [second], { rate }) {
    const v: Tensor1D = tf.add(second!, tf.square(g));
    return { move: tf.div(tf.mul(g, rate), tf.sqrt(tf.add(v, epsilon))), moments: [v] };
  },

  adadelta(tf, g, [first, second], { rate }) {
    const v = average(tf, adadeltaRho, second!, tf.square(g));
    const move: Tensor1D = tf.mul(tf.sqrt(tf.div(tf.add(first!, epsilon), tf.add(v, epsilon))), g);
    return { move: tf.mul(move, rate), moments: [average(tf, adadeltaRho, first!, tf.square(move)), v] };
  },

  adam(tf, g, moments, { rate, t }) {
    const { m, v } = adamMoments(tf, g, moments);
    return { move: tf.div(tf.mul(m, rate / (1 - beta1 ** t)), correctedRoot(tf, v, t)), moments: [m, v] };
  },

  adamax(tf, g, [first, second], { rate, t }) {
    const m = average(tf, beta1, first!, g);
    const norm: Tensor1D = tf.maximum(tf.mul(second!, beta2), tf.abs(g));
    return { move: tf.div(tf.mul(m, rate / (1 - beta1 ** t)), tf.add(norm, epsilon)), moments: [m, norm] };
  },

  nadam(tf, g, moments, { rate, t, momentumProduct }) {
    const { m, v } = adamMoments(tf, g, moments);
    const nextMomentum = nadamMomentum(t + 1);
    const ahead = tf.add(
      tf.mul(m, (rate * nextMomentum) / (1 - momentumProduct * nextMomentum)),
      tf.mul(g, (rate * (1 - nadamMomentum(t))) / (1 - momentumProduct)),
    );
    return { move: tf.div(ahead, correctedRoot(tf, v, t)), moments: [m, v] };
  },
};

/** How many vectors each rule remembers. */
const momentCounts: Readonly<Record<Optimizer, number>> = {
  sgd: 0,
  rmsprop: 1,
  adagrad: 1,
  adadelta: 2,
  adam: 2,
  adamax: 2,
  nadam: 2,
};

/** `weights`: (P), of which only the length counts. */
export function createTensorOptimizer(tf: Tensorflow, optimizer: Optimizer, weights: Tensor1D): TensorOptimizer {
  const start = optimizer === 'adagrad' ? adagradStart : 0;
  const moments = Array.from({ length: momentCounts[optimizer] }, () => tf.fill([weights.size], start) as Tensor1D);
  return { optimizer, moments, steps: 0, momentumProduct: 1 };
}

/** Counts one step and returns its update for gradient g (P). Neither the old moments nor any other tensor is freed. */
export function updateOf(tf: Tensorflow, state: TensorOptimizer, g: Tensor1D, learningRate: number): Update {
  const t = ++state.steps;
  state.momentumProduct *= nadamMomentum(t);
  const { momentumProduct } = state;
  return rules[state.optimizer](tf, g, state.moments, { rate: learningRate, t, momentumProduct });
}
