import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import { decodePng } from '../../scripts/datasets/png.ts';

/** A PNG of these scanlines, each a filter's number and its bytes; the data is cut into two chunks. */
function encodePng(width: number, scanlines: readonly (readonly number[])[], colour = 2): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(scanlines.length, 4);
  header.set([8, colour], 8);
  const data = deflateSync(Uint8Array.from(scanlines.flat()));
  const chunks = [
    chunk('IHDR', header),
    chunk('IDAT', data.subarray(0, 5)),
    chunk('IDAT', data.subarray(5)),
    chunk('IEND'),
  ];
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...chunks]);
}

function chunk(type: string, data = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

const firstRow = [10, 20, 30, 40, 50, 60];

// What each filter adds is worked out by hand from the row above and the pixel to the left.
const filters: [name: string, filter: number, written: number[], read: number[]][] = [
  ['none', 0, [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]],
  ['sub', 1, [1, 2, 3, 4, 5, 255], [1, 2, 3, 5, 7, 2]],
  ['up', 2, [1, 2, 3, 4, 5, 200], [11, 22, 33, 44, 55, 4]],
  ['average', 3, [1, 2, 3, 4, 5, 6], [6, 12, 18, 27, 36, 45]],
  // Nearest to left + above - corner: above for the first pixel, then 40 (above), 60 (left) and 30 (corner).
  ['Paeth', 4, [0, 40, 236, 1, 1, 1], [10, 60, 10, 41, 61, 31]],
];

for (const [name, filter, written, read] of filters) {
  test(`a PNG is decoded: filter ${name}`, () => {
    const { width, height, pixels } = decodePng(
      encodePng(2, [
        [0, ...firstRow],
        [filter, ...written],
      ]),
    );
    assert.deepEqual([width, height], [2, 2]);
    assert.deepEqual([...pixels], [...firstRow, ...read]);
  });
}

test('other PNGs are refused', () => {
  const cases: [Buffer, string][] = [
    [Buffer.from('GIF89a'), 'This is not a PNG file.'],
    [encodePng(2, [[0, ...firstRow]], 6), 'A PNG of depth 8, colour type 6 and interlace 0 is not decoded.'],
    [encodePng(3, [[0, ...firstRow]]), 'The PNG has more or fewer rows than its header says.'],
    [encodePng(2, [[5, ...firstRow]]), 'The PNG has the unknown filter 5.'],
  ];
  for (const [file, message] of cases) assert.throws(() => decodePng(file), { message });
});
