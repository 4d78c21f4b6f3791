/** From candidates, networks and test figures to the result that is stored. */
import { errorObjective } from '../../engine/data/metrics.ts';
import { dominates } from '../../engine/search/dominance.ts';
import type { AnyNetwork, ErrorFigures } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import { type Candidate, searchPoint } from './candidates.ts';
import { chooseNetwork, type FinalPoint } from './chooseNetwork.ts';
import type { DatasetPlan, DatasetPoint, DatasetResult, StoredIntegers } from './datasetRun.ts';
import { isInteger } from './finalists.ts';
import { replaceById } from './pruneRequest.ts';
import type { SearchState } from './search.ts';
import { storeNetwork } from './storedNetwork.ts';
import type { TrainedCandidate } from './trainFully.ts';

/** What the search and the full training came to. */
export interface Searched {
  readonly kind: 'trained';
  readonly state: SearchState;
  readonly seconds: number;
  readonly networks: readonly TrainedCandidate[];
}

type Identity = { readonly plan: DatasetPlan } & Pick<DatasetResult, 'runId' | 'normalization'>;

/** Puts the figures of a run together; fails where no network could be tested. */
export function resultOf(
  { plan, runId, normalization }: Identity,
  { state, seconds, networks }: Searched,
  tested: readonly (ErrorFigures | undefined)[],
): DatasetResult | Failure {
  const finals = markFinalFront(networks.flatMap((trained, index) => finalPoint(trained, tested[index]) ?? []));
  if (finals.length === 0) {
    const message = `None of ${networks.length} networks could be tested.`;
    return { kind: 'failed', message, hint: 'The lines above say why. Run the same command again.' };
  }
  const ids = new Set(finals.map(({ id }) => id));
  const others = state.candidates.filter(({ id }) => !ids.has(id));
  const { chosen, met, reason } = chooseNetwork(finals, plan.config.maxError);
  return {
    ...plan,
    runId,
    normalization,
    search: {
      evaluations: state.candidates.length,
      generations: state.generation,
      seconds,
      hypervolume: state.hypervolume,
      fronts: state.fronts,
      timeLimited: state.timeLimited,
    },
    points: [...finals, ...others.flatMap((candidate) => pointOf(candidate) ?? [])],
    networks: networks.map(({ candidate, network, curve }) => ({
      id: candidate.id,
      ...storeNetwork(network),
      ...(curve && { curve }),
    })),
    chosen,
    criterion: { met, reason },
  };
}

/** A point with the search's figures; undefined where training diverged. */
function pointOf(candidate: Candidate): DatasetPoint | undefined {
  const point = searchPoint(candidate, false);
  if (!point) return undefined;
  const { key, optimizer, learningRate, epochs } = candidate;
  return { ...point, key, optimizer, learningRate, searchEpochs: epochs, searchError: errorObjective(point.error) };
}

/** Undefined where the test crashed, which the pool has said. */
function finalPoint(
  { candidate, error: validation }: TrainedCandidate,
  tested: ErrorFigures | undefined,
): FinalPoint | undefined {
  const point = pointOf(candidate);
  if (!point || !tested) return undefined;
  const figures = { validationError: errorObjective(validation), testError: errorObjective(tested) };
  return { ...point, error: tested, ...figures };
}

/** Full training moves points: the final front is what no other final network dominates on validation rows; never one in integers. */
export function markFinalFront(points: readonly FinalPoint[]): FinalPoint[] {
  const objectives = ({ validationError, params }: FinalPoint) => [validationError, params];
  const rivals = points.filter((point) => !isInteger(point));
  return points.map((point) => ({
    ...point,
    onFront: !isInteger(point) && !rivals.some((other) => dominates(objectives(other), objectives(point))),
  }));
}

/** A point without the time of its own network, for what is made of it. */
export function untimed({ latencyNs: _own, ...point }: DatasetPoint): DatasetPoint {
  return point;
}

/** What was made of a run's networks after they were tested. */
export interface AddedNetwork {
  readonly point: FinalPoint;
  readonly network: AnyNetwork;
  readonly integers?: StoredIntegers;
}

const isFinal = (point: DatasetPoint): point is FinalPoint =>
  point.validationError !== undefined && point.testError !== undefined;

/** The run with more networks; the front and the choice are made anew. */
export function withAdded(result: DatasetResult, added: readonly AddedNetwork[]): DatasetResult {
  const points = replaceById<DatasetPoint>(
    result.points,
    added.map(({ point }) => point),
  );
  const final = markFinalFront(points.filter(isFinal));
  const { chosen, met, reason } = chooseNetwork(final, result.config.maxError);
  const networks = added.map(({ point, network, integers }) => ({
    id: point.id,
    ...storeNetwork(network),
    ...(integers && { integers }),
  }));
  return {
    ...result,
    points: [...final, ...points.filter((point) => !isFinal(point))],
    networks: replaceById<DatasetResult['networks'][number]>(result.networks, networks),
    chosen,
    criterion: { met, reason },
  };
}
