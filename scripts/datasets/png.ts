/**
 * Decodes the PNG images that a data package carries: 8 bits per channel, red, green and blue, not interlaced (PNG, third
 * edition, sections 5 and 9). Throws on everything else.
 */
import { inflateSync } from 'node:zlib';

/** pixels: (height, width, 3), channels fastest. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

const channels = 3;
const signature = '89504e470d0a1a0a';

export function decodePng(file: Buffer): RgbImage {
  if (file.subarray(0, 8).toString('hex') !== signature) throw new Error('This is not a PNG file.');
  const chunks = readChunks(file);
  const header = chunks.find(({ type }) => type === 'IHDR')!.data;
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  const [depth, colour, , , interlace] = header.subarray(8);
  if (depth !== 8 || colour !== 2 || interlace !== 0) {
    throw new Error(`A PNG of depth ${depth}, colour type ${colour} and interlace ${interlace} is not decoded.`);
  }
  const scanlines = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)));
  return { width, height, pixels: unfilter(scanlines, width * channels, height) };
}

function readChunks(file: Buffer): { type: string; data: Buffer }[] {
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    chunks.push({ type: file.toString('latin1', at + 4, at + 8), data: file.subarray(at + 8, at + 8 + length) });
    at += length + 12;
  }
  return chunks;
}

/** Each scanline is a filter's number and `stride` bytes; filters predict a byte from those to the left and above. */
function unfilter(scanlines: Uint8Array, stride: number, height: number): Uint8Array {
  if (scanlines.length !== (stride + 1) * height)
    throw new Error('The PNG has more or fewer rows than its header says.');
  const pixels = new Uint8Array(stride * height);
  for (let row = 0; row < height; row++) {
    const from = row * (stride + 1);
    const predict = predictors[scanlines[from]!];
    if (!predict) throw new Error(`The PNG has the unknown filter ${scanlines[from]}.`);
    const to = row * stride;
    for (let at = 0; at < stride; at++) {
      const left = at >= channels ? pixels[to + at - channels]! : 0;
      const above = row > 0 ? pixels[to + at - stride]! : 0;
      const corner = row > 0 && at >= channels ? pixels[to + at - stride - channels]! : 0;
      pixels[to + at] = scanlines[from + 1 + at]! + predict(left, above, corner);
    }
  }
  return pixels;
}

/** By the filter's number: none, sub, up, average, Paeth. */
const predictors: readonly ((left: number, above: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_, above) => above,
  (left, above) => (left + above) >> 1,
  paeth,
];

function paeth(left: number, above: number, corner: number): number {
  const estimate = left + above - corner;
  const toLeft = Math.abs(estimate - left);
  const toAbove = Math.abs(estimate - above);
  const toCorner = Math.abs(estimate - corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
