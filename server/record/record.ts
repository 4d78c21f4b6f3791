/**
 * A record: inputs and outputs of real calls of a function, as a uniform sample of all of them, in random order.
 *
 *   .deepmaker/records/<id>.jsonl   one JSON value per line: the head, then a row per kept call
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { t } from '../../engine/texts.ts';
import type { Signature } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import { formatVersion, relativePath, storeFolder, writeAtomically } from '../store.ts';
import { fromRowNumber, type RowNumber } from './part.ts';

export interface RecordHead {
  readonly version: number;
  /** Relative to the project's root, with forward slashes. */
  readonly file: string;
  readonly name: string;
  readonly signature: Signature;
  readonly command: string;
  /** Calls of all processes and threads, and those of them that threw. A killed process may have made a few more. */
  readonly calls: number;
  readonly threw: number;
  /** Kept calls whose values did not fit the signature. */
  readonly misfits: number;
  readonly firstMisfit?: string;
  /** Threads of processes that called the function. */
  readonly threads: number;
  /** How the command ended: its exit code, or the signal that killed it. */
  readonly exit: number | string;
  /** The program called a network that stood in the function's place, so outputs are not the function's. */
  readonly applied?: true;
}

export interface RecordRow {
  readonly i: readonly RowNumber[];
  /** Absent where the call threw. */
  readonly o?: readonly RowNumber[];
}

export interface Record extends RecordHead {
  readonly id: string;
  /** SHA-256 of the file. */
  readonly hash: string;
  /** Calls that returned; inputs: (count, inputSlots), outputs: (count, outputSlots), row-major. */
  readonly count: number;
  readonly inputs: Float64Array;
  readonly outputs: Float64Array;
}

export const recordsFolder = (root: string): string => join(storeFolder(root), 'records');

const pathOf = (root: string, id: string): string => join(recordsFolder(root), `${id}.jsonl`);

/** Answers the record's id. */
export function writeRecord(root: string, head: RecordHead, rows: readonly RecordRow[]): string {
  const text = [head, ...rows].map((line) => `${JSON.stringify(line)}\n`).join('');
  const id = `${head.name.replaceAll(/[^\w.-]/g, '_')}-${hashOf(text).slice(0, 10)}`;
  writeAtomically(pathOf(root, id), text);
  return id;
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const numbers = z.array(z.union([z.number(), z.string()]));
const rowSchema = z.object({ i: numbers, o: numbers.exactOptional() });
/** The rest was written by this version too. */
const headSchema = z.looseObject({
  version: z.literal(formatVersion),
  name: z.string(),
  command: z.string(),
  signature: z.looseObject({ parameters: z.array(z.unknown()) }),
});

/** `name` is a record's id, or the path of its file relative to `from`. */
export function readRecord(
  root: string,
  name: string,
  from = process.cwd(),
): { readonly kind: 'record'; readonly record: Record } | Failure {
  const path = [pathOf(root, name), resolve(from, name)].find((each) => existsSync(each) && statSync(each).isFile());
  if (path === undefined) {
    const hint = t('Record the inputs again, with --record "COMMAND" or from the editor.');
    return { kind: 'failed', message: t('There is no record "{0}" in {1}.', name, recordsFolder(root)), hint };
  }
  try {
    const text = readFileSync(path, 'utf8');
    const [first, ...lines] = text.trimEnd().split('\n');
    const head = headSchema.parse(JSON.parse(first!)) as unknown as RecordHead;
    const rows = lines.map((line) => rowSchema.parse(JSON.parse(line))).filter(({ o }) => o !== undefined);
    const id = relativePath(recordsFolder(root), path).replace(/\.jsonl$/u, '');
    const pack = (pick: (row: RecordRow) => readonly RowNumber[]) =>
      Float64Array.from(rows.flatMap((row) => pick(row).map(fromRowNumber)));
    const values = { inputs: pack(({ i }) => i), outputs: pack(({ o }) => o!) };
    return { kind: 'record', record: { ...head, id, hash: hashOf(text), count: rows.length, ...values } };
  } catch (error) {
    const message = t('{0} is no record of this version: {1}', path, String((error as Error).message.split('\n')[0]));
    return { kind: 'failed', message, hint: t('Record the inputs again.') };
  }
}
