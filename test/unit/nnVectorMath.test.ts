/** The kernels' exp, tanh and log1p, seen through one-unit networks whose output is the activation itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activationFunctions } from '../../engine/nn/activations.ts';
import { predictWasm } from '../../engine/nn/backends/mlp.ts';
import { type Activation, activations } from '../../engine/types.ts';
import { kernelBytes } from './nnHelpers.ts';

/** Dense over [-90, 90], where f32's exponential neither over- nor underflows, and every binade down to 2^-120. */
const points = (() => {
  const values: number[] = [];
  for (let k = -45_000; k <= 45_000; k++) values.push(k * 0.002);
  for (let exponent = -120; exponent < 7; exponent += 0.03) values.push(2 ** exponent, -(2 ** exponent));
  return Float32Array.from(values);
})();

const activationOf = (module: WebAssembly.Module, activation: Activation, x: Float32Array) =>
  predictWasm(
    module,
    { topology: { widths: [1, 1, 1], activation }, weights: Float32Array.of(1, 0, 1, 0) },
    x,
    x.length,
  );

/** Largest relative error in units of 2^-24, half a unit in the last place. A clipped line has none near its zero. */
const relativeBounds: Readonly<Record<Exclude<Activation, 'hard-sigmoid'>, number>> = {
  relu: 0,
  linear: 0,
  tanh: 6,
  sigmoid: 4,
  softplus: 4,
  elu: 8,
  selu: 10,
};

for (const name of ['train', 'train-relaxed'] as const) {
  const module = new WebAssembly.Module(kernelBytes(name));
  for (const activation of activations) {
    test(`${name}: ${activation} is accurate to a few units in the last place`, () => {
      const { value } = activationFunctions[activation];
      const results = activationOf(module, activation, points);
      let worst = 0;
      let at = 0;
      for (const [k, x] of points.entries()) {
        const exact = value(x);
        // Below f32's normal range the kernel rounds to zero, and only the absolute error means anything.
        const scale = activation === 'hard-sigmoid' || Math.abs(exact) < 2e-38 ? 1 : Math.abs(exact);
        const error = Math.abs(results[k]! - exact) / scale / 2 ** -24;
        if (!(error <= worst)) [worst, at] = [error, x];
      }
      const bound = activation === 'hard-sigmoid' ? 1 : relativeBounds[activation];
      assert.ok(worst <= bound, `${worst.toFixed(2)} x 2^-24 at ${at}`);
    });
  }

  test(`${name}: infinities saturate and NaN comes through`, () => {
    const ends = Float32Array.of(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN);
    for (const activation of activations) {
      const [low, high, nothing] = activationOf(module, activation, ends);
      const { value } = activationFunctions[activation];
      assert.ok(
        low === value(ends[0]!) || Math.abs(low! - value(ends[0]!)) < 3e-7,
        `${activation}(-Infinity) is ${low}`,
      );
      assert.ok(
        high === value(ends[1]!) || Math.abs(high! - value(ends[1]!)) < 3e-7,
        `${activation}(Infinity) is ${high}`,
      );
      assert.ok(Number.isNaN(nothing), `${activation}(NaN) is ${nothing}`);
    }
  });
}
