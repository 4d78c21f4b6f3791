import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { formatSize, maxDecodedBytes } from '../../engine/data/formats/decoded.ts';
import { t } from '../../engine/texts.ts';
import type { Failure } from '../protocol.ts';

export type Bytes = { readonly kind: 'bytes'; readonly bytes: Uint8Array } | Failure;

export interface Limit {
  readonly sizeBytes: number;
  /** What to do about a larger file. */
  readonly hint: string;
}

const defaultLimit = (): Limit => ({
  sizeBytes: maxDecodedBytes,
  hint: t('Use fewer rows, or check that the file is not damaged.'),
});

/**
 * A file's bytes, inflated where it is gzip, which its first two bytes tell. Neither the file nor what it inflates to
 * may be larger than the limit; inflating stops there.
 */
export async function readBytes(path: string, limit: Limit = defaultLimit()): Promise<Bytes> {
  const most = formatSize(limit.sizeBytes);
  const oversized = (message: string): Failure => ({
    kind: 'failed',
    message,
    hint: limit.hint,
  });
  let bytes: Uint8Array;
  try {
    const { size } = await stat(path);
    if (size > limit.sizeBytes) {
      return oversized(t('{0} is oversized: it has {1}, and at most {2} are read.', path, formatSize(size), most));
    }
    bytes = await readFile(path);
  } catch (error) {
    return unreadable(path, error as NodeJS.ErrnoException);
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return { kind: 'bytes', bytes: plain(bytes) };
  try {
    return { kind: 'bytes', bytes: plain(await promisify(gunzip)(bytes, { maxOutputLength: limit.sizeBytes })) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      return oversized(t('{0} is oversized: it inflates to more, and at most {1} are read.', path, most));
    }
    return {
      kind: 'failed',
      message:
        code === 'Z_BUF_ERROR' ? t('{0} is a truncated gzip file.', path) : t('{0} is a damaged gzip file.', path),
      hint: t('Download or copy it again.'),
    };
  }
}

/** The same memory without Buffer's own `slice` and constructor, which are not those of a typed array. */
const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function unreadable(path: string, { code, message }: NodeJS.ErrnoException): Failure {
  if (code === 'ENOENT') {
    return { kind: 'failed', message: t('{0} does not exist.', path), hint: t('Check the path.') };
  }
  return {
    kind: 'failed',
    message: t('{0} cannot be read: {1}.', path, message),
    hint: t('Check the path and its permissions.'),
  };
}

export const isFile = async (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );

export const isFolder = async (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
