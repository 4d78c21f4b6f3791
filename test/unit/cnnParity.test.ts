/** The kernel of convolutional networks against the reference, from the same weights, samples and order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCnnSession, predictCnn } from '../../engine/nn/backends/cnn.ts';
import { initialiseCnn } from '../../engine/nn/cnn/network.ts';
import { createCnnReferenceSession, predictCnnReference } from '../../engine/nn/cnn/reference.ts';
import type { CnnSession } from '../../engine/nn/cnn/session.ts';
import { cnnName, cnnTemplate } from '../../engine/nn/cnn/template.ts';
import { shuffle, trainingStreams } from '../../engine/nn/random.ts';
import { activations, type CnnTopology, type CnnTrainingTask, optimizers } from '../../engine/types.ts';
import { cnnKernel, cnnTaskOf, cnnTopologyWith, layersOf, randomImages, unevenNetwork } from './cnnHelpers.ts';
import { relativeDifference } from './nnHelpers.ts';

const kernels = { plain: cnnKernel('cnn'), relaxed: cnnKernel('cnn-relaxed') };

interface Case extends Partial<CnnTrainingTask> {
  readonly module?: WebAssembly.Module;
  readonly count?: number;
  readonly subBatch?: number;
}

/**
 * Trains both for `epochs` and returns the largest difference of the losses, and how far weights and statistics moved apart
 * on the scale of how far they moved at all.
 */
function compare({ module = kernels.relaxed, count = 13, subBatch, ...changes }: Case) {
  const task = cnnTaskOf({ epochs: 2, batchSize: 8, ...changes });
  const initial = unevenNetwork(task.topology, task.seed);
  const own: CnnTrainingTask = { ...task, initial };
  const train = randomImages(count, task.topology, task.loss);
  const validation = randomImages(9, task.topology, task.loss, 2);
  const reference = createCnnReferenceSession(own, train, validation, subBatch);
  const wasm = createCnnSession(module, own, train, validation, subBatch ? { subBatch } : {});
  const { order: random } = trainingStreams(task.seed);
  reference.order.forEach((_, row, order) => {
    order[row] = row;
  });
  let lossDifference = 0;
  for (let epoch = 0; epoch < task.epochs; epoch++) {
    shuffle(reference.order, random);
    wasm.order.set(reference.order);
    const losses = (session: CnnSession) =>
      [session.trainEpoch(task.learningRate), session.validationLoss()] as number[];
    const exact = losses(reference);
    for (const [k, loss] of losses(wasm).entries()) {
      lossDifference = Math.max(lossDifference, Math.abs(loss - exact[k]!) / exact[k]!);
    }
  }
  const moved = (session: CnnSession, key: 'weights' | 'statistics') =>
    session.snapshot()[key].map((value, k) => value - initial[key][k]!);
  const difference = (key: 'weights' | 'statistics') => relativeDifference(moved(wasm, key), moved(reference, key));
  return { lossDifference, weightDifference: difference('weights'), statisticDifference: difference('statistics') };
}

/**
 * Single precision has steps of 6e-8, and sums of a few hundred products ten times that. A wrong constant or a missing term
 * shows as 1e-3 and more.
 */
function assertParity(name: string, tested: Case, weightTolerance = 3e-5): void {
  const { lossDifference, weightDifference, statisticDifference } = compare(tested);
  assert.ok(lossDifference < 5e-6, `${name}: losses differ by ${lossDifference}`);
  assert.ok(weightDifference < weightTolerance, `${name}: weights differ by ${weightDifference}`);
  assert.ok(statisticDifference < 1e-5, `${name}: statistics differ by ${statisticDifference}`);
}

for (const [name, module] of Object.entries(kernels)) {
  test(`${name}: every activation follows the reference, through dropout`, () => {
    for (const activation of activations) {
      for (const loss of ['mse', 'softmax-cross-entropy'] as const) {
        const topology = cnnTopologyWith({ activation, height: 6, width: 5, dropout: 0.25 });
        assertParity(`${activation}, ${loss}`, { module, topology, loss, optimizer: 'sgd', learningRate: 0.05 });
      }
    }
  });

  test(`${name}: every optimiser follows the reference`, () => {
    for (const optimizer of optimizers) {
      const learningRate = { sgd: 0.1, adagrad: 0.1, adadelta: 10 }[optimizer as string] ?? 0.01;
      const topology = cnnTopologyWith({ height: 6, width: 5 });
      // Adam and its kin divide small gradients by their own size, which makes rounding errors as large.
      assertParity(optimizer, { module, topology, optimizer, learningRate }, 1e-3);
    }
  });
}

test('any number of blocks, layers, channels and filters, and images of any size', () => {
  const cases: Partial<CnnTopology>[] = [
    { blocks: 1, layers: 4 },
    { blocks: 1, layers: 7, kernel: 5 },
    { blocks: 3, layers: 7, kernel: 5 },
    { blocks: 4, layers: 8, kernel: 3 },
    { blocks: 4, layers: 8, kernel: 5, height: 9, width: 11 },
    { height: 7, width: 9, blocks: 3, layers: 10, growth: 3 },
    { height: 1, width: 1, blocks: 1, layers: 6 },
    { height: 1, width: 13, blocks: 1, layers: 5, kernel: 5 },
    { height: 2, width: 2, blocks: 2, layers: 8, kernel: 5 },
    { height: 3, width: 70, blocks: 2, layers: 6 },
    { channels: 3, growth: 12, initialFilters: 24, layers: 6 },
    { channels: 8, growth: 7, initialFilters: 5 },
    { growth: 1, initialFilters: 1, outputs: 1 },
    { bottleneck: true },
    { bottleneck: true, compression: 0.5, layers: 12, kernel: 5, channels: 3 },
    { bottleneck: true, blocks: 1, layers: 4 },
    { bottleneck: true, blocks: 3, layers: 10, height: 9, width: 11, growth: 3 },
    { compression: 0.3, blocks: 3, layers: 7 },
    { filters: [7, 11, 2, 13, 1, 8] },
    { filters: [5, 9, 10, 14, 3, 4], kernel: 5 },
    { bottleneck: true, filters: [7, 5, 3, 6, 13, 2] },
  ];
  for (const changes of cases) {
    const topology = cnnTopologyWith({ dropout: 0.2, ...changes });
    assertParity(
      JSON.stringify(changes),
      { topology, loss: 'mse', optimizer: 'sgd', learningRate: 0.02, epochs: 1 },
      1e-4,
    );
  }
});

test('many channels on larger images, which the kernel takes in parts', () => {
  const topology = cnnTopologyWith({ height: 30, width: 31, blocks: 1, layers: 5, growth: 2, initialFilters: 20 });
  assertParity('30x31', { topology, loss: 'mse', optimizer: 'sgd', epochs: 1, count: 2 });
});

test('any batch size and number of samples', () => {
  const topology = cnnTopologyWith({ height: 4, width: 4, dropout: 0.2 });
  for (const batchSize of [3, 7, 8, 9, 64]) {
    for (const count of [3, 8, 17]) {
      assertParity(`batch ${batchSize}, ${count} samples`, {
        ...{ topology, batchSize, count, loss: 'mse', optimizer: 'sgd', learningRate: 0.05 },
      });
    }
  }
});

test('bottlenecks are computed again as they were, dropout and parts of a batch included', () => {
  const topology = cnnTopologyWith({
    height: 5,
    width: 6,
    dropout: 0.3,
    bottleneck: true,
    compression: 0.5,
    layers: 12,
  });
  for (const module of Object.values(kernels)) {
    for (const subBatch of [8, 24]) {
      assertParity(`parts of ${subBatch}`, { module, topology, batchSize: 24, count: 41, subBatch, optimizer: 'sgd' });
    }
  }
});

test('parts of a batch are normalised by their own moments, and their gradients add up', () => {
  const topology = cnnTopologyWith({ height: 4, width: 4, dropout: 0.2 });
  for (const subBatch of [8, 16]) {
    assertParity(`parts of ${subBatch}`, { topology, batchSize: 24, count: 41, subBatch, optimizer: 'sgd' });
  }
});

test('parts with the same moments have the gradient of the whole batch', () => {
  const topology = cnnTopologyWith({ height: 5, width: 4 });
  const half = randomImages(8, topology, 'mse');
  const twice = (values: Float32Array) => Float32Array.from([...values, ...values]);
  const batch = { count: 16, inputs: twice(half.inputs), targets: twice(half.targets) };
  const task = cnnTaskOf({ topology, loss: 'mse', optimizer: 'sgd', batchSize: 16 });
  const initial = initialiseCnn(topology, task.seed);
  const [whole, parts] = [16, 8].map((subBatch) => {
    const session = createCnnSession(kernels.relaxed, task, batch, half, { subBatch });
    session.order.forEach((_, row, order) => {
      order[row] = row;
    });
    return { loss: session.trainEpoch(0.1) as number, weights: session.snapshot().weights };
  });
  const moved = ({ weights }: { weights: Float32Array }) => weights.map((w, k) => w - initial.weights[k]!);
  assert.ok(Math.abs(whole!.loss - parts!.loss) < 1e-6 * whole!.loss);
  assert.ok(relativeDifference(moved(parts!), moved(whole!)) < 1e-5);
});

test('any network follows the reference', () => {
  const size = fc.integer({ min: 2, max: 9 });
  const few = fc.integer({ min: 1, max: 8 });
  const topologies = fc
    .record({
      ...{ height: size, width: size, channels: few, outputs: few, growth: few, initialFilters: few },
      blocks: fc.constantFrom(1, 2),
      perBlock: fc.constantFrom(1, 2),
      bottleneck: fc.boolean(),
      compression: fc.constantFrom(1, 0.5),
      pruned: fc.option(fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 10, maxLength: 10 }), {
        nil: undefined,
      }),
      kernel: fc.constantFrom(3 as const, 5 as const),
      activation: fc.constantFrom('tanh' as const, 'sigmoid' as const, 'softplus' as const),
      dropout: fc.constantFrom(0, 0.5),
    })
    .map(({ perBlock, pruned, ...rest }) => {
      const topology = cnnTopologyWith({ ...rest, layers: layersOf({ ...rest, perBlock }) });
      return pruned ? { ...topology, filters: pruned.slice(0, cnnTemplate(topology).convolutions.length) } : topology;
    });
  fc.assert(
    fc.property(topologies, fc.integer({ min: 2, max: 10 }), (topology, count) => {
      const tested = { topology, count, epochs: 1, loss: 'mse', optimizer: 'sgd', learningRate: 0.02 } as const;
      assertParity(JSON.stringify(topology), tested, 1e-3);
    }),
    { numRuns: 60, seed: 1 },
  );
});

test('predictions are the reference network', () => {
  for (const [changes, count] of [
    [{}, 1],
    [{ kernel: 5, activation: 'selu', channels: 3 }, 8],
    [{ blocks: 3, layers: 10, height: 9, width: 8, dropout: 0.5, activation: 'relu' }, 21],
    [{ bottleneck: true, compression: 0.5, layers: 12, height: 9 }, 11],
    [{ bottleneck: true, filters: [7, 5, 3, 6, 13, 2] }, 9],
    [{ filters: [7, 11, 2, 13, 1, 8] }, 9],
  ] as const) {
    const topology = cnnTopologyWith(changes);
    const network = unevenNetwork(topology, 3);
    const { inputs } = randomImages(count, topology, 'mse');
    for (const module of Object.values(kernels)) {
      const outputs = predictCnn(module, network, inputs, count);
      const difference = relativeDifference(outputs, predictCnnReference(network, inputs, count));
      assert.ok(difference < 5e-6, `${cnnName(topology)}: ${difference}`);
    }
  }
  assert.equal(predictCnn(kernels.plain, initialiseCnn(cnnTopologyWith({}), 1), new Float32Array(0), 0).length, 0);
});

test('predictions of arrays that do not fit are refused', () => {
  const network = initialiseCnn(cnnTopologyWith({}), 1);
  const { weightCount, statisticCount } = cnnTemplate(network.topology);
  const short = { ...network, weights: network.weights.subarray(1) };
  assert.throws(() => predictCnn(kernels.plain, short, new Float32Array(64), 1), {
    name: 'RangeError',
    message: `8x8x1 L8 B2 3x3 k4 has ${weightCount} weights and ${statisticCount} statistics, not ${weightCount - 1} and ${statisticCount}.`,
  });
  assert.throws(() => predictCnn(kernels.plain, network, new Float32Array(63), 1), {
    name: 'RangeError',
    message: '1 images of 64 values were asked for, 63 values were given.',
  });
});
