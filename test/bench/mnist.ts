/**
 * `npm run bench:mnist -- cnn` and `-- mlp` train one network of the paper's comparison (Table 2) on MNIST and print the
 * error on the 10,000 test images, which are looked at once, after the last epoch. `--augment N` also shows the training
 * images moved by up to N pixels. The images come from `npm run datasets -- mnist`. Rows of docs/results.md name the
 * arguments that made them.
 */
import { parseArgs } from 'node:util';
import { fitNormalization, toEncodedSamples } from '../../engine/data/normalization.ts';
import { splitValidation } from '../../engine/data/subset.ts';
import { createCnnSession, predictCnn } from '../../engine/nn/backends/cnn.ts';
import { createWasmSession } from '../../engine/nn/backends/mlp.ts';
import { pickKernel } from '../../engine/nn/backends/wasm.ts';
import { type EpochSession, runSchedule } from '../../engine/nn/epochs.ts';
import { countMisses } from '../../engine/nn/losses.ts';
import { networkName, parametersOf } from '../../engine/nn/models.ts';
import { predict } from '../../engine/nn/network.ts';
import type { AnyTopology, Augmentation, CnnTrainingTask, EncodedSamples, TrainingTask } from '../../engine/types.ts';
import { readKernel } from '../../server/assets.ts';
import { loadDataset } from '../../server/datasets/load.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    epochs: { type: 'string', default: '25' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '0.003' },
    augment: { type: 'string', default: '0' },
    hidden: { type: 'string', default: '200,128' },
    blocks: { type: 'string', default: '4' },
    'initial-filters': { type: 'string', default: '12' },
    activation: { type: 'string', default: 'relu' },
  },
});
const [epochs, seed, learningRate, maxShift] = [values.epochs, values.seed, values.rate, values.augment].map(
  Number,
) as [number, number, number, number];
const activation = values.activation as TrainingTask['topology']['activation'];
const size = { height: 28, width: 28, channels: 1 };

const loaded = await loadDataset('mnist', process.cwd());
if (loaded.kind === 'failed') throw new Error(`${loaded.message} ${loaded.hint}`);
const { dataset } = loaded;
const split = splitValidation(dataset.train, 0.1, seed);
const normalization = fitNormalization(split.train, dataset);
const [train, validation, test] = [split.train, split.validation, dataset.test!].map((rows) =>
  toEncodedSamples(rows, dataset.output, normalization),
) as [EncodedSamples, EncodedSamples, EncodedSamples];
const black = [(0 - normalization.inputs.mean[0]!) / normalization.inputs.deviation[0]!];
const augment: Augmentation | undefined = maxShift > 0 ? { ...size, maxShift, flip: false, black } : undefined;
const settings = {
  ...({ optimizer: 'adam', schedule: 'cosine', loss: 'softmax-cross-entropy', batchSize: 128 } as const),
  ...{ learningRate, epochs, seed },
};

const started = performance.now();
if (positionals[0] === 'cnn') {
  await trainCnn();
} else if (positionals[0] === 'mlp') {
  await trainMlp();
} else {
  console.error('Name the network: npm run bench:mnist -- cnn, or -- mlp.');
  process.exitCode = 2;
}

async function trainCnn(): Promise<void> {
  const kernel = pickKernel(readKernel('cnn-relaxed'), readKernel('cnn'));
  const [blocks, initialFilters] = [Number(values.blocks), Number(values['initial-filters'])];
  const shape = { layers: 16, blocks, kernel: 3, growth: 12, initialFilters, outputs: 10, dropout: 0.2 } as const;
  const topology = { kind: 'cnn', ...size, ...shape, activation } as const;
  const task: CnnTrainingTask = { ...settings, topology, ...(augment && { augment }) };
  announce(topology);
  const best = await run(createCnnSession(kernel, task, train, validation));
  report(predictCnn(kernel, { topology, ...best }, test.inputs, test.count));
}

async function trainMlp(): Promise<void> {
  const kernel = pickKernel(readKernel('train-relaxed'), readKernel('train'));
  const topology = { widths: [784, ...values.hidden.split(',').map(Number), 10], activation };
  const task: TrainingTask = { ...settings, topology, ...(augment && { augment }) };
  announce(topology);
  const session = createWasmSession(kernel, task, train, validation);
  const best = await run({ ...session, snapshot: () => session.weights() });
  report(Float32Array.from(predict({ topology, weights: best }, test.inputs, test.count)));
}

/** Trains, prints each epoch, and answers the weights of the best one. */
async function run<Snapshot>(session: EpochSession<Snapshot>): Promise<Snapshot> {
  let epoch = 0;
  const validationLoss = async () => {
    const loss = await session.validationLoss();
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(`epoch ${++epoch} of ${epochs}: validation error ${percent(session.missRate!())}, ${seconds} s`);
    return loss;
  };
  return (await runSchedule(settings, { ...session, validationLoss })).best;
}

function announce(topology: AnyTopology): void {
  const shifts = augment ? `, training images moved by up to ${maxShift} pixels` : '';
  console.log(`${networkName(topology)}, ${activation}, ${parametersOf(topology)} parameters, seed ${seed}${shifts}`);
}

function report(outputs: Float32Array): void {
  console.log(`test error ${percent(countMisses(outputs, test.targets, 10) / test.count)}`);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
