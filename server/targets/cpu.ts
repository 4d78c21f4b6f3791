/** The CPU target on this machine: its module runs in the sandbox, as it would in the user's program. */

import { errorFigures } from '../../engine/data/metrics.ts';
import { cpuTarget } from '../../engine/emit/cpu/cpu.ts';
import { t } from '../../engine/texts.ts';
import { bundleEmitted } from '../sampling/bundle.ts';
import { measure } from '../sampling/measure.ts';
import { Sandbox } from '../sampling/sandbox.ts';
import { returning } from '../source/access.ts';
import type { ServerTarget } from './target.ts';

const moduleId = 'emitted';

export const cpuServerTarget: ServerTarget = {
  target: cpuTarget,
  get needs() {
    return t('Any JavaScript engine; WebAssembly with SIMD makes it faster.');
  },
  async unavailable() {
    return undefined;
  },
  async verify({ files, functionName, signature, outputSlots, test, signal, timingBudgetMs = 400 }) {
    const bundled = await bundleEmitted(String(files[0].content), returning(functionName, signature));
    if (bundled.kind === 'failed') return bundled;
    const started = await Sandbox.start({ signal });
    if (started.kind === 'failed') return started;
    const { sandbox } = started;
    try {
      const loaded = await sandbox.load(moduleId, bundled.code);
      if (loaded.kind === 'failed') return loaded;
      const { inputs, outputs, count } = test;
      // There is no exact function to compare with: the pairs of blocks are of the module and itself.
      const ids = { exactId: moduleId, approxId: moduleId };
      const measured = await measure(sandbox, { ...ids, signature, inputs, count, timeBudgetMs: timingBudgetMs });
      if (measured.kind === 'failed') return measured;
      const error = errorFigures(outputs, measured.approxOutputs, count, outputSlots);
      return { kind: 'verified', error, latencyNs: measured.approxNs };
    } finally {
      await sandbox.dispose();
    }
  },
};
