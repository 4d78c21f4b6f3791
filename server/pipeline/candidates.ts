/** What the search finds: candidates, the tasks that train them, and the points that show them. */
import { errorObjective } from '../../engine/data/metrics.ts';
import { seedOf } from '../../engine/data/random.ts';
import { callCost } from '../../engine/emit/cpu/cost.ts';
import { multiplyAccumulates, networkName, taskFor } from '../../engine/nn/models.ts';
import { float32Bytes } from '../../engine/quantise/quantise.ts';
import type { Recipe } from '../../engine/search/types.ts';
import type { AnyTask, Augmentation, ErrorFigures, LearningCurve, Loss } from '../../engine/types.ts';
import { type Config, type ObjectiveName, objectiveNames } from '../config.ts';
import type { FrontPoint } from '../protocol.ts';

/** A genome with what the search found out about it. */
export interface Candidate extends Recipe {
  /** `c17`: the seventeenth genome that the search asked for. */
  readonly id: string;
  readonly key: string;
  readonly params: number;
  readonly generation: number;
  /** Of the training that the figures are of; with halving, most have fewer than `searchEpochs`. */
  readonly epochs: number;
  /** On validation data; absent where training diverged or crashed. */
  readonly error?: ErrorFigures;
  readonly curve?: LearningCurve;
}

const objectiveValues: Readonly<Record<ObjectiveName, (candidate: Candidate) => number>> = {
  error: ({ error }) => (error ? errorObjective(error) : Infinity),
  params: ({ params }) => params,
  latency: ({ topology }) => callCost(topology).ns,
};

/** What the search minimises; the error first, whatever order the configuration names them in. */
export const objectivesOf = (candidate: Candidate, { objectives }: Pick<Config, 'objectives'>): number[] =>
  objectiveNames.filter((name) => objectives.includes(name)).map((name) => objectiveValues[name](candidate));

export interface TaskContext {
  readonly config: Config;
  readonly loss: Loss;
  /** What happens to training images; nothing where absent. */
  readonly augment?: Augmentation;
}

/** The training of a candidate during the search. */
export function searchTask(
  { config, loss, augment }: TaskContext,
  { key, topology, optimizer, learningRate, epochs }: Candidate,
): AnyTask {
  return taskFor(topology, {
    optimizer,
    learningRate,
    schedule: 'constant',
    loss,
    epochs,
    batchSize: config.batchSize,
    seed: seedOf(config.seed, key),
    ...(augment && { augment }),
  });
}

/** The full training of a candidate on the front: more epochs, and a learning rate that anneals to zero. */
export function fullTask(context: TaskContext, candidate: Candidate): AnyTask {
  const { config } = context;
  const seed = seedOf(config.seed, candidate.key, 'full');
  return { ...searchTask(context, candidate), schedule: 'cosine', epochs: config.fullEpochs, seed };
}

/** A candidate as the panel draws it while the search runs; undefined where training diverged. */
export function searchPoint(candidate: Candidate, onFront: boolean): FrontPoint | undefined {
  const { id, topology, params, error, generation } = candidate;
  if (!error) return undefined;
  const size = { params, bytes: float32Bytes(topology), macs: multiplyAccumulates(topology) };
  return { id, topology: networkName(topology), activation: topology.activation, ...size, error, generation, onFront };
}
