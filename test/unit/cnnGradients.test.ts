/** The reference's layers against finite differences, and against results worked out by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activationFunctions } from '../../engine/nn/activations.ts';
import { cnnLossAndGradients } from '../../engine/nn/cnn/backpropagation.ts';
import { dropoutMask } from '../../engine/nn/cnn/dropout.ts';
import {
  averagePoolBackward,
  averagePoolForward,
  concatenateBackward,
  concatenateForward,
  convolutionBackward,
  convolutionForward,
  globalMaxPoolBackward,
  globalMaxPoolForward,
  type Maps,
  mapBackward,
  mapForward,
  mapsOf,
  momentsOf,
  normalizationBackward,
  normalizationForward,
  scaleBy,
} from '../../engine/nn/cnn/layers.ts';
import { initialiseCnn } from '../../engine/nn/cnn/network.ts';
import { activations, type CnnTopology } from '../../engine/types.ts';
import { cnnTopologyWith, randomImages } from './cnnHelpers.ts';
import { randomValues, relativeDifference } from './nnHelpers.ts';

const doubles = (length: number, seed: number) => Float64Array.from(randomValues(length, seed));

const maps = (channels: number, seed: number, size = { height: 5, width: 3 }): Maps => {
  const shape = { count: 2, ...size, channels };
  return { ...mapsOf(shape), values: doubles(mapsOf(shape).values.length, seed) };
};

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, k) => sum + value * b[k]!, 0);

/** d loss / d values by central differences in double precision, whose error is about h^2 + 1e-16 / h. */
function numericGradient(values: Float64Array, loss: (values: Float64Array) => number): Float64Array {
  const h = 1e-5;
  return values.map((_, k) => {
    const at = (change: number) => {
      const moved = values.slice();
      moved[k]! += change;
      return loss(moved);
    };
    return (at(h) - at(-h)) / (2 * h);
  });
}

function assertGradient(analytic: Float64Array, values: Float64Array, loss: (values: Float64Array) => number): void {
  const difference = relativeDifference(analytic, numericGradient(values, loss));
  assert.ok(difference < 1e-8, `relative difference ${difference}`);
}

for (const kernel of [1, 3, 5]) {
  test(`convolution ${kernel}x${kernel}`, () => {
    const x = maps(3, 1);
    const w = doubles(kernel * kernel * 3 * 4, 2);
    const dy = maps(4, 3);
    const { dx, dw } = convolutionBackward(x, w, kernel, dy);
    assertGradient(dx.values, x.values, (values) =>
      dot(convolutionForward({ ...x, values }, w, kernel).values, dy.values),
    );
    assertGradient(dw, w, (values) => dot(convolutionForward(x, values, kernel).values, dy.values));
  });
}

test('a convolution is a correlation with zeros around the image', () => {
  const x: Maps = { count: 1, height: 2, width: 2, channels: 1, values: Float64Array.of(1, 2, 3, 4) };
  // Weights that are powers of ten make each output a number whose digits are its 3x3 neighbourhood, last tap first.
  const w = Float64Array.from({ length: 9 }, (_, tap) => 10 ** tap);
  assert.deepEqual([...convolutionForward(x, w, 3).values], [430210000, 43021000, 430210, 43021]);
});

test('batch normalisation', () => {
  const x = maps(3, 1);
  const affine = { gamma: doubles(3, 2), beta: doubles(3, 3) };
  const dy = maps(3, 4);
  const { dx, dgamma, dbeta } = normalizationBackward(x, momentsOf(x), affine, dy);
  const loss = (changes: { x?: Maps; gamma?: Float64Array; beta?: Float64Array }) => {
    const own = changes.x ?? x;
    return dot(normalizationForward(own, momentsOf(own), { ...affine, ...changes }).values, dy.values);
  };
  assertGradient(dx.values, x.values, (values) => loss({ x: { ...x, values } }));
  assertGradient(dgamma, affine.gamma, (gamma) => loss({ gamma }));
  assertGradient(dbeta, affine.beta, (beta) => loss({ beta }));
  const { mean, variance } = momentsOf({
    ...x,
    count: 1,
    height: 1,
    width: 4,
    channels: 1,
    values: Float64Array.of(1, 2, 3, 6),
  });
  assert.deepEqual([mean[0], variance[0]], [3, 3.5]);
});

for (const activation of activations) {
  test(`${activation} over maps`, () => {
    const x = maps(2, 1);
    const dy = maps(2, 2);
    const { value, slope } = activationFunctions[activation];
    const dx = mapBackward(x, slope, dy);
    assertGradient(dx.values, x.values, (values) => dot(mapForward({ ...x, values }, value).values, dy.values));
  });
}

test('concatenation', () => {
  const [a, b, dy] = [maps(2, 1), maps(3, 2), maps(5, 3)];
  const { da, db } = concatenateBackward(dy, 2);
  assertGradient(da.values, a.values, (values) => dot(concatenateForward({ ...a, values }, b).values, dy.values));
  assertGradient(db.values, b.values, (values) => dot(concatenateForward(a, { ...b, values }).values, dy.values));
});

for (const [height, width] of [
  [4, 6],
  [5, 3],
] as const) {
  test(`average pooling of ${height}x${width}`, () => {
    const x = maps(2, 1, { height, width });
    const y = averagePoolForward(x);
    assert.deepEqual([y.height, y.width], [Math.floor(height / 2), Math.floor(width / 2)]);
    const dy = { ...y, values: doubles(y.values.length, 2) };
    const dx = averagePoolBackward(x, dy);
    assertGradient(dx.values, x.values, (values) => dot(averagePoolForward({ ...x, values }).values, dy.values));
  });
}

test('global max pooling', () => {
  const x = maps(3, 1);
  const dy = doubles(6, 2);
  const { at } = globalMaxPoolForward(x);
  const dx = globalMaxPoolBackward(x, at, dy);
  assertGradient(dx.values, x.values, (values) => dot(globalMaxPoolForward({ ...x, values }).y, dy));
  const row = (...values: number[]): Maps => ({
    ...mapsOf({ count: 1, height: 1, width: 3, channels: 1 }),
    values: Float64Array.from(values),
  });
  assert.equal(globalMaxPoolForward(row(1, 2, 2)).at[0], 1, 'the first of equal values');
  assert.ok(Number.isNaN(globalMaxPoolForward(row(1, Number.NaN, 2)).y[0]), 'NaN comes through');
});

test('dropout scales values and gradients alike', () => {
  const x = maps(2, 1);
  const dy = maps(2, 2);
  const scale = Float64Array.from(x.values, (_, k) => (k % 3 === 0 ? 0 : 1.25));
  assertGradient(scaleBy(dy, scale).values, x.values, (values) =>
    dot(scaleBy({ ...x, values }, scale).values, dy.values),
  );
});

test('dropout masks drop at their rate, independently in every direction', () => {
  const draw = (rate: number, key: Partial<Parameters<typeof dropoutMask>[1]>) => {
    const mask = dropoutMask(rate, { seed: 1, update: 0, layer: 0, sample: 0, ...key });
    return Array.from({ length: 20_000 }, () => Number(!mask.next().value));
  };
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const base = draw(0.2, {});
  // Five standard deviations of a mean of 20,000 draws.
  const bound = (rate: number) => 5 * Math.sqrt((rate * (1 - rate)) / 20_000);
  for (const rate of [0.2, 0.5, 0.9]) assert.ok(Math.abs(mean(draw(rate, {})) - rate) < bound(rate));
  assert.equal(mean(draw(0, {})), 0);
  const others = {
    'the next value': base.slice(1),
    'the next seed': draw(0.2, { seed: 2 }),
    'the next update': draw(0.2, { update: 1 }),
    'the next layer': draw(0.2, { layer: 1 }),
    'the next sample': draw(0.2, { sample: 1 }),
  };
  for (const [name, other] of Object.entries(others)) {
    const both = mean(other.map((drop, k) => drop * base[k]!));
    assert.ok(Math.abs(both - 0.04) < bound(0.04), `${name}: both dropped in ${both}, expected 0.04`);
  }
  assert.deepEqual(draw(0.2, {}), base);
});

const variants: { readonly [name: string]: Partial<CnnTopology> } = {
  ...Object.fromEntries(activations.map((activation) => [activation, { activation }])),
  'a 5x5 kernel': { kernel: 5 },
  'bottlenecks and compression': { bottleneck: true, compression: 0.5 },
  'pruned filters': { filters: [3, 1, 2, 4, 5, 1] },
  'pruned bottlenecks': { bottleneck: true, filters: [3, 5, 1, 4, 2, 3] },
};

for (const [name, changes] of Object.entries(variants)) {
  test(`${name}: the whole network's gradient is the derivative of its loss`, () => {
    const topology = cnnTopologyWith({
      ...{ height: 5, width: 4, channels: 2, outputs: 2, blocks: 2, layers: 8, growth: 2, initialFilters: 2 },
      ...{ dropout: 0.3, ...changes },
    });
    for (const loss of ['mse', 'softmax-cross-entropy'] as const) {
      const { count, inputs, targets } = randomImages(3, topology, loss);
      const batch = { count, inputs: Float64Array.from(inputs), targets: Float64Array.from(targets) };
      const initial = initialiseCnn(topology, 3);
      // Gammas, betas and biases that are not 1 and 0, so that their gradients are not special.
      const noise = randomValues(initial.weights.length, 4);
      const weights = Float64Array.from(initial.weights, (w, k) => w + 0.2 * noise[k]!);
      const mode = { kind: 'training', seed: 1, update: 0, firstSample: 0 } as const;
      const lossAt = (values: Float64Array, gradients?: Float64Array) =>
        cnnLossAndGradients(topology, values, Float64Array.from(initial.statistics), batch, { loss, mode }, gradients);
      const gradients = new Float64Array(weights.length);
      lossAt(weights, gradients);
      const difference = relativeDifference(gradients, numericGradient(weights, lossAt));
      assert.ok(difference < 1e-7, `${loss}: relative difference ${difference}`);
    }
  });
}
