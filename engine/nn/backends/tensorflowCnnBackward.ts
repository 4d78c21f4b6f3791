/**
 * The backward pass through a convolutional network on TensorFlow.js. It computes each layer again from the maps that the
 * forward pass kept and lets the library differentiate that one layer: differentiating the whole network at once would keep
 * a dozen copies of the maps for every layer, more than a device has.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Convolution, Normalization } from '../cnn/template.ts';
import { affineOf, kernelOf, type TensorCnn } from './tensorflowCnnArrays.ts';
import { convolved, mapsFrom, momentsOf, normalized, type TensorMoments } from './tensorflowCnnLayers.ts';

/** What a forward pass leaves behind. */
export interface Trace {
  /** All maps of each block. */
  readonly blocks: readonly Tensor4D[];
  /** What each bottleneck wrote, by its layer. */
  readonly bottlenecks: ReadonlyMap<number, Tensor4D>;
  /** What dropout multiplied each convolution's output by, by its layer. */
  readonly masks: ReadonlyMap<number, Tensor4D>;
  /** By which each normalisation but the last normalised. */
  readonly moments: ReadonlyMap<Normalization, TensorMoments>;
}

/** From the gradient of the last block's maps to those of all convolutions, which go to `gradients` by their offsets. */
export function backward(
  cnn: TensorCnn,
  images: Tensor4D,
  trace: Trace,
  dlast: Tensor4D,
  gradients: Map<number, Tensor>,
  shouldStop: () => boolean,
): boolean {
  const { tf, template } = cnn;
  let after: Gradients = { dmaps: dlast };
  for (const [layer, convolution] of [...template.convolutions.entries()].reverse()) {
    if (shouldStop()) return false;
    const { own, before } = tf.tidy(() => backwardStep(cnn, convolution, layer, images, trace, after));
    gradients.set(convolution.weights, own.dw);
    if (convolution.kind !== 'initial') {
      gradients.set(convolution.normalization.gamma, own.dgamma!);
      gradients.set(convolution.normalization.beta, own.dbeta!);
    }
    tf.dispose(after);
    after = before;
  }
  return true;
}

/** The gradients of all maps of a block so far, and of a bottleneck's output after them. */
type Gradients = { readonly dmaps?: Tensor4D; readonly dbottleneck?: Tensor4D };

/** From the gradients of what there is after a convolution to those of what there was before it, and its own. */
function backwardStep(
  cnn: TensorCnn,
  convolution: Convolution,
  layer: number,
  images: Tensor4D,
  { blocks, bottlenecks, masks }: Trace,
  { dmaps, dbottleneck }: Gradients,
): { own: OwnGradients; before: Gradients } {
  const { tf } = cnn;
  const { block, channels, firstChannel, filters } = convolution;
  const mask = masks.get(layer);
  const through = (x: Tensor4D, dwritten: Tensor4D) =>
    convolutionGradients(cnn, convolution, x, mask ? tf.mul(dwritten, mask) : dwritten);
  switch (convolution.kind) {
    case 'initial':
      return { own: through(images, dmaps!), before: {} };
    case 'transition': {
      const { dx, ...own } = through(blocks[block - 1]!, dmaps!);
      return { own, before: { dmaps: dx! } };
    }
    case 'bottleneck': {
      const { dx, ...own } = through(mapsFrom(tf, blocks[block]!, 0, channels), dbottleneck!);
      return { own, before: { dmaps: tf.add(dmaps!, dx!) } };
    }
    case 'dense': {
      const bottleneck = bottlenecks.get(layer - 1);
      const x = bottleneck ?? mapsFrom(tf, blocks[block]!, 0, channels);
      const { dx, ...own } = through(x, mapsFrom(tf, dmaps!, firstChannel, filters));
      const earlier = mapsFrom(tf, dmaps!, 0, firstChannel);
      return { own, before: bottleneck ? { dmaps: earlier, dbottleneck: dx! } : { dmaps: tf.add(earlier, dx!) } };
    }
  }
}

/** Those of a convolution's own arrays. */
type OwnGradients = { readonly dw: Tensor; readonly dgamma?: Tensor; readonly dbeta?: Tensor };

/** `x` is what the convolution reads before normalisation, dy the gradient of what it writes. dx: none for the image. */
function convolutionGradients(
  cnn: TensorCnn,
  convolution: Convolution,
  x: Tensor4D,
  dy: Tensor4D,
): OwnGradients & { readonly dx?: Tensor4D } {
  const { tf, topology } = cnn;
  const w = kernelOf(cnn, convolution);
  if (convolution.kind === 'initial') return { dw: tf.grad((w) => convolved(tf, convolution, x, w))(w, dy) };
  const layer = (w: Tensor, maps: Tensor, ...affine: Tensor[]) => {
    const x = maps as Tensor4D;
    return convolved(tf, convolution, normalized(tf, topology, x, momentsOf(tf, x), affine), w);
  };
  const [dw, dx, dgamma, dbeta] = tf.grads(layer)([w, x, ...affineOf(cnn, convolution.normalization)], dy);
  return { dw: dw!, dx: dx as Tensor4D, dgamma: dgamma!, dbeta: dbeta! };
}
