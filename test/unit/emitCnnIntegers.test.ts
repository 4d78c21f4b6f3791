/** Generated convolutional networks in integers against the interpreter: bit for bit, in every activation and form. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuTarget } from '../../engine/emit/cpu/cpu.ts';
import { quantisedCnnBytes } from '../../engine/quantise/cnn/quantise.ts';
import { enterRows } from '../../engine/quantise/grid.ts';
import { predictIntegers } from '../../engine/quantise/models.ts';
import { integerFormats } from '../../engine/quantise/quantise.ts';
import { activations } from '../../engine/types.ts';
import { cnnTopologyWith, layersOf } from './cnnHelpers.ts';
import { type CnnRecipe, nestedImage, quantisedCnnInputOf, rawImages } from './emitCnnHelpers.ts';
import { array, callRows, load } from './emitHelpers.ts';

const count = 12;

/** Raw images, the last of them far beyond the calibrated ones, where integers saturate. */
function imagesOf(input: Parameters<typeof rawImages>[0]): Float64Array {
  const raw = rawImages(input, count, 5);
  return raw.map((value, at) => (at < (count - 2) * input.encoding.inputs.length ? value : 40 * (value - 90)));
}

const bottlenecks = {
  bottleneck: true,
  compression: 0.5,
  layers: layersOf({ blocks: 2, perBlock: 2, bottleneck: true }),
};
const three = cnnTopologyWith({ channels: 3, height: 5, width: 6 });

const recipes: readonly (readonly [string, CnnRecipe])[] = [
  ...activations.map((activation) => [activation, { topology: cnnTopologyWith({ activation }) }] as const),
  [
    '5x5, odd sizes, three blocks',
    { topology: cnnTopologyWith({ kernel: 5, height: 13, width: 11, blocks: 3, layers: 7 }) },
  ],
  ['bottlenecks', { topology: cnnTopologyWith({ ...bottlenecks, activation: 'relu' }) }],
  ['pruned', { topology: cnnTopologyWith({ filters: [3, 1, 2, 5, 3, 1], activation: 'elu' }) }],
  ['one block', { topology: cnnTopologyWith({ blocks: 1, layers: 6, activation: 'relu' }) }],
  [
    'channels of their own, nested',
    { topology: three, image: nestedImage(three), range: (at) => [90 + (at % 3), 50 + (at % 3)] },
  ],
  ['values of their own, bytes', { topology: three, image: array('Uint8Array', 90), range: (at) => [at, 90 + at] }],
  ['JavaScript', { topology: three, language: 'javascript' }],
];

for (const [name, recipe] of recipes) {
  for (const format of integerFormats) {
    test(`${name}, ${format}: the generated code computes what the interpreter computes`, async () => {
      const input = quantisedCnnInputOf(recipe, format);
      const { single, batch } = await load(input);
      const raw = imagesOf(input);
      const exact = predictIntegers(input.quantised, input.encoding, raw, count);
      const bytes = recipe.image?.kind === 'array' && recipe.image.container === 'Uint8Array';
      const inside = bytes ? (count - 2) * input.encoding.inputs.length : raw.length;
      const rows = raw.subarray(0, inside);
      assert.deepEqual(callRows(input, single, rows), exact.subarray(0, (exact.length * inside) / raw.length));
      assert.deepEqual(batch(raw, count), exact);
      assert.ok(new Set(exact).size > count / 2, 'the results differ from each other');
    });
  }
}

test('a category, its probabilities, and how the network is stored', async () => {
  const classes = ['cat', 'dog', 'cow'];
  for (const format of integerFormats) {
    const input = quantisedCnnInputOf({ topology: cnnTopologyWith({ activation: 'relu' }), classes }, format);
    const { single, module, text } = await load(input);
    const raw = imagesOf(input);
    const { quantised, encoding } = input;
    const exact = predictIntegers(quantised, encoding, raw, count);
    assert.deepEqual(callRows(input, single, raw), exact);
    const scores = module.classifyScores as (image: Float32Array) => number[];
    const own = scores(Float32Array.from(raw.subarray(0, encoding.inputs.length)));
    assert.equal(own.indexOf(Math.max(...own)), exact[0]);
    assert.ok(Math.abs(own.reduce((a, b) => a + b) - 1) < 1e-12);
    // Three outputs as numbers are the same integers.
    const numbers = {
      ...encoding,
      outputs: classes.map((_, column) => ({ kind: 'number', column, offset: 0, scale: 1 }) as const),
    };
    const logits = predictIntegers(quantised, numbers, raw.subarray(0, encoding.inputs.length), 1);
    const exponentials = logits.map((value) => Math.exp(value - Math.max(...logits)));
    const sum = exponentials.reduce((a, b) => a + b);
    own.forEach((value, index) => {
      assert.ok(Math.abs(value - exponentials[index]! / sum) < 1e-9);
    });
    const size = quantisedCnnBytes(quantised).toLocaleString('en-US');
    const form = { int8: '8-bit integers', fixed16: '16-bit fixed point' }[format];
    assert.ok(text.includes(`parameters in ${form}, ${size} bytes.`), text.slice(0, 500));
    assert.ok(enterRows(raw, count, encoding, quantised.input).some((value) => value === quantised.input.maximum));
    const { parameterBytes, workingBytes } = cpuTarget.estimate(input.network, quantised);
    assert.ok(parameterBytes >= quantisedCnnBytes(quantised) && parameterBytes < 1.4 * quantisedCnnBytes(quantised));
    assert.ok(workingBytes < cpuTarget.estimate(input.network).workingBytes / (format === 'int8' ? 3 : 1.5));
  }
});
