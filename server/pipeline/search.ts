/** The search stage: NSGA-II asks, an evaluator trains, the journal remembers. */
import { parametersOf, taskCost } from '../../engine/nn/models.ts';
import { promote, rungEpochs } from '../../engine/search/halving.ts';
import { hypervolume } from '../../engine/search/indicators.ts';
import { nsga2, type Search, type Told, worst } from '../../engine/search/nsga2.ts';
import { isFinitePoint, nonDominated } from '../../engine/search/survival.ts';
import type { Asked, Genes, NetworkSpace, Objectives } from '../../engine/search/types.ts';
import type { Config } from '../config.ts';
import type { Evaluation, Evaluator } from '../evaluator.ts';
import type { Journal, JournalEntry } from '../store.ts';
import { type Candidate, objectivesOf, searchTask, type TaskContext } from './candidates.ts';
import { type Progress, type ProgressTracker, trackProgress } from './searchProgress.ts';

export interface SearchContext extends TaskContext {
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
  /** Whether the time was up before the search was done. */
  readonly timeLimited: boolean;
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
    return await runGenerations({ ...context, tracker: trackProgress(config, evaluator) });
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
  let state = noState;
  let askedBefore = 0;
  while (!search.done && !signal.aborted && !timeUp?.aborted) {
    const asked = search.ask();
    const { candidates, complete } = await evaluate(context, asked, askedBefore, search.generation);
    if (signal.aborted) break;
    askedBefore += asked.length;
    if (complete) search.tell(candidates.map((candidate) => toldOf(candidate, steering(context.config))));
    if (candidates.length === 0) break;
    state = nextState(search, state, candidates, context.config);
    context.onGeneration(state);
  }
  return { ...state, timeLimited: timeUp?.aborted === true && !search.done };
}

const noState: SearchState = {
  candidates: [],
  front: new Set(),
  generation: 0,
  hypervolume: [],
  fronts: [],
  timeLimited: false,
};

function createSearch({ config, space, criterion }: SearchContext): Search<Genes> {
  return nsga2<Genes>(space, {
    population: config.population,
    generations: config.generations,
    seed: config.seed,
    selection: config.selection,
    crossoverRate: config.crossoverRate,
    ...(config.mutationRate === undefined ? {} : { mutationRate: config.mutationRate }),
    ...(criterion && {
      criterion: ({ genome, objectives: [error] }) =>
        error! <= criterion.maxError && parametersOf(space.recipe(genome).topology) <= criterion.maxParams,
    }),
  });
}

/**
 * What selection goes by. With three objectives nearly every candidate of a small population is on the first front, and
 * selection is left to chance (`npm run bench:latency` had smaller fronts from it): latency then only widens the front that
 * is trained in full and measured.
 */
const steering = ({ objectives }: Pick<Config, 'objectives'>): Pick<Config, 'objectives'> => ({
  objectives: objectives.length > 2 ? ['error', 'params'] : objectives,
});

const toldOf = (candidate: Candidate, config: Pick<Config, 'objectives'>): Told => ({
  key: candidate.key,
  objectives: objectivesOf(candidate, config),
});

/** The state with a generation's candidates added; a generation that was not finished is not part of the search. */
function nextState(
  search: Search<Genes>,
  before: SearchState,
  finished: readonly Candidate[],
  config: Config,
): SearchState {
  const candidates = [...before.candidates, ...finished];
  const told = candidates.map((candidate) => ({ candidate, ...toldOf(candidate, config) }));
  const known = config.objectives.length === search.reference?.length ? search.reference : undefined;
  const first = told.filter(({ candidate }) => candidate.generation === 1);
  const reference = known ?? worst(first.map(({ objectives }) => objectives).filter(isFinitePoint));
  const front = distinct(nonDominated(told));
  const points = front.map(({ objectives }) => objectives);
  const box = reference?.reduce((product, value) => product * value, 1) || 1;
  const volume = reference ? hypervolume(points, reference) / box : 0;
  return {
    ...before,
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
 * A brood's candidates with what training found out about them: those that are finished, which are not all where the time
 * was up. With halving, most have the figures of a short training, and the brood is complete once the best are trained in
 * full.
 */
async function evaluate(
  context: TrackedContext,
  asked: readonly Asked<Genes>[],
  askedBefore: number,
  generation: number,
): Promise<{ readonly candidates: readonly Candidate[]; readonly complete: boolean }> {
  const { config, space, tracker } = context;
  const rung = config.fidelity === 'halving' ? rungEpochs(config.searchEpochs) : undefined;
  const epochs = rung ?? config.searchEpochs;
  const brood = asked.map(({ key, genome }, index): Candidate => {
    const recipe = space.recipe(genome);
    const id = `c${askedBefore + index + 1}`;
    return { ...recipe, id, key, params: parametersOf(recipe.topology), generation, epochs };
  });
  tracker.begin(generation, brood.length);
  const first = await train(context, brood);
  const complete = first.length === brood.length;
  if (!rung || !complete) return { candidates: first, complete };
  const promoted = promote(first.map((candidate) => ({ candidate, ...toldOf(candidate, config) })));
  const again = [...promoted].map(({ candidate: { error: _error, curve: _curve, ...candidate } }) => ({
    ...candidate,
    epochs: config.searchEpochs,
  }));
  const whole = new Map((await train(context, again)).map((candidate) => [candidate.key, candidate]));
  const candidates = first.map((candidate) => whole.get(candidate.key) ?? candidate);
  return { candidates, complete: whole.size === again.length };
}

/**
 * Trains what the journal does not know yet, and journals each result the moment it is there, so a kill loses none. Answers
 * those candidates that are finished, with their figures.
 */
async function train(context: TrackedContext, candidates: readonly Candidate[]): Promise<Candidate[]> {
  const { config, journal, evaluator, tracker, timeUp } = context;
  const entries = () =>
    new Map(journal.entries.map((entry) => [trainingOf(entry.key, entry.epochs ?? config.searchEpochs), entry]));
  const known = entries();
  const tasks = candidates.map((candidate) => ({
    candidate,
    training: trainingOf(candidate.key, candidate.epochs),
    task: searchTask(context, candidate),
  }));
  tracker.expect(tasks.map(({ task }) => taskCost(task)));
  for (const { task, training } of tasks) {
    const entry = known.get(training);
    if (entry) tracker.trained(taskCost(task), entry);
  }
  context.onEvaluated(tracker.progress);

  const fresh = timeUp?.aborted ? [] : tasks.filter(({ training }) => !known.has(training));
  let unwritable: { readonly error: unknown } | undefined;
  const onResult = (index: number, evaluation: Evaluation) => {
    if (evaluation.outcome === 'stopped') return;
    const { candidate, task } = fresh[index]!;
    const short = candidate.epochs === config.searchEpochs ? {} : { epochs: candidate.epochs };
    const entry = { ...entryOf(candidate.key, evaluation), ...short };
    try {
      journal.append(entry);
    } catch (error) {
      // Thrown here it would end the process, as this is called from a worker's event.
      unwritable ??= { error };
      evaluator.cancel();
    }
    tracker.trained(taskCost(task), entry);
    context.onEvaluated(tracker.progress);
  };
  await evaluator.train(
    fresh.map(({ task }) => task),
    onResult,
  );
  if (unwritable) throw unwritable.error;

  const results = entries();
  return tasks.flatMap(({ candidate, training }) => {
    const entry = results.get(training);
    if (!entry) return [];
    const { figures, curve } = entry;
    return { ...candidate, ...(figures && { error: figures }), ...(curve && { curve }) };
  });
}

/** Names one training of a genome. */
const trainingOf = (key: string, epochs: number): string => `${key} ${epochs}`;

const entryOf = (key: string, { outcome, error, curve, seconds, arithmetic }: Evaluation): JournalEntry => ({
  key,
  ...(outcome === 'finished' && error && { figures: error }),
  ...(curve && { curve }),
  ...(seconds === undefined ? {} : { seconds }),
  ...(arithmetic && { arithmetic }),
});
