/** After the search: the front's networks, trained with the full budget. */
import { errorObjective } from '../../engine/data/metrics.ts';
import type { AnyNetwork, ErrorFigures, LearningCurve } from '../../engine/types.ts';
import type { Evaluation, Evaluator } from '../evaluator.ts';
import { type Candidate, fullTask, searchTask, type TaskContext } from './candidates.ts';

export interface TrainedCandidate {
  readonly candidate: Candidate;
  readonly network: AnyNetwork;
  /** On validation data. */
  readonly error: ErrorFigures;
  readonly curve?: LearningCurve;
}

interface TrainingContext extends TaskContext {
  readonly evaluator: Evaluator;
}

/**
 * Trains each candidate again with the full budget. Where that ends worse than the search's short training, which can
 * happen with a learning rate at the edge of divergence, or where there is no such budget, the short one is repeated, so
 * that no point of the front is lost.
 */
export async function trainFully(
  context: TrainingContext,
  candidates: readonly Candidate[],
  onTrained: (index: number, evaluation: Evaluation) => void,
): Promise<TrainedCandidate[]> {
  const { evaluator, config } = context;
  const wanted = config.fullEpochs === 0 ? [] : candidates;
  const full = await evaluator.train(
    wanted.map((candidate) => fullTask(context, candidate)),
    onTrained,
  );
  const worse = candidates.filter((candidate, index) => !improves(full[index], candidate));
  const repeated = await evaluator.train(
    worse.map((candidate) => searchTask(context, candidate)),
    // Those that are repeated have been told once.
    config.fullEpochs === 0 ? onTrained : undefined,
  );
  return candidates.flatMap((candidate, index) => {
    const at = worse.indexOf(candidate);
    const { network, error, curve } = at < 0 ? full[index]! : repeated[at]!;
    return network && error ? [{ candidate, network, error, ...(curve && { curve }) }] : [];
  });
}

const improves = (evaluation: Evaluation | undefined, candidate: Candidate): boolean =>
  evaluation?.error !== undefined && errorObjective(evaluation.error) <= errorObjective(candidate.error!);
