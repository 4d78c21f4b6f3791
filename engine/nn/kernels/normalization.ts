/**
 * Batch normalisation and the activation after it, fused, one channel of one tile at a time. The normalised values are
 * never stored: the backward pass computes them again from what the block holds, which is cheaper than the memory.
 */
import { Activation, slope, value } from './activations';
import { ROW } from './tile';
import { multiplyAdd, splat, sum, VECTOR } from './vector';

/** Keras's constant, added to variances. */
export const EPSILON = 1e-3;
/** What a running mean or variance keeps of itself at each update; Keras's constant. */
export const RUNNING_MOMENTUM = 0.99;

/** One channel's normalisation: h = scale * (x - mean) + beta, with scale = gamma / sqrt(variance + epsilon). */
@unmanaged
export class Normal {
  mean: f32;
  scale: f32;
  beta: f32;
  gamma: f32;
}

// @ts-ignore: decorator
@inline
function forwardLoop(kind: i32, x: usize, pixels: i32, normal: Normal, y: usize, yStride: usize): void {
  const mean = splat(normal.mean);
  const scale = splat(normal.scale);
  const beta = splat(normal.beta);
  for (const end = x + <usize>pixels * ROW; x < end; x += ROW) {
    v128.store(y, value(kind, multiplyAdd(scale, f32x4.sub(v128.load(x), mean), beta)));
    v128.store(y, value(kind, multiplyAdd(scale, f32x4.sub(v128.load(x, VECTOR), mean), beta)), VECTOR);
    y += yStride;
  }
}

/** y = f(h).  x: (pixels) tile rows, end to end; y: `yStride` bytes apart */
export function normalizeActivate(kind: i32, x: usize, pixels: i32, normal: Normal, y: usize, yStride: usize): void {
  switch (kind) {
    case Activation.HardSigmoid:
      return forwardLoop(Activation.HardSigmoid, x, pixels, normal, y, yStride);
    case Activation.Relu:
      return forwardLoop(Activation.Relu, x, pixels, normal, y, yStride);
    case Activation.Elu:
      return forwardLoop(Activation.Elu, x, pixels, normal, y, yStride);
    case Activation.Tanh:
      return forwardLoop(Activation.Tanh, x, pixels, normal, y, yStride);
    case Activation.Sigmoid:
      return forwardLoop(Activation.Sigmoid, x, pixels, normal, y, yStride);
    case Activation.Softplus:
      return forwardLoop(Activation.Softplus, x, pixels, normal, y, yStride);
    case Activation.Selu:
      return forwardLoop(Activation.Selu, x, pixels, normal, y, yStride);
    default:
      return forwardLoop(Activation.Linear, x, pixels, normal, y, yStride);
  }
}

// @ts-ignore: decorator
@inline
function backwardLoop(
  kind: i32,
  x: usize,
  pixels: i32,
  normal: Normal,
  d: usize,
  dStride: usize,
  dx: usize,
  sums: usize,
): void {
  const mean = splat(normal.mean);
  const scale = splat(normal.scale);
  const beta = splat(normal.beta);
  const gamma = splat(normal.gamma);
  let total = splat(0);
  let product = splat(0);
  for (const end = x + <usize>pixels * ROW; x < end; x += ROW) {
    for (let half: usize = 0; half < ROW; half += VECTOR) {
      const centred = f32x4.sub(v128.load(x + half), mean);
      const y = value(kind, multiplyAdd(scale, centred, beta));
      const dh = f32x4.mul(v128.load(d + half), slope(kind, y));
      total = f32x4.add(total, dh);
      product = multiplyAdd(dh, centred, product);
      v128.store(dx + half, multiplyAdd(gamma, dh, v128.load(dx + half)));
      v128.store(d + half, y);
    }
    d += dStride;
    dx += ROW;
  }
  v128.store(sums, f32x4.add(v128.load(sums), total));
  v128.store(sums, f32x4.add(v128.load(sums, VECTOR), product), VECTOR);
}

/**
 * Given dL/dy in d, replaces it by y, and adds gamma * dL/dh to dx and the sums of dL/dh and dL/dh * (x - mean), lane
 * by lane, to `sums`. What the batch's own moments add to dL/dx is left to `finishGradient`: it is the same for all
 * readers of a channel but for a sum of their gammas, so that no reader needs a second pass.
 */
export function normalizeActivateBackward(
  kind: i32,
  x: usize,
  pixels: i32,
  normal: Normal,
  d: usize,
  dStride: usize,
  dx: usize,
  sums: usize,
): void {
  switch (kind) {
    case Activation.HardSigmoid:
      return backwardLoop(Activation.HardSigmoid, x, pixels, normal, d, dStride, dx, sums);
    case Activation.Relu:
      return backwardLoop(Activation.Relu, x, pixels, normal, d, dStride, dx, sums);
    case Activation.Elu:
      return backwardLoop(Activation.Elu, x, pixels, normal, d, dStride, dx, sums);
    case Activation.Tanh:
      return backwardLoop(Activation.Tanh, x, pixels, normal, d, dStride, dx, sums);
    case Activation.Sigmoid:
      return backwardLoop(Activation.Sigmoid, x, pixels, normal, d, dStride, dx, sums);
    case Activation.Softplus:
      return backwardLoop(Activation.Softplus, x, pixels, normal, d, dStride, dx, sums);
    case Activation.Selu:
      return backwardLoop(Activation.Selu, x, pixels, normal, d, dStride, dx, sums);
    default:
      return backwardLoop(Activation.Linear, x, pixels, normal, d, dStride, dx, sums);
  }
}

/**
 * One channel's mean and variance over the batch, and what its readers' gradients add up to: with N values in the
 * batch, `shift` is the sum over readers of gamma * dbeta / N and `tilt` that of gamma * dgamma / N.
 */
@unmanaged
export class Channel {
  mean: f64;
  /** Sum of squared differences from the mean. */
  squares: f64;
  /** 1 / sqrt(variance + epsilon) */
  inverse: f64;
  shift: f64;
  tilt: f64;
}

/**
 * Adds a tile's values of a channel to its moments, which are those of `before` values so far (Chan, Golub and
 * LeVeque's pairwise update: no cancellation, however far the mean is from zero). The masks have all bits set in lanes
 * with samples.
 */
export function addMoments(
  x: usize,
  pixels: i32,
  samples: i32,
  maskLow: v128,
  maskHigh: v128,
  channel: Channel,
  before: f64,
): void {
  const end = x + <usize>pixels * ROW;
  const count = <f64>pixels * <f64>samples;
  let low = splat(0);
  let high = splat(0);
  for (let at = x; at < end; at += ROW) {
    low = f32x4.add(low, v128.load(at));
    high = f32x4.add(high, v128.load(at, VECTOR));
  }
  const mean = <f64>sum(f32x4.add(v128.and(low, maskLow), v128.and(high, maskHigh))) / count;
  const centre = splat(<f32>mean);
  low = splat(0);
  high = splat(0);
  for (let at = x; at < end; at += ROW) {
    const a = f32x4.sub(v128.load(at), centre);
    const b = f32x4.sub(v128.load(at, VECTOR), centre);
    low = multiplyAdd(a, a, low);
    high = multiplyAdd(b, b, high);
  }
  const squares = <f64>sum(f32x4.add(v128.and(low, maskLow), v128.and(high, maskHigh)));
  const difference = mean - channel.mean;
  channel.mean += (difference * count) / (before + count);
  channel.squares += squares + (difference * difference * before * count) / (before + count);
}

/**
 * d = dL/dx of one row of a channel, complete, for the lanes of the masks and 0 for the others. With xhat the
 * normalised x: dL/dx = (sum of gamma * dL/dh - shift - xhat * tilt) / sqrt(variance + epsilon)
 */
export function finishGradient(
  x: usize,
  dx: usize,
  pixels: i32,
  channel: Channel,
  maskLow: v128,
  maskHigh: v128,
  d: usize,
  dStride: usize,
): void {
  const inverse = channel.inverse;
  const factor = splat(<f32>inverse);
  const offset = splat(<f32>(-inverse * channel.shift));
  const incline = splat(<f32>(-inverse * inverse * channel.tilt));
  const centre = splat(<f32>channel.mean);
  for (const end = x + <usize>pixels * ROW; x < end; x += ROW) {
    const low = multiplyAdd(incline, f32x4.sub(v128.load(x), centre), offset);
    const high = multiplyAdd(incline, f32x4.sub(v128.load(x, VECTOR), centre), offset);
    v128.store(d, v128.and(maskLow, multiplyAdd(factor, v128.load(dx), low)));
    v128.store(d, v128.and(maskHigh, multiplyAdd(factor, v128.load(dx, VECTOR), high)), VECTOR);
    d += dStride;
    dx += ROW;
  }
}
