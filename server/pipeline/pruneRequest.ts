/** What pruning a finished run is: its request, its outcome, and what both kinds of runs share in it. */
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

export type PruneOutcome =
  | { readonly kind: 'pruned'; readonly before: readonly FrontPoint[]; readonly pruned: readonly PrunedPoint[] }
  | { readonly kind: 'cancelled' }
  | Failure;

export type PruneHooks = Pick<RunHooks, 'signal' | 'onProgress'>;

/** The configuration of the run, with these rates. */
export const configFor = (config: Config, { alphas }: PruneRequest): Config => ({
  ...config,
  pruning: { ...config.pruning, alphas: [...alphas] },
});

/** The networks to work on among those that the run holds; without a candidate those of the front, pruned ones too where `purpose` is to quantise. */
export function wantedIds(
  { runId, points, networks }: Pick<RunResult, 'runId' | 'points'> & { readonly networks: readonly { id: string }[] },
  { candidateId }: Pick<PruneRequest, 'candidateId'>,
  purpose: 'pruned' | 'quantised' = 'pruned',
): { readonly kind: 'ids'; readonly ids: readonly string[] } | Failure {
  const held = points.filter((point) => !isInteger(point) && networks.some(({ id }) => id === point.id));
  const found = held.filter(({ variant }) => purpose === 'quantised' || variant === undefined);
  if (candidateId === undefined) {
    const front = found.filter(({ onFront }) => onFront);
    return { kind: 'ids', ids: (front.length > 0 ? front : found).map(({ id }) => id) };
  }
  if (held.some(({ id }) => id === candidateId)) return { kind: 'ids', ids: [candidateId] };
  const message = `The run ${runId} holds no network ${candidateId} that could be ${purpose}.`;
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
