/** A run's samples, and the sandbox that they come from: the same ones for the same plan, whoever asks. */

import { structureImages } from '../../engine/data/images.ts';
import { seedOf } from '../../engine/data/random.ts';
import { imageOf } from '../../engine/data/slots.ts';
import { sampleDomain } from '../../engine/data/sobol.ts';
import { splitSamples } from '../../engine/data/split.ts';
import { t } from '../../engine/texts.ts';
import type { Failure } from '../protocol.ts';
import { mostRejected, recordedDraws } from '../record/samples.ts';
import { sampleRegion } from '../sampling/sampler.ts';
import { Sandbox } from '../sampling/sandbox.ts';
import { formatVersion } from '../store.ts';
import { bundleOf } from './regionBundle.ts';
import { cancelledOr, emptyFront, type RunContext, readPlan, writePlan } from './run.ts';
import type { SampledContext } from './searchAndFinish.ts';

/** The bound where neither the tag nor the user gives one. */
const defaultMaxError = 0.05;

/** Rows of many inputs are fewer, so that they fit into memory and a search ends: 80 MB of them, but not below this many. */
const mostValues = 1e7;
const leastRows = 500;

/** The sandbox lives as long as `work`: it samples first, and times the emitted code last. */
export async function withSamples<T>(
  context: RunContext,
  work: (sampled: SampledContext) => Promise<T>,
): Promise<T | Failure | { readonly kind: 'cancelled'; readonly evaluated: number }> {
  const { request, hooks, region, domain } = context;
  const { config } = request;
  hooks.onProgress(t('Sampling inputs and outputs'), 0.02);
  hooks.onFront(emptyFront(context));
  const bundled = await bundleOf(region, request);
  if (bundled.kind === 'failed') return bundled;

  const started = await Sandbox.start({ signal: hooks.signal });
  if (started.kind === 'failed') return cancelledOr(hooks, started);
  const { sandbox } = started;
  try {
    const loaded = await sandbox.load('exact', bundled.code);
    if (loaded.kind === 'failed') return cancelledOr(hooks, loaded);
    // A run that goes on takes as many samples as it took before, however fast the machine is now.
    const wanted = Math.min(config.samples, Math.max(leastRows, Math.floor(mostValues / domain.length)));
    const image = imageOf(region.signature);
    const before = readPlan(context.folder)?.sampled;
    const draws = context.recorded && recordedDraws(context.recorded, region);
    const sampled = await sampleRegion({
      sandbox,
      id: 'exact',
      region,
      // Always the whole sequence, of which a slow function gets the beginning: beyond the Sobol dimensions the samples
      // depend on how many there are.
      draw(count, seed) {
        const recorded = draws?.draw(wanted, seed);
        const rows = recorded ?? sampleDomain(domain, wanted, seed);
        if (image && !recorded) structureImages(rows, domain, image, seedOf(seed, 'images'));
        return rows.subarray(0, count * domain.length);
      },
      ...(draws ? { maxRejected: mostRejected } : {}),
      count: before ?? wanted,
      ...(before === undefined ? {} : { timeBudgetMs: Number.POSITIVE_INFINITY }),
      seed: config.seed,
      onProgress: (done) => hooks.onProgress(t('Sampling inputs and outputs'), 0.02 + 0.08 * done),
    });
    if (sampled.kind === 'failed') return cancelledOr(hooks, sampled);
    const { samples, rows } = sampled;
    const split = draws?.split(samples, rows, config.seed) ?? {
      kind: 'split',
      split: splitSamples(samples, config.seed),
    };
    if (split.kind === 'failed') return split;
    writePlan(context.folder, { version: formatVersion, region, domain, config, sampled: sampled.evaluated });
    return await work({
      ...context,
      sandbox,
      samples,
      split: split.split,
      ...('use' in split ? { use: split.use } : {}),
      sampled: sampled.evaluated,
      rejected: sampled.rejected,
      maxError: config.maxError ?? region.maxError ?? defaultMaxError,
    });
  } finally {
    await sandbox.dispose();
  }
}
