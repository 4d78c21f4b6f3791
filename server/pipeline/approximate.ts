import { resolve } from 'node:path';
import { t } from '../../engine/texts.ts';
import { recordedInputs } from '../record/use.ts';
import { inRunFolder } from '../runLock.ts';
import { loadSource } from '../source/lazy.ts';
import type { Analysis, Lifted } from '../source/types.ts';
import { listRuns, projectRoot, runFolder } from '../store.ts';
import { chooseTrainer } from '../trainers.ts';
import { targetProblem } from './emit.ts';
import { forgetFront, keepFronts } from './lastFront.ts';
import { modelOf } from './model.ts';
import { type ApproximateOutcome, type ApproximateRequest, type RunContext, readPlan, runIdOf } from './run.ts';
import { searchAndFinish } from './searchAndFinish.ts';
import { withSamples } from './withSamples.ts';

export async function approximate(asked: ApproximateRequest, hooks: RunContext['hooks']): Promise<ApproximateOutcome> {
  const unusable = targetProblem(asked.target);
  if (unusable) return unusable;
  hooks.onProgress(t('Analysing the function'), 0);
  const { request, analysis } = await analyseRequest(asked);
  if (analysis.kind === 'none') {
    return {
      kind: 'failed',
      message: t('There is no function {0} in {1}.', request.name, request.file),
      hint: t(
        'Name a function, a const that holds one, or Class.method, declared at the top level of the file; `name:12-18` for statements of one.',
      ),
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
      message: t('The range [{0}, {1}] of {2} is not one.', String(min), String(max), path),
      hint: t('Give a smaller number, then a larger one.'),
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
  const busy = (holder: string) => t('{0} is being approximated already, {1}.', request.name, holder);
  return inRunFolder(root, runId, busy, async (folder) => {
    const kept = { ...hooks, onFront: keepFronts(folder, hooks.onFront) };
    const outcome = await withSamples({ ...context, hooks: kept, folder }, searchAndFinish);
    if (outcome.kind === 'done') forgetFront(folder);
    return outcome;
  });
}

/** Where statements are named, what is asked for is the function that they make, in a text that only the run sees. */
async function analyseRequest(
  asked: ApproximateRequest,
): Promise<{ readonly request: ApproximateRequest; readonly analysis: Analysis }> {
  const { createSourceProject, analyse, lift, parsePlace } = await loadSource();
  const { file, name, overlay } = asked;
  const project = createSourceProject();
  if (overlay !== undefined) project.setOverlay(file, overlay);
  const named = parsePlace(name);
  const found = named ? undefined : analyse(project, { file, name });
  const place = named ?? (found?.kind === 'none' ? knownStatements(file, name) : undefined);
  if (!place) return { request: asked, analysis: found ?? { kind: 'none' } };
  const lifted = lift(project, file, place);
  if (lifted.kind === 'none') return { request: asked, analysis: lifted };
  if (lifted.kind === 'refused') return { request: asked, analysis: { ...lifted, name } };
  project.setOverlay(file, lifted.text);
  const analysis = analyse(project, { file, name: lifted.name });
  const request = { ...asked, name: lifted.name, overlay: lifted.text };
  switch (analysis.kind) {
    case 'region':
      return { request, analysis: { ...analysis, region: { ...analysis.region, lifted: lifted.lifted } } };
    case 'refused': {
      const reasons = analysis.reasons.map(({ message, line }) => ({ message, line: lifted.lineOf(line) }));
      return { request, analysis: { ...analysis, reasons } };
    }
    default:
      return { request, analysis };
  }
}

/** The statements that an earlier run knew by the name of the function that they would be: a panel calls them so. */
function knownStatements(file: string, name: string): Lifted | undefined {
  const root = projectRoot(file);
  for (const runId of listRuns(root)) {
    const region = readPlan(runFolder(root, runId))?.region;
    if (region?.lifted && region.name === name && resolve(root, region.file) === file) return region.lifted;
  }
  return undefined;
}
