import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeJsonPair } from '../../engine/data/formats/json.ts';
import { fails, valueIn } from './formatsHelpers.ts';

const layout =
  'Write it like this: {"inputs": [[1, 2], [3, 4]], "outputs": [[5], [6]]}, or with "outputs": ["a", "b"] for classes.';

test('JSON pairs give columns or images, values or classes', () => {
  assert.deepEqual(valueIn(decodeJsonPair('{"inputs": [[1, 2], [3, 4]], "outputs": [[5], [6]]}', 'x')), {
    input: { kind: 'columns', count: 2 },
    output: { kind: 'values', count: 1 },
    rows: { count: 2, inputs: Float32Array.of(1, 2, 3, 4), targets: Float32Array.of(5, 6) },
  });
  const images = '{"shape": [1, 2, 1], "inputs": [[1, 2], [3, 4], [5, 6]], "outputs": ["dog", "cat", "dog"]}';
  assert.deepEqual(valueIn(decodeJsonPair(images, 'x')), {
    input: { kind: 'image', height: 1, width: 2, channels: 1 },
    output: { kind: 'classes', names: ['cat', 'dog'] },
    rows: { count: 3, inputs: Float32Array.of(1, 2, 3, 4, 5, 6), targets: Uint16Array.of(1, 0, 1) },
  });
});

const jsonFailures: [name: string, text: string, message: string, hint: string][] = [
  [
    'no JSON',
    '{"inputs"',
    "x is not JSON: Expected ':' after property name in JSON at position 9 (line 1 column 10).",
    layout,
  ],
  ['no lists', '[1, 2]', 'x needs the two lists "inputs" and "outputs".', layout],
  ['no outputs', '{"inputs": [[1]]}', 'x needs the two lists "inputs" and "outputs".', layout],
  [
    'counts that differ',
    '{"inputs": [[1], [2]], "outputs": [[1]]}',
    'x has 2 inputs and 1 output.',
    'Give every row of "inputs" one entry in "outputs".',
  ],
  ['empty lists', '{"inputs": [], "outputs": []}', 'x: the first entry of "inputs" is no list of numbers.', layout],
  [
    'bare numbers as outputs',
    '{"inputs": [[1]], "outputs": [1]}',
    'x: the first entry of "outputs" is no list of numbers.',
    layout,
  ],
  [
    'a shorter row',
    '{"inputs": [[1, 2], [3]], "outputs": [[1], [2]]}',
    'x: row 2 of "inputs" has 1 number, the first has 2.',
    'Give all rows the same length.',
  ],
  [
    'a row that is no list',
    '{"inputs": [[1, 2], 3], "outputs": [[1], [2]]}',
    'x: row 2 of "inputs" is no list; the first has 2 numbers.',
    'Give all rows the same length.',
  ],
  [
    'text in a row',
    `{"inputs": [[1, "${'a'.repeat(50)}"]], "outputs": [[1]]}`,
    `x: row 1 of "inputs" holds "${'a'.repeat(40)}...", not a finite 32-bit number.`,
    'Replace or leave out such rows.',
  ],
  [
    'a number beyond 32-bit floats',
    '{"inputs": [[1]], "outputs": [[1e39]]}',
    'x: row 1 of "outputs" holds 1e+39, not a finite 32-bit number.',
    'Replace or leave out such rows.',
  ],
  [
    'a list a million levels deep',
    `{"inputs": [[${'['.repeat(1e6)}${']'.repeat(1e6)}]], "outputs": [[1]]}`,
    'x: row 1 of "inputs" holds a list, not a finite 32-bit number.',
    'Replace or leave out such rows.',
  ],
  [
    'a shape of two sizes',
    '{"shape": [1, 2], "inputs": [[1, 2]], "outputs": [[1]]}',
    'x: "shape" is a list, not three positive integers.',
    'Write "shape": [height, width, channels], or leave it out.',
  ],
  [
    'a shape of another size',
    '{"shape": [2, 2, 1], "inputs": [[1, 2]], "outputs": [[1]]}',
    'x: images of 2 x 2 x 1 have 4 values, the rows of "inputs" have 2.',
    'Write "shape": [height, width, channels] as the rows are.',
  ],
  [
    'a number among labels',
    '{"inputs": [[1], [2]], "outputs": ["a", 7]}',
    'x: entry 2 of "outputs" is 7, the first is a label.',
    'Give every row a label, or every row a list of numbers.',
  ],
  [
    'too many labels',
    JSON.stringify({ inputs: Array(1001).fill([1]), outputs: [...Array(1001).keys()].map(String) }),
    'x has 1,001 different labels; at most 1,000 classes can be learnt.',
    'Write numbers as lists, for example [5], and leave out labels that name single rows.',
  ],
];

for (const [name, text, message, hint] of jsonFailures) {
  test(`a JSON pair is refused: ${name}`, () => fails(decodeJsonPair(text, 'x'), message, hint));
}

test('no JSON makes the reader throw', () => {
  const lists = fc.array(fc.oneof(fc.jsonValue(), fc.array(fc.double(), { maxLength: 3 })), { maxLength: 3 });
  const documents = fc.record({ inputs: lists, outputs: lists, shape: fc.jsonValue() }, { requiredKeys: [] });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        documents.map((value) => JSON.stringify(value)),
      ),
      (text) => {
        decodeJsonPair(text, 'x');
      },
    ),
    { numRuns: 500 },
  );
});
