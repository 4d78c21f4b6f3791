/**
 * `npm run bench:search`: how much of the true front of a small space 150 evaluations find, by the search and by random
 * search. The space was trained as a whole once (`npm run bench:curves`), so this takes seconds.
 */
import { formatMarkdown } from '../trainSuite.ts';
import { datasets, readTable } from './curves.ts';
import { describe, header, summaryOf } from './summary.ts';
import { searchAtRandom, searchTable } from './tableSearch.ts';

const evaluations = 150;

for (const table of datasets.map(readTable)) {
  console.log(`### ${describe(table)}\n`);
  const rows = [
    ['NSGA-II', ...summaryOf(table, (seed) => searchTable(table, seed, false))],
    ['random search', ...summaryOf(table, (seed) => searchAtRandom(table, seed, evaluations))],
  ];
  console.log(formatMarkdown([[`${evaluations} evaluations`, ...header], ...rows]));
}
