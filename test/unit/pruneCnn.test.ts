/** Filter pruning of the template: shapes for every small size, and duplicates that leave no trace. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../engine/data/random.ts';
import { cnnForward } from '../../engine/nn/cnn/backpropagation.ts';
import { initialiseCnn } from '../../engine/nn/cnn/network.ts';
import { cnnParameterCount, cnnTemplate } from '../../engine/nn/cnn/template.ts';
import { prunableCnn } from '../../engine/prune/cnn.ts';
import { prune } from '../../engine/prune/prune.ts';
import { selectUnits } from '../../engine/prune/select.ts';
import type { CnnNetwork, CnnTopology } from '../../engine/types.ts';
import { cnnTopologyWith } from './cnnHelpers.ts';
import { randomValues, relativeDifference } from './nnHelpers.ts';

/** Random weights everywhere, also in the normalisations; variances are positive. */
function networkOf(topology: CnnTopology, seed = 1): CnnNetwork {
  const { weights, statistics } = initialiseCnn(topology, seed);
  const noise = randomValues(weights.length, seed + 1);
  return {
    topology,
    weights: weights.map((weight, k) => (weight === 1 || weight === 0 ? weight + noise[k]! / 2 : weight)),
    statistics: statistics.map((value, k) => value + noise[k]! / 4),
  };
}

function outputsOf({ topology, weights, statistics }: CnnNetwork, count: number): Float64Array {
  const inputs = Float64Array.from(randomValues(count * topology.height * topology.width * topology.channels, 9));
  const arrays = [Float64Array.from(weights), Float64Array.from(statistics)] as const;
  return cnnForward(topology, ...arrays, { count, inputs }, { kind: 'inference' }).outputs;
}

/** Makes filter `to` of a convolution the same as filter `from`, and its map's entries in every BatchNorm as well. */
function duplicate(network: CnnNetwork, layer: number, from: number, to: number): CnnNetwork {
  const { convolutions, head } = cnnTemplate(network.topology);
  const weights = network.weights.slice();
  const statistics = network.statistics.slice();
  const own = convolutions[layer]!;
  for (let tap = 0; tap < own.kernel ** 2 * own.channels; tap++) {
    weights[own.weights + tap * own.filters + to] = weights[own.weights + tap * own.filters + from]!;
  }
  const readers = convolutions.slice(layer + 1).filter((reader, index) => {
    if (own.kind === 'bottleneck') return index === 0;
    if (reader.kind === 'dense' && reader.source === 'bottleneck') return false;
    return reader.block === (reader.kind === 'transition' ? own.block + 1 : own.block);
  });
  const normalizations = readers.flatMap((reader) => (reader.kind === 'initial' ? [] : [reader.normalization]));
  const isLast = own.kind !== 'bottleneck' && own.block === network.topology.blocks - 1;
  for (const { gamma, beta, mean, variance } of isLast ? [...normalizations, head.normalization] : normalizations) {
    const [source, target] = [own.firstChannel + from, own.firstChannel + to];
    for (const at of [gamma, beta]) weights[at + target] = weights[at + source]!;
    for (const at of [mean, variance]) statistics[at + target] = statistics[at + source]!;
  }
  return { ...network, weights, statistics };
}

const shapes = {
  plain: cnnTopologyWith({}),
  'three blocks, 5x5': cnnTopologyWith({ blocks: 3, layers: 10, kernel: 5 }),
  'bottlenecks and compression': cnnTopologyWith({ layers: 12, bottleneck: true, compression: 0.5, growth: 3 }),
};

for (const [name, topology] of Object.entries(shapes)) {
  test(`${name}: without a duplicate filter the network computes the same, whichever convolution it was in`, () => {
    cnnTemplate(topology).convolutions.forEach(({ kind, filters }, layer) => {
      const network = duplicate(networkOf(topology), layer, 0, filters - 1);
      const survivors = selectUnits('similarity', prunableCnn.points(network, layer), filters - 1, createRandom(1));
      assert.equal(survivors.heirs.at(-1)!.unit, 0, `${kind} ${layer}: the duplicate goes`);
      const pruned = prunableCnn.keep(network, layer, survivors);
      assert.equal(pruned.topology.filters![layer], filters - 1);
      const difference = relativeDifference(outputsOf(pruned, 3), outputsOf(network, 3));
      assert.ok(difference < 1e-5, `${kind} ${layer}: ${difference}`);
    });
  });
}

test('a filter without an heir takes its map along: as if its BatchNorm entries were 0', () => {
  const network = networkOf(shapes.plain);
  const { convolutions, head } = cnnTemplate(shapes.plain);
  // The last convolution is read by the last BatchNorm alone; tanh(0) is 0.
  const last = convolutions.at(-1)!;
  const weights = network.weights.slice();
  const channel = last.firstChannel + 1;
  weights[head.normalization.gamma + channel] = 0;
  weights[head.normalization.beta + channel] = 0;
  const pruned = prunableCnn.keep(network, convolutions.length - 1, {
    kept: [0, 2, 3],
    heirs: [0, 1, 2, 3].map((unit) => ({ unit, share: unit === 1 ? 0 : 1 })),
  });
  assert.ok(relativeDifference(outputsOf(pruned, 2), outputsOf({ ...network, weights }, 2)) < 1e-6);
});

test('an heir takes a share of the outgoing weights', () => {
  const network = networkOf(shapes.plain);
  const { convolutions, head } = cnnTemplate(shapes.plain);
  const layer = convolutions.length - 1;
  const heirs = [0, 1, 2, 3].map((unit) => (unit === 1 ? { unit: 0, share: 0.5 } : { unit, share: 1 }));
  const pruned = prunableCnn.keep(network, layer, { kept: [0, 2, 3], heirs });
  const { outputs } = head;
  const row = (weights: Float32Array, at: number, channel: number) =>
    weights.subarray(at + channel * outputs, at + (channel + 1) * outputs);
  const first = convolutions[layer]!.firstChannel;
  const gone = row(network.weights, head.weights, first + 1);
  const expected = row(network.weights, head.weights, first).map((weight, o) => weight + 0.5 * gone[o]!);
  assert.deepEqual(row(pruned.weights, cnnTemplate(pruned.topology).head.weights, first), expected);
});

const sizes = [16, 28].flatMap((layers) =>
  [1, 2, 3, 4].flatMap((blocks) => ([3, 5] as const).map((kernel) => ({ layers, blocks, kernel }))),
);

for (const { layers, blocks, kernel } of sizes) {
  test(`L${layers} B${blocks} ${kernel}x${kernel}: pruned shapes are consistent`, async () => {
    const topology = cnnTopologyWith({ layers, blocks, kernel, growth: 3, initialFilters: 5 });
    const network = networkOf(topology);
    const pruned = await prune(prunableCnn, network, { alphas: [0.2, 0.5], method: 'random', seed: layers });
    assert.equal(pruned.length, 2);
    for (const { rate, alpha, network: result } of pruned) {
      const template = cnnTemplate(result.topology);
      const { weights, statistics } = result;
      assert.equal(weights.length, cnnParameterCount(result.topology));
      assert.equal(statistics.length, template.statisticCount);
      // A recount from the tensors: each convolution's kernel and BatchNorm, the last BatchNorm and the dense layer.
      const { channels } = template.head.normalization;
      const tensors = template.convolutions.flatMap((own) => [
        own.kernel ** 2 * own.channels * own.filters,
        own.kind === 'initial' ? 0 : 2 * own.channels,
      ]);
      const recount = tensors.reduce((a, b) => a + b) + 2 * channels + (channels + 1) * topology.outputs;
      assert.equal(weights.length, recount);
      assert.equal(rate, 1 - recount / network.weights.length);
      assert.ok(rate >= alpha && rate < alpha + 0.1);
    }
    assert.ok(outputsOf(pruned[1]!.network, 1).every(Number.isFinite));
  });
}
