import type { Samples } from '../types.ts';
import { createRandom, seedOf } from './random.ts';
import { takeRows } from './rows.ts';

export interface SplitFractions {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

export interface Split {
  readonly train: Samples;
  readonly validation: Samples;
  readonly test: Samples;
}

/**
 * Deals the samples into three disjoint parts, at random by the seed: every sample is in exactly one part, and every
 * part has at least one. Fractions are relative to their sum; rounding goes to the training part. Throws RangeError
 * below three samples, or where a fraction is not a positive number.
 */
export function splitSamples(
  samples: Samples,
  seed: number,
  fractions: SplitFractions = { train: 0.7, validation: 0.15, test: 0.15 },
): Split {
  const { count } = samples;
  if (count < 3) throw new RangeError(`${count} samples cannot be split into training, validation and test samples.`);
  const { train, validation, test } = fractions;
  if (!(train > 0 && validation > 0 && test > 0 && train + validation + test < Infinity)) {
    throw new RangeError(`Split fractions must be positive numbers, not ${train}, ${validation}, ${test}.`);
  }
  const size = (fraction: number, largest: number) =>
    Math.min(largest, Math.max(1, Math.round((count * fraction) / (train + validation + test))));
  const validationCount = size(validation, count - 2);
  const testCount = size(test, count - 1 - validationCount);

  const order = createRandom(seedOf(seed, 'split')).shuffle(Int32Array.from({ length: count }, (_, index) => index));
  return {
    validation: pick(samples, order.subarray(0, validationCount)),
    test: pick(samples, order.subarray(validationCount, validationCount + testCount)),
    train: pick(samples, order.subarray(validationCount + testCount)),
  };
}

/** The rows of both, those of `a` first. */
export function concatenateSamples(a: Samples, b: Samples): Samples {
  const join = (first: Float64Array, second: Float64Array) => {
    const joined = new Float64Array(first.length + second.length);
    joined.set(first);
    joined.set(second, first.length);
    return joined;
  };
  return { count: a.count + b.count, inputs: join(a.inputs, b.inputs), outputs: join(a.outputs, b.outputs) };
}

/** The rows at `indices`, copied, in that order. */
export function pick({ count, inputs, outputs }: Samples, indices: Int32Array): Samples {
  const rows = (source: Float64Array) => takeRows(source, source.length / count, indices);
  return { count: indices.length, inputs: rows(inputs), outputs: rows(outputs) };
}
