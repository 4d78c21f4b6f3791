/** The learning curves of the small space: what a search in it would have found out by training. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hypervolume } from '../../../engine/search/indicators.ts';
import { isFinitePoint, nonDominated } from '../../../engine/search/survival.ts';
import type { Objectives } from '../../../engine/search/types.ts';

export interface CurveTable {
  readonly dataset: string;
  /** Pixels a side. */
  readonly size: number;
  readonly trainRows: number;
  readonly validationRows: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly machine: string;
  readonly seconds: number;
  /**
   * By key: the network's parameters, then the wrong validation rows of the network that a training of 1, 2, 3 and so on
   * epochs gives, which is that of its lowest validation loss. Fewer than `epochs` where training diverged.
   */
  readonly curves: Readonly<Record<string, readonly number[]>>;
}

export const tablePath = (dataset: string): string => join(import.meta.dirname, 'tables', `${dataset}.json`);

/** The tables that are committed. */
export const datasets = ['mnist', 'fashion-mnist'] as const;

export const readTable = (dataset: string): CurveTable => JSON.parse(readFileSync(tablePath(dataset), 'utf8'));

/** Error and parameters after some epochs of training. */
export function objectivesAt({ curves, validationRows }: CurveTable, key: string, epochs: number): Objectives {
  const [params, ...misses] = curves[key]!;
  return [epochs > misses.length ? Infinity : misses[epochs - 1]! / validationRows, params!];
}

/** How much of the true front some candidates recover, from 0 to 1. */
export type Score = (candidates: readonly Objectives[]) => number;

/**
 * Three ways to measure hypervolume, each as a share of the true front's.
 * linear: as the search does, up to the worst error and size of the whole space.
 * log: the same over the logarithm of the size, where small networks weigh as much as large ones.
 * tight: up to the worst error and size of the true front itself and a tenth more, where nothing is for free.
 */
export function scores(table: CurveTable): Readonly<Record<'linear' | 'log' | 'tight', Score>> {
  const all = Object.keys(table.curves).map((key) => objectivesAt(table, key, table.epochs));
  const finite = all.filter(isFinitePoint);
  const front = nonDominated(finite.map((objectives) => ({ objectives }))).map(({ objectives }) => objectives);
  const scale = ([error, params]: Objectives): Objectives => [error!, Math.log10(params!)];
  const share = (reference: Objectives, scaled = (point: Objectives) => point): Score => {
    const whole = hypervolume(front.map(scaled), reference);
    return (candidates) => hypervolume(candidates.filter(isFinitePoint).map(scaled), reference) / whole;
  };
  const worst = (points: readonly Objectives[]) => [0, 1].map((k) => Math.max(...points.map((point) => point[k]!)));
  return {
    linear: share(worst(finite)),
    log: share(scale(worst(finite)), scale),
    tight: share(worst(front).map((value) => 1.1 * value)),
  };
}
