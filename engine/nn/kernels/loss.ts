/**
 * Losses over the tiles of samples: dL/dy of their batch's mean is written, the sum over the samples is returned.
 * Lanes beyond the last sample are padding: their gradient is 0 and they do not count.
 * Numbers follow the order of the `Loss` union in engine/types.ts.
 */
import { ROW, TILE } from './tile';
import { expOfNegative, lanesBelow, larger, logFromOne, multiplyAdd, splat, sum, VECTOR } from './vector';

export const enum Loss {
  MeanSquared,
  SoftmaxCrossEntropy,
}

/** Per sample: the mean over outputs of (y - target)^2.  dy = (2 / outputs) (y - target) / batch */
function meanSquared(y: usize, target: usize, dy: usize, outputs: i32, samples: i32, batch: f32): f64 {
  const scale = splat(2 / (batch * <f32>outputs));
  const maskLow = lanesBelow(samples, 0);
  const maskHigh = lanesBelow(samples, 4);
  let total = splat(0);
  for (const end = y + <usize>outputs * ROW; y < end; y += ROW) {
    const low = v128.and(maskLow, f32x4.sub(v128.load(y), v128.load(target)));
    const high = v128.and(maskHigh, f32x4.sub(v128.load(y, VECTOR), v128.load(target, VECTOR)));
    total = multiplyAdd(low, low, multiplyAdd(high, high, total));
    v128.store(dy, f32x4.mul(low, scale));
    v128.store(dy, f32x4.mul(high, scale), VECTOR);
    target += ROW;
    dy += ROW;
  }
  return <f64>sum(total) / <f64>outputs;
}

/** Four samples of `softmaxCrossEntropy`. */
function crossEntropyLanes(y: usize, target: usize, dy: usize, outputs: i32, mask: v128, batch: f32): f64 {
  const bytes = <usize>outputs * ROW;
  let maximum = v128.load(y);
  for (let row = ROW; row < bytes; row += ROW) maximum = larger(maximum, v128.load(y + row));
  let exponentials = splat(0);
  let targetLogits = splat(0);
  for (let row: usize = 0; row < bytes; row += ROW) {
    const logit = f32x4.sub(v128.load(y + row), maximum);
    const exponential = expOfNegative(logit);
    exponentials = f32x4.add(exponentials, exponential);
    targetLogits = multiplyAdd(logit, v128.load(target + row), targetLogits);
    v128.store(dy + row, exponential);
  }
  const scale = splat(1 / batch);
  for (let row: usize = 0; row < bytes; row += ROW) {
    const probability = f32x4.div(v128.load(dy + row), exponentials);
    const difference = f32x4.sub(probability, v128.load(target + row));
    v128.store(dy + row, v128.and(mask, f32x4.mul(difference, scale)));
  }
  return <f64>sum(v128.and(mask, f32x4.sub(logFromOne(exponentials), targetLogits)));
}

/** Per sample: -sum of target * ln(softmax(y)), for targets that sum to 1.  dy = (softmax(y) - target) / batch */
function softmaxCrossEntropy(y: usize, target: usize, dy: usize, outputs: i32, samples: i32, batch: f32): f64 {
  const low = crossEntropyLanes(y, target, dy, outputs, lanesBelow(samples, 0), batch);
  const high = crossEntropyLanes(y + VECTOR, target + VECTOR, dy + VECTOR, outputs, lanesBelow(samples, 4), batch);
  return low + high;
}

/**
 * y, target, dy: tiles of (outputs) rows, `stride` bytes apart, with `samples` samples in all. They are a part, or all, of
 * a batch of `batch` samples.
 */
export function lossOf(
  kind: i32,
  y: usize,
  target: usize,
  dy: usize,
  stride: usize,
  outputs: i32,
  samples: i32,
  batch: f32,
): f64 {
  let total: f64 = 0;
  for (; samples > 0; samples -= TILE) {
    total +=
      kind == Loss.MeanSquared
        ? meanSquared(y, target, dy, outputs, samples, batch)
        : softmaxCrossEntropy(y, target, dy, outputs, samples, batch);
    y += stride;
    target += stride;
    dy += stride;
  }
  return total;
}
