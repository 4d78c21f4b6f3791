import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readBytes } from '../../server/datasets/files.ts';
import { encodeIdx, encodeNpy } from '../unit/formatsHelpers.ts';
import { cifar10Set, cifar100Of, type Files, folderOf, idxSet, inFolder, load } from './datasetsSupport.ts';

/** Messages name paths; in the rows below, FOLDER stands for the folder of the test. */
async function fails(name: string, folder: string, message: string, hint: string, data?: string): Promise<void> {
  const loaded = await load(name, folder, data);
  const actual = JSON.parse(JSON.stringify(loaded).replaceAll(folder, 'FOLDER'));
  assert.deepEqual(actual, { kind: 'failed', message, hint });
}

const idxNames = Object.keys(idxSet).join(', ');
const idxNeeded = `Put these files there: ${idxNames}.`;
const cifar10Names =
  'data_batch_1.bin, data_batch_2.bin, data_batch_3.bin, data_batch_4.bin, data_batch_5.bin, test_batch.bin';
const again = 'Download or copy it again.';
const pairHint = 'A pair of .npy files is NAME.inputs.npy and NAME.outputs.npy in the same folder: rename yours so.';
const npy = encodeNpy('<f4', [1], Float32Array.of(1));
const without = (file: string) => Object.fromEntries(Object.entries(idxSet).filter(([name]) => name !== file));

const failures: [title: string, name: string, files: Files, message: string, hint: string][] = [
  [
    'an unknown name',
    'mnits',
    {},
    'There is no dataset "mnits".',
    'Name mnist, fashion-mnist, cifar10, cifar100, a .json file, a pair of .npy files, or a folder of IDX or CIFAR files.',
  ],
  [
    'a named set that is nowhere',
    'mnist',
    {},
    'The dataset mnist is in none of FOLDER/.cache/datasets/mnist, FOLDER/.deepmaker/datasets/mnist.',
    `Run \`npm run datasets -- mnist\` in a checkout of DeepMaker, or put the files ${idxNames} into FOLDER/.cache/datasets/mnist.`,
  ],
  [
    'a named set that no registry carries',
    'cifar100',
    {},
    'The dataset cifar100 is in none of FOLDER/.cache/datasets/cifar100, FOLDER/.deepmaker/datasets/cifar100.',
    'Get the binary version of CIFAR-100 (cifar-100-binary.tar.gz) from https://www.cs.toronto.edu/~kriz/cifar.html, ' +
      'or put the files train.bin, test.bin into FOLDER/.cache/datasets/cifar100.',
  ],
  [
    'a file of the set is missing',
    'own',
    inFolder('own', without('t10k-labels-idx1-ubyte')),
    'FOLDER/own has no t10k-labels-idx1-ubyte.',
    idxNeeded,
  ],
  [
    'a folder without files of a set',
    '.',
    {},
    'FOLDER holds no IDX or CIFAR files.',
    `Put the files of one layout there: ${idxNames}; or ${cifar10Names}; or train.bin, test.bin.`,
  ],
  [
    'images and labels exchanged',
    'own',
    inFolder('own', { ...idxSet, 'train-images-idx3-ubyte': idxSet['train-labels-idx1-ubyte']! }),
    'FOLDER/own/train-images-idx3-ubyte holds 10 labels where images are expected.',
    'Check whether the files of images and labels are exchanged.',
  ],
  [
    'labels of another set',
    'own',
    inFolder('own', { ...idxSet, 'train-labels-idx1-ubyte': encodeIdx([1], [5]) }),
    'FOLDER/own/train-images-idx3-ubyte holds 10 images, but FOLDER/own/train-labels-idx1-ubyte 1 label.',
    'Take both files from the same set.',
  ],
  [
    'a label that the named set does not have',
    'mnist',
    inFolder('.cache/datasets/mnist', { ...idxSet, 't10k-labels-idx1-ubyte': encodeIdx([1], [10]) }),
    'FOLDER/.cache/datasets/mnist/t10k-labels-idx1-ubyte gives image 1 the label 10; the classes are 0 to 9.',
    'Check that the file belongs to this set.',
  ],
  [
    'test images of another size',
    'own',
    inFolder('own', { ...idxSet, 't10k-images-idx3-ubyte': encodeIdx([1, 2, 3], [1, 2, 3, 4, 5, 6]) }),
    'FOLDER/own has training images of 2 x 2 x 1, but test images of 2 x 3 x 1.',
    'Take all files from the same set.',
  ],
  [
    'a truncated gzip file',
    'own',
    inFolder('own', {
      ...without('train-images-idx3-ubyte'),
      'train-images-idx3-ubyte.gz': gzipSync('data').subarray(0, 15),
    }),
    'FOLDER/own/train-images-idx3-ubyte.gz is a truncated gzip file.',
    again,
  ],
  [
    'a damaged gzip file',
    'own',
    inFolder('own', {
      ...without('train-images-idx3-ubyte'),
      'train-images-idx3-ubyte.gz': Uint8Array.of(0x1f, 0x8b, ...Array(30).fill(7)),
    }),
    'FOLDER/own/train-images-idx3-ubyte.gz is a damaged gzip file.',
    again,
  ],
  [
    'CIFAR-100 under the names of CIFAR-10',
    'cifar10',
    inFolder('.cache/datasets/cifar10', { ...cifar10Set, 'data_batch_3.bin': cifar100Of([1]) }),
    'FOLDER/.cache/datasets/cifar10/data_batch_3.bin has 3,074 bytes, which is a whole number of CIFAR-100 records ' +
      '(3,074 bytes), not of CIFAR-10 records (3,073 bytes).',
    'Load it as cifar100.',
  ],
  ['a JSON file that is not there', 'x.json', {}, 'FOLDER/x.json does not exist.', 'Check the path.'],
  [
    'a JSON file that is a folder',
    'x.json',
    { 'x.json/y': '' },
    'FOLDER/x.json cannot be read: EISDIR: illegal operation on a directory, read.',
    'Check the path and its permissions.',
  ],
  ['a single .npy file', 'x.npy', { 'x.npy': npy }, 'FOLDER/x.inputs.npy does not exist.', pairHint],
  ['half of an .npy pair', 'x.inputs.npy', { 'x.inputs.npy': npy }, 'FOLDER/x.outputs.npy does not exist.', pairHint],
  [
    'an .npy pair with one damaged file',
    'x.inputs.npy',
    { 'x.inputs.npy': npy, 'x.outputs.npy': npy.subarray(0, -1) },
    'FOLDER/x.outputs.npy is truncated: its header asks for 4 bytes of data, and 3 are there.',
    again,
  ],
  [
    'too few rows',
    'x.inputs.npy',
    { 'x.inputs.npy': npy, 'x.outputs.npy': npy },
    'The dataset x.inputs.npy has 1 training row.',
    'Give it at least 10 training rows.',
  ],
  [
    'no test rows',
    'own',
    inFolder('own', {
      ...idxSet,
      't10k-images-idx3-ubyte': encodeIdx([0, 2, 2], []),
      't10k-labels-idx1-ubyte': encodeIdx([0], []),
    }),
    'The dataset own has no test rows.',
    'Give it at least 10 training rows and one test row.',
  ],
];

for (const [title, name, files, message, hint] of failures) {
  test(`a dataset is refused: ${title}`, () => fails(name, folderOf(files), message, hint));
}

test('the folder of $DEEPMAKER_DATA is named first where a set is missing', async () => {
  await fails(
    'cifar10',
    folderOf({}),
    'The dataset cifar10 is in none of FOLDER/data/cifar10, FOLDER/.cache/datasets/cifar10, FOLDER/.deepmaker/datasets/cifar10.',
    `Run \`npm run datasets -- cifar10\` in a checkout of DeepMaker, or put the files ${cifar10Names} into FOLDER/data/cifar10.`,
    'data',
  );
});

test('oversized files are refused before they are read', async () => {
  // A sparse file: its size is real, its bytes are not on the disk.
  const folder = folderOf({ 'x.json': '', 'x.npy': '' });
  truncateSync(join(folder, 'x.json'), 300 * 2 ** 20);
  truncateSync(join(folder, 'x.npy'), 3 * 2 ** 30);
  await fails(
    'x.json',
    folder,
    'FOLDER/x.json is oversized: it has 300 MiB, and at most 256 MiB are read.',
    'Write it as NAME.inputs.npy and NAME.outputs.npy, which may be larger.',
  );
  const path = join(folder, 'x.npy');
  assert.deepEqual(await readBytes(path), {
    kind: 'failed',
    message: `${path} is oversized: it has 3 GiB, and at most 2 GiB are read.`,
    hint: 'Use fewer rows, or check that the file is not damaged.',
  });
});

test('inflating stops at the limit', async () => {
  const path = join(folderOf({ 'zeros.gz': gzipSync(new Uint8Array(5000)) }), 'zeros.gz');
  assert.deepEqual(await readBytes(path, { sizeBytes: 4096, hint: 'Make it smaller.' }), {
    kind: 'failed',
    message: `${path} is oversized: it inflates to more, and at most 4 KiB are read.`,
    hint: 'Make it smaller.',
  });
  const whole = await readBytes(path, { sizeBytes: 5000, hint: '' });
  assert.equal(whole.kind === 'bytes' && whole.bytes.length, 5000);
});
