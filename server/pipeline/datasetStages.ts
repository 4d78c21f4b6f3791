/** The stages of a search on a dataset that happen on an evaluator, and the result that they end in. */

import type { LabelledSet } from '../../engine/data/dataset.ts';
import { formatCount, formatPercent, formatTimeLeft } from '../../engine/format.ts';
import { scoringTask, taskCost } from '../../engine/nn/models.ts';
import type { NetworkSpace } from '../../engine/search/types.ts';
import type { EncodedSamples, ErrorFigures } from '../../engine/types.ts';
import { type Config, parameterLimit } from '../config.ts';
import type { Evaluator, StartEvaluator } from '../evaluator.ts';
import { starterOf, startThreads } from '../pool.ts';
import type { Failure } from '../protocol.ts';
import { openJournal } from '../store.ts';
import type { TrainerSetup } from '../trainers.ts';
import type { HeldRows } from '../trainWorker.ts';
import { fullTask, searchPoint } from './candidates.ts';
import { augmentationOf, type PreparedData } from './datasetData.ts';
import { resultOf, type Searched } from './datasetResult.ts';
import {
  type DatasetHooks,
  type DatasetOutcome,
  type DatasetPlan,
  type DatasetRequest,
  type SearchView,
  writeDatasetResult,
} from './datasetRun.ts';
import { finishDataset } from './finishDataset.ts';
import { remembering, trainedPath } from './remembered.ts';
import { runSearch, type SearchState } from './search.ts';
import { type Progress, trackProgress, workforceText } from './searchProgress.ts';
import { type TrainedCandidate, trainFully } from './trainFully.ts';

/** A search whose data is ready and whose folder is locked. */
export interface DatasetContext {
  readonly request: DatasetRequest;
  readonly hooks: DatasetHooks;
  readonly plan: DatasetPlan;
  readonly runId: string;
  readonly folder: string;
  /** As the files have it. */
  readonly set: LabelledSet;
  readonly data: PreparedData;
  readonly space: NetworkSpace;
  readonly trainer: TrainerSetup;
}

/** Shares of the progress bar: where full training begins, where testing begins, where variants are made. */
const progressAt = { training: 0.6, testing: 0.85, variants: 0.88 } as const;

export async function runDatasetStages(context: DatasetContext): Promise<DatasetOutcome> {
  const { hooks, data, request, trainer } = context;
  const start = starterOf(request.evaluators, context.folder);
  const workers = { config: request.config, hooks, trainer, start };
  const searched = await withPool(workers, data.train, data.validation, (pool) => searchAndTrain(context, pool));
  if (searched.kind !== 'trained') return searched;
  const { state, networks } = searched;
  hooks.onFront(viewOf(context, 'measuring', state));
  const tested = await withPool(workers, firstRow(data.train), data.test, (pool) => test(context, networks, pool));
  const cancelled = { kind: 'cancelled', evaluated: state.candidates.length } as const;
  if (hooks.signal.aborted) return cancelled;
  const found = resultOf({ ...context, normalization: data.normalization }, searched, tested);
  if (found.kind === 'failed') return found;
  const onProgress = (message: string, fraction: number) =>
    hooks.onProgress(message, progressAt.variants + (1 - progressAt.variants) * fraction);
  const finishing = { ...context, ...workers, hooks: { signal: hooks.signal, onProgress } };
  const result = await finishDataset(finishing, found);
  if (!result) return cancelled;
  writeDatasetResult(context.folder, result);
  hooks.onProgress('Done', 1);
  return { kind: 'done', result };
}

/** What workers are started by. */
export interface PoolContext {
  readonly config: Pick<Config, 'workers'>;
  readonly hooks: Pick<DatasetHooks, 'signal'>;
  readonly trainer: TrainerSetup;
  /** Worker threads where absent. */
  readonly start?: StartEvaluator;
}

/** Workers that hold these rows, for as long as `work` takes; cancelled when the signal aborts. */
export async function withPool<T>(
  { config, hooks, trainer, start = startThreads }: PoolContext,
  train: EncodedSamples,
  held: HeldRows,
  work: (pool: Evaluator) => Promise<T>,
): Promise<T> {
  const pool = start({ trainer, train, held, workers: config.workers });
  const cancel = () => pool.cancel();
  hooks.signal.addEventListener('abort', cancel);
  if (hooks.signal.aborted) cancel();
  try {
    return await work(pool);
  } finally {
    hooks.signal.removeEventListener('abort', cancel);
    await pool.dispose();
  }
}

/** A trainer wants at least one row to train on, also for no epochs. */
export const firstRow = ({ count, inputs, targets }: EncodedSamples): EncodedSamples => ({
  count: 1,
  inputs: inputs.subarray(0, inputs.length / count),
  targets: targets.subarray(0, targets.length / count),
});

async function searchAndTrain(
  context: DatasetContext,
  pool: Evaluator,
): Promise<Searched | Failure | { kind: 'cancelled'; evaluated: number }> {
  const { request, hooks, data, folder, space } = context;
  const { config, seconds: limit } = request;
  const maxParams = parameterLimit(config);
  const augment = augmentationOf(data, config.augment);
  const training = { config, loss: data.encoding.loss, ...(augment && { augment }) };
  const started = performance.now();
  hooks.onFront(viewOf(context, 'searching'));
  let evaluated = 0;
  const share = () => Math.min(1, evaluated / (config.population * config.generations)) * progressAt.training;
  const timeUp = limit === undefined ? undefined : AbortSignal.timeout(limit * 1000);
  timeUp?.addEventListener('abort', () =>
    hooks.onProgress('The time is up, the candidates that are in training are finished', share()),
  );
  const state = await runSearch({
    ...training,
    space,
    evaluator: pool,
    journal: openJournal(folder),
    signal: hooks.signal,
    ...(timeUp && { timeUp }),
    ...(config.maxError !== undefined && maxParams !== undefined
      ? { criterion: { maxError: config.maxError, maxParams } }
      : {}),
    onEvaluated(progress) {
      evaluated = progress.count;
      if (!timeUp?.aborted) hooks.onProgress(progressText(context, progress, pool), share());
    },
    onGeneration: (current) => hooks.onFront(viewOf(context, 'searching', current)),
  });
  const seconds = (performance.now() - started) / 1000;
  const cancelled = { kind: 'cancelled', evaluated } as const;
  if (hooks.signal.aborted) return cancelled;

  const finalists = state.candidates.filter(({ key, error }) => error && state.front.has(key));
  if (finalists.length === 0) return nothingTrained(state);
  hooks.onFront(viewOf(context, 'training', state));
  const evaluator = remembering(pool, trainedPath(folder));
  const tracker = trackProgress({ population: finalists.length, generations: 1 }, pool);
  const costs = finalists.map((candidate) => taskCost(fullTask(training, candidate)));
  tracker.begin(1, finalists.length);
  tracker.expect(costs);
  const networks = await trainFully({ ...training, evaluator }, finalists, (index, { seconds }) => {
    tracker.trained(costs[index]!, { key: finalists[index]!.key, ...(seconds === undefined ? {} : { seconds }) });
    const { count, secondsLeft } = tracker.progress;
    const stage = (count / finalists.length) * (progressAt.testing - progressAt.training);
    const left = secondsLeft ? `, ${formatTimeLeft(secondsLeft)} left` : '';
    const text = `Trained ${count} of ${finalists.length} networks in full${left}${workforceText(pool)}`;
    hooks.onProgress(text, progressAt.training + stage);
  });
  if (hooks.signal.aborted) return cancelled;
  if (networks.length === 0) return nothingTrained(state);
  return { kind: 'trained', state, seconds, networks };
}

/** Error figures of each network on the test rows; undefined where that failed. */
async function test(
  { hooks, data }: DatasetContext,
  networks: readonly TrainedCandidate[],
  pool: Evaluator,
): Promise<(ErrorFigures | undefined)[]> {
  let done = 0;
  const rows = formatCount(data.test.samples.count);
  const tested = await pool.train(
    networks.map(({ network }) => scoringTask(network, data.encoding.loss)),
    () => {
      done++;
      const share = (done / networks.length) * (progressAt.variants - progressAt.testing);
      hooks.onProgress(`Tested ${done} of ${networks.length} networks on ${rows} rows`, progressAt.testing + share);
    },
  );
  return tested.map(({ error }) => error);
}

function progressText(
  { request }: DatasetContext,
  { count, generation, best, secondsLeft }: Progress,
  pool: Evaluator,
): string {
  const { population, generations } = request.config;
  const parts = [
    `Generation ${generation} of ${generations}, ${count} of ${population * generations} networks trained`,
    ...(best === undefined ? [] : [`best error ${formatPercent(best)}`]),
    ...(secondsLeft === undefined ? [] : [`${formatTimeLeft(secondsLeft)} of the search left`]),
  ];
  return `${parts.join(', ')}${workforceText(pool)}`;
}

const nothingTrained = ({ candidates }: SearchState): Failure => ({
  kind: 'failed',
  message: `None of ${candidates.length} networks could be trained: every one diverged.`,
  hint: 'Search more candidates, with a larger --population, more --generations or more --seconds.',
});

function viewOf({ request }: DatasetContext, stage: SearchView['stage'], state?: SearchState): SearchView {
  const { candidates = [], front, generation = 0, hypervolume = [] } = state ?? {};
  return {
    stage,
    generation,
    generations: request.config.generations,
    evaluations: candidates.length,
    hypervolume,
    points: candidates.flatMap((candidate) => searchPoint(candidate, front?.has(candidate.key) ?? false) ?? []),
  };
}
