/** Pruned variants of trained networks: Algorithm 2, with the workers for fine-tuning. */
import { seedOf } from '../../engine/data/random.ts';
import { prunableMlp } from '../../engine/prune/mlp.ts';
import { prune } from '../../engine/prune/prune.ts';
import type { PruningMethod } from '../../engine/prune/select.ts';
import type { ErrorFigures, Loss, Network, TrainingTask } from '../../engine/types.ts';
import type { Config } from '../config.ts';
import type { Evaluator } from '../evaluator.ts';
import type { Finalist } from './finalists.ts';

export interface PruningContext {
  readonly config: Pick<Config, 'pruning' | 'batchSize' | 'seed'>;
  readonly loss: Loss;
  readonly evaluator: Evaluator;
}

/** All variants of all networks, in the order of the networks and then of the rates. */
export async function pruneFront(
  context: PruningContext,
  finalists: readonly Finalist[],
  onPruned: () => void,
): Promise<Finalist[]> {
  const variants = await Promise.all(
    finalists.map(async (finalist) => {
      const pruned = await pruneFinalist(context, finalist, 'similarity');
      onPruned();
      return pruned;
    }),
  );
  return variants.flat();
}

/** One variant for each rate that the network can be pruned by and trains at. */
export async function pruneFinalist(
  { config, loss, evaluator }: PruningContext,
  { id, candidate, network }: Finalist,
  method: PruningMethod,
): Promise<Finalist[]> {
  const { alphas, fineTuneEpochs: epochs, everyStep } = config.pruning;
  const seed = seedOf(config.seed, candidate.key, 'prune');
  const { optimizer, learningRate } = candidate;
  const errors = new Map<Network, ErrorFigures>();
  const fineTune = async (pruned: Network): Promise<Network> => {
    const settings = {
      optimizer,
      learningRate,
      schedule: 'cosine',
      loss,
      epochs,
      batchSize: config.batchSize,
    } as const;
    const task: TrainingTask = { ...settings, seed, topology: pruned.topology, initial: pruned.weights };
    const [evaluation] = await evaluator.train([task]);
    if (!evaluation?.network || !evaluation.error) return pruned;
    const tuned: Network = { topology: pruned.topology, weights: evaluation.network.weights };
    errors.set(tuned, evaluation.error);
    return tuned;
  };
  const pruned = await prune(prunableMlp, network, { alphas, method, seed, fineTune, everyStep });
  return pruned.flatMap(({ alpha, network: own }) => {
    const error = errors.get(own);
    if (!error) return [];
    const variant = { id: `${id}-p${percent(alpha)}`, candidate, network: own, error };
    return { ...variant, made: { variant: 'pruned', variantOf: id, alpha } as const };
  });
}

/** 0.3 -> `30`, 0.125 -> `12.5`. */
const percent = (alpha: number): string => String(Number((alpha * 100).toFixed(3)));
