/** Fresh inputs, which neither training nor selection saw, and what they say about a network as it will run. */
import { createHash } from 'node:crypto';
import { structureImages } from '../../engine/data/images.ts';
import { errorFigures, errorObjective, outputUnits, sampleErrors } from '../../engine/data/metrics.ts';
import { seedOf } from '../../engine/data/random.ts';
import { imageOf } from '../../engine/data/slots.ts';
import { independentRows } from '../../engine/data/sobol.ts';
import { certify } from '../../engine/trust/certificate.ts';
import { trusts } from '../../engine/trust/errorTree.ts';
import type { Domain, Guard, Samples } from '../../engine/types.ts';
import type { Failure, FrontPoint } from '../protocol.ts';
import { inputsFile } from '../record/keptInputs.ts';
import type { RecordedInputs } from '../record/use.ts';
import { rowStatus } from '../sampling/messages.ts';
import type { Sandbox } from '../sampling/sandbox.ts';
import type { Region } from '../source/types.ts';

/** How the fresh inputs of a region are drawn, and what their errors are divided by: all that a later check needs. */
export interface FreshPlan {
  readonly seed: number;
  /** Inputs drawn; those on which the exact function gives no result are left out. */
  readonly drawn: number;
  /** Where they are recorded ones, and not drawn from the domain: the file in `.deepmaker/inputs` that keeps them. */
  readonly recorded?: string;
  /** One per output slot, from the training samples; see `outputUnits`. */
  readonly units: readonly number[];
}

export interface Fresh extends FreshPlan {
  readonly samples: Samples;
}

/** A tenth of what was sampled, as that is known to be affordable; no more than were set apart of a record. */
export function planFresh(
  seed: number,
  {
    sampled,
    train,
    region,
    runId,
    recorded,
  }: {
    readonly sampled: number;
    readonly train: Samples;
    readonly region: Region;
    readonly runId: string;
    readonly recorded?: RecordedInputs;
  },
): FreshPlan {
  const affordable = Math.min(2000, Math.max(100, Math.round(sampled / 10)));
  return {
    seed: seedOf(seed, 'fresh'),
    drawn: Math.min(affordable, recorded?.fresh.count ?? affordable),
    ...(recorded ? { recorded: inputsFile(runId) } : {}),
    units: outputUnits(train.outputs, train.count, region.outputSlots),
  };
}

export const hashOfSamples = ({ inputs, outputs }: Samples): string =>
  createHash('sha256')
    .update(new Uint8Array(inputs.buffer, inputs.byteOffset, inputs.byteLength))
    .update(new Uint8Array(outputs.buffer, outputs.byteOffset, outputs.byteLength))
    .digest('hex');

export interface FreshContext {
  readonly sandbox: Sandbox;
  readonly region: Region;
  readonly domain: Domain;
  /** Recorded inputs to take, where the plan says so; (count, inputSlots) row-major. */
  readonly inputs?: Float64Array;
}

/** Calls the exact function, loaded as 'exact', on independent inputs of the domain, or on recorded ones. */
export async function drawFresh(
  { sandbox, region, domain, inputs: known }: FreshContext,
  plan: FreshPlan,
): Promise<({ readonly kind: 'fresh' } & Fresh) | Failure> {
  const rows =
    known?.subarray(0, plan.drawn * region.inputSlots.length) ?? independentRows(domain, plan.drawn, plan.seed);
  const image = imageOf(region.signature);
  if (image && !known) structureImages(rows, domain, image, seedOf(plan.seed, 'images'));
  const evaluated = await sandbox.evaluate('exact', region.signature, rows, plan.drawn);
  if (evaluated.kind === 'failed') return evaluated;
  const kept = [...evaluated.statuses.keys()].filter((row) => evaluated.statuses[row] === rowStatus.ok);
  const pick = (values: Float64Array, width: number) =>
    Float64Array.from(kept.flatMap((row) => [...values.subarray(row * width, (row + 1) * width)]));
  const inputs = pick(rows, region.inputSlots.length);
  const outputs = pick(evaluated.outputs, region.outputSlots.length);
  return { kind: 'fresh', ...plan, samples: { count: kept.length, inputs, outputs } };
}

/** One error per fresh input of the code that is loaded as `id`. */
export async function freshErrors(
  { sandbox, region }: Pick<FreshContext, 'sandbox' | 'region'>,
  id: string,
  { samples, units }: Fresh,
): Promise<{ readonly kind: 'errors'; readonly errors: Float64Array; readonly outputs: Float64Array } | Failure> {
  const { count, inputs, outputs } = samples;
  const evaluated = await sandbox.evaluate(id, region.signature, inputs, count);
  if (evaluated.kind === 'failed') return evaluated;
  const errors = sampleErrors(outputs, evaluated.outputs, region.outputSlots, units);
  return { kind: 'errors', errors, outputs: evaluated.outputs };
}

/** The error objective of raw outputs for the fresh inputs. */
export const freshError = ({ samples }: Fresh, outputs: Float64Array, { outputSlots }: Region): number =>
  errorObjective(errorFigures(samples.outputs, outputs, samples.count, outputSlots));

export const isCategorical = ({ outputSlots }: Pick<Region, 'outputSlots'>): boolean =>
  outputSlots.every(({ kind }) => kind !== 'number');

/** The certificate of the code loaded as `id`, and how often its guard's predictor falls back. */
export async function judge(
  context: FreshContext & { readonly fresh: Fresh },
  { id, guard, networks }: { readonly id: string; readonly guard: Guard; readonly networks: number },
): Promise<
  { readonly kind: 'judged'; readonly figures: Pick<FrontPoint, 'certificate' | 'freshError' | 'fallbacks'> } | Failure
> {
  const { fresh, region } = context;
  const measured = await freshErrors(context, id, fresh);
  if (measured.kind === 'failed') return measured;
  const proven = certify(measured.errors, { networks, categorical: isCategorical(region) });
  const certificate = proven && (fresh.recorded === undefined ? proven : { ...proven, recorded: true as const });
  const figures = {
    freshError: freshError(fresh, measured.outputs, region),
    ...(certificate ? { certificate } : {}),
    ...(guard.trusted === undefined ? {} : { fallbacks: fallbackShare(guard.trusted, fresh.samples) }),
  };
  return { kind: 'judged', figures };
}

function fallbackShare(tree: NonNullable<Guard['trusted']>, { count, inputs }: Samples): number {
  const width = inputs.length / count;
  const rejected = Array.from({ length: count }, (_, row) => trusts(tree, inputs, row * width)).filter((ok) => !ok);
  return rejected.length / count;
}
