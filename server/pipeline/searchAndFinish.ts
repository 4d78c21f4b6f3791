/** The second half of a run: everything that happens on worker threads, and the measurements that end it. */

import { fitEncoding } from '../../engine/data/encoding.ts';
import type { Split } from '../../engine/data/split.ts';
import { formatCount, formatTimeLeft } from '../../engine/format.ts';
import { parameterCount } from '../../engine/nn/network.ts';
import type { NetworkSpace } from '../../engine/search/types.ts';
import { t } from '../../engine/texts.ts';
import type { Dataset, Encoding, Samples } from '../../engine/types.ts';
import { parameterLimit, withByteHint } from '../config.ts';
import type { Evaluator } from '../evaluator.ts';
import { starterOf, startPool } from '../pool.ts';
import { hostProcessor } from '../processor.ts';
import type { Failure, FrontPoint, FrontView } from '../protocol.ts';
import type { RecordUse } from '../record/use.ts';
import type { Rejected } from '../sampling/sampler.ts';
import type { Sandbox } from '../sampling/sandbox.ts';
import { formatVersion, openJournal } from '../store.ts';
import { withObjections } from './breakEven.ts';
import { type Candidate, searchPoint } from './candidates.ts';
import { choose, type MeasuredPoint } from './choose.ts';
import { type Coverage, measureCoverage } from './coverage.ts';
import { type GuardedFinalist, storedFinalist } from './finalists.ts';
import { measureNetworks } from './finish.ts';
import { type FreshPlan, hashOfSamples } from './fresh.ts';
import { findWorst, hardenNetworks } from './hardInputs.ts';
import { functionSpace } from './model.ts';
import {
  type ApproximateOutcome,
  cancelledOr,
  emptyFront,
  type RunContext,
  type RunResult,
  writeResult,
} from './run.ts';
import { runSearch, type SearchState } from './search.ts';
import { workforceText } from './searchProgress.ts';
import { shrinkFront } from './shrinkFront.ts';
import { writeTestRows } from './testRows.ts';
import { trainFully } from './trainFully.ts';

export interface SampledContext extends RunContext {
  readonly sandbox: Sandbox;
  readonly samples: Samples;
  readonly split: Split;
  /** Where they come from a record. */
  readonly use?: RecordUse;
  /** Inputs on which the function was called. */
  readonly sampled: number;
  readonly rejected: Rejected;
  readonly maxError: number;
}

/** What is to be searched, and on which data. */
interface Plan {
  readonly kind: 'plan';
  readonly dataset: Dataset;
  readonly encoding: Encoding;
  readonly space: NetworkSpace;
  readonly coverage?: Coverage;
}

/** Shares of the progress bar: where the search, full training, pruning and measuring begin. */
const progressAt = { search: 0.1, training: 0.5, shrinking: 0.75, measuring: 0.8 } as const;

export async function searchAndFinish(context: SampledContext): Promise<ApproximateOutcome> {
  const plan = planSearch(context);
  if (plan.kind === 'failed') return plan;
  const { config } = context.request;
  const coverage = await measureCoverage(context.sandbox, { ...context.request, ...context });
  const { signal } = context.hooks;
  const workers = { trainer: context.trainer, workers: config.workers };
  const start = starterOf(context.request.evaluators, context.folder);
  const pool = startPool(plan.dataset, plan.encoding, workers, start);
  const cancel = () => pool.cancel();
  signal.addEventListener('abort', cancel);
  try {
    return await runStages(context, { ...plan, ...(coverage ? { coverage } : {}) }, pool);
  } finally {
    signal.removeEventListener('abort', cancel);
    await pool.dispose();
  }
}

function planSearch({ request, region, domain, split, model }: SampledContext): Plan | Failure {
  const { inputSlots, outputSlots } = region;
  const dataset: Dataset = { inputSlots, outputSlots, ...split };
  const encoding = fitEncoding(inputSlots, outputSlots, domain, dataset.train);
  const { config } = request;
  const maxParams = parameterLimit(config) ?? (model === 'cnn' ? defaultMaxParams : parameterBudget(encoding));
  const space = withByteHint(functionSpace(region.signature, encoding, { model, maxParams, config }), config);
  return space.kind === 'failed' ? space : { kind: 'plan', dataset, encoding, space: space.space };
}

/** Larger networks take minutes to search on a desktop and microseconds to call; `--max-params` lifts the limit. */
const defaultMaxParams = 4096;

/** The default limit, or one hidden layer of 16 where there are so many inputs that not even that would fit. */
function parameterBudget({ inputColumns, outputColumns }: Encoding): number {
  const small = parameterCount({ widths: [inputColumns, 16, outputColumns], activation: 'relu' });
  return Math.max(small, defaultMaxParams);
}

async function runStages(context: SampledContext, plan: Plan, pool: Evaluator): Promise<ApproximateOutcome> {
  const { hooks, maxError } = context;
  const { encoding, dataset } = plan;
  const started = performance.now();
  const searched = await search(context, plan, pool);
  const seconds = (performance.now() - started) / 1000;
  const cancelled: ApproximateOutcome = { kind: 'cancelled', evaluated: searched.evaluated };
  if (hooks.signal.aborted) return cancelled;

  const { state } = searched;
  const front = state.candidates.filter(({ key, error }) => error && state.front.has(key));
  if (front.length === 0) return nothingTrained(state);
  hooks.onFront(searchView(context, 'training', state));
  const { config } = context.request;
  let trained = 0;
  const networks = await trainFully({ config, loss: encoding.loss, evaluator: pool }, front, () => {
    trained++;
    const share = (trained / front.length) * (progressAt.shrinking - progressAt.training);
    hooks.onProgress(
      t('Trained {0} of {1} networks in full', formatCount(trained), formatCount(front.length)),
      progressAt.training + share,
    );
  });
  if (hooks.signal.aborted) return cancelled;
  if (networks.length === 0) return nothingTrained(state);

  const rounds = config.hardInputs;
  const hardened = await hardenNetworks({ ...context, dataset, encoding }, networks, (round) =>
    hooks.onProgress(
      t('Training on hard inputs, round {0} of {1}', formatCount(round), formatCount(rounds)),
      progressAt.shrinking,
    ),
  );
  if (hooks.signal.aborted) return cancelled;
  if (hardened.kind === 'failed') return cancelledOr(hooks, hardened);

  const { finalists, rest } = await shrinkFront(
    { ...context, dataset, encoding, evaluator: pool },
    hardened.networks,
    (done) => {
      const share = done * (progressAt.measuring - progressAt.shrinking);
      hooks.onProgress(t('Pruning and quantising the front'), progressAt.shrinking + share);
    },
  );
  if (hooks.signal.aborted) return cancelled;

  hooks.onFront(searchView(context, 'measuring', state));
  const measured = await measureNetworks({ ...context, dataset, encoding }, finalists, (done) => {
    const share = (done / finalists.length) * (1 - progressAt.measuring);
    hooks.onProgress(
      t('Measured {0} of {1} networks', formatCount(done), formatCount(finalists.length)),
      progressAt.measuring + share,
    );
  });
  if (hooks.signal.aborted) return cancelled;
  if (measured.kind === 'failed') return cancelledOr(hooks, measured);

  const { exactNs } = measured;
  const { chosen, met, reason } = choose(measured.points, maxError, exactNs);
  const { network } = measured.finalists.find(({ id }) => id === chosen)!;
  const worst = await findWorst({ ...context, dataset, encoding }, network);
  if (hooks.signal.aborted) return cancelled;
  if ('kind' in worst) return worst;
  const points = withObjections(measured.points, { maxError, exactNs });
  const result = resultOf(context, plan, { ...measured, points, state, seconds, rest });
  const hard = { rounds, added: hardened.added, worst };
  const done: RunResult = { ...result, chosen, criterion: { met, reason }, hard };
  writeTestRows(context.folder, context.region, dataset.test);
  writeResult(context.root, done);
  hooks.onProgress('Done', 1);
  return { kind: 'done', result: done };
}

async function search(
  context: SampledContext,
  plan: Plan,
  pool: Evaluator,
): Promise<{ readonly state: SearchState; readonly evaluated: number }> {
  const { hooks, folder } = context;
  const { config } = context.request;
  const expected = config.population * config.generations;
  const maxParams = parameterLimit(config);
  let evaluated = 0;
  const state = await runSearch({
    config,
    loss: plan.encoding.loss,
    space: plan.space,
    evaluator: pool,
    journal: openJournal(folder),
    signal: hooks.signal,
    // Only bounds that the user set end a search early: the default ones would end nearly every search at once.
    ...(config.maxError !== undefined && maxParams !== undefined
      ? { criterion: { maxError: config.maxError, maxParams } }
      : {}),
    onEvaluated({ count, generation, secondsLeft }) {
      evaluated = count;
      const share = Math.min(1, count / expected) * (progressAt.training - progressAt.search);
      // Threads of this machine are through in no time.
      const left = pool.workforce && secondsLeft ? `, ${formatTimeLeft(secondsLeft)} of the search left` : '';
      const message =
        t(
          'Generation {0} of {1}, {2} networks trained',
          formatCount(generation),
          formatCount(config.generations),
          formatCount(count),
        ) + left;
      hooks.onProgress(`${message}${workforceText(pool)}`, progressAt.search + share);
    },
    onGeneration: (current) => hooks.onFront(searchView(context, 'searching', current)),
  });
  return { state, evaluated };
}

const nothingTrained = ({ candidates }: SearchState): Failure => ({
  kind: 'failed',
  message: t('None of {0} networks could be trained: every one diverged.', formatCount(candidates.length)),
  hint: t('Narrow the ranges so that the outputs stay moderate, or search with more generations.'),
});

function searchView(context: SampledContext, stage: FrontView['stage'], state: SearchState): FrontView {
  const { maxError } = context;
  const { generation, candidates, hypervolume } = state;
  const points = candidates.flatMap((candidate) => {
    return searchPoint(candidate, state.front.has(candidate.key)) ?? [];
  });
  const evaluations = candidates.length;
  return { ...emptyFront(context), stage, generation, evaluations, hypervolume, points, maxError };
}

interface Finished {
  readonly state: SearchState;
  /** Seconds that the search took. */
  readonly seconds: number;
  readonly finalists: readonly GuardedFinalist[];
  readonly fresh: FreshPlan;
  /** Variants that were not worth measuring. */
  readonly rest: readonly FrontPoint[];
  readonly points: readonly MeasuredPoint[];
  /** Nanoseconds per call of the exact function. */
  readonly exactNs: number;
}

function resultOf(
  context: SampledContext,
  { dataset, encoding, coverage }: Plan,
  { state, seconds, finalists, rest, points, exactNs, fresh }: Finished,
): Omit<RunResult, 'chosen' | 'criterion' | 'hard'> {
  const { request, runId, region, domain, rejected, maxError, use } = context;
  const processor = hostProcessor();
  return {
    version: formatVersion,
    runId,
    region,
    domain,
    target: request.target,
    config: request.config,
    samples: {
      train: dataset.train.count,
      validation: dataset.validation.count,
      test: dataset.test.count,
      rejected: rejected.thrown + rejected.notFinite,
      ...(rejected.firstMessage === undefined ? {} : { firstRejection: rejected.firstMessage }),
    },
    ...(use ? { record: use } : {}),
    search: {
      evaluations: state.candidates.length,
      generations: state.generation,
      seconds,
      hypervolume: state.hypervolume,
      fronts: state.fronts,
    },
    points: [...finalPoints(points, state), ...rest],
    encoding,
    networks: finalists.map(storedFinalist),
    ...(coverage ? { coverage } : {}),
    data: hashOfSamples(dataset.train),
    fresh,
    exactNs,
    ...(processor && { processor }),
    maxError,
  };
}

/** Measured networks take the place of their own search-time points. */
function finalPoints(measured: readonly MeasuredPoint[], state: SearchState): FrontPoint[] {
  const ids = new Set(measured.map(({ id }) => id));
  const others = state.candidates.filter(({ id }) => !ids.has(id));
  return [...measured, ...others.flatMap((candidate: Candidate) => searchPoint(candidate, false) ?? [])];
}
