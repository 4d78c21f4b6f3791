/**
 * Recorded inputs that an applied network is certified on, kept for `deepmaker check` on machines that have no record:
 * `.deepmaker/inputs/<run>.json`, which belongs in version control with the list of approximations.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { t } from '../../engine/texts.ts';
import type { Failure } from '../protocol.ts';
import { formatVersion, readJson, storeFolder, writeAtomically } from '../store.ts';

interface InputsFile {
  readonly version: number;
  readonly slots: number;
  /** Float64 values, little endian, base64: (count, slots) row-major. */
  readonly rows: string;
}

export const inputsFile = (runId: string): string => `${runId}.json`;

const pathOf = (root: string, file: string) => join(storeFolder(root), 'inputs', file);

export function keepInputs(root: string, file: string, rows: Float64Array, slots: number): void {
  const bytes = Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength);
  const content: InputsFile = { version: formatVersion, slots, rows: bytes.toString('base64') };
  writeAtomically(pathOf(root, file), `${JSON.stringify(content)}\n`);
}

export const forgetInputs = (root: string, file: string): void => rmSync(pathOf(root, file), { force: true });

export function readInputs(
  root: string,
  file: string,
): { readonly kind: 'inputs'; readonly rows: Float64Array } | Failure {
  const stored = readJson<InputsFile>(pathOf(root, file));
  if (stored)
    return { kind: 'inputs', rows: new Float64Array(new Uint8Array(Buffer.from(stored.rows, 'base64')).buffer) };
  const message = t('{0}, the recorded inputs that it is certified on, is missing.', pathOf(root, file));
  return { kind: 'failed', message, hint: t('Put it under version control, or record and approximate again.') };
}
