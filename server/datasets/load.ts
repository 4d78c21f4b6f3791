import { basename, join, resolve } from 'node:path';
import { formatAmount } from '../../engine/format.ts';
import type { Failure } from '../protocol.ts';
import { classNames, type DatasetName, datasetNames, filesOf, layouts } from './catalogue.ts';
import { isFolder } from './files.ts';
import { type Loaded, layoutOf, loadFolder } from './folders.ts';
import { loadJson, loadNpy } from './pairs.ts';

/** A tenth of the training rows is set aside for validation, and more than that must be left. */
const minTrainRows = 10;

/**
 * Reads a set of examples. `name` is one of `datasetNames`, or a path, relative to `folder`: a .json file, one of a pair of
 * .npy files, or a folder of IDX or CIFAR files. Named sets are looked for in $DEEPMAKER_DATA, in .cache/datasets and in
 * .deepmaker/datasets.
 */
export async function loadDataset(
  name: string,
  folder: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Loaded> {
  const loaded = await load(name, folder, environment);
  if (loaded.kind === 'failed') return loaded;
  const { train, test } = loaded.dataset;
  if (train.count < minTrainRows || test?.count === 0) {
    const rows = train.count < minTrainRows ? formatAmount(train.count, 'training row') : 'no test rows';
    return {
      kind: 'failed',
      message: `The dataset ${name} has ${rows}.`,
      hint: `Give it at least ${minTrainRows} training rows${test ? ' and one test row' : ''}.`,
    };
  }
  return loaded;
}

async function load(
  name: string,
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Loaded> {
  if (isDatasetName(name)) return loadNamed(name, searchedFolders(name, folder, environment));
  const path = resolve(folder, name);
  if (path.endsWith('.json')) return loadJson(path);
  if (path.endsWith('.npy')) return loadNpy(path);
  if (!(await isFolder(path))) return unknown(name);
  const layout = await layoutOf(path);
  return layout ? loadFolder(path, layout, basename(path)) : noFiles(path);
}

const isDatasetName = (name: string): name is DatasetName => (datasetNames as readonly string[]).includes(name);

/** Where a named set may be, best first. */
function searchedFolders(
  name: DatasetName,
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const { DEEPMAKER_DATA: data } = environment;
  const roots = [
    ...(data ? [resolve(folder, data)] : []),
    join(folder, '.cache/datasets'),
    join(folder, '.deepmaker/datasets'),
  ];
  return roots.map((root) => join(root, name));
}

async function loadNamed(name: DatasetName, folders: readonly string[]): Promise<Loaded> {
  const layout = layouts[name];
  for (const folder of folders) {
    if (await isFolder(folder)) return loadFolder(folder, layout, name, classNames[name]);
  }
  const files = filesOf(layout).join(', ');
  return {
    kind: 'failed',
    message: `The dataset ${name} is in none of ${folders.join(', ')}.`,
    hint: `${fetchHints[name] ?? `Run \`npm run datasets -- ${name}\` in a checkout of DeepMaker`}, or put the files ${files} into ${folders[0]}.`,
  };
}

/** How to get a set that `npm run datasets` does not fetch. */
const fetchHints: Partial<Record<DatasetName, string>> = {
  cifar100:
    'Get the binary version of CIFAR-100 (cifar-100-binary.tar.gz) from https://www.cs.toronto.edu/~kriz/cifar.html',
};

const unknown = (name: string): Failure => ({
  kind: 'failed',
  message: `There is no dataset "${name}".`,
  hint: `Name ${datasetNames.join(', ')}, a .json file, a pair of .npy files, or a folder of IDX or CIFAR files.`,
});

const noFiles = (folder: string): Failure => ({
  kind: 'failed',
  message: `${folder} holds no IDX or CIFAR files.`,
  hint: `Put the files of one layout there: ${(['idx', 'cifar10', 'cifar100'] as const).map((layout) => filesOf(layout).join(', ')).join('; or ')}.`,
});
