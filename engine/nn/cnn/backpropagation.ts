/**
 * Loss and gradient of a convolutional network on a batch, in double precision: the layers of layers.ts, in sequence.
 */
import type { CnnTopology, Loss } from '../../types.ts';
import { activationFunctions } from '../activations.ts';
import type { Batch } from '../backpropagation.ts';
import { denseBackward, denseForward, denseGradients } from '../dense.ts';
import { lossFunctions } from '../losses.ts';
import { dropoutMask } from './dropout.ts';
import {
  type Affine,
  averagePoolBackward,
  averagePoolForward,
  concatenateBackward,
  concatenateForward,
  convolutionBackward,
  convolutionForward,
  globalMaxPoolBackward,
  globalMaxPoolForward,
  type Maps,
  type Moments,
  mapBackward,
  mapForward,
  mapsOf,
  momentsOf,
  normalizationBackward,
  normalizationForward,
  runningMomentum,
  scaleBy,
} from './layers.ts';
import { type CnnTemplate, type Convolution, cnnTemplate, type Normalization } from './template.ts';

/** How a forward pass treats normalisation and dropout. Inference uses the statistics and drops nothing. */
export type Mode =
  | { readonly kind: 'inference' }
  | {
      /** Normalises by the batch's own moments, and moves the statistics towards them. */
      readonly kind: 'training';
      readonly seed: number;
      /** Updates before this one. */
      readonly update: number;
      /** Index in its batch of the first sample of a sub-batch. */
      readonly firstSample: number;
    };

interface Context {
  readonly topology: CnnTopology;
  readonly template: CnnTemplate;
  readonly weights: Float64Array;
  readonly statistics: Float64Array;
  readonly mode: Mode;
}

/** BatchNorm and activation: what was read, and what its backward pass needs again. */
interface NormalizedPass {
  readonly x: Maps;
  readonly moments: Moments;
  readonly normalized: Maps;
  readonly y: Maps;
}

/** `input` is what the convolution itself read; `normalized` is missing in the first, which reads the image. */
interface ConvolutionPass {
  readonly normalized?: NormalizedPass;
  readonly input: Maps;
  readonly convolved: Maps;
  /** 0 or 1 / (1 - rate) for each value that the convolution wrote. */
  readonly dropout?: Float64Array;
}

const slice = (values: Float64Array, offset: number, length: number) => values.subarray(offset, offset + length);

const affineOf = (weights: Float64Array, { gamma, beta, channels }: Normalization): Affine => ({
  gamma: slice(weights, gamma, channels),
  beta: slice(weights, beta, channels),
});

const weightsOf = (values: Float64Array, { weights, kernel, channels, filters }: Convolution) =>
  slice(values, weights, kernel * kernel * channels * filters);

function normalizedForward(context: Context, x: Maps, normalization: Normalization): NormalizedPass {
  const { topology, weights, statistics, mode } = context;
  const running: Moments = {
    mean: slice(statistics, normalization.mean, x.channels),
    variance: slice(statistics, normalization.variance, x.channels),
  };
  const moments = mode.kind === 'training' ? momentsOf(x) : running;
  if (mode.kind === 'training') {
    for (const key of ['mean', 'variance'] as const) {
      moments[key].forEach((value, c) => {
        running[key][c] = runningMomentum * running[key][c]! + (1 - runningMomentum) * value;
      });
    }
  }
  const normalized = normalizationForward(x, moments, affineOf(weights, normalization));
  return { x, moments, normalized, y: mapForward(normalized, activationFunctions[topology.activation].value) };
}

/** From dL/dy to dL/dx; writes the gradients of gamma and beta. */
function normalizedBackward(
  { topology, weights }: Context,
  { x, moments, normalized }: NormalizedPass,
  normalization: Normalization,
  dy: Maps,
  gradients: Float64Array,
): Maps {
  const dnormalized = mapBackward(normalized, activationFunctions[topology.activation].slope, dy);
  const { dx, dgamma, dbeta } = normalizationBackward(x, moments, affineOf(weights, normalization), dnormalized);
  gradients.set(dgamma, normalization.gamma);
  gradients.set(dbeta, normalization.beta);
  return dx;
}

/** Scales of one layer's output, in the order of its values, from masks in the order (row, channel, column). */
function dropoutScales(rate: number, mode: Mode & { kind: 'training' }, layer: number, maps: Maps): Float64Array {
  const { count, height, width, channels } = maps;
  const scales = new Float64Array(maps.values.length);
  for (let n = 0; n < count; n++) {
    const mask = dropoutMask(rate, { seed: mode.seed, update: mode.update, layer, sample: mode.firstSample + n });
    for (let row = 0; row < height; row++) {
      for (let c = 0; c < channels; c++) {
        for (let column = 0; column < width; column++) {
          const at = ((n * height + row) * width + column) * channels + c;
          scales[at] = mask.next().value ? 1 / (1 - rate) : 0;
        }
      }
    }
  }
  return scales;
}

/** `maps` are all maps of the convolution's block so far, or of the block before for a transition, or the image. */
function convolutionPass(context: Context, convolution: Convolution, layer: number, maps: Maps): ConvolutionPass {
  const w = weightsOf(context.weights, convolution);
  if (convolution.kind === 'initial') {
    return { input: maps, convolved: convolutionForward(maps, w, convolution.kernel) };
  }
  const normalized = normalizedForward(context, maps, convolution.normalization);
  const input = normalized.y;
  const convolved = convolutionForward(input, w, convolution.kernel);
  const { mode, topology } = context;
  if (convolution.kind === 'transition' || mode.kind === 'inference' || topology.dropout === 0) {
    return { normalized, input, convolved };
  }
  return { normalized, input, convolved, dropout: dropoutScales(topology.dropout, mode, layer, convolved) };
}

/** What the convolution leaves behind for the next one: all maps of its block so far. */
function mapsAfter(convolution: Convolution, maps: Maps, { convolved, dropout }: ConvolutionPass): Maps {
  if (convolution.kind === 'initial') return convolved;
  if (convolution.kind === 'transition') return averagePoolForward(convolved);
  return concatenateForward(maps, dropout ? scaleBy(convolved, dropout) : convolved);
}

/** From the gradient of `mapsAfter` to that of the maps before; writes the gradients of its weights. */
function convolutionPassBackward(
  context: Context,
  convolution: Convolution,
  pass: ConvolutionPass,
  dmaps: Maps,
  gradients: Float64Array,
): Maps {
  const w = weightsOf(context.weights, convolution);
  const through = (dconvolved: Maps): Maps => {
    const { dx, dw } = convolutionBackward(pass.input, w, convolution.kernel, dconvolved);
    gradients.set(dw, convolution.weights);
    if (convolution.kind === 'initial') return dx;
    return normalizedBackward(context, pass.normalized!, convolution.normalization, dx, gradients);
  };
  if (convolution.kind === 'initial') return through(dmaps);
  if (convolution.kind === 'transition') return through(averagePoolBackward(pass.convolved, dmaps));
  const { da, db } = concatenateBackward(dmaps, convolution.firstChannel);
  const dx = through(pass.dropout ? scaleBy(db, pass.dropout) : db);
  return { ...da, values: da.values.map((gradient, k) => gradient + dx.values[k]!) };
}

export interface CnnPass {
  /** Linear outputs (N, outputs). */
  readonly outputs: Float64Array;
  /** Writes dL/dweights into `gradients`, given dL/doutputs; the whole of it. */
  backward(doutputs: Float64Array, gradients: Float64Array): void;
}

/** One pass over `count` images. In training mode `statistics` are updated in place. */
export function cnnForward(
  topology: CnnTopology,
  weights: Float64Array,
  statistics: Float64Array,
  images: { readonly count: number; readonly inputs: Float64Array },
  mode: Mode,
): CnnPass {
  const template = cnnTemplate(topology);
  const context: Context = { topology, template, weights, statistics, mode };
  const { convolutions, head } = template;
  let maps: Maps = { ...mapsOf({ ...topology, count: 0 }), count: images.count, values: images.inputs };
  const passes = convolutions.map((convolution, layer) => {
    const pass = convolutionPass(context, convolution, layer, maps);
    maps = mapsAfter(convolution, maps, pass);
    return pass;
  });
  const last = normalizedForward(context, maps, head.normalization);
  const pooled = globalMaxPoolForward(last.y);
  const shape = { batch: images.count, inputs: head.normalization.channels, outputs: head.outputs };
  const w = slice(weights, head.weights, shape.inputs * shape.outputs);
  const outputs = new Float64Array(images.count * head.outputs);
  denseForward(pooled.y, w, slice(weights, head.bias, head.outputs), outputs, shape);

  return {
    outputs,
    backward(doutputs, gradients) {
      const dw = slice(gradients, head.weights, w.length);
      denseGradients(pooled.y, doutputs, dw, slice(gradients, head.bias, head.outputs), shape);
      const dpooled = new Float64Array(pooled.y.length);
      denseBackward(doutputs, w, dpooled, shape);
      const dlast = globalMaxPoolBackward(last.y, pooled.at, dpooled);
      let dmaps = normalizedBackward(context, last, head.normalization, dlast, gradients);
      for (let layer = convolutions.length - 1; layer >= 0; layer--) {
        dmaps = convolutionPassBackward(context, convolutions[layer]!, passes[layer]!, dmaps, gradients);
      }
    },
  };
}

/** Mean loss of the batch; where `gradients` is given, dL/dweights is written into it, in the layout of the weights. */
export function cnnLossAndGradients(
  topology: CnnTopology,
  weights: Float64Array,
  statistics: Float64Array,
  batch: Batch,
  options: { readonly loss: Loss; readonly mode: Mode },
  gradients?: Float64Array,
): number {
  const pass = cnnForward(topology, weights, statistics, batch, options.mode);
  const doutputs = new Float64Array(pass.outputs.length);
  const mean = lossFunctions[options.loss](pass.outputs, batch.targets, doutputs, topology.outputs);
  if (gradients) pass.backward(doutputs, gradients);
  return mean;
}
