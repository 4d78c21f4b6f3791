/** Prunes networks of a function's run: the function is sampled again, and the code of what comes of it is measured. */
import { formatCount } from '../../engine/format.ts';
import type { PruningMethod } from '../../engine/prune/select.ts';
import { t } from '../../engine/texts.ts';
import type { Dataset } from '../../engine/types.ts';
import { startPool } from '../pool.ts';
import type { FrontPoint } from '../protocol.ts';
import { recordedInputs } from '../record/use.ts';
import { inRunFolder } from '../runLock.ts';
import { loadSource } from '../source/lazy.ts';
import { chooseTrainer } from '../trainers.ts';
import { withObjections } from './breakEven.ts';
import { choose, type MeasuredPoint } from './choose.ts';
import { type Finalist, markFront, storedFinalist } from './finalists.ts';
import { measureNetworks } from './finish.ts';
import { modelOf } from './model.ts';
import { pruneFront } from './pruneFront.ts';
import {
  configFor,
  type PruneHooks,
  type PruneOutcome,
  type PruneRequest,
  replaceById,
  wantedIds,
  withRates,
} from './pruneRequest.ts';
import { type RunHooks, type RunResult, readStored, writeResult } from './run.ts';
import type { SampledContext } from './searchAndFinish.ts';
import { writeTestRows } from './testRows.ts';
import { withSamples } from './withSamples.ts';

export async function pruneFunction(
  result: RunResult,
  root: string,
  request: PruneRequest,
  hooks: PruneHooks,
): Promise<PruneOutcome> {
  const wanted = wantedIds(result, request);
  if (wanted.kind === 'failed') return wanted;
  const { runId, region, domain, target } = result;
  const { file, name } = region;
  const { createSourceProject, analyse } = await loadSource();
  const analysis = analyse(createSourceProject(), { file, name });
  if (analysis.kind !== 'region' || analysis.region.sourceHash !== region.sourceHash) {
    const message = t('{0} has changed since the run {1}.', name, runId);
    return { kind: 'failed', message, hint: t('Approximate it again.') };
  }
  const config = configFor(result.config, request);
  const model = modelOf(region, target);
  const trainer = await chooseTrainer(config.trainer, model, root);
  if (trainer.kind === 'failed') return trainer;
  const runHooks: RunHooks = { ...hooks, onFront: () => {} };
  const recorded = result.record && recordedInputs(root, result.record.id, region, domain);
  if (recorded?.kind === 'failed') return recorded;
  const source = { domain, ...(recorded ? { recorded } : {}) };
  const context = { hooks: runHooks, root, runId, region, ...source, model, trainer: trainer.setup };
  const asked = { file, name, target, config };
  const outcome = await inRunFolder(
    root,
    runId,
    (holder) => t('{0} is being approximated already, {1}.', name, holder),
    (folder) =>
      withSamples({ ...context, request: asked, folder }, (sampled) =>
        pruneSampled(result, wanted.ids, request.method, sampled),
      ),
  );
  return outcome.kind === 'cancelled' ? { kind: 'cancelled' } : outcome;
}

async function pruneSampled(
  result: RunResult,
  ids: readonly string[],
  method: PruningMethod,
  context: SampledContext,
): Promise<PruneOutcome> {
  const { region, split, trainer, hooks } = context;
  const { config } = context.request;
  const { encoding } = result;
  const { inputSlots, outputSlots } = region;
  const dataset: Dataset = { inputSlots, outputSlots, ...split };
  const originals = result.networks.filter(({ id }) => ids.includes(id)).map((stored) => originalOf(result, stored.id));
  const pool = startPool(dataset, encoding, { trainer, workers: config.workers });
  const cancel = () => pool.cancel();
  hooks.signal.addEventListener('abort', cancel);
  let done = 0;
  const pruning = { config, loss: encoding.loss, evaluator: pool, signal: hooks.signal };
  const pruned = await pruneFront(pruning, originals, method, () => {
    hooks.onProgress(
      t('Pruned {0} of {1} networks', formatCount(++done), formatCount(originals.length)),
      0.1 + (0.6 * done) / originals.length,
    );
  }).finally(() => {
    hooks.signal.removeEventListener('abort', cancel);
    return pool.dispose();
  });
  const measured = await measureNetworks({ ...context, dataset, encoding }, pruned, (count) =>
    hooks.onProgress(
      t('Measured {0} of {1} networks', formatCount(count), formatCount(pruned.length)),
      0.7 + (0.3 * count) / pruned.length,
    ),
  );
  if (hooks.signal.aborted) return { kind: 'cancelled' };
  if (measured.kind === 'failed') return measured;
  const points = replaceById(result.points, measured.points);
  const isMeasured = (point: FrontPoint): point is MeasuredPoint => point.latencyNs !== undefined;
  const marked = markFront(points.filter(isMeasured), config);
  const rest = points.filter((point) => !isMeasured(point));
  const { maxError, exactNs } = result;
  const final = withObjections(marked, { maxError, exactNs });
  const { chosen, met, reason } = choose(final, maxError, exactNs);
  const networks = replaceById(result.networks, measured.finalists.map(storedFinalist));
  writeTestRows(context.folder, region, dataset.test);
  writeResult(context.root, { ...result, points: [...final, ...rest], networks, chosen, criterion: { met, reason } });
  const before = final.filter(({ id }) => ids.includes(id));
  const added = final.filter(({ id }) => pruned.some((own) => own.id === id));
  return { kind: 'made', before, made: withRates(added, final) };
}

function originalOf({ networks, points }: RunResult, wanted: string): Finalist {
  const stored = networks.find(({ id }) => id === wanted)!;
  const { generation, error } = points.find(({ id }) => id === wanted)!;
  return { id: wanted, candidate: { ...stored.recipe, generation }, network: readStored(stored).network, error };
}
