import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeNpy, type NpyArray } from '../../engine/data/formats/npy.ts';
import { encodeNpy, fails, npyFile, valueIn } from './formatsHelpers.ts';

// Files that NumPy 2.4 has written.
const numpyFiles: [name: string, base64: string, expected: NpyArray][] = [
  [
    "array([[1.5, -2], [3, 4]], '<f4')",
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDIpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAMA/AAAAwAAAQEAAAIBA',
    { shape: [2, 2], kind: 'float', values: Float32Array.of(1.5, -2, 3, 4) },
  ],
  [
    "asfortranarray([[1, 2, 3], [4, 5, 6]], '<f8')",
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAADwPwAAAAAAABBAAAAAAAAAAEAAAAAAAAAUQAAAAAAAAAhAAAAAAAAAGEA=',
    { shape: [2, 3], kind: 'float', values: Float64Array.of(1, 2, 3, 4, 5, 6) },
  ],
  [
    "array(7, 'u1')",
    'k05VTVBZAQB2AHsnZGVzY3InOiAnfHUxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoH',
    { shape: [], kind: 'integer', values: Uint8Array.of(7) },
  ],
  [
    "array([1, -2, 3], '<i8')",
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAAAAAAAAAP7/////////AwAAAAAAAAA=',
    { shape: [3], kind: 'integer', values: Float64Array.of(1, -2, 3) },
  ],
  [
    'array([True, False])',
    'k05VTVBZAQB2AHsnZGVzY3InOiAnfGIxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAA==',
    { shape: [2], kind: 'boolean', values: Uint8Array.of(1, 0) },
  ],
  [
    "asfortranarray(arange(12, dtype='<u2').reshape(2, 3, 2)), version 2.0",
    'k05VTVBZAgB0AAAAeydkZXNjcic6ICc8dTInLCAnZm9ydHJhbl9vcmRlcic6IFRydWUsICdzaGFwZSc6ICgyLCAzLCAyKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAYAAgAIAAQACgABAAcAAwAJAAUACwA=',
    { shape: [2, 3, 2], kind: 'integer', values: Uint16Array.from({ length: 12 }, (_, index) => index) },
  ],
];

for (const [name, base64, expected] of numpyFiles) {
  test(`NumPy's file is read: ${name}`, () => {
    assert.deepEqual(valueIn(decodeNpy(new Uint8Array(Buffer.from(base64, 'base64')), 'x')), expected);
  });
}

const types = [
  ['<f4', Float32Array],
  ['<f8', Float64Array],
  ['|i1', Int8Array],
  ['|u1', Uint8Array],
  ['<i2', Int16Array],
  ['<u2', Uint16Array],
  ['<i4', Int32Array],
  ['<u4', Uint32Array],
] as const;

test('what was written as .npy is read back, in every type, version and alignment', () => {
  const arrays = fc.record({
    type: fc.constantFrom(...types),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
    seed: fc.integer(),
    version: fc.constantFrom(1, 2),
    padding: fc.nat(70),
    // Node's readers give a Buffer, whose methods differ.
    container: fc.constantFrom(Uint8Array, Buffer),
  });
  fc.assert(
    fc.property(arrays, ({ type: [descr, array], shape, seed, version, padding, container }) => {
      const length = shape.reduce((product, size) => product * size, 1);
      const values = new array(Array.from({ length }, (_, index) => seed * (index + 1)));
      const file = encodeNpy(descr, shape, values, { version, padding });
      const decoded = valueIn(decodeNpy(container.from(file), 'x'));
      assert.deepEqual({ shape: decoded.shape, values: decoded.values }, { shape, values });
    }),
  );
});

test('Fortran order becomes C order', () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(shapes, (shape) => {
      const length = shape.reduce((product, size) => product * size, 1);
      // Value v belongs at C position v; its place in the file has the axes in reverse.
      const values = new Int32Array(length);
      for (let value = 0; value < length; value++) {
        let rest = value;
        const index = shape.map(() => 0);
        for (let axis = shape.length - 1; axis >= 0; axis--) {
          index[axis] = rest % shape[axis]!;
          rest = Math.floor(rest / shape[axis]!);
        }
        values[index.reduceRight((place, at, axis) => place * shape[axis]! + at, 0)] = value;
      }
      const decoded = valueIn(decodeNpy(encodeNpy('<i4', shape, values, { fortran: true }), 'x'));
      assert.deepEqual(
        decoded.values,
        Int32Array.from({ length }, (_, index) => index),
      );
    }),
  );
});

const none = new Uint8Array(0);
const again = 'Download or copy it again.';
const plain = 'Save plain numbers with numpy.save.';
const failures: [name: string, file: Uint8Array, message: string, hint: string][] = [
  ['empty', none, 'x is not an .npy file.', 'Write it with numpy.save.'],
  ['other bytes', Uint8Array.from({ length: 100 }), 'x is not an .npy file.', 'Write it with numpy.save.'],
  [
    'version 3',
    encodeNpy('<f4', [0], none, { version: 3 }),
    'x has version 3 of the .npy format; 1 and 2 are read.',
    plain,
  ],
  [
    'cut after the magic string',
    encodeNpy('<f4', [0], none).subarray(0, 6),
    'x is truncated: it ends within its header.',
    again,
  ],
  [
    'cut within the header',
    encodeNpy('<f4', [0], none).subarray(0, 40),
    'x is truncated: it ends within its header.',
    again,
  ],
  ['no dictionary', npyFile('hello\n', none), 'x has a header that cannot be read.', plain],
  ['a header of megabytes', npyFile(' '.repeat(4e6), none, 2), 'x has a header that cannot be read.', plain],
  ['a dimension that is no integer', encodeNpy('<f4', [1.5], none), 'x has a header that cannot be read.', plain],
  [
    'a dimension beyond every integer',
    npyFile(`{'descr': '<f4', 'fortran_order': False, 'shape': (0, ${'9'.repeat(400)}), }\n`, none),
    'x has a header that cannot be read.',
    plain,
  ],
  [
    'truncated',
    encodeNpy('<f4', [3, 2], Float32Array.of(1, 2)),
    'x is truncated: its header asks for 24 bytes of data, and 8 are there.',
    again,
  ],
  [
    'longer than its header says',
    encodeNpy('<f4', [1], Float32Array.of(1, 2)),
    'x is longer than its header says: 4 bytes of data, and 8 are there.',
    'Download or copy it again; several files may have been joined.',
  ],
  [
    'a header that asks for 2^40 values',
    encodeNpy('<f8', [2 ** 20, 2 ** 20], none),
    'x is oversized: it asks for 8 TiB, and at most 2 GiB are read.',
    'Use fewer rows, or check that the file is not damaged.',
  ],
  [
    'big-endian numbers',
    encodeNpy('>f4', [1], Float32Array.of(1)),
    'x holds big-endian numbers (>f4).',
    "Save it as little-endian: numpy.save(file, array.astype('<f4')).",
  ],
  [
    'Python objects',
    encodeNpy('|O', [1], none),
    'x holds Python objects, which are not read.',
    'Save one plain array of numbers.',
  ],
  [
    'named fields',
    npyFile("{'descr': [('a', '<f4'), ('b', '<i2')], 'fortran_order': False, 'shape': (1,), }\n", none),
    'x holds records with named fields, not numbers.',
    'Save one plain array of numbers.',
  ],
  [
    'complex numbers',
    encodeNpy('<c8', [1], Float32Array.of(1, 1)),
    'x holds values of the type <c8; numbers of 1 to 8 bytes (floats of 4 or 8) and booleans are read.',
    "Convert it: numpy.save(file, array.astype('<f4')).",
  ],
  [
    'an integer that no double is',
    encodeNpy('<u8', [2], BigUint64Array.of(1n, 2n ** 53n)),
    'x holds 9007199254740992 at position 1, beyond the 53 bits that numbers keep exactly.',
    "Convert it: numpy.save(file, array.astype('<f8')).",
  ],
];

for (const [name, file, message, hint] of failures) {
  test(`an .npy file is refused: ${name}`, () => fails(decodeNpy(file, 'x'), message, hint));
}

test('no bytes make the reader throw, and no cut of a file is read', () => {
  const whole = encodeNpy('<i4', [2, 3], Int32Array.of(1, 2, 3, 4, 5, 6));
  for (let length = 0; length < whole.length; length++) {
    assert.equal(decodeNpy(whole.subarray(0, length), 'x').kind, 'failed', `${length} bytes`);
  }
  const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(changes, fc.uint8Array({ maxLength: 60 }), (edits, rest) => {
      const damaged = whole.slice();
      for (const [at, value] of edits) damaged[at] = value;
      decodeNpy(damaged, 'x');
      decodeNpy(Uint8Array.of(...whole.subarray(0, 7), ...rest), 'x');
    }),
    { numRuns: 500 },
  );
});
