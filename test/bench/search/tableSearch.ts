/** Searches in the small space that look their results up instead of training. */
import { createRandom, seedOf } from '../../../engine/data/random.ts';
import { promote, rungEpochs } from '../../../engine/search/halving.ts';
import { nsga2 } from '../../../engine/search/nsga2.ts';
import type { Objectives } from '../../../engine/search/types.ts';
import { defaultConfig } from '../../../server/config.ts';
import { type CurveTable, objectivesAt } from './curves.ts';
import { smallSpace } from './smallSpace.ts';

export interface Found {
  /** Of every candidate, as the search was told. */
  readonly candidates: readonly Objectives[];
  /** All that were trained. */
  readonly epochs: number;
}

/** The default search: 150 evaluations. With `halving`, most candidates are told as their short training left them. */
export function searchTable(table: CurveTable, seed: number, halving: boolean): Found {
  const { population, generations, selection, crossoverRate } = defaultConfig;
  const search = nsga2(smallSpace, { population, generations, selection, crossoverRate, seed });
  const rung = halving ? rungEpochs(table.epochs) : undefined;
  let epochs = 0;
  while (!search.done) {
    const brood = search.ask().map(({ key }) => ({ key, objectives: objectivesAt(table, key, rung ?? table.epochs) }));
    epochs += brood.length * (rung ?? table.epochs);
    const promoted: ReadonlySet<(typeof brood)[number]> = rung ? promote(brood) : new Set();
    epochs += promoted.size * table.epochs;
    search.tell(
      brood.map((candidate) =>
        promoted.has(candidate)
          ? { key: candidate.key, objectives: objectivesAt(table, candidate.key, table.epochs) }
          : candidate,
      ),
    );
  }
  return { candidates: [...search.archive.values()].map(({ objectives }) => objectives), epochs };
}

/** As many different networks, drawn at random. */
export function searchAtRandom(table: CurveTable, seed: number, evaluations: number): Found {
  const random = createRandom(seedOf(seed, 'random search'));
  const keys = new Set<string>();
  while (keys.size < evaluations) keys.add(smallSpace.key(smallSpace.draw(random)));
  return {
    candidates: [...keys].map((key) => objectivesAt(table, key, table.epochs)),
    epochs: evaluations * table.epochs,
  };
}
