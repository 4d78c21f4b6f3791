/** The next generation's genomes. */
import type { Random } from '../data/random.ts';
import { createSelection, type Selection } from './selection.ts';
import type { Asked, Evaluated, Ranked, Variation } from './types.ts';

export interface BreedingOptions {
  readonly selection: Selection;
  /** Probability that two parents are recombined; otherwise they are only mutated. */
  readonly crossoverRate: number;
  /** Probability that a gene changes. */
  readonly mutationRate: number;
}

export interface Brood<G> {
  /** Genomes that nobody has evaluated, without repetition. */
  readonly fresh: readonly Asked<G>[];
  /** Children that were evaluated in an earlier generation and have left the population since; they return for free. */
  readonly known: readonly Evaluated<G>[];
}

/** After this many matings (or draws) per genome that is wanted, the space counts as exhausted. */
const attemptsPerGenome = 50;

/**
 * Breeds until `count` fresh genomes are found. Where mating keeps giving known ones, the second half of the attempts are
 * random draws; where these are known too the brood is smaller, or empty. Without a population, all are random draws.
 */
export function breed<G>(
  problem: Variation<G>,
  population: readonly Ranked<Evaluated<G>>[],
  archive: ReadonlyMap<string, Evaluated<G>>,
  random: Random,
  options: BreedingOptions & { readonly count: number },
): Brood<G> {
  const { count, selection } = options;
  const seen = new Set(population.map(({ entry }) => entry.key));
  const fresh: Asked<G>[] = [];
  const known: Evaluated<G>[] = [];
  const take = (genome: G) => {
    const key = problem.key(genome);
    if (seen.has(key) || fresh.length === count) return;
    seen.add(key);
    const earlier = archive.get(key);
    if (earlier) known.push(earlier);
    else fresh.push({ key, genome });
  };

  const attempts = attemptsPerGenome * count;
  if (population.length > 0) {
    const select = createSelection(selection, population, random);
    for (let attempt = 0; fresh.length < count && attempt < attempts; attempt++) {
      for (const child of mate(problem, select().genome, select().genome, random, options)) take(child);
    }
  }
  for (let attempt = 0; fresh.length < count && attempt < attempts; attempt++) take(problem.draw(random));
  return { fresh, known };
}

function mate<G>(
  problem: Variation<G>,
  first: G,
  second: G,
  random: Random,
  { crossoverRate, mutationRate }: BreedingOptions,
): G[] {
  const children = random.next() < crossoverRate ? problem.crossover(first, second, random) : [first, second];
  return children.map((child) => problem.mutate(child, mutationRate, random));
}
