/** The search stage: NSGA-II asks, an evaluator trains, the journal remembers. */
import { errorObjective } from '../../engine/data/metrics.ts';
import { seedOf } from '../../engine/data/random.ts';
import { networkName, parametersOf, taskCost, taskFor } from '../../engine/nn/models.ts';
import { hypervolume } from '../../engine/search/indicators.ts';
import { nsga2, type Search, type Told, worst } from '../../engine/search/nsga2.ts';
import { isFinitePoint, nonDominated } from '../../engine/search/survival.ts';
import type { Asked, Genes, NetworkSpace, Objectives, Recipe } from '../../engine/search/types.ts';
import type { AnyTask, ErrorFigures, LearningCurve, Loss } from '../../engine/types.ts';
import type { Config } from '../config.ts';
import type { Evaluation, Evaluator } from '../evaluator.ts';
import type { FrontPoint } from '../protocol.ts';
import type { Journal, JournalEntry } from '../store.ts';
import { type Progress, type ProgressTracker, trackProgress } from './searchProgress.ts';

/** A genome with what the search found out about it. */
export interface Candidate extends Recipe {
  /** `c17`: the seventeenth genome that the search asked for. */
  readonly id: string;
  readonly key: string;
  readonly params: number;
  readonly generation: number;
  /** On validation data; absent where training diverged or crashed. */
  readonly error?: ErrorFigures;
  readonly curve?: LearningCurve;
}

export interface SearchContext {
  readonly config: Config;
  readonly loss: Loss;
  readonly space: NetworkSpace;
  readonly evaluator: Evaluator;
  readonly journal: Journal;
  readonly signal: AbortSignal;
  /** Once it aborts, no candidate is begun any more, and the search ends with those that have finished. */
  readonly timeUp?: AbortSignal;
  /** The bounds that end the search early, where the user gave both. */
  readonly criterion?: { readonly maxError: number; readonly maxParams: number };
  readonly onEvaluated: (progress: Progress) => void;
  readonly onGeneration: (state: SearchState) => void;
}

/** A member of the front as it was after some generation. */
export interface FrontMember {
  readonly id: string;
  readonly error: number;
  readonly params: number;
}

export interface SearchState {
  readonly candidates: readonly Candidate[];
  /** Keys of the non-dominated candidates, one for each pair of objectives. */
  readonly front: ReadonlySet<string>;
  readonly generation: number;
  /** After each generation, as a share of the box between the origin and the search's reference point, 0 to 1. */
  readonly hypervolume: readonly number[];
  /** After each generation; by error, the lowest first. */
  readonly fronts: readonly (readonly FrontMember[])[];
}

/**
 * Runs the search to its end, or until a signal aborts; the state then holds what was finished. A generation that the
 * time did not suffice for counts with those of its candidates that were finished.
 */
export async function runSearch(context: SearchContext): Promise<SearchState> {
  const { config, evaluator, timeUp } = context;
  const withdraw = () => evaluator.withdraw();
  timeUp?.addEventListener('abort', withdraw);
  try {
    return await runGenerations({ ...context, tracker: trackProgress(config, evaluator.parallel) });
  } finally {
    timeUp?.removeEventListener('abort', withdraw);
  }
}

interface TrackedContext extends SearchContext {
  readonly tracker: ProgressTracker;
}

async function runGenerations(context: TrackedContext): Promise<SearchState> {
  const { signal, timeUp } = context;
  const search = createSearch(context);
  let state: SearchState = { candidates: [], front: new Set(), generation: 0, hypervolume: [], fronts: [] };
  let askedBefore = 0;
  while (!search.done && !signal.aborted && !timeUp?.aborted) {
    const asked = search.ask();
    const finished = await evaluate(context, asked, askedBefore, search.generation);
    if (signal.aborted) break;
    askedBefore += asked.length;
    if (finished.length === asked.length) search.tell(finished.map(toldOf));
    if (finished.length === 0) break;
    state = nextState(search, state, finished);
    context.onGeneration(state);
  }
  return state;
}

function createSearch({ config, space, criterion }: SearchContext): Search<Genes> {
  return nsga2<Genes>(space, {
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
}

const toldOf = ({ key, error, params }: Candidate): Told => ({
  key,
  objectives: [error ? errorObjective(error) : Infinity, params],
});

/** The state with a generation's candidates added; a generation that was not finished is not part of the search. */
function nextState(search: Search<Genes>, before: SearchState, finished: readonly Candidate[]): SearchState {
  const candidates = [...before.candidates, ...finished];
  const told = candidates.map((candidate) => ({ candidate, ...toldOf(candidate) }));
  const reference = search.reference ?? worst(told.map(({ objectives }) => objectives).filter(isFinitePoint));
  const front = distinct(nonDominated(told));
  const points = front.map(({ objectives }) => objectives);
  const box = reference?.reduce((product, value) => product * value, 1) || 1;
  const volume = reference ? hypervolume(points, reference) / box : 0;
  return {
    candidates,
    front: new Set(front.map(({ key }) => key)),
    generation: search.generation,
    hypervolume: [...before.hypervolume, volume],
    fronts: [
      ...before.fronts,
      front.map(({ candidate: { id, params }, objectives: [error] }) => ({ id, error: error!, params })),
    ],
  };
}

/** Candidates with equal objectives do not dominate each other, but one of them says all that the others would. */
function distinct<E extends { readonly objectives: Objectives }>(front: readonly E[]): E[] {
  const seen = new Set<string>();
  return front.filter(({ objectives }) => {
    const point = objectives.join();
    return !seen.has(point) && seen.add(point);
  });
}

/**
 * Trains what the journal does not know yet, and journals each result the moment it is there, so a kill loses none. Answers
 * the candidates that are finished: all of them, unless the time is up.
 */
async function evaluate(
  context: TrackedContext,
  asked: readonly Asked<Genes>[],
  askedBefore: number,
  generation: number,
): Promise<Candidate[]> {
  const { journal, evaluator, space, tracker } = context;
  const tasks = new Map(asked.map(({ key, genome }) => [key, searchTask(context, { key, ...space.recipe(genome) })]));
  tracker.begin(generation, [...tasks.values()].map(taskCost));
  const known = new Map(journal.entries.map((entry) => [entry.key, entry]));
  for (const [key, task] of tasks) if (known.has(key)) tracker.evaluated(taskCost(task), known.get(key)!);
  context.onEvaluated(tracker.progress);

  const fresh = [...tasks].filter(([key]) => !known.has(key));
  let unwritable: { readonly error: unknown } | undefined;
  const onResult = (index: number, evaluation: Evaluation) => {
    if (evaluation.outcome === 'stopped') return;
    const [key, task] = fresh[index]!;
    const entry = entryOf(key, evaluation);
    try {
      journal.append(entry);
    } catch (error) {
      // Thrown here it would end the process, as this is called from a worker's event.
      unwritable ??= { error };
      evaluator.cancel();
    }
    tracker.evaluated(taskCost(task), entry);
    context.onEvaluated(tracker.progress);
  };
  await evaluator.train(
    fresh.map(([, task]) => task),
    onResult,
  );
  if (unwritable) throw unwritable.error;

  const results = new Map(journal.entries.map((entry) => [entry.key, entry]));
  return asked.flatMap(({ key, genome }, index) => {
    const entry = results.get(key);
    if (!entry) return [];
    const recipe = space.recipe(genome);
    const { figures, curve } = entry;
    return {
      ...recipe,
      id: `c${askedBefore + index + 1}`,
      key,
      params: parametersOf(recipe.topology),
      generation,
      ...(figures && { error: figures }),
      ...(curve && { curve }),
    };
  });
}

const entryOf = (key: string, { outcome, error, curve, seconds }: Evaluation): JournalEntry => ({
  key,
  ...(outcome === 'finished' && error && { figures: error }),
  ...(curve && { curve }),
  ...(seconds === undefined ? {} : { seconds }),
});

export function searchTask(
  { config, loss }: Pick<SearchContext, 'config' | 'loss'>,
  { key, topology, optimizer, learningRate }: Recipe & Pick<Candidate, 'key'>,
): AnyTask {
  return taskFor(topology, {
    optimizer,
    learningRate,
    schedule: 'constant',
    loss,
    epochs: config.searchEpochs,
    batchSize: config.batchSize,
    seed: seedOf(config.seed, key),
  });
}

/** The full training of a candidate on the front: more epochs, and a learning rate that anneals to zero. */
export function fullTask(context: Pick<SearchContext, 'config' | 'loss'>, candidate: Candidate): AnyTask {
  const { config } = context;
  const seed = seedOf(config.seed, candidate.key, 'full');
  return { ...searchTask(context, candidate), schedule: 'cosine', epochs: config.fullEpochs, seed };
}

/** A candidate as the panel draws it while the search runs; undefined where training diverged. */
export function searchPoint(candidate: Candidate, onFront: boolean): FrontPoint | undefined {
  const { id, topology, params, error, generation } = candidate;
  if (!error) return undefined;
  return { id, topology: networkName(topology), activation: topology.activation, params, error, generation, onFront };
}
