/**
 * `npm run bench:curves -- mnist`: trains every network of the small space once and writes the learning curves that
 * bench:search and bench:fidelity search in. Takes some minutes of one core; the tables are committed.
 *
 * Data: 2,000 training rows, drawn class by class, and 2,000 validation rows from the rest, images as means of 2x2
 * pixels. The test rows have no part.
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import type { Rows } from '../../../engine/data/dataset.ts';
import { fitNormalization, toEncodedSamples } from '../../../engine/data/normalization.ts';
import { seedOf } from '../../../engine/data/random.ts';
import { imageSubset, splitValidation } from '../../../engine/data/subset.ts';
import { createWasmSession, predictWasm } from '../../../engine/nn/backends/mlp.ts';
import { pickKernel } from '../../../engine/nn/backends/wasm.ts';
import { runEpochs } from '../../../engine/nn/epochs.ts';
import { parameterCount, topologyOf } from '../../../engine/nn/network.ts';
import type { EncodedSamples, TrainingTask } from '../../../engine/types.ts';
import { buildKernels } from '../../../scripts/buildKernels.mjs';
import { readKernel } from '../../../server/assets.ts';
import { loadDataset } from '../../../server/datasets/load.ts';
import { type CurveTable, tablePath } from './curves.ts';
import { allOfSmallSpace, decodeSmall } from './smallSpace.ts';

const epochs = 16;
const batchSize = 32;
const seed = 1;
const rowsOfEach = 2_000;

/** Means of 2x2 pixels of 28x28 images. */
function shrink({ count, inputs, targets }: Rows): Rows {
  const means = new Float32Array(count * 14 * 14);
  for (let at = 0; at < means.length; at++) {
    const image = Math.floor(at / 196) * 784;
    const from = image + 2 * (Math.floor((at % 196) / 14) * 28 + (at % 14));
    means[at] = (inputs[from]! + inputs[from + 1]! + inputs[from + 28]! + inputs[from + 29]!) / 4;
  }
  return { count, inputs: means, targets };
}

async function loadSamples(name: string) {
  const loaded = await loadDataset(name, process.cwd());
  if (loaded.kind === 'failed') throw new Error(`${loaded.message} ${loaded.hint}`);
  const { output } = loaded.dataset;
  const rows = imageSubset(loaded.dataset.train, 2 * rowsOfEach, seed);
  const parts = splitValidation(shrink(rows), 0.5, seed);
  const normalization = fitNormalization(parts.train, {
    input: { kind: 'image', height: 14, width: 14, channels: 1 },
    output,
  });
  return {
    train: toEncodedSamples(parts.train, output, normalization),
    validation: toEncodedSamples(parts.validation, output, normalization),
  };
}

/** Rows whose largest output is not their class. */
function misses(outputs: Float32Array, { count, targets }: EncodedSamples): number {
  const classes = targets.length / count;
  const largest = (values: Float32Array, row: number) => {
    const own = values.subarray(row * classes, (row + 1) * classes);
    return own.indexOf(own.reduce((a, b) => Math.max(a, b)));
  };
  let missed = 0;
  for (let row = 0; row < count; row++) missed += Number(largest(outputs, row) !== largest(targets, row));
  return missed;
}

await buildKernels();
const kernel = pickKernel(readKernel('train-relaxed'), readKernel('train'));
const name = process.argv[2] ?? 'mnist';
const { train, validation } = await loadSamples(name);
const started = performance.now();
const curves: [string, readonly number[]][] = [];
for (const [key, genes] of allOfSmallSpace()) {
  const genome = decodeSmall(genes);
  const topology = topologyOf(genome, 196, 10);
  const task: TrainingTask = {
    ...{ topology, optimizer: genome.optimizer, learningRate: genome.learningRate, schedule: 'constant' },
    ...{ loss: 'softmax-cross-entropy', epochs, batchSize, seed: seedOf(seed, key) },
  };
  const session = createWasmSession(kernel, task, train, validation);
  const missed: number[] = [];
  let lowest = Number.POSITIVE_INFINITY;
  await runEpochs(task, {
    ...session,
    validationLoss() {
      const loss = session.validationLoss();
      // What was kept after this epoch when the tables were made: the weights of the lowest loss.
      if (loss < lowest) {
        lowest = loss;
        missed.push(
          misses(
            predictWasm(kernel, { topology, weights: session.weights() }, validation.inputs, validation.count),
            validation,
          ),
        );
      } else missed.push(missed.at(-1) ?? validation.count);
      return loss;
    },
  });
  curves.push([key, [parameterCount(topology), ...missed]]);
  if (curves.length % 100 === 0)
    console.error(`${curves.length} networks, ${Math.round((performance.now() - started) / 1000)} s`);
}
const seconds = Math.round((performance.now() - started) / 1000);
const table: Omit<CurveTable, 'curves'> = {
  ...{ dataset: name, size: 14, trainRows: train.count, validationRows: validation.count, epochs, batchSize, seed },
  ...{ machine: `${cpus()[0]!.model}, one core`, seconds },
};
const head = JSON.stringify(table).slice(0, -1);
const lines = curves.map(([key, curve]) => `${JSON.stringify(key)}:${JSON.stringify(curve)}`);
await writeFile(tablePath(name), `${head},"curves":{\n${lines.join(',\n')}\n}}\n`);
console.log(`${curves.length} networks in ${seconds} s: ${tablePath(name)}`);
