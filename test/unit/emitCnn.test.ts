/** Generated convolutional networks answer what the reference does, on the kernel and without it, in every form. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { readArguments } from '../../engine/data/slots.ts';
import type { EmitInput } from '../../engine/emit/target.ts';
import { predictCnn } from '../../engine/nn/backends/cnn.ts';
import { cnnName, cnnTemplate } from '../../engine/nn/cnn/template.ts';
import { integerFormats } from '../../engine/quantise/quantise.ts';
import { activations, type CnnNetwork, type CnnTopology } from '../../engine/types.ts';
import { cnnKernel, cnnTopologyWith, layersOf } from './cnnHelpers.ts';
import {
  type CnnRecipe,
  emitCnnInputOf,
  nestedImage,
  quantisedCnnInputOf,
  rawImages,
  referenceOutputs,
} from './emitCnnHelpers.ts';
import { array, assertCompiles, callRows, emitText, load, number, object } from './emitHelpers.ts';

/** The largest difference of linear outputs, on the scale of the largest. */
function difference(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  assert.equal(actual.length, expected.length);
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  return Math.max(...Array.from(expected, (value, index) => Math.abs(value - actual[index]!))) / scale;
}

const decode = (outputs: Float32Array): Float64Array => Float64Array.from(outputs, (value) => 2 * value + 3);

/** Single calls and batches, with and without a kernel, of a network whose result is its outputs, times 2 plus 3. */
async function check(input: EmitInput<CnnNetwork>, tolerance = 2e-5): Promise<void> {
  const raw = rawImages(input, 3);
  const expected = decode(referenceOutputs(input, raw));
  const { single, batch } = await load(input);
  const answers = callRows(input, single, raw);
  assert.ok(difference(expected, answers) < tolerance, `off by ${difference(expected, answers)}`);
  assert.deepEqual(batch(raw, 3), answers, 'batch and single calls');
  const { batch: plain } = await load({ ...input, cnnInference: Uint8Array.of(0) });
  assert.deepEqual(plain(raw, 3), answers, 'with the kernel and without, to the bit');
}

const shapes: readonly Partial<CnnTopology>[] = [
  { blocks: 1, layers: 6 },
  { kernel: 5, height: 9, width: 7, channels: 3 },
  { blocks: 3, layers: 10, height: 13, width: 11, kernel: 5, outputs: 10 },
  { height: 4, width: 4, blocks: 3, layers: 7, outputs: 1 },
  { height: 3, width: 5, blocks: 1, layers: 5, channels: 2, growth: 13, initialFilters: 25 },
  { growth: 12, initialFilters: 24, height: 10, width: 14, channels: 3 },
  // A block of one map: a vector is longer than the two pixels that a mean is of.
  { layers: 4, filters: [1, 5], height: 9, width: 12 },
  { bottleneck: true, compression: 0.5, blocks: 2, layers: layersOf({ blocks: 2, perBlock: 2, bottleneck: true }) },
];

for (const [index, shape] of shapes.entries()) {
  const topology = cnnTopologyWith({ activation: activations[index]!, ...shape });
  test(`${cnnName(topology)}, ${topology.activation}`, () => check(emitCnnInputOf({ topology })));
}

for (const activation of activations) {
  test(`${activation} everywhere`, () => check(emitCnnInputOf({ topology: cnnTopologyWith({ activation }), seed: 3 })));
}

test('any number of filters in each convolution, with and without bottlenecks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        blocks: fc.constantFrom(1, 2, 3),
        perBlock: fc.constantFrom(1, 2),
        bottleneck: fc.boolean(),
        kernel: fc.constantFrom(3 as const, 5 as const),
        height: fc.integer({ min: 4, max: 9 }),
        width: fc.integer({ min: 4, max: 9 }),
        counts: fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 20, maxLength: 20 }),
        activation: fc.constantFrom(...activations),
      }),
      async ({ perBlock, counts, ...changes }) => {
        const whole = cnnTopologyWith({ ...changes, layers: layersOf({ ...changes, perBlock }) });
        const topology = { ...whole, filters: counts.slice(0, cnnTemplate(whole).convolutions.length) };
        await check(emitCnnInputOf({ topology }), 1e-4);
      },
    ),
    { numRuns: 15, seed: 5 },
  );
});

test('the trainer and the generated code agree to the rounding of float32', async () => {
  const topology = cnnTopologyWith({ height: 28, width: 28, layers: 10, growth: 12, initialFilters: 24 });
  const input = emitCnnInputOf({ topology, range: () => [0, 1] });
  const raw = rawImages(input, 4).map((value) => value / 255);
  const expected = decode(predictCnn(cnnKernel('cnn'), input.network, Float32Array.from(raw), 4));
  const { batch } = await load(input);
  assert.ok(difference(expected, batch(raw, 4)) < 1e-5);
});

/** The same network with biases that make the mean of each output 0, so that the images are of several classes. */
function balanced(input: EmitInput<CnnNetwork>, raw: Float64Array): EmitInput<CnnNetwork> {
  const { outputs, bias } = cnnTemplate(input.network.topology).head;
  const weights = input.network.weights.slice();
  const logits = referenceOutputs(input, raw);
  logits.forEach((value, index) => {
    weights[bias + (index % outputs)]! -= (value * outputs) / logits.length;
  });
  return { ...input, network: { ...input.network, weights } };
}

test('a category is the class of the largest output, with its probability', async () => {
  for (const classes of [['cat', 'dog'], ['a', 'b', 'c'], Array.from({ length: 12 }, (_, index) => index)]) {
    const uneven = emitCnnInputOf({ topology: cnnTopologyWith({ outputs: classes.length }), classes });
    const raw = rawImages(uneven, 40);
    const input = balanced(uneven, raw);
    const logits = referenceOutputs(input, raw);
    const { single, batch, module } = await load(input);
    const indices = callRows(input, single, raw);
    assert.deepEqual(batch(raw, 40), indices);
    assert.ok(new Set(indices).size > 1, 'the images are not all of one class');
    const scores = module.classifyScores as (...values: unknown[]) => number[];
    indices.forEach((index, row) => {
      const own = Array.from(logits.subarray(row * classes.length, (row + 1) * classes.length));
      assert.ok(Math.max(...own) - own[index]! < 1e-4);
      const exponentials = own.map((value) => Math.exp(value - Math.max(...own)));
      const sum = exponentials.reduce((total, value) => total + value, 0);
      const given = scores(...readArguments(input.signature.parameters, raw, row * input.encoding.inputs.length));
      assert.ok(
        difference(
          exponentials.map((value) => value / sum),
          given,
        ) < 1e-5,
      );
    });
  }
});

const ranges: readonly NonNullable<CnnRecipe['range']>[] = [
  () => [120, 60],
  (index) => [100 + (index % 3), 40 + (index % 3)],
  (index) => [index, 90 + index],
];

test('images come in any container, normalised all alike, by channel or by value', async () => {
  const topology = cnnTopologyWith({ channels: 3, height: 5, width: 6 });
  for (const image of [array('Uint8Array', 90), array('Array', 90), nestedImage(topology)]) {
    for (const range of ranges) await check(emitCnnInputOf({ topology, image, range }));
  }
});

test('an image of another length is refused, and values that are no numbers do not spoil the next call', async () => {
  const topology = cnnTopologyWith({ activation: 'linear' });
  const input = emitCnnInputOf({ topology, image: array('Array', 64) });
  const raw = rawImages(input, 1);
  const image = Array.from(raw);
  for (const cnnInference of [input.cnnInference, Uint8Array.of(0)]) {
    const { single, batch } = await load({ ...input, cnnInference });
    const before = single(image);
    assert.throws(() => single(image.slice(1)), /^RangeError: classify: an image has 64 values here, this one has 63/);
    assert.ok((single(image.with(20, Number.NaN)) as number[]).every(Number.isNaN));
    assert.deepEqual(single(image), before);
    assert.throws(() => batch(raw, 2), /^RangeError: classifyBatch: 2 rows need 128 inputs and 6 outputs/);
    assert.deepEqual(batch(raw, 0), new Float64Array(0));
  }
});

test('clamping reads each value as the nearest that was trained for, whatever shares a range', async () => {
  const topology = cnnTopologyWith({ channels: 3, height: 5, width: 6 });
  const classes = ['a', 'b', 'c'];
  const highest: readonly ((index: number) => number)[] = [
    () => 255,
    (index) => 100 + (index % 3),
    (index) => 60 + index,
  ];
  for (const plain of [emitCnnInputOf({ topology, classes }), quantisedCnnInputOf({ topology, classes }, 'int8')]) {
    for (const max of highest) {
      for (const integer of [true, false]) {
        const domain = plain.domain.map(
          (slot, index) => ({ ...slot, kind: 'number', min: 20, max: max(index), integer }) as const,
        );
        const open = await load({ ...plain, domain });
        const clamp = await load({ ...plain, domain, guard: { mode: 'clamp' } });
        const far = Float32Array.from(domain, (_, index) => [1e6, 40.4, -3][index % 4 === 3 ? 1 : index % 3]!);
        const nearest = Float32Array.from(domain, (slot, index) =>
          Math.min(slot.max, Math.max(20, integer ? Math.round(far[index]!) : far[index]!)),
        );
        assert.equal(clamp.single(far), open.single(nearest));
        assert.deepEqual(clamp.batch(far, 1), open.batch(nearest, 1));
        const [own, expected] = [clamp, open].map(
          ({ module }) => module.classifyScores as (image: Float32Array) => number[],
        );
        assert.deepEqual(own!(far), expected!(nearest));
      }
    }
  }
});

test('what is missing of an image, and names that hide what the code needs', async () => {
  const topology = cnnTopologyWith({ height: 4, width: 4 });
  const pixels = object({ most: array('Array', 14) });
  const fields = [...(pixels.kind === 'object' ? pixels.fields : []), { name: 'gain', shape: number, absent: 60 }];
  const input = emitCnnInputOf({ topology });
  const parameters = [
    { name: 'RangeError', shape: { kind: 'object', fields } as const },
    { name: 'last', shape: number, absent: 90 },
  ];
  const { single } = await load({ ...input, signature: { ...input.signature, parameters } });
  const most = new Array(14).fill(80);
  assert.deepEqual(single({ most }), single({ most, gain: 60 }, 90));
  assert.notDeepEqual(single({ most }), single({ most, gain: 61 }, 90));
  assert.throws(() => single({ most: [] }), /^RangeError: classify: an image has 14 values/);
});

test('a network that does not fit its signature is a bug of the caller', () => {
  const input = emitCnnInputOf({ topology: cnnTopologyWith({}) });
  const inputs = input.encoding.inputs.slice(1);
  assert.throws(() => emitText({ ...input, encoding: { ...input.encoding, inputs } }), /takes 64 numbers in order/);
  const weights = input.network.weights.slice(1);
  assert.throws(() => emitText({ ...input, network: { ...input.network, weights } }), /has \d+ weights/);
});

test('the text is short beside its parameters, the same every time, and its kernel small', () => {
  const topology = cnnTopologyWith({ height: 28, width: 28, layers: 16, growth: 12, initialFilters: 24, outputs: 10 });
  const input = emitCnnInputOf({ topology, classes: Array.from({ length: 10 }, (_, index) => index) });
  const text = emitText(input);
  assert.equal(text, emitText(input));
  assert.ok(text.split('\n').length < 320, `${text.split('\n').length} lines`);
  assert.ok(text.length < (1.02 * (input.network.weights.length * 4 * 4)) / 3 + 30_000);
  assert.ok(input.cnnInference.length < 4096, 'browsers compile modules on the main thread up to 4 kB');
});

test('every form runs and passes the strictest compiler', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'emit-cnn-'));
  const topology = cnnTopologyWith({ channels: 3, height: 5, width: 6 });
  const images = { flat: array('Uint8Array', 90), nested: nestedImage(topology) };
  try {
    for (const [name, image] of Object.entries(images)) {
      for (const activation of ['linear', 'selu'] as const) {
        for (const classes of [undefined, ['a', "it's */", 'c'], ['only']]) {
          const outputs = classes?.length ?? 3;
          const recipe = { topology: { ...topology, activation, outputs }, image, ...(classes ? { classes } : {}) };
          const file = join(folder, `${name}-${activation}-${classes?.length ?? 0}`);
          writeFileSync(`${file}.ts`, emitText(emitCnnInputOf(recipe)));
          writeFileSync(`${file}.js.js`, emitText(emitCnnInputOf({ ...recipe, language: 'javascript' })));
          for (const format of integerFormats) {
            writeFileSync(`${file}-${format}.ts`, emitText(quantisedCnnInputOf(recipe, format)));
          }
          for (const mode of ['fallback', 'clamp'] as const) {
            const input = emitCnnInputOf(recipe);
            const domain = input.domain.map((slot, index) =>
              slot.kind === 'number' ? { ...slot, max: 200 + (index % 3) } : slot,
            );
            writeFileSync(`${file}-${mode}.ts`, emitText({ ...input, domain, guard: { mode } }));
          }
        }
      }
      const input = emitCnnInputOf({
        topology,
        image,
        classes: ['a', 'b', 'c'],
        language: 'javascript',
        modules: 'commonjs',
      });
      const module = { exports: {} as Record<string, (...values: unknown[]) => unknown> };
      new Function('module', 'exports', emitText(input))(module, module.exports);
      assert.deepEqual(Object.keys(module.exports), ['classify', 'classifyScores', 'classifyBatch']);
      const raw = rawImages(input, 5);
      const { batch } = await load({ ...input, language: 'typescript', modules: 'esm' });
      assert.deepEqual(callRows(input, module.exports.classify!, raw), batch(raw, 5));
    }
    assertCompiles(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
