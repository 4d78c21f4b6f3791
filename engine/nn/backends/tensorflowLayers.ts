/** What networks of any kind are made of as TensorFlow.js operations: activations and losses. */
import type { Rank, Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Activation, Loss } from '../../types.ts';

/** TensorFlow.js from any package that registers its gradients, as `@tensorflow/tfjs` and `@tensorflow/tfjs-node` do. */
export type Tensorflow = typeof import('@tensorflow/tfjs-core');

export const activationOf: Readonly<Record<Activation, <R extends Rank>(tf: Tensorflow, x: Tensor<R>) => Tensor<R>>> = {
  'hard-sigmoid': (tf, x) => tf.clipByValue(tf.add(tf.mul(x, 0.2), 0.5), 0, 1),
  relu: (tf, x) => tf.relu(x),
  elu: (tf, x) => tf.elu(x),
  tanh: (tf, x) => tf.tanh(x),
  sigmoid: (tf, x) => tf.sigmoid(x),
  softplus: (tf, x) => tf.softplus(x),
  linear: (_, x) => x,
  selu: (tf, x) => tf.selu(x),
};

/** The mean loss of a batch. y, target: (B,O) */
export const lossOf: Readonly<Record<Loss, (tf: Tensorflow, y: Tensor2D, target: Tensor2D) => Scalar>> = {
  mse: (tf, y, target) => tf.mean(tf.square(tf.sub(y, target))),
  'softmax-cross-entropy': (tf, y, target) => tf.neg(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(y)), 1))),
};
