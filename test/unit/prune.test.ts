/** Algorithm 2 on multi-layer perceptrons: the surgery, the selection of units, and the loop. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../engine/data/random.ts';
import { createWasmTrainer } from '../../engine/nn/backends/wasm.ts';
import { initialise, layerSlices, parameterCount, predict } from '../../engine/nn/network.ts';
import { averageZeros, prunableMlp } from '../../engine/prune/mlp.ts';
import { prune } from '../../engine/prune/prune.ts';
import { type Heir, pruningMethods, type Survivors, selectUnits } from '../../engine/prune/select.ts';
import { type Activation, activations, type Network } from '../../engine/types.ts';
import { kernelBytes, randomSamples, randomValues, relativeDifference, taskOf } from './nnHelpers.ts';

/** Random weights, and biases that are not zero. */
function networkOf(widths: readonly number[], activation: Activation = 'tanh', seed = 1): Network {
  const topology = { widths, activation };
  return { topology, weights: initialise(topology, seed).map((weight, k) => weight || ((k % 7) - 3) / 10) };
}

/** The same function from a layer in which unit `unit` occurs twice, with its outgoing weights shared out unequally. */
function withDuplicate({ topology, weights }: Network, layer: number, unit: number): Network {
  const slices = layerSlices(topology);
  const widths = topology.widths.map((width, index) => (index === layer + 1 ? width + 1 : width));
  const result = new Float32Array(parameterCount({ ...topology, widths }));
  layerSlices({ ...topology, widths }).forEach(({ inputs, outputs, offset }, index) => {
    const from = slices[index]!;
    for (let i = 0; i <= inputs; i++) {
      for (let o = 0; o < outputs; o++) {
        const source = (row: number, column: number) => weights[from.offset + row * from.outputs + column]!;
        let value: number;
        if (index === layer) value = source(i, o === outputs - 1 ? unit : o);
        else if (index === layer + 1) {
          // Rows: the old ones, the duplicate, the bias.
          const isCopy = i === inputs - 1;
          value = source(isCopy ? unit : i === inputs ? inputs - 1 : i, o);
          if (isCopy) value *= 0.75;
          else if (i === unit) value *= 0.25;
        } else value = source(i, o);
        result[offset + i * outputs + o] = value;
      }
    }
  });
  return { topology: { ...topology, widths }, weights: result };
}

const inputs = randomValues(50 * 3, 4);

for (const activation of activations) {
  test(`${activation}: a network without its duplicate neurons computes the same function`, async () => {
    const plain = networkOf([3, 6, 5, 2], activation);
    const doubled = withDuplicate(withDuplicate(plain, 0, 2), 1, 4);
    assert.ok(relativeDifference(predict(doubled, inputs, 50), predict(plain, inputs, 50)) < 1e-6, 'the test itself');
    const alpha = 1 - parameterCount(plain.topology) / parameterCount(doubled.topology);
    const [pruned] = await prune(prunableMlp, doubled, { alphas: [alpha - 1e-9], method: 'similarity', seed: 1 });
    assert.deepEqual(pruned!.network.topology.widths, plain.topology.widths);
    assert.ok(relativeDifference(predict(pruned!.network, inputs, 50), predict(doubled, inputs, 50)) < 1e-5);
  });
}

const heirsOf = (...heirs: (readonly [unit: number, share: number])[]): Heir[] =>
  heirs.map(([unit, share]) => ({ unit, share }));

test('surgery takes out the neurons that go, and nothing else', () => {
  const network: Network = {
    topology: { widths: [2, 3, 2], activation: 'relu' },
    weights: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17),
  };
  const expected = (survivors: Survivors, weights: readonly number[]) => {
    const kept = prunableMlp.keep(network, 0, survivors);
    assert.deepEqual(kept.topology.widths, [2, survivors.kept.length, 2]);
    assert.deepEqual([...kept.weights], weights);
  };
  // Columns 1 and 3 of w and of the bias; rows 1 and 3 of the outgoing weights, all of the outgoing bias.
  expected({ kept: [0, 2], heirs: heirsOf([0, 1], [1, 0], [2, 1]) }, [1, 3, 4, 6, 7, 9, 10, 11, 14, 15, 16, 17]);
  // Half of the second neuron's outgoing weights, 12 and 13, is added to the third's.
  expected({ kept: [0, 2], heirs: heirsOf([0, 1], [2, 0.5], [2, 1]) }, [1, 3, 4, 6, 7, 9, 10, 11, 20, 21.5, 16, 17]);
});

const square = { count: 4, size: 2, values: Float64Array.of(0, 0, 5, 5, 5, 5.5, -1, 0.5) };

test('a neuron is its incoming weights and its bias', () => {
  const topology = { widths: [2, 3, 1], activation: 'relu' } as const;
  const weights = Float32Array.from({ length: parameterCount(topology) }, (_, k) => k);
  const { count, size, values } = prunableMlp.points({ topology, weights }, 0);
  assert.deepEqual([count, size, ...values], [3, 3, 0, 3, 6, 1, 4, 7, 2, 5, 8]);
});

test('a neuron leaves nothing to its opposite, and all of itself to its double, of zeros too', () => {
  const heirs = (...rows: [number, number][]) =>
    selectUnits('similarity', { count: 3, size: 2, values: Float64Array.from(rows.flat()) }, 2, createRandom(1)).heirs;
  assert.deepEqual(heirs([9, 9], [0.1, 0], [-0.1, 0]), heirsOf([0, 1], [1, 1], [1, 0]));
  assert.deepEqual(heirs([9, 9], [0, 0], [0, 0]), heirsOf([0, 1], [1, 1], [1, 1]));
});

test('each method keeps what its rule says', () => {
  const similar = selectUnits('similarity', square, 3, createRandom(1));
  // (5, 5.5) on (5, 5): 52.5 / 50.
  assert.deepEqual(similar, { kept: [0, 1, 3], heirs: heirsOf([0, 1], [1, 1], [1, 1.05], [3, 1]) });
  assert.deepEqual(selectUnits('magnitude', square, 2, createRandom(1)), {
    kept: [1, 2],
    heirs: heirsOf([0, 0], [1, 1], [2, 1], [3, 0]),
  });
  const random = selectUnits('random', square, 3, createRandom(1));
  assert.equal(random.kept.length, 3);
  const sets = Array.from({ length: 40 }, (_, seed) =>
    selectUnits('random', square, 3, createRandom(seed)).kept.join(),
  );
  assert.equal(new Set(sets).size, 4, 'every unit can go');
});

for (const method of pruningMethods) {
  test(`${method}: rates, sizes and turns`, async () => {
    const hidden = [16, 6, 4];
    const network = networkOf([3, ...hidden, 2]);
    const alphas = [0.1, 0.3, 0.5, 0.7];
    const pruned = await prune(prunableMlp, network, { alphas, method, seed: 2 });
    assert.deepEqual(
      pruned.map(({ alpha }) => alpha),
      alphas,
    );
    for (const { alpha, rate, network: result } of pruned) {
      // A recount from the tensors, not from the topology's formula.
      const recount = layerSlices(result.topology).reduce(
        (sum, { inputs, outputs, offset }) =>
          sum + result.weights.subarray(offset, offset + inputs * outputs).length + outputs,
        0,
      );
      assert.equal(result.weights.length, recount);
      assert.equal(rate, 1 - recount / network.weights.length);
      assert.ok(rate >= alpha && rate < alpha + 0.2, `rate ${rate} for ${alpha}`);
      assert.ok(predict(result, inputs, 50).every(Number.isFinite));
    }
    // Layers take turns in proportion to their widths: none has lost a neuron more than its share, or a neuron less.
    for (const { network: result } of pruned) {
      const lost = result.topology.widths.slice(1, -1).map((width, layer) => hidden[layer]! - width);
      const share = lost.reduce((a, b) => a + b) / 26;
      lost.forEach((neurons, layer) => {
        assert.ok(Math.abs(neurons - share * hidden[layer]!) <= 1, lost.join());
      });
    }
  });
}

test('a layer keeps its last neuron, and rates that cannot be reached have no network', async () => {
  const options = { alphas: [0.2, 0.99], method: 'similarity', seed: 1 } as const;
  const pruned = await prune(prunableMlp, networkOf([3, 4, 1, 2]), options);
  assert.deepEqual(
    pruned.map(({ alpha }) => alpha),
    [0.2],
  );
  const all = await prune(prunableMlp, networkOf([1, 9, 1]), { ...options, alphas: [0.85] });
  assert.deepEqual(all[0]!.network.topology.widths, [1, 1, 1]);
  assert.deepEqual(await prune(prunableMlp, networkOf([3, 2]), options), [], 'no hidden layer, nothing to prune');
});

test('pruning ends with the neuron that reaches the rate, and begins with the first of equal layers', async () => {
  const pruned = await prune(prunableMlp, networkOf([1, 10, 1]), {
    alphas: [1 - 28 / 31],
    method: 'magnitude',
    seed: 1,
  });
  assert.deepEqual(pruned[0]!.network.topology.widths, [1, 9, 1]);
  const [first] = await prune(prunableMlp, networkOf([2, 5, 5, 2]), { alphas: [0.01], method: 'magnitude', seed: 1 });
  assert.deepEqual(first!.network.topology.widths, [2, 4, 5, 2]);
});

test('fine-tuning happens at every rate, or after every neuron', async () => {
  for (const everyStep of [false, true]) {
    const seen: string[] = [];
    const fineTune = async (network: Network) => {
      seen.push(network.topology.widths.join('-'));
      return { ...network, weights: network.weights.map((weight) => weight / 2) };
    };
    const options = { alphas: [0.2, 0.5], method: 'magnitude', seed: 1, fineTune, everyStep } as const;
    const pruned = await prune(prunableMlp, networkOf([1, 10, 1]), options);
    assert.deepEqual(seen, everyStep ? ['1-9-1', '1-8-1', '1-7-1', '1-6-1', '1-5-1', '1-4-1'] : ['1-7-1', '1-4-1']);
    const largest = Math.max(...pruned.at(-1)!.network.weights.map(Math.abs));
    const before = Math.max(...networkOf([1, 10, 1]).weights.map(Math.abs));
    assert.ok(largest <= before / (everyStep ? 64 : 4) + 1e-9, 'each stage goes on from the one before, fine-tuned');
  }
});

for (const [alphas, message] of [
  [[0], 'The pruning rate 0 is not between 0 and 1.'],
  [[1], 'The pruning rate 1 is not between 0 and 1.'],
  [[Number.NaN], 'The pruning rate NaN is not between 0 and 1.'],
  [[0.3, 0.3], 'Pruning rates must ascend.'],
] as const) {
  test(`rates ${alphas.join()} are refused`, async () => {
    const pruning = prune(prunableMlp, networkOf([2, 3, 1]), { alphas, method: 'random', seed: 1 });
    await assert.rejects(pruning, { name: 'RangeError', message });
  });
}

test('the share of zeros is counted on the activations', () => {
  // Neuron 1 is relu(x), neuron 2 relu(-x), neuron 3 relu(1): 0 for two, one and none of the three inputs.
  const network: Network = {
    topology: { widths: [1, 3, 1], activation: 'relu' },
    weights: Float32Array.of(1, -1, 0, 0, 0, 1, 1, 1, 1, 0),
  };
  const [zeros] = averageZeros(network, Float32Array.of(-1, -2, 3), 3);
  assert.deepEqual([...zeros!], [2 / 3, 1 / 3, 0]);
  const idle = averageZeros(network, new Float32Array(10), 10);
  assert.deepEqual([...idle[0]!], [1, 1, 0], 'shares of ten samples');
});

test('a trained network keeps more without similar neurons than without random ones, in the mean over five seeds', async () => {
  const [train, held] = [randomSamples(600, [3, 2], 'mse'), randomSamples(300, [3, 2], 'mse', 2)];
  const topology = { widths: [3, 24, 12, 2], activation: 'relu' } as const;
  const trainer = createWasmTrainer(new WebAssembly.Module(kernelBytes('train')));
  const loss = { similarity: 0, random: 0 };
  for (let seed = 1; seed <= 5; seed++) {
    const task = taskOf({ topology, epochs: 60, schedule: 'cosine', seed });
    const { network } = await trainer.train(task, train, held);
    for (const method of ['similarity', 'random'] as const) {
      for (const pruned of await prune(prunableMlp, network, { alphas: [0.1, 0.2, 0.3, 0.4], method, seed })) {
        const outputs = predict(pruned.network, held.inputs, held.count);
        loss[method] += outputs.reduce((sum, y, k) => sum + (y - held.targets[k]!) ** 2, 0);
      }
    }
  }
  assert.ok(loss.similarity < 0.9 * loss.random, `${loss.similarity} against ${loss.random}`);
});
