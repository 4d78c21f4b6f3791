/** What the tests of pipelines and targets share: folders that go away, and outcomes that must not be failures. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Failure } from '../../server/protocol.ts';

/** A folder that is gone after `use`. */
export async function inFolder<T>(use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'deepmaker-test-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The outcome, which must not be a failure. */
export function succeeded<T extends { readonly kind: string }>(outcome: T | Failure): Exclude<T, Failure> {
  if (outcome.kind === 'failed') throw new Error((outcome as Failure).message);
  return outcome as Exclude<T, Failure>;
}
