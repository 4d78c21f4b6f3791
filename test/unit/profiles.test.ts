/** Bounds for the devices of the paper's Table 3, by hand for a small network. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceProfiles, estimateProfiles } from '../../engine/emit/profiles/profiles.ts';

const networkOf = (widths: readonly number[]) => {
  const count = widths.slice(1).reduce((sum, outputs, layer) => sum + (widths[layer]! + 1) * outputs, 0);
  return { topology: { widths, activation: 'tanh' as const }, weights: new Float32Array(count) };
};

test('the printed figures', () => {
  assert.deepEqual(
    deviceProfiles.map(({ id, clockGhz, technologyNm, tdpWatts, priceUsd }) => [
      id,
      clockGhz,
      technologyNm,
      tdpWatts,
      priceUsd,
    ]),
    [
      ['cpu', 2.9, 14, 45, 378],
      ['gpu', 1.178, 28, 300, 7532],
      ['arm', 1.9, 28, 5, 60],
      ['fpga', 0.8, 16, undefined, undefined],
    ],
  );
});

test('a perceptron of 10-20-4 on each device', () => {
  const macs = 10 * 20 + 20 * 4;
  const estimates = estimateProfiles(networkOf([10, 20, 4]));
  const peaks = [2.9 * 16, 1.178 * 2048, 1.9 * 4, 0.8 * 6800];
  estimates.forEach((estimate, index) => {
    assert.equal(estimate.multiplyAccumulates, macs);
    assert.equal(estimate.leastLatencyNs, macs / peaks[index]!);
    assert.ok(estimate.fits);
  });
  assert.equal(estimates[0]!.leastEnergyNanojoules, (macs / (2.9 * 16)) * 45);
  assert.equal(estimates[0]!.energyClass, 'nJ');
  assert.equal(estimates[3]!.leastEnergyNanojoules, undefined);
});

test('a network larger than caches fits the GPU alone', () => {
  const fits = estimateProfiles(networkOf([2000, 2000])).map(({ fits }) => fits);
  assert.deepEqual(fits, [false, true, false, false]);
});
