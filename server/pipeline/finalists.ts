/** The networks that a run ends with: those that full training gave, and what was made from them. */
import { errorObjective } from '../../engine/data/metrics.ts';
import { isCnnNetwork, multiplyAccumulates, networkName, parametersOf } from '../../engine/nn/models.ts';
import type { Calibration } from '../../engine/quantise/calibrate.ts';
import {
  bytesPerParameter,
  float32Bytes,
  type QuantisedNetwork,
  quantisedBytes,
} from '../../engine/quantise/quantise.ts';
import { dominates } from '../../engine/search/dominance.ts';
import type { AnyNetwork, ErrorFigures, Guard, LearningCurve } from '../../engine/types.ts';
import type { Config } from '../config.ts';
import type { FrontPoint } from '../protocol.ts';
import type { Candidate } from './candidates.ts';
import { encodeWeights, type StoredNetwork } from './run.ts';
import type { TrainedCandidate } from './trainFully.ts';

export interface Finalist {
  readonly id: string;
  /** Whose training it comes from. */
  readonly candidate: Pick<Candidate, 'key' | 'optimizer' | 'learningRate' | 'generation'>;
  readonly network: AnyNetwork;
  /** The network in integers, where it is one of these, and what they were fitted by. */
  readonly integers?: { readonly network: QuantisedNetwork; readonly calibration: Calibration };
  /** On validation data. */
  readonly error: ErrorFigures;
  /** Of the full training; absent for what was made from a network. */
  readonly curve?: LearningCurve;
  /** How it was made, and from which finalist. */
  readonly made?: Required<Pick<FrontPoint, 'variant' | 'variantOf'>> & Pick<FrontPoint, 'alpha'>;
}

export const finalistOf = ({ candidate, network, error, curve }: TrainedCandidate): Finalist => ({
  id: candidate.id,
  candidate,
  network,
  error,
  ...(curve && { curve }),
});

/** As the panel draws it before its code is measured. */
export function finalistPoint({ id, candidate, network, integers, error, made }: Finalist): FrontPoint {
  const { topology } = network;
  return {
    id,
    topology: networkName(topology),
    activation: topology.activation,
    params: parametersOf(topology),
    bytes: integers ? quantisedBytes(integers.network) : float32Bytes(topology),
    macs: multiplyAccumulates(topology),
    ...made,
    error,
    generation: candidate.generation,
    onFront: true,
  };
}

/** Whether a point computes in integers. Such points stand beside the front: what they save in bytes they may lose in time. */
export const isInteger = ({ variant }: FrontPoint): boolean => variant === 'int8' || variant === 'fixed16';

/** Which points no other dominates by the search's objectives, the latency as measured; never one in integers. */
export function markFront<P extends FrontPoint>(
  points: readonly P[],
  { objectives: names }: Pick<Config, 'objectives'>,
): P[] {
  const objectives = ({ error, params, latencyNs = Infinity }: P) => {
    const values = { error: errorObjective(error), params, latency: latencyNs };
    return names.map((name) => values[name]);
  };
  const rivals = points.filter((point) => !isInteger(point));
  return points.map((point) => ({
    ...point,
    onFront: !isInteger(point) && !rivals.some((other) => dominates(objectives(other), objectives(point))),
  }));
}

/** What decides whether a network in integers is offered. */
export interface IntegerFigures extends Pick<FrontPoint, 'variant' | 'params' | 'bytes'> {
  /** On validation rows. */
  readonly error: number;
}

/**
 * Networks in integers that none in the same format betters in error, parameters and bytes: a target has but one. Where
 * tables and scales weigh more than the network saves, or more than `maxBytes`, there is nothing to gain.
 */
export function offeredIntegers<T>(
  variants: readonly T[],
  figuresOf: (variant: T) => IntegerFigures,
  maxBytes = Infinity,
): T[] {
  const known = variants.map((variant) => ({ variant, figures: figuresOf(variant) }));
  const fitting = known.filter(
    ({ figures: { bytes, params } }) => bytes <= maxBytes && bytes < bytesPerParameter * params,
  );
  const objectives = ({ error, params, bytes }: IntegerFigures) => [error, params, bytes];
  return fitting
    .filter(({ figures }) => {
      const rivals = fitting.filter((other) => other.figures.variant === figures.variant);
      return !rivals.some((other) => dominates(objectives(other.figures), objectives(figures)));
    })
    .map(({ variant }) => variant);
}

export function integerFigures(finalist: Finalist): IntegerFigures {
  const { variant, params, bytes, error } = finalistPoint(finalist);
  return { ...(variant && { variant }), params, bytes, error: errorObjective(error) };
}

/** A network with the guard that its code gets. */
export interface GuardedFinalist extends Finalist {
  readonly guard: Guard;
}

export const storedFinalist = ({ id, candidate, network, integers, curve, guard }: GuardedFinalist): StoredNetwork => ({
  id,
  recipe: { key: candidate.key, optimizer: candidate.optimizer, learningRate: candidate.learningRate },
  ...network.topology,
  weights: encodeWeights(network.weights),
  ...(isCnnNetwork(network) && { statistics: encodeWeights(network.statistics) }),
  guard,
  ...(curve && { curve }),
  ...(integers && { integers: { format: integers.network.kind, calibration: integers.calibration } }),
});
