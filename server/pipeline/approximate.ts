/**
 * The whole pipeline, from a function's name to a stored front: analyse, sample, search, train, emit, measure.
 * Both front doors, the editor and the command line, come through here, so the same arguments give the same front.
 */
import { sampleDomain } from '../../engine/data/sobol.ts';
import { inRunFolder } from '../runLock.ts';
import { bundleRegion } from '../sampling/bundle.ts';
import { sampleRegion } from '../sampling/sampler.ts';
import { Sandbox } from '../sampling/sandbox.ts';
import { loadSource } from '../source/lazy.ts';
import type { Analysis } from '../source/types.ts';
import { formatVersion, projectRoot } from '../store.ts';
import { chooseTrainer } from '../trainers.ts';
import { targetProblem } from './emit.ts';
import {
  type ApproximateOutcome,
  type ApproximateRequest,
  cancelledOr,
  emptyFront,
  type RunContext,
  readPlan,
  runIdOf,
  writePlan,
} from './run.ts';
import { searchAndFinish } from './searchAndFinish.ts';

/** The bound where neither the tag nor the user gives one. */
const defaultMaxError = 0.05;

export async function approximate(
  request: ApproximateRequest,
  hooks: RunContext['hooks'],
): Promise<ApproximateOutcome> {
  const unusable = targetProblem(request.target);
  if (unusable) return unusable;
  hooks.onProgress('Analysing the function', 0);
  const analysis = await analyse(request);
  if (analysis.kind === 'none') {
    return {
      kind: 'failed',
      message: `There is no function ${request.name} in ${request.file}.`,
      hint: 'Name a function, a const that holds one, or Class.method, declared at the top level of the file.',
    };
  }
  if (analysis.kind === 'refused') return analysis;
  const ranges = request.ranges ?? {};
  const missing = analysis.missing.filter(({ path }) => !ranges[path]);
  if (missing.length > 0) return { kind: 'needs-ranges', missing };
  const wrong = Object.entries(ranges).find(
    ([, [min, max]]) => !(Number.isFinite(min) && Number.isFinite(max) && min < max),
  );
  if (wrong) {
    const [path, [min, max]] = wrong;
    return {
      kind: 'failed',
      message: `The range [${min}, ${max}] of ${path} is not one.`,
      hint: 'Give a smaller number, then a larger one.',
    };
  }
  const { fillRanges } = await loadSource();
  const domain = fillRanges(analysis.domain, ranges);

  const root = projectRoot(request.file);
  const chosen = await chooseTrainer(request.config.trainer, 'mlp', root);
  if (chosen.kind === 'failed') return chosen;
  const { region } = analysis;
  const runId = runIdOf(root, region, domain, request.config);
  const context = { request, hooks, root, runId, region, domain, trainer: chosen.setup };
  return inRunFolder(root, runId, `${request.name} is being approximated`, (folder) =>
    sampleAndSearch({ ...context, folder }),
  );
}

async function analyse({ file, name, overlay }: ApproximateRequest): Promise<Analysis> {
  const { createSourceProject, analyse } = await loadSource();
  const project = createSourceProject();
  if (overlay !== undefined) project.setOverlay(file, overlay);
  return analyse(project, { file, name });
}

/** The sandbox lives from here to the end of the run: it samples first, and times the emitted code last. */
async function sampleAndSearch(context: RunContext): Promise<ApproximateOutcome> {
  const { request, hooks, region, domain } = context;
  const { config } = request;
  hooks.onProgress('Sampling inputs and outputs', 0.02);
  hooks.onFront(emptyFront(context));
  const bundled = await bundleRegion({
    file: region.file,
    access: region.access,
    ...(request.overlay === undefined ? {} : { overlay: request.overlay }),
  });
  if (bundled.kind === 'failed') return bundled;

  const started = await Sandbox.start({ signal: hooks.signal });
  if (started.kind === 'failed') return cancelledOr(hooks, started);
  const { sandbox } = started;
  try {
    const loaded = await sandbox.load('exact', bundled.code);
    if (loaded.kind === 'failed') return cancelledOr(hooks, loaded);
    // A run that goes on takes as many samples as it took before, however fast the machine is now.
    const before = readPlan(context.folder)?.sampled;
    const sampled = await sampleRegion({
      sandbox,
      id: 'exact',
      region,
      // Always the whole sequence, of which a slow function gets the beginning: beyond the Sobol dimensions the samples
      // depend on how many there are.
      draw: (count, seed) => sampleDomain(domain, config.samples, seed).subarray(0, count * domain.length),
      count: before ?? config.samples,
      ...(before === undefined ? {} : { timeBudgetMs: Number.POSITIVE_INFINITY }),
      seed: config.seed,
      onProgress: (done) => hooks.onProgress('Sampling inputs and outputs', 0.02 + 0.08 * done),
    });
    if (sampled.kind === 'failed') return cancelledOr(hooks, sampled);
    writePlan(context.folder, { version: formatVersion, region, domain, config, sampled: sampled.evaluated });
    return await searchAndFinish({
      ...context,
      sandbox,
      samples: sampled.samples,
      rejected: sampled.rejected,
      maxError: config.maxError ?? region.maxError ?? defaultMaxError,
    });
  } finally {
    await sandbox.dispose();
  }
}
