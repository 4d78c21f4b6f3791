/** The forward pass of one convolution over all tiles, with the normalisation before it and the dropout after it. */
import { Convolution, Kind, Network } from './cnnNetwork';
import { prepareNormals } from './cnnNormals';
import { convolveRow, groupsFor, groupStart, pack } from './convolution';
import { dropRow, startDropout } from './dropout';
import { addMoments, EPSILON, normalizeActivate } from './normalization';
import { ROW, TILE } from './tile';
import { bytesOf, lanesBelow, splat, VECTOR } from './vector';

/** Sets the margins of `rows` rows of scratch to zero. */
export function clearMargins(rows: i32, margin: usize, inner: usize, at: usize): void {
  for (; rows > 0; rows--) {
    memory.fill(at, 0, margin);
    at += margin + inner;
    memory.fill(at, 0, margin);
    at += margin;
  }
}

/**
 * to[k] = mean of 2x2 of the `width` pixels of two rows, which are `rowBytes` long; `toStride` bytes apart.
 * The last column of an odd width has no part.
 */
export function poolRow(rows: usize, rowBytes: usize, width: i32, to: usize, toStride: usize): void {
  const quarter = splat(0.25);
  for (; width > 0; width--) {
    for (let half: usize = 0; half < ROW; half += VECTOR) {
      const at = rows + half;
      const top = f32x4.add(v128.load(at), v128.load(at, ROW));
      const bottom = f32x4.add(v128.load(at + rowBytes), v128.load(at + rowBytes, ROW));
      v128.store(to + half, f32x4.mul(f32x4.add(top, bottom), quarter));
    }
    rows += 2 * ROW;
    to += toStride;
  }
}

/** Fills the chunk with what the convolution reads of `count` channels from `first` on, for one tile. */
function fillChunk(network: Network, c: Convolution, tile: i32, first: i32, count: i32): void {
  const height = c.target.height;
  const width = c.target.width;
  const pixel = <usize>count * ROW;
  const margin = <usize>c.margin * pixel;
  const inner = <usize>width * pixel;
  const rowBytes = inner + 2 * margin;
  clearMargins(height, margin, inner, network.chunk);
  if (c.kind == Kind.Initial) {
    const imagePixel = <usize>c.channels * ROW;
    const image = network.inputs + <usize>tile * network.imageStride + <usize>first * ROW;
    for (let row = 0; row < height; row++) {
      const to = network.chunk + <usize>row * rowBytes + margin;
      for (let column = 0; column < width; column++) {
        memory.copy(to + <usize>column * pixel, image + <usize>(row * width + column) * imagePixel, pixel);
      }
    }
    return;
  }
  const source = c.source;
  const sourceRow = <usize>source.width * ROW;
  for (let k = 0; k < count; k++) {
    const normal = network.normal(first + k);
    const values = source.values + <usize>tile * source.stride + <usize>(first + k) * source.plane;
    const to = network.chunk + margin + <usize>k * ROW;
    for (let row = 0; row < height; row++) {
      const at = to + <usize>row * rowBytes;
      if (c.kind != Kind.Transition) {
        normalizeActivate(network.activation, values + <usize>row * sourceRow, width, normal, at, pixel);
      } else {
        // Pooling and a 1x1 convolution are both linear, so they can change places: the convolution has a quarter to do.
        const rows = values + <usize>(2 * row) * sourceRow;
        normalizeActivate(network.activation, rows, 2 * source.width, normal, network.plane, ROW);
        poolRow(network.plane, sourceRow, width, at, pixel);
      }
    }
  }
}

/** Adds one chunk's part to the products of all filters. */
function convolveChunk(network: Network, c: Convolution, channels: i32, packed: usize, accumulate: bool): void {
  const height = c.target.height;
  const width = c.target.width;
  const margin = c.margin;
  const rowBytes = c.rowBytes(channels);
  const run = c.kernel * channels;
  for (let group = 0; group < groupsFor(c.filters); group++) {
    const first = groupStart(c.filters, group);
    const filters = groupStart(c.filters, group + 1) - first;
    const w = packed + bytesOf(first * c.taps * channels);
    for (let row = 0; row < height; row++) {
      // Kernel rows beyond the image's edge would only add zeros.
      const from = max(0, margin - row);
      const rows = min(c.kernel, height + margin - row) - from;
      const x = network.chunk + <usize>(row + from - margin) * rowBytes;
      const z = network.products + <usize>((first * height + row * filters) * width) * ROW;
      const wRow = w + bytesOf(from * run * filters);
      convolveRow(filters, x, <usize>channels * ROW, rowBytes, rows, run, wRow, z, width, accumulate);
    }
  }
}

/** Copies the products of one tile to the block, through dropout where `drops`, and adds them to their moments. */
function storeProducts(network: Network, c: Convolution, index: i32, tile: i32, drops: bool, trains: bool): void {
  const block = c.target;
  const height = block.height;
  const width = block.width;
  const values = block.values + <usize>tile * block.stride + <usize>c.firstChannel * block.plane;
  if (drops) startDropout(network.generators, network.seed, network.update, index, network.firstSample + tile * TILE);
  for (let row = 0; row < height; row++) {
    for (let group = 0; group < groupsFor(c.filters); group++) {
      const first = groupStart(c.filters, group);
      const end = groupStart(c.filters, group + 1);
      const pixel = <usize>(end - first) * ROW;
      const products = network.products + <usize>(first * height * width) * ROW + <usize>(row * width) * pixel;
      for (let filter = first; filter < end; filter++) {
        let from = products + <usize>(filter - first) * ROW;
        const start = values + <usize>filter * block.plane + <usize>(row * width) * ROW;
        let to = start;
        for (let column = 0; column < width; column++) {
          v128.store(to, v128.load(from));
          v128.store(to, v128.load(from, VECTOR), VECTOR);
          from += pixel;
          to += ROW;
        }
        if (drops) dropRow(network.generators, network.threshold, network.keepScale, start, ROW, width);
      }
    }
  }
  if (!trains) return;
  const samples = min(TILE, network.samples - tile * TILE);
  const before = <f64>(tile * TILE) * <f64>(height * width);
  for (let filter = 0; filter < c.filters; filter++) {
    const plane = values + <usize>filter * block.plane;
    const channel = block.channel(c.firstChannel + filter);
    addMoments(plane, height * width, samples, lanesBelow(samples, 0), lanesBelow(samples, 4), channel, before);
  }
}

/** Runs one convolution on all samples at hand; `trains` and `updates` as in `prepareNormals`. */
export function forwardConvolution(network: Network, index: i32, trains: bool, updates: bool): void {
  const c = network.convolution(index);
  if (c.kind != Kind.Initial) prepareNormals(network, c.normalization, c.source, trains, updates);
  const chunkChannels = c.chunkChannels;
  const tapBytes = bytesOf(c.channels * c.filters);
  const inputBytes = bytesOf(c.filters);
  const chunkBytes = bytesOf(c.taps * chunkChannels * c.filters);
  let packed = network.packed;
  for (let first = 0; first < c.channels; first += chunkChannels) {
    const count = min(chunkChannels, c.channels - first);
    const w = c.weights + <usize>first * inputBytes;
    pack(w, c.taps, tapBytes, false, count, inputBytes, c.filters, 4, packed);
    packed += chunkBytes;
  }
  const block = c.target;
  for (let filter = 0; trains && filter < c.filters; filter++) {
    const channel = block.channel(c.firstChannel + filter);
    channel.mean = 0;
    channel.squares = 0;
  }
  const drops = trains && c.drops && network.threshold > 0;
  for (let tile = 0; tile < network.tiles; tile++) {
    packed = network.packed;
    for (let first = 0; first < c.channels; first += chunkChannels) {
      const count = min(chunkChannels, c.channels - first);
      fillChunk(network, c, tile, first, count);
      convolveChunk(network, c, count, packed, first > 0);
      packed += chunkBytes;
    }
    storeProducts(network, c, index, tile, drops, trains);
  }
  const values = <f64>network.samples * <f64>(block.height * block.width);
  for (let filter = 0; trains && filter < c.filters; filter++) {
    const channel = block.channel(c.firstChannel + filter);
    channel.inverse = 1 / Math.sqrt(channel.squares / values + EPSILON);
  }
}
