import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, seedOf } from '../../engine/data/random.ts';
import { breed } from '../../engine/search/breeding.ts';
import { dominates } from '../../engine/search/dominance.ts';
import { decodeMlp, type MlpGenes, mlpSpace } from '../../engine/search/genome.ts';
import { hypervolume } from '../../engine/search/indicators.ts';
import { type Nsga2Options, nsga2, type Search } from '../../engine/search/nsga2.ts';
import { onePointCrossover, uniformReset } from '../../engine/search/operators.ts';
import type { Asked, Objectives, Variation } from '../../engine/search/types.ts';

const outcome = mlpSpace({ maxParams: 500, inputColumns: 3, outputColumns: 1 });
assert.equal(outcome.kind, 'space');
const space = (outcome as typeof outcome & { kind: 'space' }).space;

const defaults = { population: 20, generations: 6, seed: 1, selection: 'roulette', crossoverRate: 0.9 } as const;

/** Stands in for training: larger networks are better, some optimisers are worse, and one activation diverges. */
function objectivesOf({ key, genome }: Asked<MlpGenes>): Objectives {
  const { hidden, optimizer, activation } = decodeMlp(genome);
  const size = hidden.reduce((sum, width) => sum + width, 0);
  if (activation === 'linear') return [Infinity, size];
  return [1 / size + optimizer.length / 100 + seedOf(key) / 2 ** 40, size];
}

function run<G>(
  problem: Variation<G>,
  options: Nsga2Options<G>,
  evaluate: (asked: Asked<G>) => Objectives,
  order: <T>(results: T[]) => T[] = (results) => results,
): Search<G> {
  const search = nsga2(problem, options);
  while (!search.done) {
    search.tell(order(search.ask().map((asked) => ({ key: asked.key, objectives: evaluate(asked) }))));
  }
  return search;
}

/** What a run amounts to, to compare two of them. */
const summary = <G>(search: Search<G>) => ({
  archive: [...search.archive.values()],
  front: search.front(),
  hypervolume: search.hypervolume,
  generation: search.generation,
});

test('no genome is asked twice, and every generation is full', () => {
  for (const selection of ['roulette', 'tournament'] as const) {
    const search = nsga2(space, { ...defaults, selection });
    const keys = new Set<string>();
    for (let generation = 1; generation <= defaults.generations; generation++) {
      const asked = search.ask();
      assert.equal(search.generation, generation);
      assert.equal(asked.length, defaults.population);
      for (const { key } of asked) assert.ok(!keys.has(key), `${key} is asked again`);
      for (const { key } of asked) keys.add(key);
      search.tell(asked.map((genome) => ({ key: genome.key, objectives: objectivesOf(genome) })));
    }
    assert.ok(search.done);
    assert.deepEqual(search.ask(), []);
    assert.deepEqual([...search.archive.keys()], [...keys]);
  }
});

test('the same seed gives the same search, in whatever order results come; another seed gives another', () => {
  const first = summary(run(space, defaults, objectivesOf));
  assert.deepEqual(summary(run(space, defaults, objectivesOf, (results) => results.reverse())), first);
  assert.notDeepEqual(summary(run(space, { ...defaults, seed: 2 }, objectivesOf)), first);
});

test('results may come one by one; until the last one, ask names those that are missing', () => {
  const whole = summary(run(space, defaults, objectivesOf));
  const search = nsga2(space, defaults);
  while (!search.done) {
    const asked = search.ask();
    asked.forEach((genome, index) => {
      assert.deepEqual(search.ask(), asked.slice(index));
      search.tell([{ key: genome.key, objectives: objectivesOf(genome) }]);
    });
  }
  assert.deepEqual(summary(search), whole);
});

test('the front is the non-dominated part of the whole archive, without failures', () => {
  const search = run(space, defaults, objectivesOf);
  const finite = [...search.archive.values()].filter(({ objectives }) => objectives.every(Number.isFinite));
  assert.ok(finite.length < search.archive.size, 'some candidates diverged');
  const expected = finite.filter((one) => !finite.some((other) => dominates(other.objectives, one.objectives)));
  const front = search.front();
  assert.deepEqual(new Set(front.map(({ key }) => key)), new Set(expected.map(({ key }) => key)));
  assert.deepEqual(
    front.map(({ objectives }) => objectives[0]),
    front.map(({ objectives }) => objectives[0]!).sort((a, b) => a - b),
  );
});

test('hypervolume never falls, and is measured up to the worst of the first generation or a given reference', () => {
  const search = run(space, defaults, objectivesOf);
  assert.equal(search.hypervolume.length, defaults.generations);
  search.hypervolume.reduce((before, after) => {
    assert.ok(after >= before);
    return after;
  });
  const points = search.front().map(({ objectives }) => objectives);
  const first = [...search.archive.values()].filter(
    ({ generation, objectives }) => generation === 1 && objectives[0]! < Infinity,
  );
  const worst = [0, 1].map((objective) => Math.max(...first.map(({ objectives }) => objectives[objective]!)));
  assert.equal(search.hypervolume.at(-1), hypervolume(points, worst));
  const given = run(space, { ...defaults, reference: [1, 500] }, objectivesOf);
  assert.equal(given.hypervolume.at(-1), hypervolume(points, [1, 500]));
});

test('the search finds a better front than random draws do', () => {
  const better = [1, 2, 3, 4, 5].filter((seed) => {
    const options = { ...defaults, seed, reference: [1, 500], population: 30, generations: 10 };
    const random = run(
      { ...space, crossover: (a, b) => [a, b], mutate: (_, __, stream) => space.draw(stream) },
      options,
      objectivesOf,
    );
    return run(space, options, objectivesOf).hypervolume.at(-1)! > random.hypervolume.at(-1)!;
  });
  assert.ok(better.length >= 4, `better with the seeds ${better}`);
});

test('the criterion ends the search after its generation, and is never asked about a failure', () => {
  const search = run(space, { ...defaults, criterion: () => true }, objectivesOf);
  assert.deepEqual([search.generation, search.archive.size], [1, defaults.population]);
  const asked: number[] = [];
  const criterion = ({ objectives }: { objectives: Objectives }) => {
    asked.push(objectives[0]!);
    return false;
  };
  const never = run(space, { ...defaults, criterion }, objectivesOf);
  assert.equal(never.generation, defaults.generations);
  const errors = [...never.archive.values()].map(({ objectives }) => objectives[0]!);
  assert.ok(errors.includes(Infinity));
  assert.deepEqual(asked, errors.filter(Number.isFinite));
});

test('where every candidate fails the search goes on to its end, with an empty front', () => {
  const search = run(space, defaults, () => [Infinity, Infinity]);
  assert.deepEqual(search.front(), []);
  assert.equal(search.archive.size, defaults.population * defaults.generations);
  assert.deepEqual(search.hypervolume, Array(defaults.generations).fill(0));
});

/** Two genes of four values: sixteen genomes. */
const sixteen: Variation<readonly number[]> = {
  genes: 2,
  draw: (random) => [random.integer(4), random.integer(4)],
  crossover: onePointCrossover,
  mutate: (genes, rate, random) => uniformReset(genes, [4, 4], rate, random),
  key: (genes) => genes.join('-'),
};
const inSixteen = ({ genome: [a, b] }: Asked<readonly number[]>): Objectives => [a! + b!, 3 - a! + b!];

test('a small space is asked to its last genome, in short generations, and then the search ends', () => {
  const options = { ...defaults, population: 10, generations: 50 };
  const search = nsga2(sixteen, options);
  const sizes: number[] = [];
  while (!search.done) {
    const asked = search.ask();
    sizes.push(asked.length);
    search.tell(asked.map((genome) => ({ key: genome.key, objectives: inSixteen(genome) })));
  }
  assert.deepEqual(sizes, [10, 6]);
  assert.equal(search.generation, 2);
  // Nothing has a smaller second gene than 0, and those four do not dominate each other.
  assert.deepEqual(
    search.front().map(({ key }) => key),
    ['0-0', '1-0', '2-0', '3-0'],
  );
});

test('a child that was evaluated and has left the population comes back without being asked', () => {
  const evaluated = (key: string) => ({ key, genome: key.split('-').map(Number), objectives: [0, 0], generation: 1 });
  const gone = evaluated('0-1');
  const parents = [evaluated('0-0'), evaluated('1-1')];
  const archive = new Map([...parents, gone].map((entry) => [entry.key, entry]));
  const population = parents.map((entry) => ({ entry, point: [0, 0], rank: 0, crowding: Infinity }));
  // Without mutation the only children are 0-1, which is known, and 1-0; the one more that is wanted has to be drawn.
  const brood = breed(sixteen, population, archive, createRandom(1), {
    selection: 'tournament',
    crossoverRate: 1,
    mutationRate: 0,
    count: 2,
  });
  assert.equal(brood.known[0], gone);
  assert.equal(brood.known.length, 1);
  assert.equal(brood.fresh[0]?.key, '1-0');
  assert.equal(brood.fresh.length, 2);
});

test('one and three objectives work too, one without hypervolume', () => {
  const single = run(sixteen, { ...defaults, population: 8, generations: 2 }, ({ genome: [a, b] }) => [a! * 4 + b!]);
  assert.deepEqual([single.front().length, single.hypervolume], [1, []]);
  const triple = run(sixteen, { ...defaults, population: 4, generations: 3 }, ({ genome: [a, b] }) => [a!, b!, 3 - a!]);
  assert.ok(triple.front().length >= 1);
  assert.equal(triple.hypervolume.length, 3);
});

test('results that cannot be right are refused', () => {
  const search = nsga2(space, defaults);
  const [first, second] = search.ask();
  const tell = (key: string, ...objectives: number[]) => search.tell([{ key, objectives }]);
  assert.throws(() => tell('unknown', 1, 1), /No result is awaited for the genome unknown/);
  assert.throws(() => tell(first!.key), /0 objectives; it needs at least 1/);
  assert.throws(() => tell(first!.key, NaN, 1), RangeError);
  assert.throws(() => tell(first!.key, -Infinity, 1), RangeError);
  tell(first!.key, 1, 1);
  assert.throws(() => tell(first!.key, 1, 1), /No result is awaited/);
  assert.throws(() => tell(second!.key, 1), /1 objectives; it needs 2, as before/);
  tell(second!.key, 1, 2);
  assert.equal(search.ask().length, defaults.population - 2);
});

test('options out of range are refused by name', () => {
  const refused: [Partial<Nsga2Options<MlpGenes>>, RegExp][] = [
    [{ population: 1 }, /population must be an integer of at least 2, not 1/],
    [{ generations: 0 }, /generations/],
    [{ generations: 1.5 }, /generations/],
    [{ crossoverRate: 1.1 }, /crossoverRate must be between 0 and 1, not 1.1/],
    [{ mutationRate: NaN }, /mutationRate/],
  ];
  for (const [change, message] of refused) assert.throws(() => nsga2(space, { ...defaults, ...change }), message);
});
