/** Prunes networks of a dataset's run, on the rows that it was searched on; its test rows only score what comes of it. */
import { join, resolve } from 'node:path';
import { errorObjective } from '../../engine/data/metrics.ts';
import { multiplyAccumulates, networkName, parametersOf, scoringTask } from '../../engine/nn/models.ts';
import type { PruningMethod } from '../../engine/prune/select.ts';
import { float32Bytes } from '../../engine/quantise/quantise.ts';
import type { ErrorFigures } from '../../engine/types.ts';
import { configFileName } from '../config.ts';
import { inRunFolder } from '../runLock.ts';
import { projectRoot } from '../store.ts';
import { chooseTrainer } from '../trainers.ts';
import type { FinalPoint } from './chooseNetwork.ts';
import { augmentationOf, type PreparedData, prepareData } from './datasetData.ts';
import { type AddedNetwork, untimed, withAdded } from './datasetResult.ts';
import { type DatasetPoint, type DatasetResult, writeDatasetResult } from './datasetRun.ts';
import { firstRow, type PoolContext, withPool } from './datasetStages.ts';
import { loadSame } from './exportDataset.ts';
import { type PrunedNetwork, pruneNetwork, pruningSuffix } from './pruneNetwork.ts';
import {
  configFor,
  type PruneHooks,
  type PruneOutcome,
  type PruneRequest,
  wantedIds,
  withRates,
} from './pruneRequest.ts';
import { remembering, trainedPath } from './remembered.ts';
import { restoreNetwork } from './storedNetwork.ts';
import { timeNetworks } from './timeDataset.ts';

/** Data and workers for what is made of a run's networks after they were trained. */
export interface VariantContext extends PoolContext {
  readonly config: DatasetResult['config'];
  readonly hooks: PruneHooks;
  readonly data: PreparedData;
  /** The run's. */
  readonly folder: string;
}

export async function pruneDataset(
  result: DatasetResult,
  folder: string,
  request: PruneRequest,
  hooks: PruneHooks,
): Promise<PruneOutcome> {
  const wanted = wantedIds(result, request);
  if (wanted.kind === 'failed') return wanted;
  const owner = resolve(folder, '../../..');
  hooks.onProgress(`Reading ${result.dataset.source}`, 0);
  const loaded = await loadSame(result, [process.cwd(), owner]);
  if (loaded.kind === 'failed') return loaded;
  const config = configFor(result.config, request);
  const trainer = await chooseTrainer(config.trainer, result.model, projectRoot(join(owner, configFileName)));
  if (trainer.kind === 'failed') return trainer;
  const data = prepareData(loaded.dataset, config.seed, result.subset);
  const context = { config, hooks, trainer: trainer.setup, data, folder };
  const busy = (holder: string) => `${result.dataset.name} is being searched already, ${holder}.`;
  return inRunFolder(owner, result.runId, busy, async (): Promise<PruneOutcome> => {
    const added = await prunedVariants(context, result, wanted.ids, request.method);
    if (!added) return { kind: 'cancelled' };
    const extended = await timeNetworks({ folder, set: loaded.dataset, hooks }, withAdded(result, added));
    if (!extended) return { kind: 'cancelled' };
    writeDatasetResult(folder, extended);
    const byId = (ids: readonly string[]) => extended.points.filter(({ id }) => ids.includes(id));
    const pruned = byId(added.map(({ point }) => point.id));
    return { kind: 'made', before: byId(wanted.ids), made: withRates(pruned, extended.points) };
  });
}

/** These networks pruned at every rate of the configuration, and tested; undefined where the signal aborts. */
export async function prunedVariants(
  context: VariantContext,
  result: DatasetResult,
  ids: readonly string[],
  method: PruningMethod,
): Promise<AddedNetwork[] | undefined> {
  const { config, hooks, data } = context;
  if (config.pruning.alphas.length === 0) return [];
  const variants = await tunedVariants(context, result, ids, method);
  if (hooks.signal.aborted) return undefined;
  hooks.onProgress('Testing the pruned networks', 0.9);
  const tested = await withPool(context, firstRow(data.train), data.test, (evaluator) =>
    evaluator.train(variants.map(({ network }) => scoringTask(network, data.encoding.loss))),
  );
  if (hooks.signal.aborted) return undefined;
  return variants.flatMap((variant, index) => {
    const error = tested[index]?.error;
    return error ? [{ point: finalPoint(variant, error), network: variant.network }] : [];
  });
}

interface Variant extends PrunedNetwork {
  /** The point that it was pruned from. */
  readonly origin: DatasetPoint;
  readonly id: string;
}

async function tunedVariants(
  context: VariantContext,
  result: DatasetResult,
  ids: readonly string[],
  method: PruningMethod,
): Promise<Variant[]> {
  const { config, hooks, data, folder } = context;
  const augment = augmentationOf(data, config.augment);
  let done = 0;
  const pruned = await withPool(context, data.train, data.validation, (pool) => {
    // After every unit there would be as many networks to remember as units.
    const evaluator = config.pruning.everyStep ? pool : remembering(pool, trainedPath(folder));
    const { loss } = data.encoding;
    const pruning = { config, loss, evaluator, signal: hooks.signal, ...(augment && { augment }) };
    return Promise.all(
      ids.map(async (id): Promise<Variant[]> => {
        const origin = result.points.find((point) => point.id === id)!;
        const network = restoreNetwork(result.networks.find((own) => own.id === id)!);
        const variants = await pruneNetwork(pruning, network, origin, method);
        hooks.onProgress(`Pruned ${++done} of ${ids.length} networks`, (0.9 * done) / ids.length);
        return variants.map((own) => ({ ...own, origin, id: `${id}-${pruningSuffix(own.alpha, method)}` }));
      }),
    );
  });
  return pruned.flat();
}

const finalPoint = ({ id, origin, alpha, network, error }: Variant, test: ErrorFigures): FinalPoint => ({
  ...untimed(origin),
  id,
  topology: networkName(network.topology),
  params: parametersOf(network.topology),
  bytes: float32Bytes(network.topology),
  macs: multiplyAccumulates(network.topology),
  variant: 'pruned',
  variantOf: origin.id,
  alpha,
  error: test,
  validationError: errorObjective(error),
  testError: errorObjective(test),
});
