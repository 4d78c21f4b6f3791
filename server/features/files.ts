/** Documents that are files, and what is answered for those that are not. */

import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { t } from '../../engine/texts.ts';
import type { Failure } from '../protocol.ts';

/** The absolute path of a document; undefined for one that is no file, such as an unsaved or a virtual one. */
export function filePathOf(uri: string): string | undefined {
  if (!uri.startsWith('file:')) return undefined;
  try {
    return fileURLToPath(uri);
  } catch {
    // A host or an escaped slash in it: no path on this machine.
    return undefined;
  }
}

/** The folder of the stored run that a path names by that folder, or by one of its files; undefined for other paths. */
export function runFolderAt(path: string): string | undefined {
  const folder = ['run.json', 'result.json'].includes(basename(path)) ? dirname(path) : path;
  return statSync(join(folder, 'run.json'), { throwIfNoEntry: false })?.isFile() ? folder : undefined;
}

export const notAFile = (uri: string): Failure => ({
  kind: 'failed',
  message: t('{0} is not a file on this machine.', uri),
  hint: t('Save the document to a folder, then run the command again.'),
});
