/** What making variants of a finished run's networks is: requests, outcomes, and what both kinds of runs share in it. */
import type { PruningMethod } from '../../engine/prune/select.ts';
import type { Config } from '../config.ts';
import type { Failure, FrontPoint } from '../protocol.ts';
import { isInteger } from './finalists.ts';
import type { RunHooks, RunResult } from './run.ts';

export interface PruneRequest {
  readonly alphas: readonly number[];
  readonly method: PruningMethod;
  /** The network to prune; where absent, those of the front that the search found. */
  readonly candidateId?: string;
}

export interface PrunedPoint {
  readonly point: FrontPoint;
  /** The share of parameters that is gone. */
  readonly rate: number;
}

/** `before` are the networks that variants were made of. */
export type VariantsOutcome<Point, Made> =
  | { readonly kind: 'made'; readonly before: readonly Point[]; readonly made: readonly Made[] }
  | { readonly kind: 'cancelled' }
  | Failure;

export type PruneOutcome = VariantsOutcome<FrontPoint, PrunedPoint>;

export type PruneHooks = Pick<RunHooks, 'signal' | 'onProgress'>;

/** The configuration of the run, with these rates. */
export const configFor = (config: Config, { alphas }: PruneRequest): Config => ({
  ...config,
  pruning: { ...config.pruning, alphas: [...alphas] },
});

type Held = Pick<RunResult, 'points'> & { readonly networks: readonly { readonly id: string }[] };
type Purpose = 'pruned' | 'quantised';

/** The networks that compute in single precision among those whose weights the run holds. */
export const heldFloats = ({ points, networks }: Held): FrontPoint[] =>
  points.filter((point) => !isInteger(point) && networks.some(({ id }) => id === point.id));

/** Those of the front, pruned ones too where `purpose` is to quantise; all where none of these is on it. */
export function frontIds(run: Held, purpose: Purpose): readonly string[] {
  const found = heldFloats(run).filter(({ variant }) => purpose === 'quantised' || variant === undefined);
  const front = found.filter(({ onFront }) => onFront);
  return (front.length > 0 ? front : found).map(({ id }) => id);
}

/** The networks to work on: the candidate, or those of the front. */
export function wantedIds(
  run: Held & Pick<RunResult, 'runId'>,
  { candidateId }: Pick<PruneRequest, 'candidateId'>,
  purpose: Purpose = 'pruned',
): { readonly kind: 'ids'; readonly ids: readonly string[] } | Failure {
  if (candidateId === undefined) return { kind: 'ids', ids: frontIds(run, purpose) };
  const held = heldFloats(run);
  if (held.some(({ id }) => id === candidateId)) return { kind: 'ids', ids: [candidateId] };
  const message = `The run ${run.runId} holds no network ${candidateId} that could be ${purpose}.`;
  return { kind: 'failed', message, hint: `Choose one of ${held.map(({ id }) => id).join(', ')}.` };
}

export const replaceById = <T extends { readonly id: string }>(old: readonly T[], added: readonly T[]): T[] => {
  const ids = new Set(added.map(({ id }) => id));
  return [...old.filter(({ id }) => !ids.has(id)), ...added];
};

/** The share of parameters that each point has less than the network that it was made from. */
export function withRates(points: readonly FrontPoint[], all: readonly FrontPoint[]): PrunedPoint[] {
  const byId = new Map(all.map((point) => [point.id, point]));
  return points.map((point) => ({ point, rate: 1 - point.params / byId.get(point.variantOf!)!.params }));
}
