/** Where the built files lie: worker entries, kernels and esbuild's binary, all in `dist/`. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** In the bundle this is `dist/` itself; when Node runs the sources (tests) it is the checkout's `dist/`. */
const distFolder =
  basename(import.meta.dirname) === 'dist' ? import.meta.dirname : join(import.meta.dirname, '..', 'dist');

export const assetPath = (name: string): string => join(distFolder, name);

/** What the package carries as it is in the sources: in both, `media/` and `l10n/` lie beside `dist/`. */
export const packagePath = (...path: readonly string[]): string => join(distFolder, '..', ...path);

/** The product's own version, as its package says. */
export function productVersion(): string {
  const manifest = JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

/** The bytes of a kernel: as scripts/buildKernels.mjs names it. */
export const readKernel = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(assetPath(join('kernels', `${name}.wasm`))));
