/** What sampling needs beside its own code: the child's entry, and esbuild's binary where the product carries one. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { assetPath } from '../assets.ts';

const isBuilt = basename(import.meta.dirname) === 'dist';

export interface ChildEntry {
  readonly path: string;
  /** Everything that the child may read. */
  readonly readable: readonly string[];
}

/** One file once built; the sources themselves, which Node runs as they are, in a checkout. */
export function childEntry(): ChildEntry {
  // The permission model compares real paths, and an extension folder may lie behind a link.
  if (isBuilt) {
    const path = realpathSync(assetPath('samplingChild.cjs'));
    return { path, readable: [path] };
  }
  const folder = realpathSync(import.meta.dirname);
  const slots = realpathSync(join(folder, '..', '..', 'engine', 'data', 'slots.ts'));
  return { path: join(folder, 'child.ts'), readable: [join(folder, '*'), slots] };
}

/** Loads esbuild on first use: it starts a process, and its library looks for the binary while it loads. */
export function loadEsbuild(): Promise<typeof import('esbuild')> {
  const binary = assetPath(process.platform === 'win32' ? 'esbuild.exe' : 'esbuild');
  if (isBuilt && existsSync(binary)) process.env.ESBUILD_BINARY_PATH = binary;
  return import('esbuild');
}
