/** Google's runtime for `.tflite` files, made for browsers, in Node: it loads its own code by what a worker has for that. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

export interface TfliteModel {
  /** One row in, every output's row out. */
  run(row: Float32Array): Promise<Float32Array[]>;
}

async function load() {
  const folder = join(dirname(require.resolve('@litertjs/core')), '..', 'wasm');
  const importScripts = (path: string) => {
    const code = `${readFileSync(path, 'utf8')};return ModuleFactory;`;
    const factory: unknown = new Function('require', '__filename', '__dirname', 'exports', 'module', code)(
      require,
      path,
      folder,
      undefined,
      undefined,
    );
    Object.assign(globalThis, { ModuleFactory: factory });
  };
  Object.assign(globalThis, { self: globalThis, importScripts });
  const runtime = await import('@litertjs/core');
  const { log, info, warn, error } = console;
  // It tells the console about every accelerator that a machine without a graphics card does not have.
  for (const name of ['log', 'info', 'warn', 'error'] as const) console[name] = () => {};
  try {
    await runtime.loadLiteRt(`${folder}/`);
  } finally {
    Object.assign(console, { log, info, warn, error });
  }
  return runtime;
}

let loaded: ReturnType<typeof load> | undefined;

export async function loadTflite(file: Uint8Array): Promise<TfliteModel> {
  loaded ??= load();
  const { loadAndCompile, Tensor } = await loaded;
  const model = await loadAndCompile(file, { accelerator: 'wasm' });
  return {
    async run(row) {
      const input = new Tensor(row, [1, row.length]);
      const outputs = await model.run([input]);
      const rows = outputs.map((output) => output.toTypedArray().slice() as Float32Array);
      for (const output of outputs) output.delete();
      input.delete();
      return rows;
    },
  };
}
