import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { inputSlots } from '../../engine/data/slots.ts';
import { describeRow, percent } from '../../server/sampling/describe.ts';
import { type SamplingOptions, sampleRegion } from '../../server/sampling/sampler.ts';
import { Sandbox } from '../../server/sampling/sandbox.ts';
import { succeeded } from './outcomes.ts';
import { line, loadFixture, regionOf } from './samplingSupport.ts';

interface Case {
  readonly file?: string;
  readonly access: string;
  readonly from?: number;
  readonly to?: number;
  readonly options?: Partial<SamplingOptions>;
}

const sandbox = succeeded(await Sandbox.start()).sandbox;
after(() => sandbox.dispose());

/** Samples a function of one number on 1000 values spread evenly over [from, to]. */
async function sample({ file = 'bad.ts', access, from = 0, to = 1, options }: Case) {
  await loadFixture(sandbox, file, access);
  const draw = (count: number) => line(from, to, count);
  const region = regionOf(file, access);
  return sampleRegion({ sandbox, id: access, region, draw, count: 1000, seed: 1, ...options });
}

test('samples a function that is not exported, with a helper in another module', async () => {
  const fractions: number[] = [];
  const onProgress = (fraction: number) => fractions.push(fraction);
  const outcome = await sample({ file: 'good.ts', access: 'arrow', from: 0, to: 999, options: { onProgress } });
  assert.ok(outcome.kind === 'sampled');
  assert.equal(outcome.samples.count, 1000);
  assert.deepEqual(outcome.samples.inputs, line(0, 999, 1000));
  assert.deepEqual(outcome.samples.outputs, line(0, 499.5, 1000));
  assert.deepEqual(outcome.rejected, { thrown: 0, notFinite: 0 });
  assert.equal(outcome.evaluated, 1000);
  assert.deepEqual(
    fractions,
    fractions.toSorted((a, b) => a - b),
  );
  assert.equal(fractions.at(-1), 1);
});

test('drops the inputs that throw', async () => {
  const outcome = await sample({ access: 'throwsBelowZero', from: -0.1, to: 0.9 });
  assert.ok(outcome.kind === 'sampled');
  const firstMessage = 'RangeError: x must not be negative, but is a little negative (helper.ts:4)';
  assert.deepEqual(outcome.rejected, { thrown: 100, notFinite: 0, firstMessage });
  assert.equal(outcome.samples.count, 900);
  assert.ok(outcome.samples.inputs.every((x, row) => x >= 0 && outcome.samples.outputs[row] === Math.sqrt(x)));
});

test('drops the inputs that give NaN, also where only the later ones do', async () => {
  const outcome = await sample({ access: 'notANumberBelowZero', from: 0.9, to: -0.1 });
  assert.ok(outcome.kind === 'sampled');
  assert.deepEqual(outcome.rejected, { thrown: 0, notFinite: 100, firstMessage: 'the result holds NaN' });
  assert.equal(outcome.samples.count, 900);
  assert.ok(outcome.samples.outputs.every(Number.isFinite));
});

const finiteHint = 'Narrow the @range of its inputs to values for which it returns finite results.';

const failures: readonly [Case, message: string | RegExp, hint: string][] = [
  [
    { access: 'throwsBelowZero', from: -1 },
    '`throwsBelowZero` gave no usable result for 50 % of the sampled inputs, for example x = -1: RangeError: x must not be negative, but is very negative (helper.ts:4).',
    finiteHint,
  ],
  [
    { access: 'notANumberBelowZero', from: 0.6, to: -0.4 },
    /^`notANumberBelowZero` gave no usable result for 40 % of the sampled inputs, for example x = -0\.000\d+: the result holds NaN\.$/,
    finiteHint,
  ],
  [
    { access: 'throwsBelowZero', from: -0.1, to: 0.9, options: { maxRejected: 0.05 } },
    /gave no usable result for 10 % of the sampled inputs/,
    finiteHint,
  ],
  [
    { access: 'throwsOddly', options: { maxRejected: 1 } },
    /gave no usable result for 100 % of the sampled inputs, for example x = 0: a value that cannot be described\.$/,
    finiteHint,
  ],
  [
    { access: 'readsFile' },
    '`readsFile` gave no usable result for 100 % of the sampled inputs, for example x = 0: Error: `fs.readFileSync` is not available while sampling (bad.ts:48).',
    'Pick a function that computes its result from its arguments alone.',
  ],
  [
    { access: 'random' },
    /^`random` gives different results for the same input; for x = 0\.99\d+ it gave result = [\d.]+, then result = [\d.]+\.$/,
    'Pass what it depends on (the time, random numbers, earlier calls) as arguments.',
  ],
  [
    { access: 'counts' },
    /^`counts` gives different results for the same input; for x = /,
    'Pass what it depends on (the time, random numbers, earlier calls) as arguments.',
  ],
  [
    { access: 'constant' },
    '`constant` gave the same result for every sampled input: result = 3.',
    'Widen the @range of its inputs, or replace the function with a constant.',
  ],
  [
    { access: 'loopsAboveHalf', options: { timeLimitMs: 200 } },
    /^The function did not return within 0\.2 s for x = 0\.5005\d*\.$/,
    'Narrow the @range of its inputs to values for which it returns soon.',
  ],
];

for (const [what, message, hint] of failures) {
  test(`does not sample ${what.access} from ${what.from ?? 0}: ${hint}`, async () => {
    const outcome = await sample(what);
    assert.ok(outcome.kind === 'failed');
    if (typeof message === 'string') assert.equal(outcome.message, message);
    else assert.match(outcome.message, message);
    assert.equal(outcome.hint, hint);
  });
}

test('takes fewer samples of a slow function, and says so', async () => {
  const outcome = await sample({ access: 'sleeps', options: { count: 4000, timeBudgetMs: 1000 } });
  assert.ok(outcome.kind === 'sampled');
  assert.equal(outcome.requested, 4000);
  assert.equal(outcome.evaluated, 500);
  assert.equal(outcome.samples.count, 500);
});

test('takes as many samples as are asked for where they are few', async () => {
  const outcome = await sample({ file: 'good.ts', access: 'arrow', options: { count: 3 } });
  assert.ok(outcome.kind === 'sampled');
  assert.deepEqual([...outcome.samples.outputs], [0, 0.25, 0.5]);
});

test('describes rows for people', () => {
  const window = { kind: 'array', container: 'Array', length: 9, element: { kind: 'number' } } as const;
  const slots = inputSlots({
    parameters: [
      { name: 'kind', shape: { kind: 'category', values: ['call', 2] } },
      { name: 'other', shape: { kind: 'category', values: ['call', 2] } },
      { name: 'deep', shape: { kind: 'boolean' } },
      { name: 'window', shape: window },
    ],
    result: window,
  });
  const row = Float64Array.of(Number.NaN, 0, 1, 1, 0.5, 1, 2, 3, 4, 5, 6, 7, 8);
  assert.equal(
    describeRow(slots, row, 1),
    "kind = 'call', other = 2, deep = true, window[0] = 0.5, window[1] = 1, window[2] = 2, window[3] = 3, window[4] = 4, and 4 more",
  );
});

const shares: readonly [share: number, text: string][] = [
  [1, '100 %'],
  [0.314, '31 %'],
  [0.0042, '0.42 %'],
  [0, '0 %'],
];
for (const [share, text] of shares) test(`a share of ${share} is ${text}`, () => assert.equal(percent(share), text));
