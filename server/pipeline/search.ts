/** The search stage: NSGA-II asks, the worker pool trains, the journal remembers. */
import { errorObjective } from '../../engine/data/metrics.ts';
import { seedOf } from '../../engine/data/random.ts';
import { parameterCount, topologyName, topologyOf } from '../../engine/nn/network.ts';
import { decodeMlp, type MlpGenes, type MlpSpace } from '../../engine/search/genome.ts';
import { nsga2, type Search } from '../../engine/search/nsga2.ts';
import type { Evaluated } from '../../engine/search/types.ts';
import type { Encoding, ErrorFigures, MlpGenome, TrainingTask } from '../../engine/types.ts';
import type { Config } from '../config.ts';
import type { TrainingPool } from '../pool.ts';
import type { FrontPoint } from '../protocol.ts';
import type { Journal } from '../store.ts';

/** A genome with what the search found out about it. */
export interface Candidate {
  /** `c17`: the seventeenth genome that the search asked for. */
  readonly id: string;
  readonly key: string;
  readonly genome: MlpGenome;
  readonly params: number;
  readonly generation: number;
  /** On validation data; absent where training diverged or crashed. */
  readonly error?: ErrorFigures;
}

export interface SearchContext {
  readonly config: Config;
  readonly encoding: Encoding;
  readonly space: MlpSpace;
  readonly pool: TrainingPool;
  readonly journal: Journal;
  readonly signal: AbortSignal;
  /** The bounds that end the search early, where the user gave both. */
  readonly criterion?: { readonly maxError: number; readonly maxParams: number };
  readonly onEvaluated: (count: number, generation: number) => void;
  readonly onGeneration: (state: SearchState) => void;
}

export interface SearchState {
  readonly candidates: readonly Candidate[];
  /** Keys of the non-dominated candidates, one for each pair of objectives. */
  readonly front: ReadonlySet<string>;
  readonly generation: number;
  /** After each generation, as a share of the box between the origin and the search's reference point, 0 to 1. */
  readonly hypervolume: readonly number[];
}

/** Runs the search to its end, or until the signal aborts; the state then holds what was told so far. */
export async function runSearch(context: SearchContext): Promise<SearchState> {
  const { config, space, criterion } = context;
  const search = nsga2<MlpGenes>(space, {
    population: config.population,
    generations: config.generations,
    seed: config.seed,
    selection: config.selection,
    crossoverRate: config.crossoverRate,
    ...(config.mutationRate === undefined ? {} : { mutationRate: config.mutationRate }),
    ...(criterion && {
      criterion: ({ objectives: [error, params] }) => error! <= criterion.maxError && params! <= criterion.maxParams,
    }),
  });
  const candidates: Candidate[] = [];
  while (!search.done && !context.signal.aborted) {
    const evaluated = await evaluate(context, search.ask(), candidates.length, search.generation);
    if (context.signal.aborted) break;
    candidates.push(...evaluated);
    search.tell(
      evaluated.map(({ key, error, params }) => ({
        key,
        objectives: [error ? errorObjective(error) : Infinity, params],
      })),
    );
    context.onGeneration(stateOf(search, candidates));
  }
  return stateOf(search, candidates);
}

function stateOf(search: Search<MlpGenes>, candidates: readonly Candidate[]): SearchState {
  const box = search.reference?.reduce((product, value) => product * value, 1) ?? 1;
  return {
    candidates,
    front: new Set(distinct(search.front()).map(({ key }) => key)),
    generation: search.generation,
    hypervolume: search.hypervolume.map((volume) => volume / box),
  };
}

/** Candidates with equal objectives do not dominate each other, but one of them says all that the others would. */
function distinct(front: readonly Evaluated<MlpGenes>[]): Evaluated<MlpGenes>[] {
  const seen = new Set<string>();
  return front.filter(({ objectives }) => {
    const point = objectives.join();
    return !seen.has(point) && seen.add(point);
  });
}

/** Trains what the journal does not know yet, and journals each result the moment it is there, so a kill loses none. */
async function evaluate(
  context: SearchContext,
  asked: ReturnType<Search<MlpGenes>['ask']>,
  firstIndex: number,
  generation: number,
): Promise<Candidate[]> {
  const { journal, pool, encoding } = context;
  const known = new Map(journal.entries.map((entry) => [entry.key, entry]));
  const fresh = asked.filter(({ key }) => !known.has(key));
  let evaluated = firstIndex + asked.length - fresh.length;
  context.onEvaluated(evaluated, generation);

  const tasks = fresh.map(({ key, genome }) => searchTask(context, { key, genome: decodeMlp(genome) }));
  let unwritable: { readonly error: unknown } | undefined;
  await pool.train(tasks, (index, result) => {
    if (result.outcome === 'stopped') return;
    const figures = result.outcome === 'finished' ? result.error : undefined;
    try {
      journal.append({ key: fresh[index]!.key, ...(figures ? { figures } : {}) });
    } catch (error) {
      // Thrown here it would end the process, as this is called from a worker's event.
      unwritable ??= { error };
      pool.cancel();
    }
    context.onEvaluated(++evaluated, generation);
  });
  if (unwritable) throw unwritable.error;
  if (context.signal.aborted) return [];

  const results = new Map(journal.entries.map((entry) => [entry.key, entry]));
  return asked.map(({ key, genome }, index) => {
    const decoded = decodeMlp(genome);
    const params = parameterCount(topologyOf(decoded, encoding.inputColumns, encoding.outputColumns));
    const figures = results.get(key)?.figures;
    return {
      id: `c${firstIndex + index + 1}`,
      key,
      genome: decoded,
      params,
      generation,
      ...(figures ? { error: figures } : {}),
    };
  });
}

export function searchTask(
  { config, encoding }: Pick<SearchContext, 'config' | 'encoding'>,
  { key, genome }: Pick<Candidate, 'key' | 'genome'>,
): TrainingTask {
  return {
    topology: topologyOf(genome, encoding.inputColumns, encoding.outputColumns),
    optimizer: genome.optimizer,
    learningRate: genome.learningRate,
    schedule: 'constant',
    loss: encoding.loss,
    epochs: config.searchEpochs,
    batchSize: config.batchSize,
    seed: seedOf(config.seed, key),
  };
}

/** The full training of a candidate on the front: more epochs, and a learning rate that anneals to zero. */
export function fullTask(context: Pick<SearchContext, 'config' | 'encoding'>, candidate: Candidate): TrainingTask {
  const { config } = context;
  const seed = seedOf(config.seed, candidate.key, 'full');
  return { ...searchTask(context, candidate), schedule: 'cosine', epochs: config.fullEpochs, seed };
}

/** A candidate as the panel draws it while the search runs; undefined where training diverged. */
export function searchPoint(candidate: Candidate, encoding: Encoding, onFront: boolean): FrontPoint | undefined {
  if (!candidate.error) return undefined;
  const topology = topologyOf(candidate.genome, encoding.inputColumns, encoding.outputColumns);
  return {
    id: candidate.id,
    topology: topologyName(topology),
    activation: candidate.genome.activation,
    params: candidate.params,
    error: candidate.error,
    generation: candidate.generation,
    onFront,
  };
}
