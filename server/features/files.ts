/** Documents that are files, and what is answered for those that are not. */
import { fileURLToPath } from 'node:url';
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

export const notAFile = (uri: string): Failure => ({
  kind: 'failed',
  message: `${uri} is not a file on this machine.`,
  hint: 'Save the document to a folder, then run the command again.',
});
