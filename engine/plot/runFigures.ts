/** The figures of a run, each where the run has the data for it. The panel and the report draw the same ones. */
import { formatVariant, type VariantKind } from '../format.ts';
import { type Curve, curvesFigure } from './curves.ts';
import type { Figure, Measure } from './figure.ts';
import { type GenerationFront, generationsFigure } from './generations.ts';
import { hypervolumeFigure } from './hypervolume.ts';
import { latencyFigure } from './latency.ts';
import { pruningFigure } from './pruning.ts';

/** What figures are drawn from, beyond the networks themselves. */
export interface RunPlots {
  /** By errors on validation data. */
  readonly fronts: readonly GenerationFront[];
  /** How the networks that were trained in full were, from small to large. */
  readonly curves: readonly Curve[];
}

/** A network with what the figures need of it. */
export interface FigurePoint {
  readonly id: string;
  readonly topology: string;
  readonly activation: string;
  readonly params: number;
  readonly bytes: number;
  readonly macs: number;
  readonly variant?: VariantKind;
  readonly error: { readonly nrmse: number };
  readonly latencyNs?: number;
  /** The network that it was made from, where it was. */
  readonly variantOf?: string;
  /** Of a pruned network: the share of its parameters that was to go, 0 to 1. */
  readonly alpha?: number;
}

export interface FiguresOptions {
  readonly points: readonly FigurePoint[];
  readonly plots: RunPlots;
  /** After each generation, as a share of the reference box. */
  readonly hypervolume: readonly number[];
  readonly measure: Measure;
  /** What the networks run on, for example `CPU`. */
  readonly target: string;
  /** Pixels. */
  readonly width: number;
}

export const figureIds = ['fronts', 'hypervolume', 'curves', 'latency', 'pruning'] as const;
export type FigureId = (typeof figureIds)[number];

/** For example `4-8-1 tanh, pruned by 30 %`. */
export function networkLabel({
  topology,
  activation,
  variant,
  alpha,
}: Pick<FigurePoint, 'topology' | 'activation' | 'variant' | 'alpha'>): string {
  return variant ? `${topology} ${activation}, ${formatVariant(variant, alpha)}` : `${topology} ${activation}`;
}

/** Undefined where the run has no data for the figure. */
export function runFigures({
  points,
  plots,
  hypervolume,
  measure,
  target,
  width,
}: FiguresOptions): Readonly<Record<FigureId, Figure | undefined>> {
  const named = points.map((point) => ({ ...point, name: networkLabel(point), error: point.error.nrmse }));
  const timed = named.flatMap((point) => {
    const { latencyNs, variant = 'pruned' } = point;
    // Networks in integers have other costs for as many parameters.
    const isFloat = variant === 'pruned';
    return latencyNs !== undefined && isFloat ? [{ ...point, latencyNs }] : [];
  });
  const pruned = named.flatMap(({ variantOf, alpha, ...point }) =>
    variantOf === undefined || alpha === undefined ? [] : [{ ...point, prunedFrom: variantOf, alpha }],
  );
  return {
    fronts: generationsFigure(plots.fronts, { measure, width }),
    hypervolume: hypervolumeFigure(hypervolume, width),
    curves: curvesFigure(plots.curves, width),
    latency: latencyFigure(timed, { target, width }),
    pruning: pruningFigure(named, pruned, { measure, width }),
  };
}
