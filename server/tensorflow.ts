/**
 * Loads TensorFlow.js, on libtensorflow or on WebGPU, from packages that the user has installed. None of them is bundled:
 * they carry large programs for one platform each. A thread that has loaded one keeps it until it ends.
 */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import util from 'node:util';
import type { Tensorflow } from '../engine/nn/backends/tensorflow.ts';
import { t } from '../engine/texts.ts';
import type { Failure } from './protocol.ts';

/** Each trainer with the packages that it needs. */
const packages = {
  tensorflow: ['@tensorflow/tfjs-node'],
  webgpu: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-webgpu', 'webgpu'],
} as const;

export type TensorflowTrainerName = keyof typeof packages;

/** Loads a package by its name. */
type Load = (name: string) => Promise<unknown>;

/**
 * The library with its device ready, for the trainer of this name. Packages come from the folder `project` or the ones
 * above it, or else from where this program is installed; all of a trainer's from the same place, because they must fit
 * together.
 */
export async function loadTensorflow(
  name: TensorflowTrainerName,
  project: string,
): Promise<{ readonly kind: 'loaded'; readonly tf: Tensorflow } | Failure> {
  const load = [project, import.meta.dirname].map((folder) => loaderFrom(folder, packages[name])).find(Boolean);
  const install = `npm install ${packages[name].join(' ')}`;
  if (!load) {
    return {
      kind: 'failed',
      message: t('The trainer "{0}" needs {1}, not installed in {2}.', name, packages[name].join(', '), project),
      hint:
        name === 'tensorflow'
          ? t('Run `{0}` there (it downloads libtensorflow), or leave --trainer out.', install)
          : t('Run `{0}` there, or leave --trainer out.', install),
    };
  }
  try {
    return { kind: 'loaded', tf: name === 'tensorflow' ? await loadNode(load) : await loadWebgpu(load) };
  } catch (error) {
    // A package of the user's that does not start is no bug of ours, whatever it throws.
    const message = t('The trainer "{0}" did not start: {1}', name, reasonOf(error));
    return { kind: 'failed', message, hint: startHints()[name] };
  }
}

/** The first line of what was thrown; addons and drivers write pages. */
export const reasonOf = (error: unknown): string =>
  String(error instanceof Error ? error.message : error)
    .split('\n')[0]!
    .trim();

const startHints = (): Readonly<Record<TensorflowTrainerName, string>> => ({
  tensorflow: t(
    'Run `npm rebuild @tensorflow/tfjs-node --ignore-scripts=false` where it is installed: its install script fetches libtensorflow. Or leave --trainer out.',
  ),
  webgpu: t(
    'Install a driver for Vulkan, Metal or Direct3D 12 (VK_DRIVER_FILES may name one for Vulkan), or leave --trainer out.',
  ),
});

/** Loads packages as a module in `folder` would; undefined where one of them is not there. */
function loaderFrom(folder: string, names: readonly string[]): Load | undefined {
  const requireThere = createRequire(join(folder, 'package.json'));
  try {
    for (const name of names) requireThere.resolve(name);
  } catch {
    return undefined;
  }
  return async (name) => {
    try {
      // An import that failed would fail until the process ends, also after the user has repaired the package.
      return requireThere(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException | undefined)?.code !== 'ERR_REQUIRE_ESM') throw error;
      // Node 20 requires CommonJS only.
      return import(pathToFileURL(requireThere.resolve(name)).href);
    }
  };
}

async function loadNode(load: Load): Promise<Tensorflow> {
  // TensorFlow reports on its processor at every start. Its other messages stay.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  // The package calls two functions of `util` that Node 23 has taken out or warns about.
  Object.assign(util, {
    isArray: Array.isArray,
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  });

  const tf = (await load('@tensorflow/tfjs-node')) as Tensorflow;
  tf.enableProdMode();
  await useBackend(tf, 'tensorflow');
  return tf;
}

/** Dawn as an npm package, as far as it is used here. */
interface Dawn {
  create(flags: readonly string[]): { requestAdapter(): Promise<object | null> };
  /** The classes and constants of WebGPU that browsers have as globals. */
  readonly globals: object;
}

async function loadWebgpu(load: Load): Promise<Tensorflow> {
  const { create, globals } = (await load('webgpu')) as Dawn;
  const gpu = create([]);
  if (!(await gpu.requestAdapter())) throw new Error('no GPU was found.');
  // TensorFlow.js looks for WebGPU where browsers have it.
  Object.assign(globalThis, globals);
  globalThis.navigator ??= {} as typeof globalThis.navigator;
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });

  const tf = (await load('@tensorflow/tfjs')) as Tensorflow;
  await load('@tensorflow/tfjs-backend-webgpu');
  tf.enableProdMode();
  await useBackend(tf, 'webgpu');
  return tf;
}

/** Throws where the backend is not registered or does not start; TensorFlow.js then goes on with another in silence. */
async function useBackend(tf: Tensorflow, name: TensorflowTrainerName): Promise<void> {
  if (!(await tf.setBackend(name)) || tf.getBackend() !== name) throw new Error(`its backend "${name}" is missing.`);
}
