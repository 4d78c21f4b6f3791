/** Sets of images as they are published: a folder of IDX or CIFAR files, gzipped or not. */

import { join } from 'node:path';
import type { LabelledSet, Rows } from '../../engine/data/dataset.ts';
import { type CifarKind, decodeCifar, joinBatches, type LabelledImages } from '../../engine/data/formats/cifar.ts';
import { type Decoded, decoded, failed } from '../../engine/data/formats/decoded.ts';
import { type ByteImages, decodeIdxImages, decodeIdxLabels } from '../../engine/data/formats/idx.ts';
import { classNumbers, labelImages, type Named } from '../../engine/data/formats/pair.ts';
import { t } from '../../engine/texts.ts';
import type { Failure } from '../protocol.ts';
import { cifarFiles, classNames, filesOf, idxFiles, type Layout } from './catalogue.ts';
import { isFile, readBytes } from './files.ts';

export type Loaded = { readonly kind: 'dataset'; readonly dataset: LabelledSet } | Failure;

/** Which layout the folder's files have; undefined where there are none of any. */
export async function layoutOf(folder: string): Promise<Layout | undefined> {
  if (await findFile(folder, idxFiles.train.images)) return 'idx';
  if (await findFile(folder, cifarFiles.cifar10.train[0]!)) return 'cifar10';
  return (await findFile(folder, cifarFiles.cifar100.train[0]!)) ? 'cifar100' : undefined;
}

/** `classes` names the classes of IDX files; without it they are numbers. CIFAR's are fixed. */
export const loadFolder = (
  folder: string,
  layout: Layout,
  name: string,
  classes?: readonly string[],
): Promise<Loaded> => (layout === 'idx' ? loadIdx(folder, name, classes) : loadCifar(folder, layout, name));

async function loadIdx(folder: string, name: string, classes: readonly string[] | undefined): Promise<Loaded> {
  const train = await readIdx(folder, idxFiles.train, classes?.length);
  if (train.kind === 'failed') return train;
  // A test row of a class that training has never seen could not be answered.
  let classesInTraining = 0;
  for (const label of train.value.rows.targets) classesInTraining = Math.max(classesInTraining, label + 1);
  const names = classes ?? classNumbers(classesInTraining);
  const test = await readIdx(folder, idxFiles.test, names.length);
  if (test.kind === 'failed') return test;
  const { height, width, channels } = train.value.images;
  const other = test.value.images;
  if (other.height !== height || other.width !== width || other.channels !== channels) {
    return failed(
      t(
        '{0} has training images of {1} x {2} x {3}, but test images of {4} x {5} x {6}.',
        folder,
        String(height),
        String(width),
        String(channels),
        String(other.height),
        String(other.width),
        String(other.channels),
      ),
      t('Take all files from the same set.'),
    );
  }
  const input = { kind: 'image', height, width, channels } as const;
  const output = { kind: 'classes', names } as const;
  return { kind: 'dataset', dataset: { name, input, output, train: train.value.rows, test: test.value.rows } };
}

const maxByteClasses = 256;

async function readIdx(
  folder: string,
  files: { readonly images: string; readonly labels: string },
  classes = maxByteClasses,
): Promise<Decoded<{ readonly images: ByteImages; readonly rows: Rows }> | Failure> {
  const images = await readNamed(folder, files.images, 'idx', decodeIdxImages);
  if (images.kind === 'failed') return images;
  const labels = await readNamed(folder, files.labels, 'idx', decodeIdxLabels);
  if (labels.kind === 'failed') return labels;
  const rows = labelImages(images.value, labels.value, classes);
  return rows.kind === 'failed' ? rows : decoded({ images: images.value.value, rows: rows.value });
}

async function loadCifar(folder: string, kind: CifarKind, name: string): Promise<Loaded> {
  const train = await readCifar(folder, kind, 'train');
  if (train.kind === 'failed') return train;
  const test = await readCifar(folder, kind, 'test');
  if (test.kind === 'failed') return test;
  const input = { kind: 'image', height: 32, width: 32, channels: 3 } as const;
  const output = { kind: 'classes', names: classNames[kind] } as const;
  return { kind: 'dataset', dataset: { name, input, output, train: train.value, test: test.value } };
}

/** All batches of one part as one list of rows. */
async function readCifar(folder: string, kind: CifarKind, part: 'train' | 'test'): Promise<Decoded<Rows> | Failure> {
  const batches: LabelledImages[] = [];
  for (const file of cifarFiles[kind][part]) {
    const batch = await readNamed(folder, file, kind, (bytes, path) => decodeCifar(bytes, path, kind));
    if (batch.kind === 'failed') return batch;
    batches.push(batch.value.value);
  }
  return joinBatches(batches, folder);
}

/** Reads and decodes one file of a layout, or says which files the folder should have. */
async function readNamed<T>(
  folder: string,
  file: string,
  layout: Layout,
  decode: (bytes: Uint8Array, path: string) => Decoded<T>,
): Promise<Decoded<Named<T>> | Failure> {
  const path = await findFile(folder, file);
  if (!path)
    return failed(t('{0} has no {1}.', folder, file), t('Put these files there: {0}.', filesOf(layout).join(', ')));
  const content = await readBytes(path);
  if (content.kind === 'failed') return content;
  const value = decode(content.bytes, path);
  return value.kind === 'failed' ? value : decoded({ file: path, value: value.value });
}

/** The file under its published name or `train-images.idx3-ubyte`, as it is or gzipped. */
async function findFile(folder: string, file: string): Promise<string | undefined> {
  const names = new Set([file, file.replace('-idx', '.idx')]);
  for (const path of [...names].flatMap((name) => [join(folder, name), join(folder, `${name}.gz`)])) {
    if (await isFile(path)) return path;
  }
  return undefined;
}
