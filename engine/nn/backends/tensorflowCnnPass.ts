/**
 * Passes through a convolutional network on TensorFlow.js, convolution by convolution as in ../cnn/backpropagation.ts.
 * A block's maps are kept once, however many layers read them.
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Mode } from '../cnn/backpropagation.ts';
import type { Convolution, Normalization } from '../cnn/template.ts';
import {
  affineOf,
  headArrays,
  kernelOf,
  movedStatistics,
  placesOf,
  runningMoments,
  type TensorCnn,
} from './tensorflowCnnArrays.ts';
import { backward, type Trace } from './tensorflowCnnBackward.ts';
import {
  convolved,
  dropoutScales,
  globalMaxPool,
  momentsOf,
  normalized,
  type TensorMoments,
} from './tensorflowCnnLayers.ts';
import { lossOf } from './tensorflowLayers.ts';

/** images: (N,H,W,C), targets: (N,O) */
export interface TensorBatch {
  readonly images: Tensor4D;
  readonly targets: Tensor2D;
}

/** What training on a part of a batch gives: the mean loss, its gradient, and the statistics after it. */
export type TrainedPart = {
  readonly loss: Scalar;
  readonly gradient: Tensor1D;
  readonly statistics: Tensor1D;
};

/** What inference gives: the mean loss, and the linear outputs (N,O) that it is the loss of. */
export type Inferred = { readonly loss: Scalar; readonly outputs: Tensor2D };

/** 'stopped' where `shouldStop`, asked before every convolution, said so. */
export function infer(cnn: TensorCnn, batch: TensorBatch, shouldStop: () => boolean): Inferred | 'stopped' {
  const { tf, template, loss } = cnn;
  return tf.tidy(() => {
    const trace = forward(cnn, batch.images, { kind: 'inference' }, shouldStop);
    if (trace === 'stopped') return trace;
    const maps = trace.blocks.at(-1)!;
    const moments = runningMoments(cnn, template.head.normalization);
    const outputs = headOutputs(cnn, maps, moments, headArrays(cnn));
    return { loss: lossOf[loss](tf, outputs, batch.targets), outputs };
  });
}

/** As `infer`; asked before every convolution in both directions. */
export function trainPart(
  cnn: TensorCnn,
  batch: TensorBatch,
  mode: Mode & { kind: 'training' },
  shouldStop: () => boolean,
): TrainedPart | 'stopped' {
  const { tf, template } = cnn;
  return tf.tidy(() => {
    const trace = forward(cnn, batch.images, mode, shouldStop);
    if (trace === 'stopped') return trace;
    const maps = trace.blocks.at(-1)!;
    const { head } = template;
    const headLoss = (maps: Tensor, ...arrays: Tensor[]) => {
      const outputs = headOutputs(cnn, maps as Tensor4D, momentsOf(tf, maps as Tensor4D), arrays);
      return lossOf[cnn.loss](tf, outputs, batch.targets);
    };
    const { value, grads } = tf.valueAndGrads(headLoss)([maps, ...headArrays(cnn)]);
    const [dmaps, dgamma, dbeta, dw, dbias] = grads;
    const gradients = new Map([
      [head.normalization.gamma, dgamma!],
      [head.normalization.beta, dbeta!],
      [head.weights, dw!],
      [head.bias, dbias!],
    ]);
    if (!backward(cnn, batch.images, trace, dmaps as Tensor4D, gradients, shouldStop)) return 'stopped';
    const moments = new Map([...trace.moments, [head.normalization, momentsOf(tf, maps)]]);
    const inOrder = placesOf(template).map(({ offset }) => gradients.get(offset)!);
    return {
      loss: value as Scalar,
      gradient: tf.concat1d(inOrder.map((gradient) => tf.reshape(gradient, [gradient.size]))),
      statistics: movedStatistics(cnn, moments),
    };
  });
}

/** In a tidy of the caller's, which frees the trace. */
function forward(cnn: TensorCnn, images: Tensor4D, mode: Mode, shouldStop: () => boolean): Trace | 'stopped' {
  const { tf, template } = cnn;
  const blocks: Tensor4D[] = [];
  const bottlenecks = new Map<number, Tensor4D>();
  const masks = new Map<number, Tensor4D>();
  const moments = new Map<Normalization, TensorMoments>();
  let maps = images;
  for (const [layer, convolution] of template.convolutions.entries()) {
    if (shouldStop()) return 'stopped';
    // The output of a bottleneck is for the next convolution alone.
    const read = bottlenecks.get(layer - 1) ?? maps;
    const { written, ...step } = tf.tidy(() => forwardStep(cnn, convolution, layer, read, mode));
    if (step.mask) masks.set(layer, step.mask);
    if (convolution.kind !== 'initial') moments.set(convolution.normalization, step.moments!);
    switch (convolution.kind) {
      case 'initial':
        maps = written;
        break;
      case 'bottleneck':
        bottlenecks.set(layer, written);
        break;
      case 'dense': {
        const joined = tf.concat([maps, written], 3);
        tf.dispose([maps, written]);
        maps = joined;
        break;
      }
      case 'transition':
        blocks.push(maps);
        maps = written;
    }
  }
  return { blocks: [...blocks, maps], bottlenecks, masks, moments };
}

/** What one convolution writes, and what the backward pass needs of it. */
type Step = { readonly written: Tensor4D; readonly moments?: TensorMoments; readonly mask?: Tensor4D };

function forwardStep(cnn: TensorCnn, convolution: Convolution, layer: number, x: Tensor4D, mode: Mode): Step {
  const { tf, topology } = cnn;
  const w = kernelOf(cnn, convolution);
  if (convolution.kind === 'initial') return { written: convolved(tf, convolution, x, w) };
  const { kind, normalization } = convolution;
  const moments = mode.kind === 'training' ? momentsOf(tf, x) : runningMoments(cnn, normalization);
  const read = normalized(tf, topology, x, moments, affineOf(cnn, normalization));
  const written = convolved(tf, convolution, read, w);
  if (kind === 'transition' || mode.kind === 'inference' || topology.dropout === 0) return { written, moments };
  const mask = dropoutScales(tf, topology.dropout, mode, layer, written);
  return { written: tf.mul<Tensor4D>(written, mask), moments, mask };
}

/** Linear outputs (N,O). */
function headOutputs(cnn: TensorCnn, maps: Tensor4D, moments: TensorMoments, arrays: readonly Tensor[]): Tensor2D {
  const { tf, topology } = cnn;
  const [gamma, beta, w, bias] = arrays;
  const pooled = globalMaxPool(tf, normalized(tf, topology, maps, moments, [gamma!, beta!]));
  return tf.add(tf.matMul(pooled, w as Tensor2D), bias!);
}
