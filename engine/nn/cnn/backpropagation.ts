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
  momentsOf,
  normalizationBackward,
  normalizationForward,
  runningMomentum,
  scaleBy,
} from './layers.ts';
import { type Convolution, cnnTemplate, type Normalization } from './template.ts';

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

/** What lies between two convolutions: all maps of their block so far, and the output of a bottleneck after it. */
interface Between {
  readonly maps: Maps;
  readonly bottleneck?: Maps;
}

/** The maps before a convolution: of its block so far, of the block before for a transition, or the image. */
function convolutionPass(context: Context, convolution: Convolution, layer: number, before: Between): ConvolutionPass {
  const maps = before.bottleneck ?? before.maps;
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

/** What the convolution leaves behind for the next one. */
function mapsAfter({ kind }: Convolution, { maps }: Between, { convolved, dropout }: ConvolutionPass): Between {
  if (kind === 'initial') return { maps: convolved };
  if (kind === 'transition') return { maps: averagePoolForward(convolved) };
  const written = dropout ? scaleBy(convolved, dropout) : convolved;
  return kind === 'bottleneck' ? { maps, bottleneck: written } : { maps: concatenateForward(maps, written) };
}

/** From the gradients of `mapsAfter` to those of the maps before; writes the gradients of its weights. */
function convolutionPassBackward(
  context: Context,
  convolution: Convolution,
  pass: ConvolutionPass,
  after: Between,
  gradients: Float64Array,
): Between {
  const w = weightsOf(context.weights, convolution);
  const through = (dwritten: Maps): Maps => {
    const dconvolved = pass.dropout ? scaleBy(dwritten, pass.dropout) : dwritten;
    const { dx, dw } = convolutionBackward(pass.input, w, convolution.kernel, dconvolved);
    gradients.set(dw, convolution.weights);
    if (convolution.kind === 'initial') return dx;
    return normalizedBackward(context, pass.normalized!, convolution.normalization, dx, gradients);
  };
  const { kind } = convolution;
  if (kind === 'initial') return { maps: through(after.maps) };
  if (kind === 'transition') return { maps: through(averagePoolBackward(pass.convolved, after.maps)) };
  if (kind === 'bottleneck') return { maps: sumOf(after.maps, through(after.bottleneck!)) };
  const { da, db } = concatenateBackward(after.maps, convolution.firstChannel);
  return convolution.source === 'bottleneck' ? { maps: da, bottleneck: through(db) } : { maps: sumOf(da, through(db)) };
}

const sumOf = (a: Maps, b: Maps): Maps => ({ ...a, values: a.values.map((value, k) => value + b.values[k]!) });

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
  const context: Context = { topology, weights, statistics, mode };
  const { convolutions, head } = cnnTemplate(topology);
  const { height, width, channels } = topology;
  let between: Between = { maps: { count: images.count, height, width, channels, values: images.inputs } };
  const passes = convolutions.map((convolution, layer) => {
    const pass = convolutionPass(context, convolution, layer, between);
    between = mapsAfter(convolution, between, pass);
    return pass;
  });
  const last = normalizedForward(context, between.maps, head.normalization);
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
      let after: Between = { maps: normalizedBackward(context, last, head.normalization, dlast, gradients) };
      for (let layer = convolutions.length - 1; layer >= 0; layer--) {
        after = convolutionPassBackward(context, convolutions[layer]!, passes[layer]!, after, gradients);
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
