/** Generated integer code against the interpreter: bit for bit, in every activation, type and language. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from '../../engine/data/encoding.ts';
import type { EmitInput } from '../../engine/emit/target.ts';
import { calibrate } from '../../engine/quantise/calibrate.ts';
import { integerFormats, predictQuantised, quantise } from '../../engine/quantise/quantise.ts';
import { activations, type Network } from '../../engine/types.ts';
import { callRows, emitInputOf, load, type Recipe, randomRows } from './emitHelpers.ts';

const count = 400;
const number = { kind: 'number' } as const;

/** Everything that a signature may hold: numbers in and out of arrays, booleans, categories, integer containers. */
const mixed: Recipe = {
  parameters: [
    { name: 'spot', shape: number },
    { name: 'call', shape: { kind: 'boolean' } },
    { name: 'mode', shape: { kind: 'category', values: ['slow', 'fast', 'off'] } },
    { name: 'window', shape: { kind: 'array', container: 'Float64Array', length: 12, element: number } },
  ],
  result: {
    kind: 'object',
    fields: [
      { name: 'price', shape: number },
      { name: 'levels', shape: { kind: 'array', container: 'Int16Array', length: 10, element: number } },
      { name: 'rises', shape: { kind: 'boolean' } },
      { name: 'grade', shape: { kind: 'category', values: ['a', 'b', 'c', 'd'] } },
    ],
  },
  hidden: [7, 5],
  activation: 'tanh',
  outputRange: [-40, 300],
};

const plain = (changes: Partial<Recipe>): Recipe => ({
  parameters: [
    { name: 'a', shape: number },
    { name: 'b', shape: number },
  ],
  result: number,
  hidden: [9, 6],
  activation: 'relu',
  ...changes,
});

const cases: readonly (readonly [string, Recipe])[] = [
  ...activations.map((activation) => [activation, plain({ activation })] as const),
  ['no hidden layer', plain({ hidden: [] })],
  ['offsets of 0', plain({ inputRange: [0, 1], outputRange: [0, 1] })],
  ['every kind of slot', mixed],
  ['every kind of slot, JavaScript', { ...mixed, language: 'javascript' }],
  ['every kind of slot, relu', { ...mixed, activation: 'relu', seed: 3 }],
];

function quantisedInput(recipe: Recipe, format: (typeof integerFormats)[number]): EmitInput<Network> {
  const input = emitInputOf(recipe);
  const rows = randomRows(input, count, 11);
  const depth = input.encoding.outputs.length;
  const samples = { count, inputs: rows, outputs: new Float64Array(count * depth) };
  const calibration = calibrate(input.network, encode(samples, input.encoding).inputs, count);
  return { ...input, quantised: quantise(input.network, format, calibration) };
}

for (const [name, recipe] of cases) {
  for (const format of integerFormats) {
    test(`${name}, ${format}: the generated code computes what the interpreter computes`, async () => {
      const input = quantisedInput(recipe, format);
      const { single, batch } = await load(input);
      const rows = randomRows(input, count, 5);
      // Beyond the ranges too, where integers saturate.
      for (let at = 0; at < 40 * input.encoding.inputs.length; at++) {
        if (input.encoding.inputs[at % input.encoding.inputs.length]!.kind === 'number') rows[at]! *= 9;
      }
      const exact = predictQuantised(input.quantised!, input.encoding, rows, count);
      if (recipe.result.kind === 'object') roundLevels(exact, input);
      assert.deepEqual(callRows(input, single, rows), exact);
      assert.deepEqual(batch(rows, count), exact);
      assert.ok(new Set(exact).size > 20, 'the results differ from each other');
    });
  }
}

/** Slots 1 to 10 are stored in an Int16Array, which holds whole numbers only. */
function roundLevels(raw: Float64Array, { encoding }: EmitInput): void {
  raw.forEach((value, at) => {
    const slot = at % encoding.outputs.length;
    if (slot >= 1 && slot <= 10) raw[at] = Math.max(-32768, Math.min(32767, Math.round(value))) + 0;
  });
}

test('the head of the file says how the network is stored', async () => {
  const { text } = await load(quantisedInput(plain({}), 'int8'));
  assert.match(text, /2-9-6-1, relu, 94 parameters in 8-bit integers, 222 bytes\./);
  const { text: fixed } = await load(quantisedInput(plain({}), 'fixed16'));
  assert.match(fixed, /94 parameters in 16-bit fixed point, 220 bytes\./);
});
