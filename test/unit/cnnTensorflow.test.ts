/** The same template built of TensorFlow.js's layers: same outputs, and the same network after a few updates. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs';
import { createCnnSession, predictCnn } from '../../engine/nn/backends/cnn.ts';
import { normalizationEpsilon, runningMomentum } from '../../engine/nn/cnn/layers.ts';
import { initialiseCnn } from '../../engine/nn/cnn/network.ts';
import { cnnTemplate, type Normalization } from '../../engine/nn/cnn/template.ts';
import type { CnnTopology } from '../../engine/types.ts';
import { cnnKernel, cnnTaskOf, cnnTopologyWith, randomImages } from './cnnHelpers.ts';
import { relativeDifference } from './nnHelpers.ts';

const module = cnnKernel('cnn-relaxed');

before(() => tf.setBackend('cpu'));

/** Where the values of one of the layers' weights lie in CnnNetwork's arrays. */
interface Place {
  readonly from: 'weights' | 'statistics';
  readonly offset: number;
  readonly shape: number[];
}

/** A model, and the place of each of its layers' weights in the order of `getWeights`. */
interface Model {
  readonly model: tf.LayersModel;
  readonly places: readonly { readonly layer: tf.layers.Layer; readonly weights: readonly Place[] }[];
}

function createModel(topology: CnnTopology): Model {
  const { height, width, channels, activation, outputs } = topology;
  const { blocks, convolutions, head } = cnnTemplate(topology);
  const places: { layer: tf.layers.Layer; weights: Place[] }[] = [];
  const add = (layer: tf.layers.Layer, weights: Place[]) => {
    places.push({ layer, weights });
    return layer;
  };
  const input = tf.input({ shape: [height, width, channels] });
  const normalized = (x: tf.SymbolicTensor, { gamma, beta, mean, variance, ...own }: Normalization) => {
    const shape = [own.channels];
    const layer = tf.layers.batchNormalization({ momentum: runningMomentum, epsilon: normalizationEpsilon });
    add(layer, [
      { from: 'weights', offset: gamma, shape },
      { from: 'weights', offset: beta, shape },
      { from: 'statistics', offset: mean, shape },
      { from: 'statistics', offset: variance, shape },
    ]);
    const y = layer.apply(x) as tf.SymbolicTensor;
    return tf.layers.activation({ activation: activation as 'tanh' | 'relu' }).apply(y) as tf.SymbolicTensor;
  };
  let maps = input;
  let bottleneck: tf.SymbolicTensor | undefined;
  for (const step of convolutions) {
    const { kernel, filters, weights: offset } = step;
    const options = { filters, kernelSize: kernel, padding: 'same', useBias: false } as const;
    const source = step.kind === 'dense' && step.source === 'bottleneck' ? bottleneck! : maps;
    const before = step.kind === 'initial' ? maps : normalized(source, step.normalization);
    const shape = [kernel, kernel, step.channels, filters];
    const layer = add(tf.layers.conv2d(options), [{ from: 'weights', offset, shape }]);
    const convolved = layer.apply(before) as tf.SymbolicTensor;
    if (step.kind === 'initial') maps = convolved;
    else if (step.kind === 'bottleneck') bottleneck = convolved;
    else if (step.kind === 'dense') maps = tf.layers.concatenate().apply([maps, convolved]) as tf.SymbolicTensor;
    else maps = tf.layers.averagePooling2d({ poolSize: 2 }).apply(convolved) as tf.SymbolicTensor;
  }
  assert.equal(maps.shape[3], blocks.at(-1)!.channels);
  const pooled = tf.layers.globalMaxPooling2d({}).apply(normalized(maps, head.normalization));
  const dense = add(tf.layers.dense({ units: outputs }), [
    { from: 'weights', offset: head.weights, shape: [head.normalization.channels, outputs] },
    { from: 'weights', offset: head.bias, shape: [outputs] },
  ]);
  return { model: tf.model({ inputs: input, outputs: dense.apply(pooled) as tf.SymbolicTensor }), places };
}

const cases: readonly Partial<CnnTopology>[] = [
  { activation: 'tanh', kernel: 3, height: 8, width: 6 },
  { activation: 'relu', kernel: 5, height: 7, width: 5 },
  { bottleneck: true, compression: 0.5, height: 6, width: 5 },
  { filters: [7, 3, 1, 5, 2, 8], height: 6, width: 5 },
];

for (const changes of cases) {
  test(`${JSON.stringify(changes)}: as TensorFlow.js's layers`, async () => {
    const topology = cnnTopologyWith({ ...changes, channels: 2 });
    const task = cnnTaskOf({ topology, optimizer: 'sgd', learningRate: 0.1, batchSize: 12 });
    const samples = randomImages(12, topology, task.loss);
    const initial = initialiseCnn(topology, task.seed);
    const { model, places } = createModel(topology);
    for (const { layer, weights } of places) {
      const tensors = weights.map(({ from, offset, shape }) => {
        const length = shape.reduce((a, b) => a * b);
        return tf.tensor(initial[from].slice(offset, offset + length), shape);
      });
      layer.setWeights(tensors);
    }
    assert.equal(model.countParams(), initial.weights.length + initial.statistics.length);
    const x = tf.tensor(samples.inputs, [samples.count, topology.height, topology.width, 2]);
    const y = tf.tensor(samples.targets, [samples.count, topology.outputs]);

    const theirOutputs = (model.predict(x) as tf.Tensor).dataSync() as Float32Array;
    const outputs = predictCnn(module, initial, samples.inputs, samples.count);
    assert.ok(relativeDifference(outputs, theirOutputs) < 5e-6);

    const lossOf = (target: tf.Tensor, logits: tf.Tensor) => tf.losses.softmaxCrossEntropy(target, logits);
    model.compile({ optimizer: tf.train.sgd(task.learningRate), loss: lossOf });
    const session = createCnnSession(module, task, samples, samples);
    // The same single batch, whose order does not matter.
    session.order.forEach((_, row, order) => {
      order[row] = row;
    });
    for (let step = 0; step < 3; step++) {
      const theirLoss = (await model.trainOnBatch(x, y)) as number;
      const loss = session.trainEpoch(task.learningRate) as number;
      assert.ok(Math.abs(loss - theirLoss) < 1e-5 * theirLoss, `loss ${loss}, theirs ${theirLoss}`);
    }
    const ours = session.snapshot();
    const theirs = { weights: initial.weights.slice(), statistics: initial.statistics.slice() };
    for (const { layer, weights } of places) {
      for (const [k, { from, offset }] of weights.entries()) {
        theirs[from].set(layer.getWeights()[k]!.dataSync() as Float32Array, offset);
      }
    }
    for (const key of ['weights', 'statistics'] as const) {
      const moved = (values: Float32Array) => values.map((value, k) => value - initial[key][k]!);
      const difference = relativeDifference(moved(ours[key]), moved(theirs[key]));
      assert.ok(difference < 5e-5, `${key} differ by ${difference}`);
    }
  });
}
