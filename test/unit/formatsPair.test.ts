import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxDecodedBytes } from '../../engine/data/formats/decoded.ts';
import type { ByteImages } from '../../engine/data/formats/idx.ts';
import type { NpyArray } from '../../engine/data/formats/npy.ts';
import { labelImages, pairArrays } from '../../engine/data/formats/pair.ts';
import { fails, valueIn } from './formatsHelpers.ts';

const array = (kind: NpyArray['kind'], shape: number[], values: NpyArray['values']) => ({ shape, kind, values });
const pairOf = (inputs: NpyArray, outputs: NpyArray) =>
  pairArrays({ file: 'x', value: inputs }, { file: 'y', value: outputs });
const twoRows = array('float', [2, 1], Float32Array.of(1, 2));

test('.npy pairs: the shapes and types decide what the values are', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const inputs: [NpyArray, unknown][] = [
    [array('integer', [4], bytes), { kind: 'columns', count: 1 }],
    [array('integer', [4, 1], bytes), { kind: 'columns', count: 1 }],
    [array('integer', [4, 1, 1], bytes), { kind: 'image', height: 1, width: 1, channels: 1 }],
    [array('integer', [4, 1, 1, 1], bytes), { kind: 'image', height: 1, width: 1, channels: 1 }],
  ];
  for (const [value, expected] of inputs) {
    const { input, rows } = valueIn(pairOf(value, array('integer', [4], bytes)));
    assert.deepEqual(input, expected);
    assert.equal(rows.inputs, bytes);
  }
  const labels = { kind: 'classes', names: ['0', '1', '2'] };
  const outputs: [NpyArray, unknown, unknown][] = [
    [array('integer', [2], Int32Array.of(2, 0)), labels, Uint16Array.of(2, 0)],
    [array('boolean', [2], Uint8Array.of(1, 0)), { kind: 'classes', names: ['0', '1'] }, Uint16Array.of(1, 0)],
    [array('integer', [2, 1], Int32Array.of(2, 0)), { kind: 'values', count: 1 }, Float32Array.of(2, 0)],
    [array('float', [2], Float64Array.of(2.5, 0)), { kind: 'values', count: 1 }, Float32Array.of(2.5, 0)],
  ];
  for (const [value, output, targets] of outputs) {
    const pair = valueIn(pairOf(twoRows, value));
    assert.deepEqual([pair.output, pair.rows.targets], [output, targets]);
  }
});

const finite = 'Replace or leave out such rows.';
const outputsHint = 'Outputs have the shape (count) or (count, values).';
const inputsHint = 'Inputs have the shape (count, columns), or (count, height, width, channels) for images.';
const pairFailures: [name: string, inputs: NpyArray, outputs: NpyArray, message: string, hint: string][] = [
  [
    'a scalar',
    array('float', [], Float32Array.of(1)),
    twoRows,
    'x has the shape (), which is no list of inputs.',
    inputsHint,
  ],
  [
    'no columns',
    array('float', [2, 0], new Float32Array()),
    twoRows,
    'x has the shape (2, 0), which is no list of inputs.',
    inputsHint,
  ],
  [
    'images as outputs',
    twoRows,
    array('float', [1, 1, 1], Float32Array.of(1)),
    'y has the shape (1, 1, 1), which is no list of outputs.',
    outputsHint,
  ],
  [
    'counts that differ',
    twoRows,
    array('float', [1], Float32Array.of(1)),
    'x holds 2 rows, but y 1 row.',
    'Give every row of inputs one row of outputs.',
  ],
  [
    'an input that is no number',
    array('float', [2, 2], Float64Array.of(1, 2, 3, NaN)),
    twoRows,
    'x: row 2 holds NaN, not a finite 32-bit number.',
    finite,
  ],
  [
    'an output beyond 32-bit floats',
    twoRows,
    array('float', [2], Float64Array.of(1e39, 1)),
    'y: row 1 holds 1e+39, not a finite 32-bit number.',
    finite,
  ],
  [
    'a negative label',
    twoRows,
    array('integer', [2], Int8Array.of(1, -1)),
    'y: row 2 has the label -1; classes are 0 to 999.',
    'Integers in one dimension are classes: save numbers as floats, or with the shape (count, 1).',
  ],
  [
    'values that are no labels',
    twoRows,
    array('integer', [2], Int32Array.of(1000, 1)),
    'y: row 1 has the label 1000; classes are 0 to 999.',
    'Integers in one dimension are classes: save numbers as floats, or with the shape (count, 1).',
  ],
];

for (const [name, inputs, outputs, message, hint] of pairFailures) {
  test(`an .npy pair is refused: ${name}`, () => fails(pairOf(inputs, outputs), message, hint));
}

test('an .npy pair is refused: bytes that would take more than the limit as floats', () => {
  // Only its length is asked for before the refusal, so that 600 MB need not be made.
  const values = Object.create(Int8Array.prototype, { length: { value: 6e8 } }) as Int8Array;
  const message = 'x is oversized: it asks for 2.24 GiB, and at most 2 GiB are read.';
  fails(
    pairOf(array('integer', [2, 3e8], values), twoRows),
    message,
    'Use fewer rows, or check that the file is not damaged.',
  );
  assert.ok(6e8 < maxDecodedBytes);
});

const images = (count: number): { file: string; value: ByteImages } => ({
  file: 'x',
  value: { count, height: 1, width: 1, channels: 1, pixels: new Uint8Array(count) },
});

test('images and labels must be of one set', () => {
  const rows = valueIn(labelImages(images(2), { file: 'y', value: Uint8Array.of(9, 0) }, 10));
  assert.deepEqual(rows, { count: 2, inputs: new Uint8Array(2), targets: Uint16Array.of(9, 0) });
  fails(
    labelImages(images(2), { file: 'y', value: Uint8Array.of(1) }, 10),
    'x holds 2 images, but y 1 label.',
    'Take both files from the same set.',
  );
  fails(
    labelImages(images(2), { file: 'y', value: Uint8Array.of(1, 10) }, 10),
    'y gives image 2 the label 10; the classes are 0 to 9.',
    'Check that the file belongs to this set.',
  );
});
