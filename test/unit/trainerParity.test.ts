/** The WebAssembly kernels against the reference, step by step from the same weights, samples and order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWasmSession, predictWasm } from '../../engine/nn/backends/mlp.ts';
import { predict } from '../../engine/nn/network.ts';
import { activations, type Loss, optimizers, type TrainingTask } from '../../engine/types.ts';
import { compareWithReference, kernelBytes, randomValues, relativeDifference, taskOf } from './nnHelpers.ts';

const losses: readonly Loss[] = ['mse', 'softmax-cross-entropy'];
const kernels = ['train', 'train-relaxed'] as const;
const modules = Object.fromEntries(kernels.map((name) => [name, new WebAssembly.Module(kernelBytes(name))]));

const compare = (module: WebAssembly.Module, task: TrainingTask, count: number) =>
  compareWithReference((train, validation) => createWasmSession(module, task, train, validation), task, count);

/**
 * Single precision has steps of 6e-8. Twenty updates of weights around 1 that move by about 0.1 add up to a few 1e-6 of
 * the movement; a wrong constant or a missing term shows as 1e-3 and more.
 */
const weightTolerance = 1e-5;
const lossTolerance = 2e-6;

for (const kernel of kernels) {
  for (const optimizer of optimizers) {
    test(`${kernel}: ${optimizer} follows the reference for every activation and loss`, async () => {
      for (const loss of losses) {
        for (const activation of activations) {
          const learningRate = { sgd: 0.1, adagrad: 0.1, adadelta: 10 }[optimizer as string] ?? 0.01;
          const topology = { widths: [3, 7, 5, 2], activation };
          const task = taskOf({ topology, optimizer, loss, learningRate, epochs: 4 });
          const { weightDifference, lossDifference } = await compare(modules[kernel]!, task, 77);
          assert.ok(
            weightDifference < weightTolerance,
            `${activation}, ${loss}: weights differ by ${weightDifference}`,
          );
          assert.ok(lossDifference < lossTolerance, `${activation}, ${loss}: losses differ by ${lossDifference}`);
        }
      }
    });
  }

  test(`${kernel}: any width, batch size and number of samples`, async () => {
    const networks = [
      [1, 1, 1],
      [3, 1, 3],
      [5, 7, 2],
      [2, 200, 1],
      [9, 6, 3, 11, 4],
      [1, 2],
      [64, 4, 10],
    ];
    for (const widths of networks) {
      for (const batchSize of [1, 7, 8, 128]) {
        for (const count of [1, 8, 37, 130]) {
          for (const loss of losses) {
            const task = taskOf({
              topology: { widths, activation: 'tanh' },
              loss,
              batchSize,
              epochs: 1,
              optimizer: 'sgd',
            });
            const { weightDifference, lossDifference } = await compare(modules[kernel]!, task, count);
            // Softmax over one output has no gradient at all, so nothing moves and there is no scale to compare on.
            const still = loss === 'softmax-cross-entropy' && widths.at(-1) === 1;
            const name = `${widths.join('-')}, ${loss}, batch ${batchSize}, ${count} samples`;
            assert.ok(still || weightDifference < 1e-4, `${name}: weights differ by ${weightDifference}`);
            assert.ok(lossDifference < lossTolerance, `${name}: losses differ by ${lossDifference}`);
          }
        }
      }
    }
  });

  test(`${kernel}: predictions are the reference's`, () => {
    for (const [widths, count] of [
      [[1, 1], 1],
      [[3, 5, 2], 9],
      [[10, 200, 7, 33], 50],
    ] as const) {
      const network = { topology: { widths, activation: 'selu' as const }, weights: new Float32Array(0) };
      const length = widths.slice(1).reduce((sum, outputs, index) => sum + (widths[index]! + 1) * outputs, 0);
      const filled = { ...network, weights: randomValues(length, 8) };
      const inputs = randomValues(widths[0] * count, 9);
      const difference = relativeDifference(
        predictWasm(modules[kernel]!, filled, inputs, count),
        predict(filled, inputs, count),
      );
      assert.ok(difference < 2e-6, `${widths.join('-')}: ${difference}`);
    }
  });
}
