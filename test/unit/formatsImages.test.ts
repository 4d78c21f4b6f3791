import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CifarKind, decodeCifar, encodeCifar10, joinBatches } from '../../engine/data/formats/cifar.ts';
import type { Decoded } from '../../engine/data/formats/decoded.ts';
import { decodeIdx, decodeIdxImages, decodeIdxLabels } from '../../engine/data/formats/idx.ts';
import { encodeIdx, fails, valueIn } from './formatsHelpers.ts';

const bytes = (count: number) => Uint8Array.from({ length: count }, (_, index) => index);
const again = 'Download or copy it again.';
const exchanged = 'Check whether the files of images and labels are exchanged.';
const noIdx = 'An IDX file of bytes starts with the bytes 0, 0, 8 and its number of dimensions.';

test('IDX images are (count, height, width, channels) and labels (count)', () => {
  assert.deepEqual(valueIn(decodeIdxImages(encodeIdx([2, 2, 3], bytes(12)), 'x')), {
    count: 2,
    height: 2,
    width: 3,
    channels: 1,
    pixels: bytes(12),
  });
  const colour = valueIn(decodeIdxImages(encodeIdx([1, 2, 2, 3], bytes(12)), 'x'));
  assert.deepEqual([colour.count, colour.height, colour.width, colour.channels], [1, 2, 2, 3]);
  assert.deepEqual(valueIn(decodeIdxLabels(encodeIdx([3], [7, 0, 2]), 'x')), Uint8Array.of(7, 0, 2));
});

test('an IDX array is empty where a dimension is 0, whatever the others ask for', () => {
  const shape = [...new Array<number>(254).fill(2 ** 32 - 1), 0];
  assert.deepEqual(valueIn(decodeIdx(encodeIdx(shape, []), 'x')), { shape, values: new Uint8Array() });
  fails(
    decodeIdx(encodeIdx(shape, [7]), 'x'),
    'x is longer than its header says: 0 bytes of data, and 1 are there.',
    'Download or copy it again; several files may have been joined.',
  );
});

test('what was written as IDX is read back', () => {
  const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 });
  const arrays = shapes.chain((shape) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return fc.record({ shape: fc.constant(shape), values: fc.uint8Array({ minLength: size, maxLength: size }) });
  });
  fc.assert(
    fc.property(arrays, ({ shape, values }) => {
      assert.deepEqual(valueIn(decodeIdx(encodeIdx(shape, values), 'x')), { shape, values });
    }),
  );
});

const idxFailures: [name: string, decode: () => Decoded<unknown>, message: string, hint: string][] = [
  ['empty', () => decodeIdx(bytes(0), 'x'), 'x is not an IDX file.', noIdx],
  ['wrong magic', () => decodeIdx(Uint8Array.of(1, 0, 8, 1, 0, 0, 0, 0), 'x'), 'x is not an IDX file.', noIdx],
  ['unknown type', () => decodeIdx(encodeIdx([1], [1], 10), 'x'), 'x is not an IDX file.', noIdx],
  ['no dimensions', () => decodeIdx(encodeIdx([], [1]), 'x'), 'x is not an IDX file.', noIdx],
  [
    'floats',
    () => decodeIdx(encodeIdx([1], [0, 0, 0, 0], 13), 'x'),
    'x holds 32-bit floats; only unsigned bytes are read from IDX files.',
    'Save other numbers as .npy.',
  ],
  [
    'cut within the header',
    () => decodeIdx(encodeIdx([2, 3], []).subarray(0, 9), 'x'),
    'x is truncated: it ends within its header.',
    again,
  ],
  [
    'truncated',
    () => decodeIdx(encodeIdx([1000, 2, 3], bytes(7)), 'x'),
    'x is truncated: its header asks for 6,000 bytes of data, and 7 are there.',
    again,
  ],
  [
    'longer than its header says',
    () => decodeIdx(encodeIdx([1], bytes(3)), 'x'),
    'x is longer than its header says: 1 byte of data, and 3 are there.',
    'Download or copy it again; several files may have been joined.',
  ],
  [
    'a header that asks for 2^31 images',
    () => decodeIdx(encodeIdx([2 ** 31, 28, 28], []), 'x'),
    'x is oversized: it asks for 1.53 TiB, and at most 2 GiB are read.',
    'Use fewer rows, or check that the file is not damaged.',
  ],
  [
    'a header that asks for infinitely many values',
    () => decodeIdx(encodeIdx(new Array(255).fill(2 ** 32 - 1), []), 'x'),
    'x is oversized: it asks for more than 1,000,000 TiB, and at most 2 GiB are read.',
    'Use fewer rows, or check that the file is not damaged.',
  ],
  [
    'labels where images belong',
    () => decodeIdxImages(encodeIdx([3], bytes(3)), 'x'),
    'x holds 3 labels where images are expected.',
    exchanged,
  ],
  [
    'images where labels belong',
    () => decodeIdxLabels(encodeIdx([1, 2, 2], bytes(4)), 'x'),
    'x holds images or another array (1 x 2 x 2) where labels are expected.',
    exchanged,
  ],
  [
    'no list of images',
    () => decodeIdxImages(encodeIdx([2, 3], bytes(6)), 'x'),
    'x holds an array of 2 x 3 bytes, which is no list of images.',
    'Images have three dimensions (count, height, width), or four with 1 to 4 channels last.',
  ],
  [
    'images of too many channels',
    () => decodeIdxImages(encodeIdx([1, 1, 1, 5], bytes(5)), 'x'),
    'x holds an array of 1 x 1 x 1 x 5 bytes, which is no list of images.',
    'Images have three dimensions (count, height, width), or four with 1 to 4 channels last.',
  ],
];

for (const [name, decode, message, hint] of idxFailures) {
  test(`an IDX file is refused: ${name}`, () => fails(decode(), message, hint));
}

/** One record whose pixel p of channel c is c * 80 + p % 80. */
function cifarRecord(...labels: number[]): Uint8Array {
  return Uint8Array.of(
    ...labels,
    ...Array.from({ length: 3072 }, (_, at) => Math.floor(at / 1024) * 80 + ((at % 1024) % 80)),
  );
}

test('CIFAR planes become pixels with channels fastest, and the fine label is the class', () => {
  const cases: [CifarKind, Uint8Array][] = [
    ['cifar10', cifarRecord(7)],
    ['cifar100', cifarRecord(19, 7)],
  ];
  for (const [kind, record] of cases) {
    const { count, labels, pixels } = valueIn(decodeCifar(record, 'x', kind));
    assert.deepEqual([count, ...labels], [1, 7]);
    assert.deepEqual([...pixels.subarray(0, 6)], [0, 80, 160, 1, 81, 161]);
    assert.deepEqual([...pixels.subarray(-3)], [63, 143, 223]);
  }
});

test('batches are refused that take more than the limit together', () => {
  // Only their lengths are asked for before the refusal, so that 3 GB need not be made.
  const pixels = Object.create(Uint8Array.prototype, { length: { value: 1.5e9 } }) as Uint8Array;
  const batch = { count: 1, height: 32, width: 32, channels: 3, pixels, labels: new Uint8Array(1) };
  fails(
    joinBatches([batch, batch], 'x'),
    'x is oversized: it asks for 2.79 GiB, and at most 2 GiB are read.',
    'Use fewer rows, or check that the file is not damaged.',
  );
});

test('what was written as CIFAR-10 is read back', () => {
  const seeds = fc.array(fc.record({ label: fc.nat(9), seed: fc.nat() }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(seeds, (images) => {
      const pixels = Uint8Array.from(
        images.flatMap(({ seed }) => Array.from({ length: 3072 }, (_, at) => seed * (at + 1))),
      );
      const labels = Uint8Array.from(images, ({ label }) => label);
      const decoded = valueIn(decodeCifar(encodeCifar10(pixels, labels), 'x', 'cifar10'));
      assert.deepEqual({ pixels: decoded.pixels, labels: decoded.labels }, { pixels, labels });
    }),
    { numRuns: 20 },
  );
});

const cifarFailures: [name: string, file: Uint8Array, kind: CifarKind, message: string, hint: string][] = [
  [
    'empty',
    bytes(0),
    'cifar10',
    'x has 0 bytes, which is not a whole number of CIFAR-10 records of 3,073 bytes.',
    'The file is truncated or another format: take the binary version of CIFAR-10.',
  ],
  [
    'truncated',
    cifarRecord(1).subarray(1),
    'cifar10',
    'x has 3,072 bytes, which is not a whole number of CIFAR-10 records of 3,073 bytes.',
    'The file is truncated or another format: take the binary version of CIFAR-10.',
  ],
  [
    'CIFAR-100 read as CIFAR-10',
    cifarRecord(1, 2),
    'cifar10',
    'x has 3,074 bytes, which is a whole number of CIFAR-100 records (3,074 bytes), not of CIFAR-10 records (3,073 bytes).',
    'Load it as cifar100.',
  ],
  [
    'CIFAR-10 read as CIFAR-100',
    cifarRecord(1),
    'cifar100',
    'x has 3,073 bytes, which is a whole number of CIFAR-10 records (3,073 bytes), not of CIFAR-100 records (3,074 bytes).',
    'Load it as cifar10.',
  ],
  [
    'a label out of range',
    Uint8Array.of(...cifarRecord(9), ...cifarRecord(10)),
    'cifar10',
    "x gives image 2 the label 10; CIFAR-10's are 0 to 9.",
    'The file is damaged or another format: take the binary version of CIFAR-10.',
  ],
  [
    'a coarse label out of range',
    cifarRecord(20, 0),
    'cifar100',
    "x gives image 1 the label 20; CIFAR-100's are 0 to 19.",
    'The file is damaged or another format: take the binary version of CIFAR-100.',
  ],
];

for (const [name, file, kind, message, hint] of cifarFailures) {
  test(`a CIFAR file is refused: ${name}`, () => fails(decodeCifar(file, 'x', kind), message, hint));
}

test('no bytes make a reader of images throw, and no cut of a file is read', () => {
  const whole = encodeIdx([2, 2, 3], bytes(12));
  for (let length = 0; length < whole.length; length++) {
    assert.equal(decodeIdxImages(whole.subarray(0, length), 'x').kind, 'failed', `${length} bytes`);
  }
  const headers = fc.constantFrom([], [0, 0, 8], [0, 0, 8, 1], [0, 0, 8, 3, 0, 0, 0]);
  fc.assert(
    fc.property(headers, fc.uint8Array({ maxLength: 40 }), (header, rest) => {
      const file = Uint8Array.of(...header, ...rest);
      decodeIdxImages(file, 'x');
      decodeIdxLabels(file, 'x');
      assert.equal(decodeCifar(file, 'x', 'cifar10').kind, 'failed');
    }),
  );
});
