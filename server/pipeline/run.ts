/** What a run is: its request, its progress, its outcome, and the result that is stored. */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { isCnn } from '../../engine/nn/models.ts';
import type { Measure } from '../../engine/plot/figure.ts';
import type { Calibration } from '../../engine/quantise/calibrate.ts';
import { type IntegerFormat, type QuantisedNetwork, quantise } from '../../engine/quantise/quantise.ts';
import type {
  AnyNetwork,
  AnyTopology,
  Domain,
  Encoding,
  Guard,
  LearningCurve,
  Optimizer,
  Processor,
  TargetId,
} from '../../engine/types.ts';
import type { Config } from '../config.ts';
import type { EvaluatorSource } from '../evaluator.ts';
import type { Failure, FrontPoint, FrontView, MissingRange, Reason } from '../protocol.ts';
import type { RecordedInputs, RecordUse } from '../record/use.ts';
import type { Region } from '../source/types.ts';
import { formatVersion, readJson, relativePath, runFolder, writeAtomically } from '../store.ts';
import type { ModelKind, TrainerSetup } from '../trainers.ts';
import type { Coverage } from './coverage.ts';
import type { FreshPlan } from './fresh.ts';
import type { WorstInput } from './hardInputs.ts';
import { notesOf } from './notes.ts';
import { runPlots } from './runPlots.ts';
import type { FrontMember } from './search.ts';

export interface ApproximateRequest {
  /** Absolute path. */
  readonly file: string;
  /** `price` or `Pricer.price`. */
  readonly name: string;
  readonly target: TargetId;
  readonly config: Config;
  /** Ranges given outside the source, by slot path; they win over missing tags only. */
  readonly ranges?: Readonly<Record<string, readonly [number, number]>>;
  /** Text of the file in the editor, where it is not saved. */
  readonly overlay?: string;
  /** The id or the file of a record, which samples and ranges then come from. */
  readonly record?: string;
  /** What trains instead of worker threads. */
  readonly evaluators?: EvaluatorSource;
}

export interface RunHooks {
  readonly signal: AbortSignal;
  /** One sentence for people, and the share of the whole run that is done, 0 to 1. */
  readonly onProgress: (message: string, fraction: number) => void;
  /** After each generation, and whenever a stage begins. */
  readonly onFront: (front: FrontView) => void;
}

export type ApproximateOutcome =
  | { readonly kind: 'done'; readonly result: RunResult }
  | { readonly kind: 'cancelled'; readonly evaluated: number }
  | { readonly kind: 'refused'; readonly name: string; readonly reasons: readonly Reason[] }
  | { readonly kind: 'needs-ranges'; readonly missing: readonly MissingRange[] }
  | Failure;

export type StoredNetwork = AnyTopology & StoredParts;

interface StoredParts {
  /** The candidate's id. */
  readonly id: string;
  /** Float32 weights in the order of `Network.weights`, little endian, base64. */
  readonly weights: string;
  /** Of a convolutional network's normalisations, likewise. */
  readonly statistics?: string;
  /** How it was trained. */
  readonly curve?: LearningCurve;
  /** The training that it comes from, with which it is fine-tuned. */
  readonly recipe: { readonly key: string; readonly optimizer: Optimizer; readonly learningRate: number };
  /** Where it computes in integers: these weights in this format, fitted by this calibration. */
  readonly integers?: { readonly format: IntegerFormat; readonly calibration: Calibration };
  readonly guard: Guard;
}

export interface RunResult {
  readonly version: number;
  readonly runId: string;
  readonly region: Region;
  readonly domain: Domain;
  readonly target: TargetId;
  readonly config: Config;
  readonly samples: {
    readonly train: number;
    readonly validation: number;
    readonly test: number;
    /** Sampled inputs that threw, or gave NaN or Infinity, and were left out. */
    readonly rejected: number;
    /** What the first of them gave. */
    readonly firstRejection?: string;
  };
  /** Where inputs were recorded: validation and test samples are real inputs then. */
  readonly record?: RecordUse;
  readonly search: {
    readonly evaluations: number;
    readonly generations: number;
    readonly seconds: number;
    readonly hypervolume: readonly number[];
    /** The front after each generation, by its errors on validation data. */
    readonly fronts: readonly (readonly FrontMember[])[];
  };
  /** Every candidate that was looked at; the final ones carry figures measured on the emitted code. */
  readonly points: readonly FrontPoint[];
  readonly encoding: Encoding;
  readonly networks: readonly StoredNetwork[];
  /** Which branches of the function the samples take. */
  readonly coverage?: Coverage;
  readonly hard: {
    readonly rounds: number;
    /** Hard inputs that joined the samples, over all rounds. */
    readonly added: number;
    /** Of the chosen network, as it was found by a search. */
    readonly worst: WorstInput;
  };
  /** Identifies the training samples: SHA-256 of their raw inputs and outputs. */
  readonly data: string;
  /** The inputs of the certificates. */
  readonly fresh: FreshPlan;
  readonly chosen: string;
  readonly exactNs: number;
  /** What the times were measured on, where the operating system says. */
  readonly processor?: Processor;
  readonly maxError: number;
  readonly criterion: { readonly met: boolean; readonly reason: string };
}

/** A run that has begun: its function is analysed and its folder is locked. */
export interface RunContext {
  readonly request: ApproximateRequest;
  readonly hooks: RunHooks;
  readonly root: string;
  readonly folder: string;
  readonly runId: string;
  readonly region: Region;
  readonly domain: Domain;
  readonly recorded?: RecordedInputs;
  readonly model: ModelKind;
  readonly trainer: TrainerSetup;
}

/** A sandbox that was killed because the user cancelled is no failure. */
export const cancelledOr = (
  hooks: RunHooks,
  failure: Failure,
): Failure | { readonly kind: 'cancelled'; readonly evaluated: number } =>
  hooks.signal.aborted ? { kind: 'cancelled', evaluated: 0 } : failure;

/** Where nothing but categories and booleans comes out, errors are shares of wrong answers. */
export const measureOf = ({ outputSlots }: Pick<Region, 'outputSlots'>): Measure =>
  outputSlots.some(({ kind }) => kind === 'number') ? 'nrmse' : 'classes';

export function emptyFront({ request, runId, region }: RunContext): FrontView {
  return {
    runId,
    subject: { kind: 'function', uri: pathToFileURL(region.file).href, name: region.name },
    target: request.target,
    measure: measureOf(region),
    stage: 'sampling',
    generation: 0,
    generations: request.config.generations,
    evaluations: 0,
    hypervolume: [],
    points: [],
  };
}

/**
 * Names a run by what decides its front, so that asking for the same thing again finds it, and by the file, so that the
 * same function in another one does not find this one's result.
 */
export function runIdOf(
  root: string,
  {
    region,
    domain,
    model,
    config,
    recorded,
  }: Pick<RunContext, 'region' | 'domain' | 'model' | 'recorded'> & { readonly config: Config },
): string {
  // What is made of the front afterwards is not part of the search, and can be changed without searching again.
  const { workers: _workers, pruning: _pruning, quantisation: _quantisation, fpga: _fpga, ...decisive } = config;
  const text = JSON.stringify([
    formatVersion,
    relativePath(root, region.file),
    region.name,
    region.sourceHash,
    domain,
    decisive,
    ...(recorded ? [recorded.record.hash] : []),
    // Which kind it is depends on the target, too.
    ...(model === 'cnn' ? [model] : []),
  ]);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 10);
  return `${region.name.replaceAll(/[^\w.-]/g, '_')}-${hash}`;
}

/** What a run was asked, and how many inputs it sampled: what it needs to go on after a kill. */
export interface RunPlan {
  readonly version: number;
  readonly region: Region;
  readonly domain: Domain;
  readonly config: Config;
  readonly sampled: number;
}

const planPath = (folder: string) => join(folder, 'run.json');

export const readPlan = (folder: string): RunPlan | undefined => readJson<RunPlan>(planPath(folder));

export const writePlan = (folder: string, plan: RunPlan): void =>
  writeAtomically(planPath(folder), `${JSON.stringify(plan)}\n`);

const resultPath = (root: string, runId: string) => join(runFolder(root, runId), 'result.json');

/** What has to be there for a stored result to be used; the rest was written by this version too. */
const storedResult = z.looseObject({
  region: z.looseObject({ file: z.string(), name: z.string() }),
  points: z.array(z.looseObject({ id: z.string() })),
  networks: z.array(z.looseObject({ id: z.string(), weights: z.string(), guard: z.looseObject({ mode: z.string() }) })),
});

/** Undefined where there is none that can be used. The file is stored relative to the root, for projects that move. */
export function readResult(root: string, runId: string): RunResult | undefined {
  const stored = readJson<RunResult>(resultPath(root, runId));
  if (!stored || !storedResult.safeParse(stored).success) return undefined;
  const file = resolve(root, stored.region.file);
  return relativePath(root, file).startsWith('..') ? undefined : { ...stored, region: { ...stored.region, file } };
}

export function writeResult(root: string, result: RunResult): void {
  const region = { ...result.region, file: relativePath(root, result.region.file) };
  writeAtomically(resultPath(root, result.runId), `${JSON.stringify({ ...result, region })}\n`);
}

/** Dominated points are there for the picture only, so no more of them travel than a picture can show. */
const maxDominatedPoints = 5000;

export function shownPoints(points: readonly FrontPoint[]): FrontPoint[] {
  const isKept = ({ onFront, variant }: FrontPoint) => onFront || variant !== undefined;
  return [...points.filter(isKept), ...points.filter((point) => !isKept(point)).slice(0, maxDominatedPoints)];
}

export function frontViewOf(result: RunResult, uri: string, applied?: string): FrontView {
  return {
    runId: result.runId,
    subject: { kind: 'function', uri, name: result.region.name },
    target: result.target,
    measure: measureOf(result.region),
    stage: 'done',
    generation: result.search.generations,
    generations: result.config.generations,
    evaluations: result.search.evaluations,
    hypervolume: result.search.hypervolume,
    points: shownPoints(result.points),
    chosen: result.chosen,
    exactNs: result.exactNs,
    maxError: result.maxError,
    criterion: result.criterion,
    notes: notesOf(result),
    ...(applied === undefined ? {} : { applied }),
    plots: runPlots(result),
  };
}

export const encodeWeights = (weights: Float32Array): string =>
  Buffer.from(weights.buffer, weights.byteOffset, weights.byteLength).toString('base64');

export function decodeWeights(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** A stored network as it was, in integers too where it computes in these. */
export function readStored(stored: StoredNetwork): {
  readonly network: AnyNetwork;
  readonly quantised?: QuantisedNetwork;
} {
  const { id: _id, recipe: _recipe, guard: _guard, curve: _curve, weights, statistics, integers, ...topology } = stored;
  const decoded = decodeWeights(weights);
  if (isCnn(topology)) {
    return { network: { topology, weights: decoded, statistics: decodeWeights(statistics ?? '') } };
  }
  const network = { topology, weights: decoded };
  return { network, ...(integers && { quantised: quantise(network, integers.format, integers.calibration) }) };
}
