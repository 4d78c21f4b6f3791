/** The guard of generated code: what it lets through, one by one and in batches, and what becomes of the rest. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readArguments } from '../../engine/data/slots.ts';
import type { EmitInput } from '../../engine/emit/target.ts';
import { trusts } from '../../engine/trust/errorTree.ts';
import type { ErrorTree, SlotDomain } from '../../engine/types.ts';
import {
  array,
  boolean,
  callRows,
  category,
  emitInputOf,
  emitText,
  load as loadModule,
  number,
  object,
  randomRows,
  withoutWebAssembly,
} from './emitHelpers.ts';

type Function = (...values: unknown[]) => unknown;

interface Guarded {
  readonly approx: Function;
  readonly accepts: Function;
  readonly batch: (inputs: ArrayLike<number>, count: number, outputs?: Float64Array, exact?: Function) => Float64Array;
}

async function load(input: EmitInput, text = emitText(input)): Promise<Guarded> {
  const { single, batch, module } = await loadModule(input, text);
  return { approx: single, accepts: module.priceApproxAccepts as Function, batch };
}

const recipe = {
  parameters: [
    { name: 'spot', shape: number },
    { name: 'steps', shape: number },
    { name: 'kind', shape: category('call', 'put', 'both') },
    { name: 'point', shape: object({ deep: boolean, window: array('Array', 12) }) },
  ],
  result: number,
  hidden: [6],
  activation: 'tanh',
} as const;

/** `steps` are whole numbers. */
function guardedInput(guard: EmitInput['guard'], language: EmitInput['language'] = 'typescript'): EmitInput {
  const input = emitInputOf({ ...recipe, language });
  const domain = input.domain.map(
    (slot): SlotDomain => (slot.path === 'steps' && slot.kind === 'number' ? { ...slot, integer: true } : slot),
  );
  return { ...input, domain, guard };
}

const inside = () => [100, 50, 'put', { deep: true, window: new Array(12).fill(20) }] as unknown[];
const changed = (index: number, value: unknown) => inside().with(index, value);
const deep = (point: object) => changed(3, { ...(inside()[3] as object), ...point });

const calls: readonly [name: string, values: unknown[], fallback: boolean, clamp: boolean][] = [
  ['inside', inside(), true, true],
  ['at the lower end', changed(0, 10), true, true],
  ['at the upper end', changed(0, 160), true, true],
  ['below', changed(0, 9.99), false, true],
  ['above', changed(0, 160.01), false, true],
  ['NaN', changed(0, Number.NaN), false, false],
  ['Infinity', changed(0, Number.POSITIVE_INFINITY), false, false],
  ['-Infinity', changed(0, Number.NEGATIVE_INFINITY), false, false],
  ['not whole', changed(1, 50.5), false, true],
  ['a category that is not there', changed(2, 'swap'), false, false],
  ['no boolean', deep({ deep: 1 }), false, false],
  ['an element outside', deep({ window: new Array(12).fill(20).with(11, 500) }), false, true],
  ['an element that is NaN', deep({ window: new Array(12).fill(20).with(3, Number.NaN) }), false, false],
  ['an array that is too long', deep({ window: new Array(13).fill(20) }), false, false],
  ['an array that is too short', deep({ window: new Array(11).fill(20) }), false, false],
];

for (const language of ['typescript', 'javascript'] as const) {
  test(`what ${language} code lets through`, async () => {
    const fallback = await load(guardedInput({ mode: 'fallback' }, language));
    const clamp = await load(guardedInput({ mode: 'clamp' }, language));
    for (const [name, values, inFallback, inClamp] of calls) {
      assert.equal(fallback.accepts(...values), inFallback, `fallback: ${name}`);
      assert.equal(clamp.accepts(...values), inClamp, `clamp: ${name}`);
    }
  });
}

test('clamping computes what the nearest trained input gives, one by one and in batches', async () => {
  const clamp = await load(guardedInput({ mode: 'clamp' }));
  const plain = await load(guardedInput({ mode: 'none' }));
  assert.equal(plain.accepts, undefined);
  assert.equal(clamp.approx(...inside()), plain.approx(...inside()));
  assert.equal(clamp.approx(...changed(0, 1e9)), plain.approx(...changed(0, 160)));
  assert.equal(clamp.approx(...changed(1, 50.4)), plain.approx(...changed(1, 50)));
  const far = deep({ window: new Array(12).fill(-1e9) });
  assert.equal(clamp.approx(...far), plain.approx(...deep({ window: new Array(12).fill(10) })));
  const row = [1e9, 50.4, 1, 1, ...new Array(12).fill(-1e9)];
  const nearest = [160, 50, 1, 1, ...new Array(12).fill(10)];
  assert.deepEqual(clamp.batch(row, 1), plain.batch(nearest, 1));
});

test('clamping moves long arrays by loops, and keeps its names apart from those of the function', async () => {
  for (const container of ['Array', 'Float32Array']) {
    const recipe = {
      parameters: [
        { name: 'i', shape: array(container, 300) },
        { name: 'matrix', shape: array('Array', 20, array(container, 10)) },
      ],
      result: array('Float64Array', 3),
      hidden: [4],
      activation: 'tanh',
      guard: { mode: 'clamp' },
    } as const;
    const plain = emitInputOf(recipe);
    const input = { ...plain, signature: { ...plain.signature, into: { name: 'values', index: 2, returned: true } } };
    const [clamp, open] = [await load(input), await load({ ...input, guard: { mode: 'none' } })];
    const given = (value: number) => {
      const list = (length: number) => (container === 'Array' ? [] : new Float32Array(length).fill(value));
      const filled = (length: number) => (container === 'Array' ? new Array(length).fill(value) : list(length));
      return [filled(300), Array.from({ length: 20 }, () => filled(10)), new Float64Array(3)];
    };
    assert.deepEqual(clamp.approx(...given(1e6)), open.approx(...given(160)));
    assert.deepEqual(clamp.approx(...given(-5)), open.approx(...given(10)));
    assert.deepEqual(clamp.approx(...given(70)), open.approx(...given(70)));
    const longer = emitText(input).length - emitText({ ...input, guard: { mode: 'none' } }).length;
    assert.ok(longer < 9000, `${longer} characters for 500 numbers`);
  }
});

test('a batch computes the rows that the guard turns away exactly, and refuses them without the exact function', async () => {
  for (const change of [(text: string) => text, withoutWebAssembly]) {
    const input = guardedInput({ mode: 'fallback' });
    const open: EmitInput = { ...input, guard: { mode: 'none' } };
    const { batch } = await load(input, change(emitText(input)));
    const { batch: unguarded } = await load(open, change(emitText(open)));
    const rows = randomRows(input, 300, 5);
    const width = input.domain.length;
    for (let row = 0; row < 300; row++) rows[row * width + 1] = Math.round(rows[row * width + 1]!);
    const expected = unguarded(rows, 300);
    assert.deepEqual(batch(rows, 300), expected);
    for (const row of [0, 131, 299]) {
      rows[row * width] = row === 0 ? Number.NaN : 1000;
      expected[row] = -7;
    }
    const exact = (spot: unknown) => (Number.isNaN(spot) || spot === 1000 ? -7 : assert.fail(`called with ${spot}`));
    assert.deepEqual(batch(rows, 300, undefined, exact), expected);
    assert.throws(() => batch(rows, 300), { name: 'RangeError', message: /row 0 .* give the exact function/ });
  }
});

test('hits are counted where the program asks for it, and only then', async () => {
  const { accepts } = await load(guardedInput({ mode: 'fallback' }));
  accepts(...changed(0, 1e9));
  const hits: Record<string, number> = {};
  Object.assign(globalThis, { deepmakerGuardHits: hits });
  try {
    accepts(...inside());
    assert.deepEqual(hits, {});
    accepts(...changed(0, 1e9));
    accepts(...changed(1, 0.5));
    assert.deepEqual(hits, { price: 2 });
  } finally {
    Object.assign(globalThis, { deepmakerGuardHits: undefined });
  }
});

const { tree } = fc.letrec<{ tree: ErrorTree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', maxDepth: 5 },
    fc.boolean(),
    fc.record({
      slot: fc.integer({ min: 0, max: 3 }),
      threshold: fc.double({ min: -0.5, max: 170, noNaN: true }),
      below: tie('tree'),
      above: tie('tree'),
    }),
  ),
}));

/** Thresholds between the values of discrete slots, as the fit makes them; a category is never asked the same twice. */
function between(node: ErrorTree, low = 0, high = 2): ErrorTree {
  if (typeof node === 'boolean') return node;
  if (node.slot === 2) {
    if (high <= low) return between(node.below, low, high);
    const index = low + (Math.abs(Math.floor(node.threshold)) % (high - low));
    const below = between(node.below, low, index);
    return { slot: 2, threshold: index + 0.5, below, above: between(node.above, index + 1, high) };
  }
  const threshold = node.slot === 3 ? 0.5 : node.threshold;
  return { slot: node.slot, threshold, below: between(node.below, low, high), above: between(node.above, low, high) };
}

test('the error predictor decides as the tree does, one by one and in batches', async () => {
  await fc.assert(
    fc.asyncProperty(tree, async (random) => {
      const trusted = between(random);
      const input = guardedInput({ mode: 'fallback', trusted });
      const { accepts, batch } = await load(input);
      const rows = randomRows(input, 50, 9);
      const width = input.domain.length;
      for (let row = 0; row < 50; row++) rows[row * width + 1] = Math.round(rows[row * width + 1]!);
      const wanted = Array.from({ length: 50 }, (_, row) => trusts(trusted, rows, row * width));
      const single = wanted.map((_, row) => accepts(...readArguments(input.signature.parameters, rows, row * width)));
      assert.deepEqual(single, wanted);
      const marked = [...batch(rows, 50, undefined, () => 1e6)].map((value) => value !== 1e6);
      assert.deepEqual(marked, wanted);
    }),
    { numRuns: 40, seed: 3 },
  );
});

test('unguarded code stays as it was: no check and no exact function', async () => {
  const input = guardedInput({ mode: 'none' });
  assert.doesNotMatch(emitText(input), /accepts|exact\b|rejected/i);
  const { approx } = await load(input);
  assert.equal(callRows(input, approx, randomRows(input, 5, 1)).length, 5);
});
