/** What the search on a dataset is: its request, its outcome, and what is stored of it. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { InputShape, OutputShape } from '../../engine/data/dataset.ts';
import type { Normalization } from '../../engine/data/normalization.ts';
import type { Calibration } from '../../engine/quantise/calibrate.ts';
import type { CnnCalibration } from '../../engine/quantise/cnn/calibrate.ts';
import type { IntegerFormat } from '../../engine/quantise/quantise.ts';
import type { LearningCurve, Optimizer } from '../../engine/types.ts';
import { type Config, parameterLimit } from '../config.ts';
import type { EvaluatorSource } from '../evaluator.ts';
import type { Failure, FrontPoint, FrontView } from '../protocol.ts';
import { formatVersion, readJson, writeAtomically } from '../store.ts';
import type { ModelKind } from '../trainers.ts';
import type { FrontMember } from './search.ts';
import { type StoredAnyNetwork, storedNetwork } from './storedNetwork.ts';

export interface DatasetRequest {
  /** As the user wrote it: a name, or a path relative to `folder`. */
  readonly dataset: string;
  /** The folder that paths are relative to; the project that owns it keeps the run. */
  readonly folder: string;
  /** Convolutional networks for images and perceptrons for the rest where absent. */
  readonly model?: ModelKind;
  readonly config: Config;
  /** Rows of the training set to use; all where absent. */
  readonly subset?: number;
  /** How long to search. */
  readonly seconds?: number;
  /** What trains instead of worker threads. */
  readonly evaluators?: EvaluatorSource;
}

/** What the progress of a search is shown by. */
export type SearchView = Pick<
  FrontView,
  'stage' | 'generation' | 'generations' | 'evaluations' | 'hypervolume' | 'points'
>;

export interface DatasetHooks {
  readonly signal: AbortSignal;
  /** One sentence for people, and the share of the whole run that is done, 0 to 1. */
  readonly onProgress: (message: string, fraction: number) => void;
  /** After each generation, and whenever a stage begins. */
  readonly onFront: (view: SearchView) => void;
}

export type DatasetOutcome =
  | { readonly kind: 'done'; readonly result: DatasetResult }
  | { readonly kind: 'cancelled'; readonly evaluated: number }
  | Failure;

export interface DatasetIdentity {
  readonly name: string;
  /** As the user wrote it. */
  readonly source: string;
  /** Of every row. */
  readonly hash: string;
  readonly input: InputShape;
  readonly output: OutputShape;
}

/** `run.json`: what was asked. */
export interface DatasetPlan {
  readonly version: number;
  readonly kind: 'dataset';
  readonly dataset: DatasetIdentity;
  readonly model: ModelKind;
  readonly config: Config;
  readonly subset?: number;
  /** Rows of each part. The seed of the configuration decides which. */
  readonly samples: { readonly train: number; readonly validation: number; readonly test: number };
}

/** A candidate. `error` is on test rows where there are final figures, and on validation rows where there are none. */
export interface DatasetPoint extends FrontPoint {
  /** Names its lines in the journal, one for each training, which have its learning curves. */
  readonly key: string;
  readonly optimizer: Optimizer;
  readonly learningRate: number;
  /** On validation rows, after the search's training of so many epochs; what the search minimised. */
  readonly searchError: number;
  readonly searchEpochs: number;
  /** After full training: on validation rows, by which the front and the choice are made, and on test rows. */
  readonly validationError?: number;
  readonly testError?: number;
  /** Of a network in integers: how many rows these are from, which are not all where that would take long. */
  readonly rows?: { readonly validation: number; readonly test: number };
}

/** What a network in integers was fitted by: its weights and these give the same integers again. */
export type StoredIntegers =
  | { readonly kind: 'perceptron'; readonly format: IntegerFormat; readonly calibration: Calibration }
  | { readonly kind: 'cnn'; readonly format: IntegerFormat; readonly calibration: CnnCalibration };

/** `result.json`. */
export interface DatasetResult extends DatasetPlan {
  readonly runId: string;
  readonly normalization: Normalization;
  readonly search: {
    readonly evaluations: number;
    readonly generations: number;
    readonly seconds: number;
    readonly hypervolume: readonly number[];
    /** The front after each generation, by its errors on validation rows. */
    readonly fronts: readonly (readonly FrontMember[])[];
    /** Whether the time limit ended it: how far it came then depended on the machine. */
    readonly timeLimited: boolean;
  };
  /** Every candidate that trained; final ones first. */
  readonly points: readonly DatasetPoint[];
  /** Those of the points with final figures. */
  readonly networks: readonly (StoredAnyNetwork & {
    readonly id: string;
    readonly curve?: LearningCurve;
    readonly integers?: StoredIntegers;
  })[];
  readonly chosen: string;
  readonly criterion: { readonly met: boolean; readonly reason: string };
}

/**
 * Names a run by what decides its search, so that asking for the same thing again finds it. How long it may take, how many
 * workers it has and how the front is trained afterwards are not among it, so that they can be changed on the way.
 */
export function datasetRunId({ dataset, model, config, subset }: Omit<DatasetPlan, 'samples'>): string {
  const { workers: _workers, fullEpochs: _fullEpochs, samples: _samples, maxError, ...searched } = config;
  const { pruning: _pruning, quantisation: _quantisation, fpga: _fpga, ...decisive } = searched;
  const { hash, input, output } = dataset;
  // Only both bounds together end a search.
  const bound = parameterLimit(config) === undefined ? undefined : maxError;
  const text = JSON.stringify([formatVersion, hash, input, output, model, subset, decisive, bound]);
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 10);
  return `${dataset.name.replaceAll(/[^\w.-]/g, '_')}-${model}-${digest}`;
}

const planPath = (folder: string) => join(folder, 'run.json');
const resultPath = (folder: string) => join(folder, 'result.json');

export const writeDatasetPlan = (folder: string, plan: DatasetPlan): void =>
  writeAtomically(planPath(folder), `${JSON.stringify(plan)}\n`);

export const writeDatasetResult = (folder: string, result: DatasetResult): void =>
  writeAtomically(resultPath(folder), `${JSON.stringify(result)}\n`);

/** What has to be there for a stored result to be used; the rest was written by this version too. */
const storedResult = z.looseObject({
  kind: z.literal('dataset'),
  dataset: z.looseObject({ name: z.string(), hash: z.string() }),
  normalization: z.looseObject({}),
  points: z.array(z.looseObject({ id: z.string() })),
  networks: z.array(storedNetwork.extend({ id: z.string() })),
});

/** Undefined where there is none that can be used. */
export function readDatasetResult(folder: string): DatasetResult | undefined {
  const stored = readJson<DatasetResult>(resultPath(folder));
  return stored && storedResult.safeParse(stored).success ? stored : undefined;
}
