/** Estimates for the devices of the paper's Table 3, by hand for a small network. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fpgaTarget } from '../../engine/emit/fpga/target.ts';
import { deviceProfiles, estimateProfiles } from '../../engine/emit/profiles/profiles.ts';
import { profileNotes, profileTable } from '../../engine/emit/profiles/table.ts';
import { formatAmount } from '../../engine/format.ts';
import { calibrate } from '../../engine/quantise/calibrate.ts';
import { quantise, quantisedBytes } from '../../engine/quantise/quantise.ts';

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
  const network = networkOf([10, 20, 4]);
  const clocks = fpgaTarget.estimate(network).more.find(({ label }) => label === 'Latency')!.value;
  const estimates = estimateProfiles(network);
  const wanted = [macs / (2.9 * 16), macs / (1.178 * 2048), macs / (1.9 * 4), clocks / 0.8];
  estimates.forEach((estimate, index) => {
    assert.equal(estimate.multiplyAccumulates, macs);
    assert.equal(estimate.leastLatencyNs, wanted[index]!);
    assert.equal(estimate.expected, undefined);
    assert.ok(estimate.fits);
  });
  assert.ok(estimates[3]!.leastBasis.startsWith(`${formatAmount(clocks, 'clock')} of the circuit`));
  assert.equal(estimates[0]!.energyNanojoules, (macs / (2.9 * 16)) * 45);
  assert.equal(estimates[0]!.energyClass, 'nJ');
  assert.equal(estimates[3]!.energyNanojoules, undefined);
});

test('a measured call is expected to take as many cycles on the processor of the paper, and energy follows', () => {
  const measured = { latencyNs: 290, processor: { name: 'a processor', clockGhz: 4 } };
  const [cpu, ...others] = estimateProfiles(networkOf([10, 20, 4]), { measured });
  assert.equal(cpu!.expected!.latencyNs, 400);
  assert.match(cpu!.expected!.basis, /on a processor at 4 GHz/);
  assert.equal(cpu!.energyNanojoules, 400 * 45);
  assert.equal(cpu!.energyClass, 'µJ');
  for (const { expected } of others) assert.equal(expected, undefined, 'one processor says nothing about others');
  const { columns, rows } = profileTable([cpu!, ...others]);
  const row = (at: number) => Object.fromEntries(columns.map((name, index) => [name, rows[at]![index]]));
  assert.deepEqual([row(0)['Call expected'], row(0).Energy], ['400 ns', '18 µJ']);
  assert.deepEqual([row(3)['Call expected'], row(3).Energy, row(3).Power], ['not known', 'not known', 'not printed']);
  assert.equal(profileNotes([cpu!, ...others]).length, 4);
});

test('integers take their own bytes', () => {
  const network = networkOf([10, 20, 4]);
  const quantised = quantise(network, 'int8', calibrate(network, new Float32Array(10), 1));
  const bytes = (options = {}) => estimateProfiles(network, options)[0]!.memoryBytes;
  assert.equal(bytes() - bytes({ quantised }), 4 * network.weights.length - quantisedBytes(quantised));
});

test('a network larger than caches fits the GPU alone', () => {
  const fits = estimateProfiles(networkOf([2000, 2000])).map(({ fits }) => fits);
  assert.deepEqual(fits, [false, true, false, false]);
});
