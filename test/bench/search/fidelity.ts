/**
 * `npm run bench:fidelity`: the search with successive halving beside the search that trains every candidate in full, on
 * learning curves that were recorded once (`npm run bench:curves`).
 */
import { formatMarkdown } from '../trainSuite.ts';
import { datasets, readTable, scores } from './curves.ts';
import { describe, header, seeds, summaryOf } from './summary.ts';
import { searchTable } from './tableSearch.ts';

for (const table of datasets.map(readTable)) {
  console.log(`### ${describe(table)}\n`);
  const rows = [false, true].map((halving) => [
    halving ? 'halving' : 'all in full',
    ...summaryOf(table, (seed) => searchTable(table, seed, halving)),
  ]);
  console.log(formatMarkdown([['fidelity', ...header], ...rows]));
  const found = [true, false].map((halving) => seeds.map((seed) => searchTable(table, seed, halving)));
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b);
  const share = (value: (found: ReturnType<typeof searchTable>) => number) =>
    (100 * sum(found[0]!.map(value))) / sum(found[1]!.map(value));
  const volumes = Object.entries(scores(table)).map(
    ([name, score]) => `${share(({ candidates }) => score(candidates)).toFixed(2)} % (${name})`,
  );
  console.log(
    `Halving: ${volumes.join(', ')} of the hypervolume for ${share(({ epochs }) => epochs).toFixed(1)} % of the epochs.\n`,
  );
}
