/** Both trainers against TensorFlow.js: the same weights, batches and order, gradients from its automatic differentiation. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs';
import { createWasmSession } from '../../engine/nn/backends/mlp.ts';
import type { TrainingSession } from '../../engine/nn/epochs.ts';
import { layerSlices } from '../../engine/nn/network.ts';
import { shuffle, trainingStreams } from '../../engine/nn/random.ts';
import { createReferenceSession } from '../../engine/nn/reference.ts';
import type { Activation, EncodedSamples, Loss, Optimizer, TrainingTask } from '../../engine/types.ts';
import { kernelBytes, randomSamples, relativeDifference, taskOf } from './nnHelpers.ts';

const kernel = new WebAssembly.Module(kernelBytes('train'));
const epsilon = 1e-7;

before(() => tf.setBackend('cpu'));

const tensorActivations: Readonly<Record<Activation, (x: tf.Tensor) => tf.Tensor>> = {
  'hard-sigmoid': (x) => tf.clipByValue(tf.add(tf.mul(x, 0.2), 0.5), 0, 1),
  relu: tf.relu,
  elu: tf.elu,
  tanh: tf.tanh,
  sigmoid: tf.sigmoid,
  softplus: tf.softplus,
  linear: (x) => x,
  selu: tf.selu,
};

/** Keras's Adadelta, which differs from TensorFlow.js's: that one divides by the average before this gradient. */
function adadelta(variables: tf.Variable[], rate: number) {
  const averages = variables.map((v) => [tf.zerosLike(v), tf.zerosLike(v)] as [tf.Tensor, tf.Tensor]);
  return (gradients: tf.Tensor[]) => {
    for (const [k, g] of gradients.entries()) {
      const [moves, squares] = averages[k]!;
      const v = squares.mul(0.95).add(g.square().mul(0.05));
      const move = moves.add(epsilon).sqrt().div(v.add(epsilon).sqrt()).mul(g);
      averages[k] = [moves.mul(0.95).add(move.square().mul(0.05)), v];
      variables[k]!.assign(variables[k]!.sub(move.mul(rate)));
    }
  };
}

/** Keras's Nadam, which TensorFlow.js does not have, with its names. */
function nadam(variables: tf.Variable[], rate: number) {
  const moments = variables.map((v) => [tf.zerosLike(v), tf.zerosLike(v)] as [tf.Tensor, tf.Tensor]);
  let t = 0;
  let product = 1;
  return (gradients: tf.Tensor[]) => {
    t += 1;
    const u = 0.9 * (1 - 0.5 * 0.96 ** t);
    const next = 0.9 * (1 - 0.5 * 0.96 ** (t + 1));
    product *= u;
    for (const [k, g] of gradients.entries()) {
      const m = moments[k]![0].mul(0.9).add(g.mul(0.1));
      const v = moments[k]![1].mul(0.999).add(g.square().mul(0.001));
      moments[k] = [m, v];
      const mHat = m.mul(next / (1 - product * next)).add(g.mul((1 - u) / (1 - product)));
      const root = v.div(1 - 0.999 ** t).sqrt();
      variables[k]!.assign(variables[k]!.sub(mHat.mul(rate).div(root.add(epsilon))));
    }
  };
}

/** One update of the variables from their gradients. */
function updater(optimizer: Optimizer, variables: tf.Variable[], rate: number): (gradients: tf.Tensor[]) => void {
  if (optimizer === 'adadelta') return adadelta(variables, rate);
  if (optimizer === 'nadam') return nadam(variables, rate);
  const library = {
    sgd: () => tf.train.sgd(rate),
    adam: () => tf.train.adam(rate, 0.9, 0.999, epsilon),
    adamax: () => tf.train.adamax(rate, 0.9, 0.999, epsilon),
    rmsprop: () => tf.train.rmsprop(rate, 0.9, 0, epsilon),
    adagrad: () => tf.train.adagrad(rate, 0.1),
  }[optimizer]();
  return (gradients) => library.applyGradients(variables.map(({ name }, k) => ({ name, tensor: gradients[k]! })));
}

function createTensorSession(task: TrainingTask, samples: EncodedSamples, initial: Float32Array): TrainingSession {
  const { topology, batchSize } = task;
  const [inputColumns, outputColumns] = [topology.widths[0]!, topology.widths.at(-1)!];
  const inputs = tf.tensor2d(samples.inputs, [samples.count, inputColumns]);
  const targets = tf.tensor2d(samples.targets, [samples.count, outputColumns]);
  const variables = layerSlices(topology).flatMap(({ inputs, outputs, offset }) => {
    const bias = offset + inputs * outputs;
    return [
      tf.variable(tf.tensor(initial.slice(offset, bias), [inputs, outputs])),
      tf.variable(tf.tensor(initial.slice(bias, bias + outputs), [outputs])),
    ];
  });
  const loss = (x: tf.Tensor, y: tf.Tensor): tf.Scalar => {
    let values = x;
    for (let k = 0; k < variables.length; k += 2) {
      const z = tf.add(tf.matMul(values as tf.Tensor2D, variables[k] as tf.Tensor2D), variables[k + 1]!);
      values = k + 2 < variables.length ? tensorActivations[topology.activation](z) : z;
    }
    return task.loss === 'mse'
      ? tf.losses.meanSquaredError(y, values).asScalar()
      : tf.losses.softmaxCrossEntropy(y, values).asScalar();
  };
  const update = updater(task.optimizer, variables, task.learningRate);
  const order = new Uint32Array(samples.count);
  return {
    order,
    trainEpoch() {
      let sum = 0;
      for (let start = 0; start < samples.count; start += batchSize) {
        const rows = tf.tensor1d(Int32Array.from(order.subarray(start, start + batchSize)), 'int32');
        const { value, grads } = tf.variableGrads(
          () => loss(tf.gather(inputs, rows), tf.gather(targets, rows)),
          variables,
        );
        update(variables.map(({ name }) => grads[name]!));
        sum += value.dataSync()[0]! * rows.size;
      }
      return sum / samples.count;
    },
    validationLoss: () => loss(inputs, targets).dataSync()[0]!,
    weights: () => Float32Array.from(variables.flatMap((variable) => [...variable.dataSync()])),
  };
}

/** Runs TensorFlow.js and both trainers side by side and compares how far the weights moved. */
function check(optimizer: Optimizer, activation: Activation, loss: Loss) {
  const learningRate = { sgd: 0.1, adadelta: 10 }[optimizer as string] ?? 0.01;
  const task = taskOf({ topology: { widths: [3, 6, 4, 2], activation }, optimizer, loss, learningRate, batchSize: 8 });
  const samples = randomSamples(45, task.topology.widths, loss);
  const ours = {
    reference: createReferenceSession(task, samples, samples),
    wasm: createWasmSession(kernel, task, samples, samples),
  };
  const initial = ours.wasm.weights();
  const theirs = createTensorSession(task, samples, initial);
  const { order: random } = trainingStreams(task.seed);
  theirs.order.forEach((_, row, order) => {
    order[row] = row;
  });
  for (let epoch = 0; epoch < task.epochs; epoch++) {
    shuffle(theirs.order, random);
    const expected = [theirs.trainEpoch(learningRate), theirs.validationLoss()];
    for (const [name, session] of Object.entries(ours)) {
      session.order.set(theirs.order);
      for (const [k, value] of [session.trainEpoch(learningRate), session.validationLoss()].entries()) {
        assert.ok(
          Math.abs(value - expected[k]!) < 2e-6 * expected[k]!,
          `${name}: loss ${value}, expected ${expected[k]}`,
        );
      }
    }
  }
  const moved = (session: TrainingSession) => session.weights().map((w, k) => w - initial[k]!);
  for (const [name, session] of Object.entries(ours)) {
    const difference = relativeDifference(moved(session), moved(theirs));
    // Eighteen updates in single precision on both sides.
    assert.ok(difference < 1e-5, `${name}: weights differ by ${difference}`);
  }
}

for (const optimizer of ['sgd', 'adam', 'adamax', 'rmsprop', 'adagrad', 'adadelta', 'nadam'] as const) {
  test(`${optimizer} moves weights as TensorFlow does`, () => tf.tidy(() => check(optimizer, 'tanh', 'mse')));
}

for (const activation of Object.keys(tensorActivations) as Activation[]) {
  test(`${activation} and softmax cross-entropy have TensorFlow's gradients`, () =>
    tf.tidy(() => check('sgd', activation, 'softmax-cross-entropy')));
}
