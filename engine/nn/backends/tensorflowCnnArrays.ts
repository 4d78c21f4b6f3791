/** A convolutional network's arrays as tensors: where each lies in the two vectors that CnnNetwork has. */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { CnnTopology, Loss } from '../../types.ts';
import { runningMomentum } from '../cnn/layers.ts';
import type { CnnTemplate, Convolution, Normalization } from '../cnn/template.ts';
import type { TensorMoments } from './tensorflowCnnLayers.ts';
import type { Tensorflow } from './tensorflowLayers.ts';

/** All that a pass reads. */
export interface TensorCnn {
  readonly tf: Tensorflow;
  readonly topology: CnnTopology;
  readonly template: CnnTemplate;
  readonly loss: Loss;
  /** As CnnNetwork's arrays. */
  readonly weights: Tensor1D;
  readonly statistics: Tensor1D;
}

/** One of the arrays that CnnNetwork.weights is made of. */
export interface Place {
  readonly offset: number;
  readonly shape: number[];
}

/** Every array of the weights, in their order. */
export function placesOf(template: CnnTemplate): Place[] {
  const { convolutions, head } = template;
  const places: Place[] = [
    ...normalizationsOf(template).flatMap(({ gamma, beta, channels }) =>
      [gamma, beta].map((offset) => ({ offset, shape: [channels] })),
    ),
    ...convolutions.map(({ weights: offset, kernel, channels, filters }) => ({
      offset,
      shape: [kernel, kernel, channels, filters],
    })),
    { offset: head.weights, shape: [head.normalization.channels, head.outputs] },
    { offset: head.bias, shape: [head.outputs] },
  ];
  return places.sort((a, b) => a.offset - b.offset);
}

/** In the order of the statistics. */
function normalizationsOf({ convolutions, head }: CnnTemplate): Normalization[] {
  const own = convolutions.flatMap((step) => (step.kind === 'initial' ? [] : [step.normalization]));
  return [...own, head.normalization];
}

const arrayOf = ({ tf, weights }: TensorCnn, offset: number, shape: number[]): Tensor =>
  tf.reshape(
    tf.slice1d(
      weights,
      offset,
      shape.reduce((a, b) => a * b),
    ),
    shape,
  );

/** gamma (C), beta (C) */
export const affineOf = (cnn: TensorCnn, { gamma, beta, channels }: Normalization): Tensor[] =>
  [gamma, beta].map((offset) => arrayOf(cnn, offset, [channels]));

export const kernelOf = (cnn: TensorCnn, { weights, kernel, channels, filters }: Convolution): Tensor =>
  arrayOf(cnn, weights, [kernel, kernel, channels, filters]);

export const runningMoments = ({ tf, statistics }: TensorCnn, own: Normalization): TensorMoments => ({
  mean: tf.slice1d(statistics, own.mean, own.channels),
  variance: tf.slice1d(statistics, own.variance, own.channels),
});

/** gamma, beta, w (C,O) and bias (O) */
export function headArrays(cnn: TensorCnn): Tensor[] {
  const { normalization, weights, bias, outputs } = cnn.template.head;
  return [
    ...affineOf(cnn, normalization),
    arrayOf(cnn, weights, [normalization.channels, outputs]),
    arrayOf(cnn, bias, [outputs]),
  ];
}

/** The statistics after a pass, which move towards what it normalised by. */
export function movedStatistics(cnn: TensorCnn, moments: ReadonlyMap<Normalization, TensorMoments>): Tensor1D {
  const { tf, template, statistics } = cnn;
  const batch = normalizationsOf(template).flatMap((normalization) => {
    const { mean, variance } = moments.get(normalization)!;
    return [mean, variance];
  });
  return tf.add(tf.mul(statistics, runningMomentum), tf.mul(tf.concat1d(batch), 1 - runningMomentum));
}
