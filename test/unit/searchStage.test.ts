/** The search stage on an evaluator that computes nothing: ids, the journal, time that runs out, and progress. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { isCnnNetwork, parametersOf, perceptron } from '../../engine/nn/models.ts';
import { initialise } from '../../engine/nn/network.ts';
import { dominates } from '../../engine/search/dominance.ts';
import { mlpSpace } from '../../engine/search/genome.ts';
import type { AnyTask, ErrorFigures } from '../../engine/types.ts';
import { defaultConfig } from '../../server/config.ts';
import type { Evaluation, Evaluator } from '../../server/evaluator.ts';
import { chooseNetwork, type FinalPoint } from '../../server/pipeline/chooseNetwork.ts';
import { remembering } from '../../server/pipeline/remembered.ts';
import { runSearch, type SearchContext, type SearchState } from '../../server/pipeline/search.ts';
import { type Progress, trackProgress } from '../../server/pipeline/searchProgress.ts';
import { restoreNetwork, storeNetwork } from '../../server/pipeline/storedNetwork.ts';
import { trainFully } from '../../server/pipeline/trainFully.ts';
import { openJournal } from '../../server/store.ts';
import { cnnTopologyWith } from './cnnHelpers.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'deepmaker-stage-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const figures = (error: number): ErrorFigures => ({
  nrmse: error,
  meanRelative: error,
  p99: error,
  max: error,
  missRate: 0,
});

/** Larger networks and more epochs are better, the learning rate makes a difference, and selu never works. */
function pretend({ topology, learningRate, epochs, seed }: AnyTask): Evaluation {
  if (topology.activation === 'selu') return { outcome: 'diverged', seconds: 1 };
  const error = 1 / (1 + Math.log(parametersOf(topology)) + 10 * learningRate + epochs / 1000);
  const { widths } = topology as { widths: readonly number[] } & typeof topology;
  const network = {
    topology: { widths, activation: topology.activation },
    weights: initialise({ ...topology, widths }, seed),
  };
  const curve = { trainLoss: [error], validationLoss: [error] };
  return { outcome: 'finished', error: figures(error), network, curve, seconds: 1 };
}

interface Pretended extends Evaluator {
  /** Tasks that were begun. */
  readonly begun: AnyTask[];
}

/** Begins two tasks at a time; `onBegun` may withdraw or cancel. */
function pretending(onBegun: (count: number) => void = () => {}): Pretended {
  const begun: AnyTask[] = [];
  let open = true;
  return {
    begun,
    parallel: 2,
    async train(tasks, onResult) {
      open = true;
      return tasks.map((task, index) => {
        let evaluation: Evaluation = { outcome: 'stopped' };
        if (open) {
          begun.push(task);
          evaluation = pretend(task);
          onBegun(begun.length);
        }
        onResult?.(index, evaluation);
        return evaluation;
      });
    },
    withdraw() {
      open = false;
    },
    cancel() {
      open = false;
    },
    async dispose() {},
  };
}

const outcome = mlpSpace({ inputColumns: 3, outputColumns: 1 });
assert.ok(outcome.kind === 'space');
const { space } = outcome;
const config = { ...defaultConfig, population: 8, generations: 4 };

function contextOf(evaluator: Evaluator, changes: Partial<SearchContext> = {}): SearchContext {
  return {
    config,
    loss: 'mse',
    space,
    evaluator,
    journal: openJournal(folder),
    signal: new AbortController().signal,
    onEvaluated() {},
    onGeneration() {},
    ...changes,
  };
}

const errorOf = (state: SearchState, id: string) =>
  state.candidates.find((candidate) => candidate.id === id)!.error!.nrmse;

test('each generation leaves its front, its hypervolume and candidates that are numbered as they were asked for', async () => {
  const states: SearchState[] = [];
  const state = await runSearch(contextOf(pretending(), { onGeneration: (current) => states.push(current) }));
  assert.equal(state.candidates.length, 32);
  assert.deepEqual(
    state.candidates.map(({ id }) => id),
    Array.from({ length: 32 }, (_, index) => `c${index + 1}`),
  );
  assert.deepEqual([states.length, state.generation, state.fronts.length, state.hypervolume.length], [4, 4, 4, 4]);
  assert.equal(state.timeLimited, false);
  for (const [index, { fronts, candidates }] of states.entries()) {
    const front = fronts[index]!;
    const points = candidates.flatMap(({ error, params }) => (error ? [[error.nrmse, params]] : []));
    assert.ok(front.every(({ error, params }) => !points.some((point) => dominates(point, [error, params]))));
    for (const { id, error } of front) assert.equal(error, errorOf(state, id));
  }
  state.hypervolume.reduce((before, now) => {
    assert.ok(now >= before && now > 0 && now <= 1);
    return now;
  });
  assert.ok(
    state.candidates.some(({ error }) => !error),
    'some diverged',
  );
});

test('a search that goes on from any line of its journal ends in the same state, and trains the rest only', async () => {
  const whole = await runSearch(contextOf(pretending()));
  const { entries } = openJournal(folder);
  assert.equal(entries.length, 32);
  for (const kept of [0, 5, 8, 31, 32]) {
    const lines = [...entries.slice(0, kept)];
    const journal = { entries: lines, append: (entry: (typeof lines)[number]) => void lines.push(entry) };
    const evaluator = pretending();
    assert.deepEqual(await runSearch(contextOf(evaluator, { journal })), whole);
    assert.equal(evaluator.begun.length, 32 - kept);
  }
});

describe('when the time is up', () => {
  for (const last of [1, 3, 8, 13, 31]) {
    test(`after ${last} candidates, these count and the same search goes on from them`, async () => {
      const timeUp = new AbortController();
      const evaluator = pretending((count) => count === last && timeUp.abort());
      const state = await runSearch(contextOf(evaluator, { timeUp: timeUp.signal }));
      assert.equal(state.candidates.length, last);
      assert.equal(state.timeLimited, true);
      assert.equal(state.fronts.length, Math.ceil(last / 8));
      assert.equal(state.hypervolume.length, state.fronts.length);
      const points = state.candidates.flatMap(({ error, params }) => (error ? [[error.nrmse, params]] : []));
      const front = state.candidates.filter(({ key }) => state.front.has(key));
      assert.ok(front.every(({ error, params }) => !points.some((point) => dominates(point, [error!.nrmse, params]))));

      const rest = pretending();
      const whole = await runSearch(contextOf(rest));
      assert.equal(rest.begun.length, 32 - last);
      assert.equal(whole.timeLimited, false);
      assert.deepEqual(whole.candidates.slice(0, last), state.candidates);
    });
  }

  test('within halving, the brood whose best were not trained in full is trained on', async () => {
    const halving = { ...config, fidelity: 'halving' } as const;
    const whole = await runSearch(contextOf(pretending(), { config: halving }));
    const total = openJournal(folder).entries.length;
    assert.ok(total > 32, 'some candidates are trained twice');
    for (const last of [3, 8, 9, total - 1]) {
      rmSync(join(folder, 'journal.jsonl'));
      const timeUp = new AbortController();
      const evaluator = pretending((count) => count === last && timeUp.abort());
      const state = await runSearch(contextOf(evaluator, { config: halving, timeUp: timeUp.signal }));
      assert.equal(state.timeLimited, true, `${last}`);
      assert.equal(evaluator.begun.length, last);
      const rest = pretending();
      assert.deepEqual(await runSearch(contextOf(rest, { config: halving })), whole);
      assert.equal(rest.begun.length, total - last);
    }
  });

  test('with the last candidate, nothing was limited', async () => {
    const timeUp = new AbortController();
    const evaluator = pretending((count) => count === 32 && timeUp.abort());
    assert.equal((await runSearch(contextOf(evaluator, { timeUp: timeUp.signal }))).timeLimited, false);
  });
});

test('progress counts what the journal has, and knows the best error and the time left', async () => {
  const seen: Progress[] = [];
  await runSearch(contextOf(pretending(), { onEvaluated: (progress) => seen.push(progress) }));
  assert.deepEqual(seen[0], { count: 0, generation: 1 });
  assert.ok(seen.every(({ count }, index) => index === 0 || count >= seen[index - 1]!.count));
  const { count, generation, best, secondsLeft } = seen.at(-1)!;
  assert.deepEqual([count, generation, secondsLeft], [32, 4, 0]);
  assert.equal(best, Math.min(...openJournal(folder).entries.map((entry) => entry.figures?.nrmse ?? Infinity)));
});

test('the time left is the cost that is left at the measured speed, shared by the workers', () => {
  const tracker = trackProgress({ population: 2, generations: 3 }, { parallel: 2 });
  tracker.begin(1, 2);
  tracker.expect([100, 300]);
  assert.equal(tracker.progress.secondsLeft, undefined);
  tracker.trained(100, { key: 'a', seconds: 5, figures: figures(0.5) });
  // 300 of this generation and 2 generations of 2 candidates of 200 on average, at 0.05 s each, by 2 workers.
  assert.deepEqual(tracker.progress, { count: 1, generation: 1, best: 0.5, secondsLeft: ((300 + 800) * 0.05) / 2 });
  tracker.trained(300, { key: 'b' });
  assert.equal(tracker.progress.secondsLeft, (800 * 0.05) / 2);
});

describe('full training', () => {
  const finalists = async () => {
    const state = await runSearch(contextOf(pretending()));
    return state.candidates.filter(({ key, error }) => error && state.front.has(key));
  };

  test('that was finished before a kill is remembered with its network', async () => {
    const candidates = await finalists();
    const path = join(folder, 'trained.jsonl');
    const context = { config, loss: 'mse' } as const;
    const first = pretending();
    const trained = await trainFully({ ...context, evaluator: remembering(first, path) }, candidates, () => {});
    assert.equal(first.begun.length, candidates.length);
    const second = pretending();
    let done = 0;
    const again = await trainFully({ ...context, evaluator: remembering(second, path) }, candidates, () => done++);
    assert.deepEqual([second.begun.length, done], [0, candidates.length]);
    assert.deepEqual(again, trained);
    const longer = { ...context, config: { ...config, fullEpochs: 301 } };
    await trainFully({ ...longer, evaluator: remembering(second, path) }, candidates, () => {});
    assert.equal(second.begun.length, candidates.length, 'another task is another task');
  });

  test('is left out for 0 epochs: the networks are those of the search', async () => {
    const candidates = await finalists();
    const evaluator = pretending();
    const context = { config: { ...config, fullEpochs: 0 }, loss: 'mse', evaluator } as const;
    const trained = await trainFully(context, candidates, () => {});
    assert.ok(evaluator.begun.every(({ epochs }) => epochs === config.searchEpochs));
    for (const { candidate, error } of trained) assert.deepEqual(error, candidate.error);
  });

  test('that ends worse than the search gives way to it', async () => {
    const candidates = await finalists();
    const evaluator = pretending();
    const worse: Evaluator = {
      ...evaluator,
      train: async (tasks, onResult) =>
        (await evaluator.train(tasks, onResult)).map((evaluation, index) =>
          tasks[index]!.epochs === config.fullEpochs ? { ...evaluation, error: figures(0.99) } : evaluation,
        ),
    };
    const trained = await trainFully({ config, loss: 'mse', evaluator: worse }, candidates, () => {});
    for (const { candidate, error } of trained) assert.deepEqual(error, candidate.error);
    assert.equal(evaluator.begun.length, 2 * candidates.length);
  });
});

test('networks of both kinds are the same after JSON', () => {
  const topology = cnnTopologyWith({});
  const cnn = { topology, weights: Float32Array.of(1, -2.5, 3e-30), statistics: Float32Array.of(0, 1) };
  const mlp = { topology: { widths: [1, 1], activation: 'relu' }, weights: Float32Array.of(0.1, 7) } as const;
  for (const network of [cnn, mlp]) {
    const stored = JSON.parse(JSON.stringify(storeNetwork(network))) as ReturnType<typeof storeNetwork>;
    assert.deepEqual(restoreNetwork(stored), network);
  }
  assert.ok(isCnnNetwork(cnn));
  assert.throws(() => perceptron(cnn), TypeError);
});

describe('the network that is proposed', () => {
  const point = (id: string, params: number, validationError: number, testError: number, onFront = true) =>
    ({ id, topology: id, params, validationError, testError, onFront }) as FinalPoint;
  const points = [
    point('tiny', 1_000, 0.3, 0.31),
    point('small', 20_000, 0.1, 0.12),
    point('large', 500_000, 0.05, 0.04),
    point('dominated', 600_000, 0.01, 0.01, false),
  ];
  const cases: readonly [name: string, maxError: number | undefined, chosen: string, met: boolean, reason: RegExp][] = [
    [
      'without a bound it is the most accurate',
      undefined,
      'large',
      true,
      /lowest validation error of all, and a test error of 4\.00 %\.$/,
    ],
    [
      'within a bound it is the smallest',
      0.31,
      'tiny',
      true,
      /of 1,000 parameters has a test error of 31\.0 %, within the bound of 31 %\.$/,
    ],
    [
      'the test rows do not choose, but judge',
      0.1,
      'small',
      false,
      /12\.0 %, not within the bound of 10 %\. Allow a larger/,
    ],
    ['none within the bound', 0.01, 'large', false, /4\.00 %, not within the bound of 1 %\. Allow/],
  ];
  for (const [name, maxError, chosen, met, reason] of cases) {
    test(name, () => {
      const choice = chooseNetwork(points, maxError);
      assert.deepEqual([choice.chosen, choice.met], [chosen, met]);
      assert.match(choice.reason, reason);
    });
  }
});
