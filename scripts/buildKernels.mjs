/** Compiles the AssemblyScript kernels to dist/kernels. Run directly, or call `buildKernels()` from the build. */
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outFolder = join(root, 'dist/kernels');

/** The training kernels come in two versions: relaxed SIMD is a quarter faster, and not every engine has it. */
const kernels = [
  { name: 'train', source: 'engine/nn/kernels/mlp.ts', features: ['simd'] },
  { name: 'train-relaxed', source: 'engine/nn/kernels/mlp.ts', features: ['simd', 'relaxed-simd'] },
  { name: 'cnn', source: 'engine/nn/kernels/cnn.ts', features: ['simd'] },
  { name: 'cnn-relaxed', source: 'engine/nn/kernels/cnn.ts', features: ['simd', 'relaxed-simd'] },
  { name: 'inference-cnn', source: 'engine/emit/kernels/cnn.ts', features: ['simd'] },
];

/** Milliseconds; any file of the folder may be imported by the kernel, and so may this script's table change. */
function newestSourceTime(source) {
  const folder = join(root, dirname(source));
  const files = readdirSync(folder, { recursive: true }).map((file) => join(folder, file));
  return Math.max(...[...files, fileURLToPath(import.meta.url)].map((file) => statSync(file).mtimeMs));
}

function isCurrent(output, source) {
  return existsSync(output) && statSync(output).mtimeMs > newestSourceTime(source);
}

/** Renamed into place, so that another process (tests run side by side) never reads half a kernel. */
function writeWhole(file, contents) {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, file);
}

/**
 * Compiles every kernel that is missing or older than its sources.
 * @returns {Promise<string[]>} the names of the kernels that were compiled
 * @throws {Error} with the compiler's messages where a kernel does not compile
 */
export async function buildKernels() {
  mkdirSync(outFolder, { recursive: true });
  const stale = kernels.filter(
    ({ name, source }) => existsSync(join(root, source)) && !isCurrent(join(outFolder, `${name}.wasm`), source),
  );
  if (stale.length === 0) return [];
  // The compiler takes half a second to load, so a build with nothing to compile does not pay for it.
  const { default: asc } = await import('assemblyscript/asc');
  for (const { name, source, features } of stale) {
    const { error, stderr } = await asc.main(
      [
        source,
        ...['--baseDir', root, '--outFile', `${name}.wasm`, '--runtime', 'stub', '-O3', '--noAssert'],
        ...features.flatMap((feature) => ['--enable', feature]),
      ],
      { writeFile: (file, contents) => writeWhole(join(outFolder, file), contents) },
    );
    if (error) throw new Error(`The kernel "${name}" did not compile.\n${stderr.toString()}`, { cause: error });
  }
  return stale.map(({ name }) => name);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = await buildKernels();
  console.log(built.length === 0 ? 'All kernels are up to date.' : `Compiled ${built.join(', ')}.`);
}
