/**
 * The accuracy curve of pruning over alpha (the paper's Fig. 10) on MNIST: Algorithm 2 beside random and magnitude
 * pruning, each from the same trained networks. `npm run bench:prune`, or `npm run bench:prune -- mlp`.
 */
import { parseArgs } from 'node:util';
import type { LabelledSet, Rows } from '../../engine/data/dataset.ts';
import { fitNormalization, toEncodedSamples } from '../../engine/data/normalization.ts';
import { imageSubset, splitValidation } from '../../engine/data/subset.ts';
import { createCnnTrainer, predictCnn } from '../../engine/nn/backends/cnn.ts';
import { predictWasm } from '../../engine/nn/backends/mlp.ts';
import { createWasmTrainer, pickKernel } from '../../engine/nn/backends/wasm.ts';
import { initialiseCnn } from '../../engine/nn/cnn/network.ts';
import { cnnName } from '../../engine/nn/cnn/template.ts';
import { initialise, topologyName } from '../../engine/nn/network.ts';
import { prunableCnn } from '../../engine/prune/cnn.ts';
import { averageZeros, prunableMlp } from '../../engine/prune/mlp.ts';
import { type Prunable, prune } from '../../engine/prune/prune.ts';
import { type PruningMethod, pruningMethods } from '../../engine/prune/select.ts';
import type { CnnNetwork, CnnTopology, EncodedSamples, Network } from '../../engine/types.ts';
import { buildKernels } from '../../scripts/buildKernels.mjs';
import { readKernel } from '../../server/assets.ts';
import { loadDataset } from '../../server/datasets/load.ts';

const alphas = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];
const seeds = [1, 2, 3, 4, 5];
const fineTuneEpochs = 5;

interface Data {
  readonly train: EncodedSamples;
  readonly validation: EncodedSamples;
  readonly test: EncodedSamples;
}

/** What is pruned, and how one is trained and asked. */
interface Subject<N> {
  readonly name: string;
  readonly kind: Prunable<N>;
  readonly data: Data;
  fresh(seed: number): N;
  train(network: N, epochs: number, seed: number): Promise<N>;
  /** Logits of all test rows. */
  predict(network: N): Float32Array;
}

/** A part of the published set, with its channel's moments; images of 14x14 are means of four pixels. */
function prepare(set: LabelledSet, rows: number, halve: boolean): Data {
  const take = (part: Rows, count: number) => {
    const chosen = imageSubset(part, count, 1);
    return halve ? { ...chosen, inputs: halved(chosen) } : chosen;
  };
  const { train, validation } = splitValidation(take(set.train, rows), 0.1, 1);
  const normalization = fitNormalization(train, set);
  const encoded = (part: Rows) => toEncodedSamples(part, set.output, normalization);
  return { train: encoded(train), validation: encoded(validation), test: encoded(take(set.test!, 4000)) };
}

function halved({ count, inputs }: Rows): Float32Array {
  const small = new Float32Array(count * 196);
  for (let at = 0; at < small.length; at++) {
    const [image, row, column] = [Math.floor(at / 196), Math.floor((at % 196) / 14), at % 14];
    const from = image * 784 + 56 * row + 2 * column;
    small[at] = (inputs[from]! + inputs[from + 1]! + inputs[from + 28]! + inputs[from + 29]!) / 4;
  }
  return small;
}

const task = { optimizer: 'adam', schedule: 'cosine', loss: 'softmax-cross-entropy', batchSize: 64 } as const;

function mlpSubject(data: Data): Subject<Network> {
  const kernel = pickKernel(readKernel('train-relaxed'), readKernel('train'));
  const trainer = createWasmTrainer(kernel);
  const topology = { widths: [784, 64, 32, 10], activation: 'relu' } as const;
  return {
    name: `MLP ${topologyName(topology)} ${topology.activation}`,
    kind: prunableMlp,
    data,
    fresh: (seed) => ({ topology, weights: initialise(topology, seed) }),
    async train({ topology, weights }, epochs, seed) {
      const own = { ...task, topology, initial: weights, learningRate: 0.002, epochs, seed };
      return (await trainer.train(own, data.train, data.validation)).network;
    },
    predict: (network) => predictWasm(kernel, network, data.test.inputs, data.test.count),
  };
}

function cnnSubject(data: Data): Subject<CnnNetwork> {
  const kernel = pickKernel(readKernel('cnn-relaxed'), readKernel('cnn'));
  const trainer = createCnnTrainer(kernel);
  const image = { height: 14, width: 14, channels: 1, outputs: 10 };
  const size = { layers: 10, blocks: 2, kernel: 3, growth: 8, initialFilters: 16 } as const;
  const topology: CnnTopology = { kind: 'cnn', ...image, ...size, activation: 'relu', dropout: 0 };
  return {
    name: `CNN ${cnnName(topology)} relu`,
    kind: prunableCnn,
    data,
    fresh: (seed) => initialiseCnn(topology, seed),
    async train(network, epochs, seed) {
      const own = { ...task, topology: network.topology, initial: network, learningRate: 0.003, epochs, seed };
      return (await trainer.train(own, data.train, data.validation)).network;
    },
    predict: (network) => predictCnn(kernel, network, data.test.inputs, data.test.count),
  };
}

function accuracy<N>({ data, predict }: Subject<N>, network: N): number {
  const { count, targets } = data.test;
  const logits = predict(network);
  const columns = targets.length / count;
  let right = 0;
  for (let row = 0; row < count; row++) {
    const own = logits.subarray(row * columns, (row + 1) * columns);
    if (targets[row * columns + own.indexOf(Math.max(...own))] === 1) right++;
  }
  return right / count;
}

/** Accuracies at each alpha, without and with fine-tuning. */
interface Curve {
  readonly surgery: readonly number[];
  readonly tuned: readonly number[];
}

async function curveOf<N>(subject: Subject<N>, network: N, method: PruningMethod, seed: number): Promise<Curve> {
  const run = (fineTune?: (network: N) => Promise<N>) =>
    prune(subject.kind, network, { alphas, method, seed, ...(fineTune ? { fineTune } : {}) });
  const accuracies = async (pruning: ReturnType<typeof run>) =>
    (await pruning).map(({ network }) => accuracy(subject, network));
  return {
    surgery: await accuracies(run()),
    tuned: await accuracies(run((pruned) => subject.train(pruned, fineTuneEpochs, seed))),
  };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const percent = (values: readonly number[]): string => (100 * mean(values)).toFixed(2).padStart(6);

async function report<N>(subject: Subject<N>, epochs: number): Promise<void> {
  const started = performance.now();
  const before: number[] = [];
  const curves = new Map(pruningMethods.map((method) => [method, [] as Curve[]]));
  for (const seed of seeds) {
    const network = await subject.train(subject.fresh(seed), epochs, seed);
    before.push(accuracy(subject, network));
    for (const method of pruningMethods) curves.get(method)!.push(await curveOf(subject, network, method, seed));
  }
  const { train, test } = subject.data;
  console.log(`\n${subject.name}, ${train.count} training images, ${epochs} epochs, seeds ${seeds.join()}`);
  console.log(`Mean accuracy in % on ${test.count} test images; before pruning ${percent(before).trim()}\n`);
  const heads = pruningMethods.flatMap((method) => [`${method}, surgery alone`, `${method}, ${fineTuneEpochs} epochs`]);
  console.log(`| alpha | ${heads.join(' | ')} |\n|--${'|--'.repeat(heads.length)}|`);
  alphas.forEach((alpha, index) => {
    const cells = pruningMethods.flatMap((method) => {
      const own = curves.get(method)!;
      return [percent(own.map(({ surgery }) => surgery[index]!)), percent(own.map(({ tuned }) => tuned[index]!))];
    });
    console.log(`| ${100 * alpha} % | ${cells.join(' | ')} |`);
  });
  const overall = pruningMethods.map(
    (method) => `${method} ${percent(curves.get(method)!.flatMap(({ tuned }) => tuned)).trim()}`,
  );
  console.log(`\nMean over alpha after fine-tuning: ${overall.join(', ')}.`);
  console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);
}

const { positionals } = parseArgs({ allowPositionals: true });
const wanted = (name: string) => positionals.length === 0 || positionals.includes(name);
await buildKernels();
const loaded = await loadDataset('mnist', process.cwd());
if (loaded.kind === 'failed') {
  console.error(`${loaded.message}\n${loaded.hint}`);
  process.exit(2);
}
if (wanted('mlp')) {
  const subject = mlpSubject(prepare(loaded.dataset, 6000, false));
  await report(subject, 20);
  const trained = await subject.train(subject.fresh(1), 20, 1);
  const { inputs, count } = subject.data.validation;
  const zeros = averageZeros(trained, inputs, count).map((layer) => `${(100 * mean([...layer])).toFixed(0)} %`);
  console.log(`APoZ, the mean share of zero outputs, of its hidden layers: ${zeros.join(', ')}.`);
}
if (wanted('cnn')) await report(cnnSubject(prepare(loaded.dataset, 2000, true)), 12);
