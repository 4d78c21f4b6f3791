/** What the sampling tests share: regions of the fixtures, and a sandbox that is always closed. */
import { join } from 'node:path';
import { inputSlots, outputSlots } from '../../engine/data/slots.ts';
import type { Shape, Signature } from '../../engine/types.ts';
import { bundleRegion } from '../../server/sampling/bundle.ts';
import { Sandbox, type SandboxOptions } from '../../server/sampling/sandbox.ts';
import type { Region } from '../../server/source/types.ts';
import { succeeded } from './outcomes.ts';

export const fixture = (name: string): string => join(import.meta.dirname, '..', 'fixtures', 'sampling', name);

export const number: Shape = { kind: 'number' };
export const numberToNumber: Signature = { parameters: [{ name: 'x', shape: number }], result: number };

export function regionOf(file: string, access: string, signature: Signature = numberToNumber): Region {
  return {
    file: fixture(file),
    name: access.replace('.prototype', ''),
    access,
    line: 1,
    signature,
    inputSlots: inputSlots(signature),
    outputSlots: outputSlots(signature),
    sourceHash: '',
  };
}

export async function withSandbox<T>(use: (sandbox: Sandbox) => Promise<T>, options?: SandboxOptions): Promise<T> {
  const started = await Sandbox.start(options);
  if (started.kind === 'failed') throw new Error(started.message);
  try {
    return await use(started.sandbox);
  } finally {
    await started.sandbox.dispose();
  }
}

/** Bundles and loads a fixture's function; its id is its access. */
export async function loadFixture(sandbox: Sandbox, file: string, access: string): Promise<void> {
  const bundle = succeeded(await bundleRegion({ file: fixture(file), access }));
  succeeded(await sandbox.load(access, bundle.code));
}

/** `count` values from `from` to `to`, both included, as rows of one slot. */
export const line = (from: number, to: number, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, index) => from + ((to - from) * index) / (count - 1));
