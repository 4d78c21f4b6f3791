/**
 * `npm run bench:mnist -- cnn` and `-- mlp` train one network of the paper's comparison (Table 2) on MNIST and print the
 * error on the 10,000 test images, which are looked at once, after the last epoch. `--augment N` also shows the training
 * images moved by up to N pixels. The images come from `npm run datasets -- mnist`. Rows of docs/results.md name the
 * arguments that made them.
 */
import { parseArgs } from 'node:util';
import { fitNormalization, toEncodedSamples } from '../../engine/data/normalization.ts';
import { splitValidation } from '../../engine/data/subset.ts';
import { formatAmount } from '../../engine/format.ts';
import { createCnnSession, predictCnn } from '../../engine/nn/backends/cnn.ts';
import { createWasmSession } from '../../engine/nn/backends/mlp.ts';
import { pickKernel } from '../../engine/nn/backends/wasm.ts';
import { changeImage } from '../../engine/nn/cnn/augment.ts';
import { type EpochSession, runSchedule } from '../../engine/nn/epochs.ts';
import { countMisses } from '../../engine/nn/losses.ts';
import { networkName, parametersOf, taskFor } from '../../engine/nn/models.ts';
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
const augment: Augmentation | undefined = maxShift > 0 ? { maxShift, flip: false, black } : undefined;
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

/** A perceptron's session keeps its samples, so the moved images are further samples: `epochs` counts passes over all. */
async function trainMlp(): Promise<void> {
  const kernel = pickKernel(readKernel('train-relaxed'), readKernel('train'));
  const topology = { widths: [784, ...values.hidden.split(',').map(Number), 10], activation };
  const task = taskFor(topology, settings) as TrainingTask;
  announce(topology);
  const session = createWasmSession(kernel, task, augment ? moved(train, augment) : train, validation);
  const best = await run({ ...session, snapshot: () => session.weights() });
  report(Float32Array.from(predict({ topology, weights: best }, test.inputs, test.count)));
}

/** Every image in all positions that are at most `maxShift` pixels away each way. */
function moved({ count, inputs, targets }: EncodedSamples, { maxShift, black }: Augmentation): EncodedSamples {
  const pixels = size.height * size.width;
  const shifts = Array.from({ length: 2 * maxShift + 1 }, (_, index) => index - maxShift);
  const changes = shifts.flatMap((right) => shifts.map((down) => ({ right, down, mirrored: false })));
  const all = { count: count * changes.length, inputs: new Float32Array(inputs.length * changes.length) };
  changes.forEach((change, copy) => {
    for (let row = 0; row < count; row++) {
      const at = (copy * count + row) * pixels;
      const image = inputs.subarray(row * pixels, (row + 1) * pixels);
      changeImage(image, size, change, black, all.inputs.subarray(at, at + pixels));
    }
  });
  const repeated = new Float32Array(targets.length * changes.length);
  changes.forEach((_, copy) => {
    repeated.set(targets, copy * targets.length);
  });
  return { ...all, targets: repeated };
}

/**
 * Trains, and prints each epoch; answers the weights of the epoch with the lowest validation error, the later one of
 * equals. The lowest loss comes earlier: a network that is surer of its errors loses more without making more of them.
 */
async function run<Snapshot>(session: EpochSession<Snapshot>): Promise<Snapshot> {
  let [epoch, lowest] = [0, Number.POSITIVE_INFINITY];
  let best = await session.snapshot();
  const trainEpoch = async (rate: number) => {
    const loss = await session.trainEpoch(rate);
    await session.validationLoss();
    const error = session.missRate!();
    if (error <= lowest) [lowest, best] = [error, await session.snapshot()];
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(`epoch ${++epoch} of ${epochs}: validation error ${percent(error)}, ${seconds} s`);
    return loss;
  };
  await runSchedule(settings, { ...session, trainEpoch, validationLoss: () => 0 });
  return best;
}

function announce(topology: AnyTopology): void {
  const shifts = augment ? `, training images moved by up to ${formatAmount(maxShift, 'pixel')}` : '';
  console.log(`${networkName(topology)}, ${activation}, ${parametersOf(topology)} parameters, seed ${seed}${shifts}`);
}

function report(outputs: Float32Array): void {
  console.log(`test error ${percent(countMisses(outputs, test.targets, 10) / test.count)}`);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
