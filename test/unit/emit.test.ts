/** The generated functions answer what the network does: every activation, topology and shape, one by one and in batches. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { typedArrays } from '../../engine/data/slots.ts';
import { perceptronText } from '../../engine/emit/cpu/cpu.ts';
import type { EmitInput } from '../../engine/emit/target.ts';
import { activations, type Network, type Shape } from '../../engine/types.ts';
import {
  array,
  boolean,
  callRows,
  category,
  createNoise,
  emitInputOf,
  emitText,
  largestDifference,
  load,
  number,
  object,
  type Recipe,
  randomRows,
  withoutWebAssembly,
} from './emitHelpers.ts';

const tolerance = 1e-5;

/** Single calls in both forms, the batch on the kernel, and both where no kernel starts, all against the reference. */
async function check(input: EmitInput<Network>, count = 150): Promise<void> {
  const rows = randomRows(input, count, 7);
  for (const form of ['straight-line', 'kernel'] as const) {
    const emitted = await load(input, perceptronText(input, form));
    const single = callRows(input, emitted.single, rows);
    assert.ok(largestDifference(input, rows, single) < tolerance, `${form}: ${largestDifference(input, rows, single)}`);
    const batch = emitted.batch(rows, count);
    assert.ok(largestDifference(input, rows, batch) < tolerance, `batch: ${largestDifference(input, rows, batch)}`);
  }
  const fallback = await load(input, withoutWebAssembly(perceptronText(input, 'kernel')));
  const plain = callRows(input, fallback.single, rows);
  assert.ok(largestDifference(input, rows, plain) < tolerance, `plain: ${largestDifference(input, rows, plain)}`);
  assert.deepEqual(fallback.batch(rows, count), plain, 'without a kernel the batch is the single function, row by row');
}

/** Eight vectors are summed at a time: one, a part of them, and more than them, with and without a part of a vector. */
for (const [inputs, hidden, outputs] of [
  [17, [6], 1],
  [20, [], 1],
  [70, [], 1],
  [5, [36, 35], 3],
  [18, [66], 9],
  [1, [1, 33], 2],
  [9, [13, 70, 5], 1],
] as const) {
  test(`the kernel's layers at the edges of their loops: ${[inputs, ...hidden, outputs].join('-')}`, async () => {
    for (const activation of ['relu', 'softplus'] as const) {
      const parameters = [{ name: 'values', shape: array('Float64Array', inputs) }];
      const result = outputs === 1 ? number : array('Array', outputs);
      const input = emitInputOf({ parameters, result, hidden, activation });
      await check(input, 13);
      // What a batch leaves in memory reaches no later call.
      const { batch, single } = await load(input, perceptronText(input, 'kernel'));
      const rows = randomRows(input, 5, 2);
      batch(new Float64Array(9 * inputs).fill(Number.NaN), 9);
      assert.ok(largestDifference(input, rows, callRows(input, single, rows)) < tolerance);
    }
  });
}

const scalars: Recipe['parameters'] = ['spot', 'strike', 'years'].map((name) => ({ name, shape: number }));

for (const activation of activations) {
  for (const hidden of [[9, 6], [37, 26, 11], []]) {
    test(`${activation} with ${hidden.length} hidden layers`, async () => {
      await check(emitInputOf({ parameters: scalars, result: number, hidden, activation, seed: 3 }));
    });
  }

  test(`${activation} saturates without overflow`, async () => {
    const input = emitInputOf({ parameters: scalars, result: number, hidden: [5], activation });
    const weights = input.network.weights.map((weight, index) => (index < 20 ? weight * 300 : weight));
    const steep = { ...input, network: { ...input.network, weights } };
    await check(steep);
  });
}

test('random topologies', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        hidden: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }),
        inputs: fc.integer({ min: 1, max: 11 }),
        activation: fc.constantFrom(...activations),
        outputs: fc.integer({ min: 1, max: 7 }),
        seed: fc.nat(1e6),
      }),
      async ({ hidden, inputs, activation, outputs, seed }) => {
        const parameters = Array.from({ length: inputs }, (_, index) => ({ name: `x${index}`, shape: number }));
        await check(emitInputOf({ parameters, result: array('Array', outputs), hidden, activation, seed }), 40);
      },
    ),
    { numRuns: 40, seed: 1 },
  );
});

const shape = fc.letrec<{ leaf: Shape; shape: Shape }>((tie) => ({
  leaf: fc.oneof(
    fc.constant(number),
    fc.constant(boolean),
    fc
      .uniqueArray(fc.oneof(fc.string({ maxLength: 3 }), fc.integer(), fc.boolean()), { minLength: 1, maxLength: 4 })
      .map((values) => category(...values)),
    fc
      .tuple(fc.constantFrom('Float64Array', 'Float32Array', 'Array'), fc.integer({ min: 1, max: 12 }))
      .map(([container, length]) => array(container, length)),
  ),
  shape: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    tie('leaf'),
    fc.array(tie('shape'), { minLength: 1, maxLength: 3 }).map((elements): Shape => ({ kind: 'tuple', elements })),
    fc.tuple(fc.integer({ min: 1, max: 3 }), tie('shape')).map(([length, element]) => array('Array', length, element)),
    fc
      .uniqueArray(
        fc.tuple(fc.oneof(fc.string({ minLength: 1, maxLength: 4 }), fc.constant('__proto__')), tie('shape')),
        {
          minLength: 1,
          maxLength: 3,
          selector: ([name]) => name,
        },
      )
      .map((fields): Shape => ({ kind: 'object', fields: fields.map(([name, field]) => ({ name, shape: field })) })),
  ),
})).shape;

test('random signatures', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(shape, { minLength: 1, maxLength: 3 }),
      shape,
      fc.constantFrom('typescript' as const, 'javascript' as const),
      fc.constantFrom([4], [40, 30]),
      async (shapes, result, language, hidden) => {
        // Object.fromEntries makes an own property of `__proto__`, which an emitted literal has to do as well.
        const parameters = shapes.map((each, index) => ({ name: `p${index}`, shape: each }));
        await check(emitInputOf({ parameters, result, hidden, activation: 'tanh', language }), 20);
      },
    ),
    { numRuns: 60, seed: 2 },
  );
});

test('inputs far from zero keep their digits', async () => {
  for (const inputRange of [
    [1e5, 0.5],
    [-1e9, 0.5],
    [1e12, 3],
    [0, 1e-9],
  ] as const) {
    const common = { parameters: scalars, result: number, activation: 'tanh', inputRange } as const;
    await check(emitInputOf({ ...common, hidden: [6] }));
    await check(emitInputOf({ ...common, hidden: [40, 30], outputRange: [1e6, 0.01] }));
  }
});

test('integer arrays hold the nearest value that they can hold', async () => {
  const ranges = {
    Uint8Array: [0, 255],
    Int8Array: [-128, 127],
    Uint8ClampedArray: [0, 255],
    Int32Array: [-(2 ** 31), 2 ** 31 - 1],
  };
  for (const [container, [low, high]] of Object.entries(ranges)) {
    for (const hidden of [[6], [40, 30]]) {
      const result = array(container, 12);
      const recipe = { parameters: scalars, result, hidden, activation: 'relu', outputRange: [100, 200] } as const;
      const input = emitInputOf(recipe);
      const plain = emitInputOf({ ...recipe, result: array('Array', 12) });
      const rows = randomRows(input, 60, 5);
      const [stored, exact] = [await load(input), await load(plain)];
      // Adding 0 turns -0, which integer arrays do not have, into 0.
      const expected = callRows(plain, exact.single, rows).map(
        (value) => Math.min(high!, Math.max(low!, Math.round(value))) + 0,
      );
      assert.deepEqual(callRows(input, stored.single, rows), expected, container);
      const differing = stored.batch(rows, 60).filter((value, index) => Math.abs(value - expected[index]!) > 1);
      assert.equal(differing.length, 0, `${container} in a batch`);
    }
  }
});

test('the batch function works on any rows and counts, into a given array, and says when one is too short', async () => {
  const input = emitInputOf({ parameters: scalars, result: array('Array', 2), hidden: [8], activation: 'elu' });
  const { single, batch } = await load(input);
  for (const count of [0, 1, 7, 8, 9, 127, 128, 129, 500, 767, 769, 2000]) {
    const rows = randomRows(input, count, 11);
    const outputs = new Float64Array(count * 2);
    assert.equal(batch(rows, count, outputs), outputs);
    assert.ok(count === 0 || largestDifference(input, rows, outputs) < tolerance);
    assert.deepEqual(batch(Array.from(rows), count), outputs);
    assert.deepEqual(batch(Float64Array.from([...rows, 5]), count), outputs, 'more than the rows');
    assert.ok(count === 0 || largestDifference(input, rows, callRows(input, single, rows)) < tolerance);
  }
  assert.throws(() => batch(new Float64Array(5), 2), /^RangeError: priceApproxBatch: 2 rows need 6 inputs/);
  assert.throws(() => batch(new Float64Array(6), 2, new Float64Array(3)), RangeError);
  assert.throws(() => batch(new Float64Array(6), Number.NaN), /^RangeError: priceApproxBatch: NaN rows/);
});

test('rows that the kernel takes as they are give the bits of those that are written column by column', async () => {
  const scales = [
    [85, 75],
    [-3, 0.01],
    [0, 1],
    [0, -2e5],
    [1e-3, 1],
  ] as const;
  for (const [inputs, outputs] of [
    [1, 1],
    [2, 2],
    [3, 1],
    [8, 4],
    [11, 5],
    [17, 9],
  ] as const) {
    for (const alike of [[85, 75], [0, 1], undefined] as const) {
      const parameters = Array.from({ length: inputs }, (_, index) => ({ name: `x${index}`, shape: number }));
      const plain = emitInputOf({ parameters, result: array('Array', outputs), hidden: [7], activation: 'tanh' });
      const scaled = <T extends EmitInput['encoding']['inputs'][number]>(slot: T, index: number): T => {
        const [offset, scale] = alike ?? scales[index % scales.length]!;
        return { ...slot, offset, scale };
      };
      const { encoding } = plain;
      const own = { ...encoding, inputs: encoding.inputs.map(scaled), outputs: encoding.outputs.map(scaled) };
      // A negative factor makes -0 of columns of 0.
      const zero = outputs === 4 && alike === undefined;
      const network = { ...plain.network, weights: plain.network.weights.map((weight) => (zero ? 0 : weight)) };
      const input = { ...plain, encoding: own, network };
      // What is moved into its range is written column by column, and within it nothing is moved.
      const domain = plain.domain.map((slot) => ({ ...slot, min: -1e9, max: 1e9 })) as typeof plain.domain;
      const taken = await load(input, perceptronText(input, 'kernel'));
      const written = await load(input, perceptronText({ ...input, domain, guard: { mode: 'clamp' } }, 'kernel'));
      assert.match(taken.text, /rowsIn/);
      assert.doesNotMatch(written.text, /rowsIn/);
      const noise = createNoise(inputs);
      const rows = Float64Array.from({ length: 700 * inputs }, (_, index) => {
        const [offset, scale] = alike ?? scales[(index % inputs) % scales.length]!;
        return index % 97 === 0 ? -0 : offset + scale * 2 * (noise() - 0.5);
      });
      assert.deepEqual(taken.batch(rows, 700), written.batch(rows, 700), `${inputs} ${outputs} ${alike}`);
      const single = Float32Array.from(rows);
      assert.deepEqual(taken.batch(single, 700), taken.batch(Float64Array.from(single), 700), 'rows of float32');
    }
  }
});

test('the batch function runs on the kernel: it shows the rounding of float32', async () => {
  const input = emitInputOf({ parameters: scalars, result: number, hidden: [4], activation: 'tanh' });
  const rows = randomRows(input, 16, 1);
  const { single, batch } = await load(input);
  assert.notDeepEqual(batch(rows, 16), callRows(input, single, rows));
});

test('small and sparse networks are written out, others call the kernel', () => {
  const writtenOut = (hidden: readonly number[], zeros: number) => {
    const input = emitInputOf({ parameters: scalars, result: number, hidden, activation: 'relu' });
    const weights = input.network.weights.map((weight, index) => (index % 20 < zeros ? 0 : weight));
    return !emitText({ ...input, network: { ...input.network, weights } }).includes('priceApproxPlain');
  };
  assert.ok(writtenOut([4], 0), '21 parameters');
  assert.ok(!writtenOut([5], 0), '26 parameters');
  assert.ok(writtenOut([30, 20], 19), 'a twentieth of 761 parameters, and biases that inputs are folded into');
  assert.ok(!writtenOut([30, 20], 16), 'a fifth of 761 parameters');
});

test('a value that is no number shows in the result, with and without the kernel', async () => {
  for (const activation of activations) {
    for (const hidden of [[4], [20, 20]]) {
      const input = emitInputOf({ parameters: scalars, result: number, hidden, activation });
      for (const text of [emitText(input), withoutWebAssembly(emitText(input))]) {
        const { single, batch } = await load(input, text);
        assert.deepEqual(batch([Number.NaN, 80, 80], 1), Float64Array.of(Number.NaN), activation);
        assert.ok(Number.isNaN(single(Number.NaN, 80, 80)), activation);
        assert.ok(Number.isFinite(single(80, 80, 80)), activation);
      }
    }
  }
});

test('the same input gives the same text', () => {
  const recipe: Recipe = { parameters: scalars, result: number, hidden: [8, 4], activation: 'selu' };
  assert.equal(emitText(emitInputOf(recipe)), emitText(emitInputOf(recipe)));
});

test('a small file is small', () => {
  const parameters = ['a', 'b', 'c', 'd'].map((name) => ({ name, shape: number }));
  const input = emitInputOf({ parameters, result: number, hidden: [8], activation: 'softplus' });
  assert.ok(emitText(input).length < 12_000, `${emitText(input).length} characters`);
});

test('a network that diverged is a bug of the caller', () => {
  const input = emitInputOf({ parameters: scalars, result: number, hidden: [2], activation: 'relu' });
  const weights = input.network.weights.with(3, Number.NaN);
  assert.throws(
    () => emitText({ ...input, network: { ...input.network, weights } }),
    /parameter NaN cannot be emitted/,
  );
});

test('a CommonJS file exports the same two functions', async () => {
  const input = emitInputOf({
    parameters: scalars,
    result: object({ price: number, deep: boolean }),
    hidden: [4],
    activation: 'tanh',
    language: 'javascript',
    modules: 'commonjs',
  });
  const module = { exports: {} as { priceApprox?: unknown } };
  new Function('module', 'exports', emitText(input))(module, module.exports);
  assert.deepEqual(Object.keys(module.exports), ['priceApprox', 'priceApproxBatch']);
  const rows = randomRows(input, 10, 1);
  const single = module.exports.priceApprox as (...values: unknown[]) => unknown;
  assert.ok(largestDifference(input, rows, callRows(input, single, rows)) < tolerance);
});

test('a result is written into the array that the caller gives, alone and in a batch', async () => {
  for (const [container, length, hidden] of [
    ['Float64Array', 3, [4]],
    ['Float64Array', 12, [20, 20]],
    ['Array', 12, [4]],
    ['Uint8Array', 3, [20, 20]],
  ] as const) {
    for (const returned of [true, false]) {
      const recipe = { parameters: scalars, result: array(container, length), hidden, activation: 'tanh' } as const;
      const plain = emitInputOf({ ...recipe, guard: { mode: 'fallback' } });
      const input = { ...plain, signature: { ...plain.signature, into: { name: 'out', index: 1, returned } } };
      const rows = randomRows(input, 20, 5);
      rows[0] = Number.NaN;
      const [other, own] = [await load(plain), await load(input)];
      for (let row = 1; row < 20; row++) {
        const [first, ...rest] = rows.subarray(row * 3, row * 3 + 3);
        const into = container === 'Array' ? new Array(length).fill(7) : new typedArrays[container](length).fill(7);
        assert.equal(own.single(first, into, ...rest), returned ? into : undefined);
        assert.deepEqual(into, other.single(first, ...rest));
      }
      const exact = (_first: number, into: number[]) => into.fill(5);
      const batch = own.batch as (...values: unknown[]) => Float64Array;
      const outputs = batch(rows, 20, undefined, exact);
      assert.deepEqual(outputs.subarray(0, length), new Float64Array(length).fill(5));
      const same = (other.batch as typeof batch)(rows, 20, undefined, () => new Array(length).fill(5));
      assert.deepEqual(outputs, same);
    }
  }
});

test('what is missing is what the function takes for it, and a constant is tested by the guard alone', async () => {
  const choice = { kind: 'category', values: ['a', 'b'] } as const;
  const fields = [
    { name: 'size', shape: { kind: 'constant', value: 4 } },
    { name: 'gain', shape: number, absent: 60 },
    { name: 'mode', shape: choice, absent: 'b' },
  ] as const;
  const parameters = [
    { name: 'o', shape: { kind: 'object', fields } },
    { name: 'x', shape: number, absent: 90 },
  ] as const;
  for (const hidden of [[4], [20, 20]]) {
    const guard = { mode: 'fallback' } as const;
    const input = emitInputOf({ parameters, result: number, hidden, activation: 'tanh', guard });
    const { single, module } = await load(input);
    const accepts = module.priceApproxAccepts as (...values: unknown[]) => boolean;
    assert.equal(single({ size: 4 }), single({ size: 4, gain: 60, mode: 'b' }, 90));
    assert.notEqual(single({ size: 4 }), single({ size: 4, gain: 60, mode: 'a' }, 90));
    assert.equal(single({ size: 4, gain: 70 }), single({ size: 4, gain: 70, mode: 'b' }, 90));
    assert.equal(accepts({ size: 4 }), true);
    assert.equal(accepts({ size: 5 }), false);
    assert.equal(accepts({ size: 4, gain: 5000 }), false);
  }
});

test('large matrices are built and tested by loops', async () => {
  const matrix = array('Array', 12, array('Array', 10));
  const parameters = [{ name: 'm', shape: matrix }];
  const guard = { mode: 'fallback' } as const;
  const input = emitInputOf({ parameters, result: number, hidden: [4], activation: 'relu', guard });
  const { batch, module } = await load(input);
  const accepts = module.priceApproxAccepts as (...values: unknown[]) => boolean;
  const rows = randomRows(input, 2, 3);
  const given = Array.from({ length: 12 }, (_, row) => [...rows.subarray(row * 10, row * 10 + 10)]);
  assert.equal(accepts(given), true);
  assert.equal(accepts(given.slice(1)), false);
  assert.equal(accepts(given.with(11, [1])), false);
  assert.equal(accepts(given.with(11, given[11]!.with(9, Number.NaN))), false);
  rows[0] = Number.NaN;
  const seen: unknown[] = [];
  const exact = (value: number[][]) => seen.push(value);
  (batch as (...values: unknown[]) => Float64Array)(rows, 2, undefined, exact);
  assert.deepEqual(seen, [given.with(0, given[0]!.with(0, Number.NaN))]);
});
