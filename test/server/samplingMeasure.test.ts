import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Signature } from '../../engine/types.ts';
import { measure, median, speedupInterval } from '../../server/sampling/measure.ts';
import { line, loadFixture, number, numberToNumber, withSandbox } from './samplingSupport.ts';

/** Measures functions of work.ts against each other on 300 values of [0, 1]. */
function measureWork(exactId: string, approxId: string, timeBudgetMs = 200) {
  return withSandbox(async (sandbox) => {
    await loadFixture(sandbox, 'work.ts', exactId);
    await loadFixture(sandbox, 'work.ts', approxId);
    const signature: Signature = numberToNumber;
    return measure(sandbox, { exactId, approxId, signature, inputs: line(0, 1, 300), count: 300, timeBudgetMs });
  });
}

test('fifty times the work is measured as many times slower', async () => {
  const outcome = await measureWork('heavy', 'light');
  assert.ok(outcome.kind === 'measured');
  assert.ok(outcome.speedup > 5, `heavy / light = ${outcome.speedup}`);
  assert.ok(outcome.exactNs > outcome.approxNs && outcome.approxNs > 0);
  assert.equal(outcome.speedup, outcome.exactNs / outcome.approxNs);
  const [low, high] = outcome.interval;
  assert.ok(low <= outcome.speedup && outcome.speedup <= high, `${low} <= ${outcome.speedup} <= ${high}`);
  assert.ok(low > 5);
  const expected = line(0, 1, 300).map((x) => {
    let sum = x;
    for (let i = 0; i < 20; i++) sum = Math.sin(sum) + x;
    return sum;
  });
  assert.deepEqual(outcome.approxOutputs, expected);
});

test('says so where the approximation is the slower one', async () => {
  const outcome = await measureWork('light', 'heavy');
  assert.ok(outcome.kind === 'measured');
  assert.ok(outcome.speedup < 0.2 && outcome.interval[1] < 0.2);
});

test('a slow function costs a few blocks, not the whole sample', async () => {
  const start = performance.now();
  const outcome = await measureWork('slow', 'light');
  assert.ok(outcome.kind === 'measured');
  assert.ok(outcome.exactNs >= 30e6 && outcome.exactNs < 60e6);
  assert.equal(outcome.blocks, 7);
  assert.ok(performance.now() - start < 3000);
});

test('times functions of objects, categories and arrays', async () => {
  const signature: Signature = {
    parameters: [
      { name: 'point', shape: { kind: 'object', fields: [{ name: 'x', shape: number }] } },
      { name: 'kind', shape: { kind: 'category', values: ['a', 'b'] } },
    ],
    result: { kind: 'tuple', elements: [number, { kind: 'boolean' }] },
  };
  const outcome = await withSandbox(async (sandbox) => {
    const body = "(point, kind) => [point.x * 2, kind === 'b']";
    await sandbox.load('exact', `__deepmaker.region = ${body}`);
    await sandbox.load('approx', `__deepmaker.region = ${body}`);
    const inputs = Float64Array.of(1, 0, 2, 1);
    return measure(sandbox, { exactId: 'exact', approxId: 'approx', signature, inputs, count: 2, timeBudgetMs: 100 });
  });
  assert.ok(outcome.kind === 'measured');
  assert.deepEqual([...outcome.approxOutputs], [2, 0, 4, 1]);
  assert.ok(outcome.exactNs > 0 && outcome.exactNs < 1e5);
});

const broken: readonly [exact: string, approx: string, message: string][] = [
  ['() => 1', "() => { throw new Error('no'); }", 'The generated code failed: Error: no.'],
  ['() => 1', "() => 'text'", 'The generated code failed: result is "text", not a number.'],
  ["() => { throw new Error('no'); }", '() => 1', 'The function threw while it was measured: Error: no.'],
  ['() => { for (;;); }', '() => 1', 'The function did not return within 0.2 s while it was measured.'],
];

for (const [exact, approx, message] of broken) {
  test(`says: ${message}`, async () => {
    const outcome = await withSandbox(async (sandbox) => {
      await sandbox.load('exact', `__deepmaker.region = ${exact}`);
      await sandbox.load('approx', `__deepmaker.region = ${approx}`);
      const what = { exactId: 'exact', approxId: 'approx', signature: numberToNumber, inputs: line(0, 1, 2), count: 2 };
      return measure(sandbox, { ...what, timeLimitMs: 200 });
    });
    assert.equal(outcome.kind === 'failed' && outcome.message, message);
  });
}

test('the median is the middle value, or the mean of the two middle ones', () => {
  assert.equal(median(Float64Array.of(3, 1, 2)), 2);
  assert.equal(median(Float64Array.of(4, 1, 2, 3)), 2.5);
});

test('the interval lies within the ratios of the pairs, and is a point where all pairs agree', () => {
  assert.deepEqual(speedupInterval({ exactNs: Float64Array.of(6, 6, 6), approxNs: Float64Array.of(2, 2, 2) }), [3, 3]);
  const times = fc.array(
    fc.tuple(fc.double({ min: 1, max: 100, noNaN: true }), fc.double({ min: 1, max: 100, noNaN: true })),
    {
      minLength: 7,
      maxLength: 30,
    },
  );
  const property = fc.property(times, (pairs) => {
    const exactNs = Float64Array.from(pairs, ([exact]) => exact);
    const approxNs = Float64Array.from(pairs, ([, approx]) => approx);
    const [low, high] = speedupInterval({ exactNs, approxNs });
    assert.ok(low <= high);
    assert.ok(low >= Math.min(...exactNs) / Math.max(...approxNs));
    assert.ok(high <= Math.max(...exactNs) / Math.min(...approxNs));
  });
  fc.assert(property, { numRuns: 30 });
});
