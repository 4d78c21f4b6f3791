/** Which pruned and quantised networks are kept, and what points say about them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialise } from '../../engine/nn/network.ts';
import { calibrate } from '../../engine/quantise/calibrate.ts';
import { quantise } from '../../engine/quantise/quantise.ts';
import type { ErrorFigures, Network } from '../../engine/types.ts';
import {
  type Finalist,
  finalistPoint,
  integerFigures,
  markFront,
  offeredIntegers,
  storedFinalist,
} from '../../server/pipeline/finalists.ts';
import { readStored } from '../../server/pipeline/run.ts';
import { point } from './clientHelpers.ts';
import { randomValues } from './nnHelpers.ts';

const errorOf = (nrmse: number): ErrorFigures => ({ nrmse, meanRelative: nrmse, p99: nrmse, max: nrmse, missRate: 0 });

const network: Network = {
  topology: { widths: [3, 20, 2], activation: 'relu' },
  weights: initialise({ widths: [3, 20, 2], activation: 'relu' }, 1),
};
const calibration = calibrate(network, randomValues(300, 2), 100);
const candidate = { key: '1-2-3', optimizer: 'adam', learningRate: 0.01, generation: 4 } as const;

const finalist = (id: string, nrmse: number, changes: Partial<Finalist> = {}): Finalist => ({
  ...{ id, candidate, network, error: errorOf(nrmse) },
  ...changes,
});

const integer = (format: 'int8' | 'fixed16', nrmse: number) =>
  finalist(`c1-${format}-${nrmse}`, nrmse, {
    integers: { network: quantise(network, format, calibration), calibration },
    made: { variant: format, variantOf: 'c1' },
  });

test('points carry parameters, bytes and multiply-accumulates of the network as it is stored', () => {
  const plain = finalistPoint(finalist('c1', 0.1));
  assert.deepEqual([plain.params, plain.bytes, plain.macs, plain.generation], [122, 488, 100, 4]);
  const quantised = finalistPoint(integer('int8', 0.1));
  assert.deepEqual([quantised.params, quantised.bytes, quantised.macs], [122, 100 + 9 * 22, 100]);
  assert.deepEqual([quantised.variant, quantised.variantOf], ['int8', 'c1']);
});

test('a pruned network takes the place of what it dominates; one in integers takes none and has none', () => {
  const points = [
    point('c1', 100, 0.02),
    point('c2', 80, 0.03),
    point('c1-p30', 70, 0.025, { variant: 'pruned', variantOf: 'c1', alpha: 0.3 }),
    point('c1-int8', 100, 0.001, { variant: 'int8', variantOf: 'c1', bytes: 130 }),
  ];
  const front = markFront(points, { objectives: ['error', 'params'] }).filter(({ onFront }) => onFront);
  assert.deepEqual(
    front.map(({ id }) => id),
    ['c1', 'c1-p30'],
  );
});

test('networks in integers compete within their format', () => {
  const [good, poor] = [integer('int8', 0.01), integer('int8', 0.02)];
  const other = integer('fixed16', 0.015);
  const offered = (maxBytes?: number) => offeredIntegers([poor, good, other], integerFigures, maxBytes);
  // 122 parameters: 488 bytes as they are, 298 in int8; the fixed16 ones have no table, as they are relu.
  assert.deepEqual(offered(), [good, other]);
  assert.deepEqual(offered(290), [other]);
  assert.deepEqual(offered(100), []);
});

test('a stored network comes back with the same integers', () => {
  for (const format of ['int8', 'fixed16'] as const) {
    const original = integer(format, 0.1);
    const stored = JSON.parse(JSON.stringify(storedFinalist({ ...original, guard: { mode: 'none' } })));
    assert.deepEqual(stored.recipe, { key: '1-2-3', optimizer: 'adam', learningRate: 0.01 });
    const { network: same, quantised } = readStored(stored);
    assert.deepEqual(same, network);
    assert.deepEqual(quantised, original.integers!.network);
  }
});
