/** The search stage with halving: which trainings it asks for, what it takes for a result, and how it resumes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parametersOf } from '../../engine/nn/models.ts';
import { mlpSpace } from '../../engine/search/genome.ts';
import type { AnyTask, ErrorFigures } from '../../engine/types.ts';
import { defaultConfig } from '../../server/config.ts';
import type { Evaluation, Evaluator } from '../../server/evaluator.ts';
import { runSearch } from '../../server/pipeline/search.ts';
import type { Journal, JournalEntry } from '../../server/store.ts';

const space = mlpSpace({ inputColumns: 3, outputColumns: 1 });
assert.ok(space.kind === 'space');

const config = { ...defaultConfig, population: 6, generations: 3, fidelity: 'halving' } as const;

/** An error that falls with the epochs, and is different for every seed. */
const figuresOf = ({ seed, epochs }: AnyTask): ErrorFigures => {
  const nrmse = ((seed % 1009) + 1) / 1010 + 1 / (1 + epochs);
  return { nrmse, meanRelative: nrmse, p99: nrmse, max: nrmse, missRate: 0 };
};

/** Finishes `limit` tasks, the last ones first, and stops the others. */
function evaluatorOf(trained: AnyTask[], limit = Infinity): Evaluator {
  return {
    parallel: 1,
    async train(tasks, onResult) {
      const results: Evaluation[] = tasks.map(() => ({ outcome: 'stopped' }));
      for (const [index, task] of [...tasks.entries()].reverse()) {
        if (trained.length >= limit) continue;
        trained.push(task);
        const diverged = task.seed % 7 === 0;
        results[index] = diverged ? { outcome: 'diverged' } : { outcome: 'finished', error: figuresOf(task) };
        onResult?.(index, results[index]!);
      }
      return results;
    },
    withdraw() {},
    cancel() {},
    dispose: async () => {},
  };
}

function journalOf(entries: JournalEntry[] = []): Journal {
  return {
    entries,
    append(entry) {
      entries.push(entry);
    },
  };
}

async function search(options: { journal?: Journal; limit?: number; config?: Partial<typeof defaultConfig> } = {}) {
  const trained: AnyTask[] = [];
  const counts: number[] = [];
  const interrupt = new AbortController();
  const state = await runSearch({
    config: { ...config, ...options.config },
    loss: 'mse',
    space: (space as Extract<typeof space, { kind: 'space' }>).space,
    evaluator: evaluatorOf(trained, options.limit),
    journal: options.journal ?? journalOf(),
    signal: interrupt.signal,
    onEvaluated: ({ count }) => {
      counts.push(count);
      if (trained.length === options.limit) interrupt.abort();
    },
    onGeneration() {},
  });
  return { state, trained, counts };
}

test('every candidate trains an eighth, and the best third of each generation all of its epochs', async () => {
  const { state, trained, counts } = await search();
  const [short, long] = [2, 16].map((epochs) => trained.filter((task) => task.epochs === epochs));
  assert.deepEqual([trained.length, short!.length, long!.length], [3 * 8, 3 * 6, 3 * 2]);
  assert.equal(counts.at(-1), 18, 'a candidate that trains twice counts once');
  assert.equal(state.candidates.length, 18);
  for (const { key, epochs, error, topology, params } of state.candidates) {
    assert.equal(params, parametersOf(topology));
    const task = trained.find(
      (one) => one.topology === topology || JSON.stringify(one.topology) === JSON.stringify(topology),
    );
    assert.ok(task, key);
    if (error) assert.ok(error.nrmse > 1 / (1 + epochs), 'the figures are of those epochs');
  }
  assert.equal(state.candidates.filter(({ epochs }) => epochs === 16).length, 6);
});

test('what goes on trains as it would have without halving', async () => {
  const tasks = async (fidelity: 'full' | 'halving') =>
    (await search({ config: { fidelity, generations: 1 } })).trained
      .filter(({ epochs }) => epochs === config.searchEpochs)
      .map((task) => JSON.stringify(task));
  const [whole, halved] = [await tasks('full'), await tasks('halving')];
  assert.deepEqual([whole.length, halved.length], [6, 2]);
  assert.ok(halved.every((task) => whole.includes(task)));
});

test('a search that is interrupted anywhere goes on to the same end, and trains nothing twice', async () => {
  const whole = await search();
  for (let limit = 1; limit < whole.trained.length; limit++) {
    const journal = journalOf();
    const before = await search({ journal, limit });
    assert.equal(before.trained.length, limit);
    const after = await search({ journal });
    assert.deepEqual(after.state, whole.state, `interrupted after ${limit}`);
    assert.equal(limit + after.trained.length, whole.trained.length);
  }
});

test('few epochs that halving would save nothing of are trained as a whole', async () => {
  const { trained, state } = await search({ config: { searchEpochs: 1 } });
  assert.ok(trained.every(({ epochs }) => epochs === 1));
  assert.equal(trained.length, state.candidates.length);
});
