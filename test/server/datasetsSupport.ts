/** Folders of tiny data files, made for one test each and deleted after all. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { encodeCifar10 } from '../../engine/data/formats/cifar.ts';
import { loadDataset } from '../../server/datasets/load.ts';
import { encodeIdx } from '../unit/formatsHelpers.ts';

const root = mkdtempSync(join(tmpdir(), 'deepmaker-datasets-'));
after(() => rmSync(root, { recursive: true, force: true }));

export type Files = Readonly<Record<string, string | Uint8Array>>;

let folders = 0;

/** A folder of its own with these files. */
export function folderOf(files: Files): string {
  const folder = join(root, `${++folders}`);
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

export const load = (name: string, folder: string, data?: string) =>
  loadDataset(name, folder, { DEEPMAKER_DATA: data });

export const tenLabels = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
export const pixels = Array.from({ length: 40 }, (_, index) => index);

export const idxSet: Files = {
  'train-images-idx3-ubyte': encodeIdx([10, 2, 2], pixels),
  'train-labels-idx1-ubyte': encodeIdx([10], tenLabels),
  't10k-images-idx3-ubyte': encodeIdx([1, 2, 2], [9, 8, 7, 6]),
  't10k-labels-idx1-ubyte': encodeIdx([1], [5]),
};

export const inFolder = (folder: string, files: Files): Files =>
  Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content]));

/** CIFAR-10 records of images that are one value throughout, the same as their label. */
export const cifar10Of = (labels: readonly number[]) =>
  encodeCifar10(Uint8Array.from(labels.flatMap((label) => Array<number>(3072).fill(label))), labels);

export const cifar10Set: Files = {
  ...Object.fromEntries([1, 2, 3, 4, 5].map((batch) => [`data_batch_${batch}.bin`, cifar10Of([batch, batch + 1])])),
  'test_batch.bin': cifar10Of([9]),
};

export const cifar100Of = (labels: readonly number[]) =>
  Uint8Array.from(labels.flatMap((label) => [label % 20, label, ...Array<number>(3072).fill(label)]));
