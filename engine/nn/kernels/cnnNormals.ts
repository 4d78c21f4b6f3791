/** What a reader of a block needs of the batch normalisation before it, and what its gradients leave for the block. */
import { Block, Network, Normalization } from './cnnNetwork';
import { EPSILON, RUNNING_MOMENTUM } from './normalization';
import { ROW } from './tile';
import { bytesOf, sum, VECTOR } from './vector';

// @ts-ignore: decorator
@inline
function moveTowards(running: usize, value: f64): void {
  store<f32>(running, <f32>(RUNNING_MOMENTUM * <f64>load<f32>(running) + (1 - RUNNING_MOMENTUM) * value));
}

/**
 * Sets network.normals for the channels of `source`. In training by the moments of the samples at hand, towards which
 * the running ones move where `updates`; otherwise by the running ones.
 */
export function prepareNormals(
  network: Network,
  normalization: Normalization,
  source: Block,
  trains: bool,
  updates: bool,
): void {
  const values = <f64>network.samples * <f64>(source.height * source.width);
  for (let c = 0; c < normalization.channels; c++) {
    const runningMean = normalization.runningMean + bytesOf(c);
    const runningVariance = normalization.runningVariance + bytesOf(c);
    const channel = source.channel(c);
    if (updates) {
      moveTowards(runningMean, channel.mean);
      moveTowards(runningVariance, channel.squares / values);
    }
    const mean: f64 = trains ? channel.mean : load<f32>(runningMean);
    const inverse: f64 = trains ? channel.inverse : 1 / Math.sqrt(<f64>load<f32>(runningVariance) + EPSILON);
    const normal = network.normal(c);
    normal.gamma = load<f32>(normalization.gamma + bytesOf(c));
    normal.beta = load<f32>(normalization.beta + bytesOf(c));
    normal.mean = <f32>mean;
    normal.scale = <f32>(<f64>normal.gamma * inverse);
  }
}

/** Before the first reader of a block adds to the gradients of its channels. */
export function startGradients(block: Block): void {
  for (let c = 0; c < block.channels; c++) {
    block.channel(c).shift = 0;
    block.channel(c).tilt = 0;
  }
}

/** Adds to the gradient at an address. */
// @ts-ignore: decorator
@inline
export function add(gradient: usize, value: f64): void {
  store<f32>(gradient, load<f32>(gradient) + <f32>value);
}

/**
 * Adds the gradients of gamma and beta, from the sums over all samples, and what they mean for the block's gradients.
 */
export function addNormalizationGradients(network: Network, normalization: Normalization, source: Block): void {
  const values = <f64>network.samples * <f64>(source.height * source.width);
  for (let c = 0; c < normalization.channels; c++) {
    const channel = source.channel(c);
    const sums = network.sums + <usize>c * ROW;
    const dbeta = <f64>sum(v128.load(sums));
    const dgamma = <f64>sum(v128.load(sums, VECTOR)) * channel.inverse;
    add(network.gradientOf(normalization.gamma) + bytesOf(c), dgamma);
    add(network.gradientOf(normalization.beta) + bytesOf(c), dbeta);
    const gamma = <f64>load<f32>(normalization.gamma + bytesOf(c));
    channel.shift += (gamma * dbeta) / values;
    channel.tilt += (gamma * dgamma) / values;
  }
}
