import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { classNames } from '../../server/datasets/catalogue.ts';
import { encodeIdx, encodeNpy } from '../unit/formatsHelpers.ts';
import {
  cifar10Set,
  cifar100Of,
  type Files,
  folderOf,
  idxSet,
  inFolder,
  load,
  pixels,
  tenLabels,
} from './datasetsSupport.ts';

async function datasetIn(name: string, folder: string, data?: string) {
  const loaded = await load(name, folder, data);
  if (loaded.kind === 'failed') assert.fail(`${loaded.message} ${loaded.hint}`);
  return loaded.dataset;
}

test('a named set of IDX files is found, with its classes', async () => {
  const dataset = await datasetIn('fashion-mnist', folderOf(inFolder('.cache/datasets/fashion-mnist', idxSet)));
  assert.deepEqual(dataset, {
    name: 'fashion-mnist',
    input: { kind: 'image', height: 2, width: 2, channels: 1 },
    output: { kind: 'classes', names: classNames['fashion-mnist'] },
    train: { count: 10, inputs: Uint8Array.from(pixels), targets: Uint16Array.from(tenLabels) },
    test: { count: 1, inputs: Uint8Array.of(9, 8, 7, 6), targets: Uint16Array.of(5) },
  });
});

test('every name has as many different classes as its images', () => {
  const counts = Object.entries(classNames).map(([name, names]) => [name, names.length, new Set(names).size]);
  assert.deepEqual(counts, [
    ['mnist', 10, 10],
    ['fashion-mnist', 10, 10],
    ['cifar10', 10, 10],
    ['cifar100', 100, 100],
  ]);
  // CIFAR-100's fine labels are in alphabetical order.
  assert.deepEqual(classNames.cifar100, [...classNames.cifar100].sort());
});

test('a named set is looked for in $DEEPMAKER_DATA, then .cache/datasets, then .deepmaker/datasets', async () => {
  const marked = (label: number): Files => ({ ...idxSet, 't10k-labels-idx1-ubyte': encodeIdx([1], [label]) });
  const everywhere = folderOf({
    ...inFolder('elsewhere/mnist', marked(1)),
    ...inFolder('.cache/datasets/mnist', marked(2)),
    ...inFolder('.deepmaker/datasets/mnist', marked(3)),
  });
  const last = folderOf(inFolder('.deepmaker/datasets/mnist', marked(3)));
  const found = async (folder: string, data?: string) => [...(await datasetIn('mnist', folder, data)).test!.targets];
  assert.deepEqual(await found(everywhere, 'elsewhere'), [1]);
  assert.deepEqual(await found(everywhere, join(everywhere, 'elsewhere')), [1]);
  assert.deepEqual(await found(everywhere, 'missing'), [2]);
  assert.deepEqual(await found(everywhere), [2]);
  assert.deepEqual(await found(last), [3]);
});

test('a folder of IDX files may be gzipped and have the other usual names; its classes are numbers', async () => {
  const zipped = Object.entries(idxSet).map(([name, content]) => [
    `own/${name.replace('-idx', '.idx')}.gz`,
    gzipSync(content),
  ]);
  const { name, output, train } = await datasetIn('own', folderOf(Object.fromEntries(zipped)));
  assert.deepEqual([name, output], ['own', { kind: 'classes', names: tenLabels.map(String) }]);
  assert.deepEqual([...train.inputs], pixels);
});

test('CIFAR batches are joined in order', async () => {
  const cifar10 = await datasetIn('cifar10', folderOf(inFolder('.cache/datasets/cifar10', cifar10Set)));
  assert.deepEqual(cifar10.input, { kind: 'image', height: 32, width: 32, channels: 3 });
  assert.deepEqual(cifar10.output, { kind: 'classes', names: classNames.cifar10 });
  assert.deepEqual([...cifar10.train.targets], [1, 2, 2, 3, 3, 4, 4, 5, 5, 6]);
  assert.deepEqual(
    [...cifar10.train.inputs].filter((_, at) => at % 3072 === 0),
    [...cifar10.train.targets],
  );
  assert.deepEqual([cifar10.train.count, cifar10.test?.count], [10, 1]);

  const hundred = folderOf({ 'own/train.bin': cifar100Of(tenLabels), 'own/test.bin': cifar100Of([99]) });
  const cifar100 = await datasetIn('own', hundred);
  assert.deepEqual([cifar100.name, cifar100.output], ['own', { kind: 'classes', names: classNames.cifar100 }]);
  assert.deepEqual([[...cifar100.train.targets], [...cifar100.test!.targets]], [tenLabels, [99]]);
});

const tenRows = { inputs: tenLabels.map((value) => [value, 1]), outputs: tenLabels.map((value) => [value / 2]) };

test('a JSON file and either file of an .npy pair give one list, named by the file', async () => {
  const inputs = Float32Array.from(tenRows.inputs.flat());
  const targets = Float32Array.from(tenRows.outputs.flat());
  const folder = folderOf({
    'line.json': JSON.stringify(tenRows),
    'line.inputs.npy': encodeNpy('<f4', [10, 2], inputs),
    'line.outputs.npy': encodeNpy('<f4', [10, 1], targets),
  });
  for (const path of ['line.json', 'line.inputs.npy', 'line.outputs.npy', 'line.npy', join(folder, 'line.json')]) {
    assert.deepEqual(await datasetIn(path, folder), {
      name: 'line',
      input: { kind: 'columns', count: 2 },
      output: { kind: 'values', count: 1 },
      train: { count: 10, inputs, targets },
    });
  }
});
