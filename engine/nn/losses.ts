/** The two losses in double precision. Each value is a mean over samples; gradients belong to that mean. */
import type { Loss } from '../types.ts';

/** y, target: (samples, outputs). Writes dL/dy into `dy` and returns the mean loss of the samples. */
export type LossFunction = (y: Float64Array, target: Float64Array, dy: Float64Array, outputs: number) => number;

/** Mean over samples and outputs of (y - target)^2. */
function meanSquared(y: Float64Array, target: Float64Array, dy: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < y.length; k++) {
    const difference = y[k]! - target[k]!;
    sum += difference ** 2;
    dy[k] = (2 * difference) / y.length;
  }
  return sum / y.length;
}

/** Mean over samples of -sum_o target[o] * ln(softmax(y)[o]), for targets that sum to 1 in each sample. */
function softmaxCrossEntropy(y: Float64Array, target: Float64Array, dy: Float64Array, outputs: number): number {
  const samples = y.length / outputs;
  let sum = 0;
  for (let start = 0; start < y.length; start += outputs) {
    const logits = y.subarray(start, start + outputs);
    const maximum = Math.max(...logits);
    const exponentials = logits.map((logit) => Math.exp(logit - maximum));
    const total = exponentials.reduce((a, b) => a + b, 0);
    for (let o = 0; o < outputs; o++) {
      const expected = target[start + o]!;
      sum -= expected * (logits[o]! - maximum - Math.log(total));
      dy[start + o] = (exponentials[o]! / total - expected) / samples;
    }
  }
  return sum / samples;
}

export const lossFunctions: Readonly<Record<Loss, LossFunction>> = {
  mse: meanSquared,
  'softmax-cross-entropy': softmaxCrossEntropy,
};

/** How many rows have their largest output, the first of equals, elsewhere than their target. y, target: (rows, outputs) */
export function countMisses(
  y: Float32Array | Float64Array,
  target: Float32Array | Float64Array,
  outputs: number,
): number {
  const largest = (values: Float32Array | Float64Array, start: number) => {
    let best = 0;
    for (let o = 1; o < outputs; o++) if (values[start + o]! > values[start + best]!) best = o;
    return best;
  };
  let misses = 0;
  for (let start = 0; start < target.length; start += outputs) {
    if (largest(y, start) !== largest(target, start)) misses++;
  }
  return misses;
}
