/** NSGA-II (Deb et al., IEEE TEC 2002) as ask/tell: the search never evaluates anything itself. */
import { createRandom, seedOf } from '../data/random.ts';
import { type Brood, breed } from './breeding.ts';
import { hypervolume } from './indicators.ts';
import type { Selection } from './selection.ts';
import { isFinitePoint, nonDominated, survive } from './survival.ts';
import type { Asked, Evaluated, Objectives, Ranked, Variation } from './types.ts';

export interface Nsga2Options<G> {
  /** Genomes per generation, at least 2. */
  readonly population: number;
  /** Generations in all; the first one is random. */
  readonly generations: number;
  readonly seed: number;
  readonly selection: Selection;
  readonly crossoverRate: number;
  /** Per gene; 1 / genes where absent. */
  readonly mutationRate?: number;
  /** Ends the search after the generation in which it is true of a candidate with finite objectives. */
  readonly criterion?: (candidate: Evaluated<G>) => boolean;
  /** Where hypervolume is measured up to; the worst finite objectives of the first generation where absent. */
  readonly reference?: Objectives;
}

export interface Told {
  readonly key: string;
  readonly objectives: Objectives;
}

export interface Search<G> {
  /** No more genomes will be asked. */
  readonly done: boolean;
  /** The generation that was asked last, from 1; 0 before the first. */
  readonly generation: number;
  /** Everything evaluated in a completed generation, by key, in the order of asking. */
  readonly archive: ReadonlyMap<string, Evaluated<G>>;
  /** The parents of the next generation, best front first. */
  readonly population: readonly Evaluated<G>[];
  /** Hypervolume of the archive's front after each completed generation; empty where there is only one objective. */
  readonly hypervolume: readonly number[];
  /** Where hypervolume is measured up to; undefined until it is known. */
  readonly reference: Objectives | undefined;
  ask(): readonly Asked<G>[];
  tell(results: readonly Told[]): void;
  /** The non-dominated candidates of the whole archive, by their first objective. */
  front(): readonly Evaluated<G>[];
}

/**
 * A search that runs like this: `while (!search.done) search.tell(await evaluate(search.ask()))`.
 *
 * It depends on the seed and the objectives alone; results may come in any order and in several calls. Edge cases:
 * - `ask` gives genomes that nobody asked for before. A child that equals an evaluated genome reuses that result.
 * - `ask` before all results are told gives the genomes that still miss theirs; after the end it gives none.
 * - A generation may be short where the space is nearly exhausted; the search ends where nothing new is found.
 * - An infinite objective sinks its candidate: it ranks behind all finite ones and never enters the front.
 * - Candidates with equal objectives do not dominate each other, so the front keeps them all.
 * - `tell` throws RangeError for a key whose result is not awaited, a NaN or -Infinity, or another number of objectives.
 * Throws RangeError where an option is out of range.
 */
export function nsga2<G>(problem: Variation<G>, options: Nsga2Options<G>): Search<G> {
  const { population: size, generations, criterion, mutationRate = 1 / problem.genes } = options;
  checkOptions({ ...options, mutationRate });
  const random = createRandom(seedOf(options.seed, 'search'));
  const archive = new Map<string, Evaluated<G>>();
  const results = new Map<string, Objectives>();
  const history: number[] = [];
  let population: Ranked<Evaluated<G>>[] = [];
  let front: Evaluated<G>[] = [];
  let reference = options.reference;
  let objectiveCount: number | undefined;
  let completed = 0;
  let asked = 0;

  const nextBrood = () => breed(problem, population, archive, random, { ...options, mutationRate, count: size });
  let brood: Brood<G> = nextBrood();

  function complete(): void {
    completed++;
    const evaluated = brood.fresh.map((genome) => ({
      ...genome,
      objectives: results.get(genome.key)!,
      generation: completed,
    }));
    results.clear();
    for (const candidate of evaluated) archive.set(candidate.key, candidate);
    population = survive([...population.map(({ entry }) => entry), ...evaluated, ...brood.known], size);
    front = nonDominated([...front, ...evaluated]);
    recordHypervolume(evaluated);
    const met = criterion && evaluated.some((candidate) => isFinitePoint(candidate.objectives) && criterion(candidate));
    brood = met || completed === generations ? { fresh: [], known: [] } : nextBrood();
  }

  function recordHypervolume(evaluated: readonly Evaluated<G>[]): void {
    if (objectiveCount === undefined || objectiveCount < 2) return;
    reference ??= worst(evaluated.map(({ objectives }) => objectives).filter(isFinitePoint));
    const points = front.map(({ objectives }) => objectives);
    history.push(reference ? hypervolume(points, reference) : 0);
  }

  function accept({ key, objectives }: Told): void {
    if (results.has(key) || !brood.fresh.some((genome) => genome.key === key)) {
      throw new RangeError(`No result is awaited for the genome ${key}.`);
    }
    if (objectives.length === 0 || objectives.length !== (objectiveCount ?? objectives.length)) {
      const wanted = objectiveCount === undefined ? 'at least 1' : `${objectiveCount}, as before`;
      throw new RangeError(`The genome ${key} has ${objectives.length} objectives; it needs ${wanted}.`);
    }
    if (!objectives.every((value) => value > -Infinity)) {
      throw new RangeError(`The genome ${key} has the objectives ${objectives.join(', ')}; Infinity marks a failure.`);
    }
    objectiveCount = objectives.length;
    results.set(key, objectives);
  }

  return {
    get done() {
      return brood.fresh.length === 0;
    },
    get generation() {
      return asked;
    },
    get population() {
      return population.map(({ entry }) => entry);
    },
    archive,
    hypervolume: history,
    get reference() {
      return reference;
    },
    ask() {
      if (brood.fresh.length > 0) asked = completed + 1;
      return brood.fresh.filter(({ key }) => !results.has(key));
    },
    tell(told) {
      for (const result of told) accept(result);
      if (results.size > 0 && results.size === brood.fresh.length) complete();
    },
    front: () => front,
  };
}

/** The componentwise maximum, where hypervolume is measured up to; undefined where there are no points. */
export function worst(points: readonly Objectives[]): Objectives | undefined {
  return points[0]?.map((_, objective) => Math.max(...points.map((point) => point[objective]!)));
}

interface CheckedOptions {
  readonly population: number;
  readonly generations: number;
  readonly crossoverRate: number;
  readonly mutationRate: number;
}

function checkOptions({ population, generations, crossoverRate, mutationRate }: CheckedOptions): void {
  const integer = (name: string, value: number, least: number) => {
    if (!Number.isInteger(value) || value < least) {
      throw new RangeError(`${name} must be an integer of at least ${least}, not ${value}.`);
    }
  };
  const probability = (name: string, value: number) => {
    if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} must be between 0 and 1, not ${value}.`);
  };
  integer('population', population, 2);
  integer('generations', generations, 1);
  probability('crossoverRate', crossoverRate);
  probability('mutationRate', mutationRate);
}
