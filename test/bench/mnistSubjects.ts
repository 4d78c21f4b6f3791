/** A perceptron and a convolutional network on parts of MNIST, which pruning and quantisation are measured on. */
import type { LabelledSet, Rows } from '../../engine/data/dataset.ts';
import { fitNormalization, toEncodedSamples } from '../../engine/data/normalization.ts';
import { imageSubset, splitValidation } from '../../engine/data/subset.ts';
import { createCnnTrainer, predictCnn } from '../../engine/nn/backends/cnn.ts';
import { predictWasm } from '../../engine/nn/backends/mlp.ts';
import { createWasmTrainer, pickKernel } from '../../engine/nn/backends/wasm.ts';
import { initialiseCnn } from '../../engine/nn/cnn/network.ts';
import { cnnName } from '../../engine/nn/cnn/template.ts';
import { countMisses } from '../../engine/nn/losses.ts';
import { initialise, topologyName } from '../../engine/nn/network.ts';
import { prunableCnn } from '../../engine/prune/cnn.ts';
import { prunableMlp } from '../../engine/prune/mlp.ts';
import type { Prunable } from '../../engine/prune/prune.ts';
import type { CnnNetwork, CnnTopology, EncodedSamples, Network } from '../../engine/types.ts';
import { buildKernels } from '../../scripts/buildKernels.mjs';
import { readKernel } from '../../server/assets.ts';
import { loadDataset } from '../../server/datasets/load.ts';

export const seeds = [1, 2, 3, 4, 5];

await buildKernels();
const loaded = await loadDataset('mnist', process.cwd());
if (loaded.kind === 'failed') {
  console.error(`${loaded.message}\n${loaded.hint}`);
  process.exit(2);
}
const { dataset } = loaded;

export interface Data {
  readonly train: EncodedSamples;
  readonly validation: EncodedSamples;
  readonly test: EncodedSamples;
}

/** What is pruned, and how one is trained and asked. */
export interface Subject<N> {
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

export function mlpSubject(): Subject<Network> {
  const data = prepare(dataset, 6000, false);
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

export function cnnSubject(): Subject<CnnNetwork> {
  const data = prepare(dataset, 2000, true);
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

export const accuracy = <N>({ data, predict }: Subject<N>, network: N): number =>
  1 - errorOf(predict(network), data.test);

/** The share of rows whose largest output is not that of their class. */
export const errorOf = (outputs: Float32Array, { count, targets }: EncodedSamples): number =>
  countMisses(outputs, targets, targets.length / count) / count;
