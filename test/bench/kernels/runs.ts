/** Runs the whole pipeline on a sample kernel, in a folder of its own. */
import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, defaultConfig } from '../../../server/config.ts';
import { approximate } from '../../../server/pipeline/approximate.ts';
import type { RunResult } from '../../../server/pipeline/run.ts';

/** Small enough for eight kernels in a few minutes; the same for everything that is compared. */
export const benchConfig: Config = {
  ...defaultConfig,
  population: 20,
  generations: 4,
  searchEpochs: 8,
  fullEpochs: 60,
  samples: 3000,
  workers: 2,
  pruning: { ...defaultConfig.pruning, alphas: [] },
  quantisation: { ...defaultConfig.quantisation, formats: [] },
};

export async function withKernels<T>(use: (run: (name: string, config: Config) => Promise<RunResult>) => Promise<T>) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-bench-')));
  const file = join(folder, 'kernels.ts');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  cpSync(join(import.meta.dirname, 'kernels.ts'), file);
  try {
    return await use(async (name, config) => {
      const hooks = { signal: new AbortController().signal, onProgress: () => {}, onFront: () => {} };
      const outcome = await approximate({ file, name, target: 'cpu', config }, hooks);
      if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
      return outcome.result;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
