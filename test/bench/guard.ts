/**
 * `npm run bench:guard`: what the guard costs and what its error predictor gains. Three runs of each kernel: without a
 * guard, with it, and with the predictor; the same networks, as the guard has no part in search or training.
 */
import { formatDuration, formatPercent, significant } from '../../engine/format.ts';
import type { RunResult } from '../../server/pipeline/run.ts';
import { kernelNames } from './kernels/kernels.ts';
import { benchConfig, withKernels } from './kernels/runs.ts';

/** The most accurate network of the front that is small enough to be straight-line code. */
const networkOf = (result: RunResult, id?: string) => {
  const front = result.points.filter((point) => point.onFront && point.params <= 400);
  return id === undefined
    ? front.reduce((a, b) => (b.error.nrmse < a.error.nrmse ? b : a))
    : result.points.find((point) => point.id === id)!;
};

await withKernels(async (run) => {
  console.log(
    'kernel         network        no guard   guarded      more    p99 guarded -> with predictor   ratio  fallbacks',
  );
  for (const name of kernelNames) {
    const config = { ...benchConfig, generations: 3, fullEpochs: 100 };
    const guarded = networkOf(await run(name, config));
    const plain = networkOf(await run(name, { ...config, guard: 'none' }), guarded.id);
    const predicted = networkOf(await run(name, { ...config, guardPredictor: true }), guarded.id);
    const more = guarded.latencyNs! - plain.latencyNs!;
    console.log(
      [
        name.padEnd(14),
        guarded.topology.padEnd(12),
        formatDuration(plain.latencyNs!).padStart(10),
        formatDuration(guarded.latencyNs!).padStart(9),
        `${significant(more)} ns`.padStart(9),
        `${formatPercent(guarded.error.p99)} -> ${formatPercent(predicted.error.p99)}`.padStart(31),
        significant(guarded.error.p99 / predicted.error.p99).padStart(7),
        predicted.fallbacks === undefined ? '' : formatPercent(predicted.fallbacks).padStart(9),
      ].join(' '),
    );
  }
});
