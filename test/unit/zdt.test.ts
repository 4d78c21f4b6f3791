/**
 * The search against the literature: 25,000 evaluations of the ZDT benchmarks must give the fronts that other NSGA-II
 * implementations reach. Measured on the final population, which is as large as theirs, not on the larger archive.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hypervolume, invertedGenerationalDistance } from '../../engine/search/indicators.ts';
import { nsga2 } from '../../engine/search/nsga2.ts';
import { realSpace } from '../../engine/search/realSpace.ts';
import type { Objectives } from '../../engine/search/types.ts';
import { type BenchmarkProblem, referenceFront, zdtProblems } from './zdtProblems.ts';

const bounds: Record<string, { readonly igd: number; readonly hypervolume: number }> = {
  ZDT1: { igd: 0.0048, hypervolume: 0.8696 },
  ZDT2: { igd: 0.005, hypervolume: 0.5358 },
  ZDT3: { igd: 0.0059, hypervolume: 1.3273 },
  ZDT4: { igd: 0.0068, hypervolume: 0.8647 },
  ZDT6: { igd: 0.0095, hypervolume: 0.4923 },
};
const seeds = [1, 2, 3, 4, 5];

function finalPopulation(problem: BenchmarkProblem, seed: number): Objectives[] {
  const search = nsga2(realSpace(problem), {
    population: 100,
    generations: 250,
    seed,
    selection: 'tournament',
    crossoverRate: 0.9,
  });
  while (!search.done) {
    search.tell(search.ask().map(({ key, genome }) => ({ key, objectives: problem.evaluate(genome) })));
  }
  assert.equal(search.archive.size, 25_000);
  return search.population.map(({ objectives }) => objectives);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

for (const problem of zdtProblems) {
  test(`${problem.name}: distance to the front and hypervolume, mean over ${seeds.length} seeds`, (context) => {
    const reference = referenceFront(problem);
    const populations = seeds.map((seed) => finalPopulation(problem, seed));
    const igd = mean(populations.map((points) => invertedGenerationalDistance(points, reference)));
    const volume = mean(populations.map((points) => hypervolume(points, [1.1, 1.1])));
    context.diagnostic(`IGD ${igd.toFixed(5)}, hypervolume ${volume.toFixed(4)}`);
    const bound = bounds[problem.name]!;
    assert.ok(igd <= bound.igd, `IGD ${igd}, at most ${bound.igd}`);
    assert.ok(volume >= bound.hypervolume, `hypervolume ${volume}, at least ${bound.hypervolume}`);
  });
}
