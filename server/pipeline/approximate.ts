import { recordedInputs } from '../record/use.ts';
import { inRunFolder } from '../runLock.ts';
import { loadSource } from '../source/lazy.ts';
import type { Analysis } from '../source/types.ts';
import { projectRoot } from '../store.ts';
import { chooseTrainer } from '../trainers.ts';
import { targetProblem } from './emit.ts';
import { modelOf } from './model.ts';
import { type ApproximateOutcome, type ApproximateRequest, type RunContext, runIdOf } from './run.ts';
import { searchAndFinish } from './searchAndFinish.ts';
import { withSamples } from './withSamples.ts';

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
  const root = projectRoot(request.file);
  const { region } = analysis;
  if (request.record !== undefined) {
    const recorded = recordedInputs(root, request.record, region, analysis.domain);
    return recorded.kind === 'failed'
      ? recorded
      : begin(request, hooks, { root, region, domain: recorded.domain, recorded });
  }
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

  return begin(request, hooks, { root, region, domain });
}

async function begin(
  request: ApproximateRequest,
  hooks: RunContext['hooks'],
  subject: Pick<RunContext, 'root' | 'region' | 'domain' | 'recorded'>,
): Promise<ApproximateOutcome> {
  const { root, region, domain, recorded } = subject;
  const model = modelOf(region, request.target);
  const chosen = await chooseTrainer(request.config.trainer, model, root);
  if (chosen.kind === 'failed') return chosen;
  const runId = runIdOf(root, { region, domain, model, config: request.config, ...(recorded && { recorded }) });
  const context = { request, hooks, runId, ...subject, model, trainer: chosen.setup };
  return inRunFolder(root, runId, `${request.name} is being approximated`, (folder) =>
    withSamples({ ...context, folder }, searchAndFinish),
  );
}

async function analyse({ file, name, overlay }: ApproximateRequest): Promise<Analysis> {
  const { createSourceProject, analyse } = await loadSource();
  const project = createSourceProject();
  if (overlay !== undefined) project.setOverlay(file, overlay);
  return analyse(project, { file, name });
}
