/** Algorithm 2 on a trained network of either kind, with an evaluator for the fine-tuning. */
import { setImmediate } from 'node:timers/promises';
import { seedOf } from '../../engine/data/random.ts';
import { isCnnNetwork } from '../../engine/nn/models.ts';
import { prunableCnn } from '../../engine/prune/cnn.ts';
import { prunableMlp } from '../../engine/prune/mlp.ts';
import { type PruningOptions, prune } from '../../engine/prune/prune.ts';
import type { PruningMethod } from '../../engine/prune/select.ts';
import type { AnyNetwork, AnyTask, Augmentation, ErrorFigures, Loss, Optimizer } from '../../engine/types.ts';
import type { Config } from '../config.ts';
import type { Evaluator } from '../evaluator.ts';

export interface PruningContext {
  readonly config: Pick<Config, 'pruning' | 'batchSize' | 'seed'>;
  readonly loss: Loss;
  readonly evaluator: Evaluator;
  readonly signal: AbortSignal;
  /** What happens to training images; nothing where absent. */
  readonly augment?: Augmentation;
}

/** How the network was trained, which is how it is fine-tuned. */
export interface Recipe {
  readonly key: string;
  readonly optimizer: Optimizer;
  readonly learningRate: number;
}

export interface PrunedNetwork {
  readonly alpha: number;
  /** The share of parameters that is gone. */
  readonly rate: number;
  readonly network: AnyNetwork;
  /** On the evaluator's held-out rows. */
  readonly error: ErrorFigures;
}

/** One network for each rate that this one can be pruned by and trains at; fewer where the signal aborts. */
export async function pruneNetwork(
  { config, loss, evaluator, signal, augment }: PruningContext,
  network: AnyNetwork,
  { key, optimizer, learningRate }: Recipe,
  method: PruningMethod,
): Promise<PrunedNetwork[]> {
  const { alphas, fineTuneEpochs: epochs, everyStep } = config.pruning;
  const seed = seedOf(config.seed, key, 'prune');
  const settings = { optimizer, learningRate, schedule: 'cosine', loss, epochs, batchSize: config.batchSize } as const;
  const errors = new Map<AnyNetwork, ErrorFigures>();
  const fineTune = async <N extends AnyNetwork>(pruned: N): Promise<N> => {
    const [evaluation] = await evaluator.train([
      continuing(pruned, { ...settings, seed, ...(augment && { augment }) }),
    ]);
    if (!evaluation?.network || !evaluation.error) return pruned;
    // Training keeps a network's kind and shape.
    const tuned = evaluation.network as N;
    errors.set(tuned, evaluation.error);
    return tuned;
  };
  const shouldStop = async () => {
    await setImmediate();
    return signal.aborted;
  };
  const options = { alphas, method, seed, everyStep, shouldStop } as const;
  const pruned = isCnnNetwork(network)
    ? await prune(prunableCnn, network, { ...options, fineTune } satisfies PruningOptions<typeof network>)
    : await prune(prunableMlp, network, { ...options, fineTune } satisfies PruningOptions<typeof network>);
  return pruned.flatMap((own) => {
    const error = errors.get(own.network);
    return error ? [{ ...own, error }] : [];
  });
}

/** The task that trains a network on from the weights that it has. */
function continuing(network: AnyNetwork, settings: Omit<AnyTask, 'topology' | 'initial'>): AnyTask {
  return isCnnNetwork(network)
    ? { ...settings, topology: network.topology, initial: network }
    : { ...settings, topology: network.topology, initial: network.weights };
}

/** 0.3 -> `p30`, 0.125 -> `p12.5`; what the id of a pruned network adds to that of the network it comes from. */
export const pruningSuffix = (alpha: number, method: PruningMethod): string =>
  `p${Number((alpha * 100).toFixed(3))}${method === 'similarity' ? '' : `-${method}`}`;
