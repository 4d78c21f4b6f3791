/** A stored run of either kind, by its id or by where it lies: for whatever works on finished runs. */

import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { formatAmount } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { Failure } from '../protocol.ts';
import { formatVersion, listRuns, runFolder, versionOf } from '../store.ts';
import { type DatasetResult, readDatasetResult } from './datasetRun.ts';
import { type RunResult, readResult } from './run.ts';

export type StoredRun =
  | { readonly kind: 'function'; readonly folder: string; readonly result: RunResult }
  | { readonly kind: 'dataset'; readonly folder: string; readonly result: DatasetResult };

/** Ids that a message lists, at most. */
const listed = 5;

/** `name` is a run's id in the project at `root`, or the path of its folder or of a file in it, relative to `from`. */
export function readRun(root: string, name: string, from = process.cwd()): StoredRun | Failure {
  const folder = folderOf(root, name, from);
  if (folder === undefined) {
    const ids = listRuns(root);
    const others = ids.length > listed ? ` and ${formatAmount(ids.length - listed, 'older one')}` : '';
    return {
      kind: 'failed',
      message: t('There is no run "{0}" in {1}.', name, root),
      hint:
        ids.length === 0
          ? t('Start one with deepmaker approximate or deepmaker search.')
          : `Stored runs, the newest first: ${ids.slice(0, listed).join(', ')}${others}.`,
    };
  }
  const dataset = readDatasetResult(folder);
  if (dataset) return { kind: 'dataset', folder, result: dataset };
  // A function's file is stored relative to its project, which a run that lies elsewhere does not tell.
  const owner = resolve(folder, '../../..');
  const result = runFolder(owner, basename(folder)) === folder ? readResult(owner, basename(folder)) : undefined;
  if (result) return { kind: 'function', folder, result };
  return unreadable(folder);
}

/** Why the run in a folder gives no result. */
function unreadable(folder: string): Failure {
  const path = join(folder, 'result.json');
  const hint = t('Run the command that made it again.');
  if (!existsSync(path)) {
    const message = t('The run in {0} is not finished.', folder);
    return { kind: 'failed', message, hint: t('Run the command that made it again: it goes on where it was.') };
  }
  const version = versionOf(path);
  if (version === undefined || version === formatVersion) {
    const message = t('The result of the run in {0} cannot be used: it is damaged or moved.', folder);
    return { kind: 'failed', message, hint };
  }
  const message = t(
    'The run in {0} is stored in format {1}, and this version of DeepMaker reads format {2}.',
    folder,
    String(version),
    String(formatVersion),
  );
  return version < formatVersion
    ? { kind: 'failed', message, hint: t('{0} It becomes a run of its own; the old folder can be deleted.', hint) }
    : { kind: 'failed', message, hint: t('Update DeepMaker.') };
}

/** The run's folder; undefined where there is none. */
function folderOf(root: string, name: string, from: string): string | undefined {
  const path = resolve(from, name);
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  const candidates = [runFolder(root, name), isFile ? dirname(path) : path];
  return candidates.find((folder) => existsSync(join(folder, 'run.json')));
}
