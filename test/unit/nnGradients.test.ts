/** The reference's gradients against finite differences, and its activations against their definitions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activationFunctions } from '../../engine/nn/activations.ts';
import { lossAndGradients } from '../../engine/nn/backpropagation.ts';
import { initialise } from '../../engine/nn/network.ts';
import { activations, type Loss, type Topology } from '../../engine/types.ts';
import { randomSamples, randomValues, relativeDifference } from './nnHelpers.ts';

const losses: readonly Loss[] = ['mse', 'softmax-cross-entropy'];

test('activations have their published values', () => {
  const at = (name: (typeof activations)[number], x: number) => activationFunctions[name].value(x);
  assert.equal(at('hard-sigmoid', 1), 0.7);
  assert.deepEqual([at('hard-sigmoid', -3), at('hard-sigmoid', 3)], [0, 1]);
  assert.deepEqual([at('relu', -2), at('relu', 2)], [0, 2]);
  assert.equal(at('elu', -1), Math.expm1(-1));
  assert.equal(at('softplus', 0), Math.LN2);
  assert.deepEqual([at('softplus', 800), at('softplus', -800)], [800, 0], 'no overflow');
  assert.deepEqual([at('sigmoid', 800), at('sigmoid', -800)], [1, 0], 'no overflow');
  assert.equal(at('selu', 1), 1.0507009873554805);
  assert.ok(Math.abs(at('selu', -1e3) + 1.0507009873554805 * 1.6732632423543772) < 1e-15);
});

for (const activation of activations) {
  test(`${activation}: the slope is the derivative`, () => {
    const { value, slope } = activationFunctions[activation];
    for (const x of [-4, -2, -0.7, -1e-3, 1e-3, 0.3, 2, 4]) {
      const h = 1e-6;
      const numeric = (value(x + h) - value(x - h)) / (2 * h);
      assert.ok(Math.abs(numeric - slope(x)) < 1e-8, `at ${x}: ${slope(x)}, numerically ${numeric}`);
    }
  });

  for (const loss of losses) {
    test(`${activation}, ${loss}: backpropagation gives the derivative of the loss`, () => {
      const topology: Topology = { widths: [3, 5, 4, 2], activation };
      const samples = randomSamples(6, topology.widths, loss);
      const batch = {
        count: samples.count,
        inputs: Float64Array.from(samples.inputs),
        targets: Float64Array.from(samples.targets),
      };
      // Biases that are not zero, so that their gradients are not special.
      const weights = Float64Array.from(initialise(topology, 3), (w, k) => w + 0.1 * randomValues(64, 4)[k % 64]!);
      const gradients = new Float64Array(weights.length);
      lossAndGradients(topology, weights, batch, loss, gradients);
      // Central differences in double precision: the error is about h^2 + 1e-16 / h.
      const h = 1e-5;
      const numeric = weights.map((_, k) => {
        const at = (change: number) => {
          const moved = weights.slice();
          moved[k]! += change;
          return lossAndGradients(topology, moved, batch, loss);
        };
        return (at(h) - at(-h)) / (2 * h);
      });
      const difference = relativeDifference(gradients, numeric);
      assert.ok(difference < 1e-8, `relative difference ${difference}`);
    });
  }
}
