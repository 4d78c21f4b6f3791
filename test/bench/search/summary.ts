/** One row of a table of results over seeds. */
import type { CurveTable } from './curves.ts';
import { type Score, scores } from './curves.ts';
import type { Found } from './tableSearch.ts';

export const seeds = Array.from({ length: 40 }, (_, index) => index + 1);

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;

export const header = ['linear: mean', 'least', 'log: mean', 'least', 'tight: mean', 'least', 'epochs'];

/** Mean and least recovered hypervolume over the seeds, in each measure, and the mean epochs. */
export function summaryOf(table: CurveTable, search: (seed: number) => Found): string[] {
  const found = seeds.map(search);
  const figures = Object.values<Score>(scores(table)).flatMap((score) => {
    const recovered = found.map(({ candidates }) => score(candidates));
    return [percent(mean(recovered)), percent(Math.min(...recovered))];
  });
  return [...figures, mean(found.map(({ epochs }) => epochs)).toFixed(0)];
}

export const describe = ({ dataset, size, trainRows, validationRows, epochs, batchSize, curves }: CurveTable): string =>
  `${dataset}: ${Object.keys(curves).length} networks of ${size}x${size} pixels, ${trainRows} training and ` +
  `${validationRows} validation rows, ${epochs} epochs, batches of ${batchSize}; seeds ${seeds[0]} to ${seeds.at(-1)}`;
