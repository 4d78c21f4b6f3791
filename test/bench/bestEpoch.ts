/**
 * `npm run bench:epoch`: which epoch's network to keep, by validation loss or by validation error with the loss among
 * equals, as `runSchedule` does. Both are kept from the same trainings on a part of MNIST and compared on test images.
 */
import { fitNormalization, toEncodedSamples } from '../../engine/data/normalization.ts';
import { imageSubset, splitValidation } from '../../engine/data/subset.ts';
import { createWasmSession, predictWasm } from '../../engine/nn/backends/mlp.ts';
import { pickKernel } from '../../engine/nn/backends/wasm.ts';
import { runEpochs } from '../../engine/nn/epochs.ts';
import { countMisses } from '../../engine/nn/losses.ts';
import type { Network, TrainingTask } from '../../engine/types.ts';
import { buildKernels } from '../../scripts/buildKernels.mjs';
import { readKernel } from '../../server/assets.ts';
import { loadDataset } from '../../server/datasets/load.ts';

const seeds = Array.from({ length: 10 }, (_, index) => index + 1);
const epochs = 40;
const topology = { widths: [784, 64, 32, 10], activation: 'relu' } as const;

await buildKernels();
const kernel = pickKernel(readKernel('train-relaxed'), readKernel('train'));
const loaded = await loadDataset('mnist', process.cwd());
if (loaded.kind === 'failed') {
  console.error(`${loaded.message}\n${loaded.hint}`);
  process.exit(2);
}
const { dataset } = loaded;
const parts = splitValidation(imageSubset(dataset.train, 6000, 1), 0.1, 1);
const normalization = fitNormalization(parts.train, dataset);
const [train, validation, test] = [parts.train, parts.validation, dataset.test!].map((rows) =>
  toEncodedSamples(rows, dataset.output, normalization),
) as [ReturnType<typeof toEncodedSamples>, ReturnType<typeof toEncodedSamples>, ReturnType<typeof toEncodedSamples>];

const testError = (weights: Network['weights']): number =>
  countMisses(predictWasm(kernel, { topology, weights }, test.inputs, test.count), test.targets, 10) / test.count;

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

for (const [schedule, learningRate] of [
  ['constant', 0.001],
  ['constant', 0.003],
  ['cosine', 0.003],
] as const) {
  const errors = { byLoss: [] as number[], byError: [] as number[] };
  for (const seed of seeds) {
    const task: TrainingTask = {
      ...{ topology, optimizer: 'adam', learningRate, schedule, loss: 'softmax-cross-entropy' },
      ...{ epochs, batchSize: 64, seed },
    };
    const session = createWasmSession(kernel, task, train, validation);
    let byLoss = session.weights();
    let lowest = Number.POSITIVE_INFINITY;
    const { network } = await runEpochs(task, {
      ...session,
      validationLoss() {
        const loss = session.validationLoss();
        if (loss < lowest) [lowest, byLoss] = [loss, session.weights()];
        return loss;
      },
    });
    errors.byLoss.push(testError(byLoss));
    errors.byError.push(testError(network.weights));
  }
  const better = seeds.filter((_, index) => errors.byError[index]! < errors.byLoss[index]!).length;
  const worse = seeds.filter((_, index) => errors.byError[index]! > errors.byLoss[index]!).length;
  console.log(
    `${schedule} ${learningRate}: by loss ${percent(mean(errors.byLoss))}, by error ${percent(mean(errors.byError))}; ` +
      `better for ${better} of ${seeds.length} seeds, worse for ${worse}`,
  );
}
