/**
 * The layers of a convolutional network as TensorFlow.js operations, those of ../cnn/layers.ts; the library
 * differentiates them. Maps are (N,H,W,C).
 */
import type { GradSaveFunc, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { CnnTopology } from '../../types.ts';
import type { Mode } from '../cnn/backpropagation.ts';
import { dropoutMask } from '../cnn/dropout.ts';
import { normalizationEpsilon } from '../cnn/layers.ts';
import type { Convolution } from '../cnn/template.ts';
import { activationOf, type Tensorflow } from './tensorflowLayers.ts';

/** One mean and one variance per channel (C). */
export type TensorMoments = { readonly mean: Tensor1D; readonly variance: Tensor1D };

export function momentsOf(tf: Tensorflow, x: Tensor4D): TensorMoments {
  const mean = tf.mean<Tensor1D>(x, [0, 1, 2]);
  return { mean, variance: tf.mean<Tensor1D>(tf.square(tf.sub(x, mean)), [0, 1, 2]) };
}

/** BatchNorm by the given moments, and activation. */
export function normalized(
  tf: Tensorflow,
  { activation }: CnnTopology,
  x: Tensor4D,
  { mean, variance }: TensorMoments,
  [gamma, beta]: readonly Tensor[],
): Tensor4D {
  const scale = tf.mul(tf.rsqrt(tf.add(variance, normalizationEpsilon)), gamma!);
  return activationOf[activation](tf, tf.add(tf.mul(tf.sub(x, mean), scale), beta!));
}

/** `x` is the image, or normalised. w: (K,K,C,F) */
export function convolved(tf: Tensorflow, { kind }: Convolution, x: Tensor4D, w: Tensor): Tensor4D {
  // Pooling before a 1x1 convolution gives the same means for a quarter of the work.
  const read = kind === 'transition' ? tf.avgPool(x, 2, 2, 'valid') : x;
  return tf.conv2d(read, w as Tensor4D, 1, 'same');
}

/**
 * The reference's dropout mask of one layer, 0 or 1 / (1 - rate) for each value of `y`. The host draws it: one value at a
 * time is all that the generator can do.
 */
export function dropoutScales(
  tf: Tensorflow,
  rate: number,
  mode: Mode & { kind: 'training' },
  layer: number,
  y: Tensor4D,
): Tensor4D {
  const [count, height, width, channels] = y.shape;
  const scales = new Float32Array(y.size);
  const length = y.size / count;
  for (let n = 0; n < count; n++) {
    const mask = dropoutMask(rate, { seed: mode.seed, update: mode.update, layer, sample: mode.firstSample + n });
    for (let k = n * length; k < (n + 1) * length; k++) scales[k] = mask.next().value ? 1 / (1 - rate) : 0;
  }
  // Masks are in the order (row, channel, column).
  return tf.transpose(tf.tensor4d(scales, [count, height, channels, width]), [0, 1, 3, 2]);
}

/** The `channels` maps from `start` on. */
export function mapsFrom(tf: Tensorflow, maps: Tensor4D, start: number, channels: number): Tensor4D {
  const [count, height, width] = maps.shape;
  return tf.slice4d(maps, [0, 0, 0, start], [count, height, width, channels]);
}

/**
 * The largest value of each map (N,C). The first of equal ones has the gradient, as in the reference; the library's own
 * maximum gives it to all of them.
 */
export function globalMaxPool(tf: Tensorflow, x: Tensor4D): Tensor2D {
  const [count, height, width, channels] = x.shape;
  const pool = tf.customGrad((x, save) => {
    const maps = tf.transpose(tf.reshape(x as Tensor4D, [count, height * width, channels]), [0, 2, 1]);
    const at = tf.expandDims(tf.argMax(maps, 2), 2);
    const first = tf.cast(tf.equal(at, tf.range(0, height * width, 1, 'int32')), 'float32');
    (save as GradSaveFunc)([first]);
    const gradFunc = (dy: Tensor, [first]: Tensor[]) => {
      const dmaps = tf.mul(first!, tf.reshape(dy, [count, channels, 1]));
      return tf.reshape(tf.transpose(dmaps, [0, 2, 1]), [count, height, width, channels]);
    };
    // A product and a sum let NaN through, which a maximum may hide.
    return { value: tf.sum(tf.mul(maps, first), 2), gradFunc };
  });
  return pool(x) as Tensor2D;
}
