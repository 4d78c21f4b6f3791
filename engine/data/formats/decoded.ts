import { formatAmount, formatCount } from '../../format.ts';
import { t } from '../../texts.ts';

/** Why a file is not what it should be, and the next step in one sentence. */
export interface FormatFailure {
  readonly kind: 'failed';
  readonly message: string;
  readonly hint: string;
}

export type Decoded<T> = { readonly kind: 'decoded'; readonly value: T } | FormatFailure;

/** What one file may decode to: 2 GiB, less the byte that Node cannot read at once. */
export const maxDecodedBytes = 2 ** 31 - 1;

/** One-hot targets need a column per class; labels beyond this are numbers that were meant as values. */
export const maxClasses = 1000;

export const decoded = <T>(value: T): Decoded<T> => ({ kind: 'decoded', value });

export const failed = (message: string, hint: string): FormatFailure => ({ kind: 'failed', message, hint });

/** Values in an array of this shape: 0 where a dimension is, also where the others multiply to infinity. */
export const shapeSize = (shape: readonly number[]): number =>
  shape.includes(0) ? 0 : shape.reduce((product, length) => product * length, 1);

/**
 * Compares what a header asks for with what is there, before anything of that size is allocated. `needed` may be any
 * number that a header can make, infinity too.
 */
export function checkLength(file: string, needed: number, found: number): FormatFailure | undefined {
  if (needed > maxDecodedBytes) return oversized(file, needed);
  if (needed > found) {
    return failed(
      t(
        '{0} is truncated: its header asks for {1} of data, and {2} are there.',
        file,
        formatAmount(needed, 'byte'),
        formatCount(found),
      ),
      t('Download or copy it again.'),
    );
  }
  if (needed < found) {
    return failed(
      t(
        '{0} is longer than its header says: {1} of data, and {2} are there.',
        file,
        formatAmount(needed, 'byte'),
        formatCount(found),
      ),
      t('Download or copy it again; several files may have been joined.'),
    );
  }
  return undefined;
}

/** The file's data, or what it decodes to, is beyond the limit. */
export const oversized = (file: string, sizeBytes: number): FormatFailure =>
  failed(
    t(
      '{0} is oversized: it asks for {1}, and at most {2} are read.',
      file,
      formatSize(sizeBytes),
      formatSize(maxDecodedBytes),
    ),
    t('Use fewer rows, or check that the file is not damaged.'),
  );

const units = [
  ['TiB', 2 ** 40],
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
] as const;

/** 2147483648 -> `2 GiB`, 100 -> `100 bytes`; three significant digits. */
export function formatSize(sizeBytes: number): string {
  const [unit, size] = units.find(([, unitSize]) => sizeBytes >= unitSize) ?? [];
  if (unit === undefined) return formatAmount(sizeBytes, 'byte');
  const ratio = sizeBytes / size;
  return ratio >= 1e6 ? t('more than 1,000,000 {0}', unit) : `${formatCount(Number(ratio.toPrecision(3)))} ${unit}`;
}
