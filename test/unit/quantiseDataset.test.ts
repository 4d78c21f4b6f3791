/** Perceptrons of a dataset's run in integers: what tuning with rounding in the loop wins back, and when it happens. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spreadRows } from '../../engine/data/subset.ts';
import { referenceTrainer } from '../../engine/nn/reference.ts';
import type { Network } from '../../engine/types.ts';
import { datasetTable } from '../../server/cli/searchReport.ts';
import { defaultConfig } from '../../server/config.ts';
import { prepareData } from '../../server/pipeline/datasetData.ts';
import type { DatasetResult } from '../../server/pipeline/datasetRun.ts';
import { integerVariants } from '../../server/pipeline/quantiseDataset.ts';
import { storeNetwork } from '../../server/pipeline/storedNetwork.ts';
import { factsOf } from '../../server/report/facts.ts';
import { randomSamples, randomValues, taskOf } from './nnHelpers.ts';

const count = 800;
const inputs = randomValues(count * 3, 3);
const smooth = randomSamples(count, [3, 3], 'softmax-cross-entropy', 3).targets;
const targets = Uint16Array.from({ length: count }, (_, row) => smooth.subarray(row * 3, row * 3 + 3).indexOf(1));
const set = {
  name: 'waves',
  input: { kind: 'columns', count: 3 },
  output: { kind: 'classes', names: ['a', 'b', 'c'] },
  train: { count, inputs, targets },
} as const;
const data = prepareData(set, 1);
const topology = { widths: [3, 12, 3], activation: 'tanh' } as const;
const recipe = { key: 'k', optimizer: 'adam', learningRate: 0.01 } as const;

/** Each neuron gets a weight that is so large that the others have few of int8's steps. */
async function hardToQuantise(): Promise<Network> {
  const task = taskOf({ ...recipe, topology, loss: 'softmax-cross-entropy', epochs: 20 });
  const { network } = await referenceTrainer.train(task, data.train, data.validation.samples);
  return { topology, weights: network.weights.map((weight, k) => (k < 12 ? weight * 25 : weight)) };
}

async function int8Of(network: Network, aware: boolean) {
  const validationError = 0.1;
  const point = { id: 'c1', ...recipe, topology: '3-12-3', activation: 'tanh', params: 87, macs: 72, validationError };
  const result = { points: [point], networks: [{ id: 'c1', ...storeNetwork(network) }] } as unknown as DatasetResult;
  const config = { ...defaultConfig, batchSize: 16, quantisation: { formats: ['int8' as const], aware } };
  const hooks = { signal: new AbortController().signal, onProgress() {} };
  const [variant] = (await integerVariants({ config, hooks, data }, result, ['c1']))!;
  return variant!;
}

test('where int8 costs more than half a point, tuning with rounding in the loop wins some of it back', async () => {
  const network = await hardToQuantise();
  const [plain, tuned] = [await int8Of(network, false), await int8Of(network, true)];
  assert.deepEqual(plain.network, network);
  assert.ok(plain.point.validationError > 0.105, `the case must cost: ${plain.point.validationError}`);
  assert.notDeepEqual(tuned.network, network);
  assert.ok(tuned.point.validationError < plain.point.validationError);
  assert.deepEqual(tuned.integers, plain.integers, 'quantised by the same calibration');
  assert.deepEqual(await int8Of(network, true), tuned, 'the same again');
});

test('what was tested on a part of the rows is said beside the figures', async () => {
  const { point } = await int8Of(await hardToQuantise(), false);
  const rows = { validation: data.validation.samples.count, test: data.test.samples.count };
  assert.deepEqual(point.rows, rows, 'all of them, for a network as small as this');
  const result = (test: number) =>
    ({
      ...{ runId: 'waves-1', dataset: set, model: 'mlp', config: defaultConfig, chosen: 'c1' },
      ...{ samples: { train: 648, ...rows }, criterion: { met: true, reason: 'So it is.' } },
      search: { evaluations: 1, generations: 1, seconds: 1 },
      points: [{ ...point, rows: { ...rows, test } }],
    }) as unknown as DatasetResult;
  const note = /In integers, networks were tested on at least 7 of the 80 test rows\./;
  assert.match(datasetTable(result(7), []), note);
  assert.doesNotMatch(datasetTable(result(80), []), /were tested on/);
  const facts = (test: number) => factsOf({ kind: 'dataset', folder: '', result: result(test) }).map(([term]) => term);
  assert.ok(facts(7).includes('Networks in integers') && !facts(80).includes('Networks in integers'));
});

test('rows are taken evenly from all, in their order', () => {
  const samples = { count: 7, inputs: Float32Array.from({ length: 14 }, (_, k) => k), targets: new Float32Array(7) };
  assert.deepEqual([...spreadRows(samples, 3).inputs], [0, 1, 4, 5, 8, 9]);
  assert.deepEqual(spreadRows(samples, 9), samples);
});
