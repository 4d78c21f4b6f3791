import { basename, join, resolve } from 'node:path';
import { formatAmount, formatCount } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
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
    const rows = train.count < minTrainRows ? formatAmount(train.count, 'training row') : t('no test rows');
    return {
      kind: 'failed',
      message: t('The dataset {0} has {1}.', name, rows),
      hint: test
        ? t('Give it at least {0} training rows and one test row.', formatCount(minTrainRows))
        : t('Give it at least {0} training rows.', formatCount(minTrainRows)),
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
    message: t('The dataset {0} is in none of {1}.', name, folders.join(', ')),
    hint:
      name === 'cifar100'
        ? t(
            'Get the binary version of CIFAR-100 (cifar-100-binary.tar.gz) from https://www.cs.toronto.edu/~kriz/cifar.html, or put the files {0} into {1}.',
            files,
            String(folders[0]),
          )
        : t(
            'Run `npm run datasets -- {0}` in a checkout of DeepMaker, or put the files {1} into {2}.',
            name,
            files,
            String(folders[0]),
          ),
  };
}

const unknown = (name: string): Failure => ({
  kind: 'failed',
  message: t('There is no dataset "{0}".', name),
  hint: t('Name {0}, a .json file, a pair of .npy files, or a folder of IDX or CIFAR files.', datasetNames.join(', ')),
});

const noFiles = (folder: string): Failure => ({
  kind: 'failed',
  message: t('{0} holds no IDX or CIFAR files.', folder),
  hint: t(
    'Put the files of one layout there: {0}.',
    (['idx', 'cifar10', 'cifar100'] as const).map((layout) => filesOf(layout).join(', ')).join('; or '),
  ),
});
