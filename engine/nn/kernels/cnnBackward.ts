/**
 * The backward pass of one convolution over all tiles: gradients of its weights, its normalisation and what it read.
 */
import { bandRows, Convolution, Kind, Network } from './cnnNetwork';
import { clearMargins, forwardConvolution, poolRow } from './cnnForward';
import { addNormalizationGradients, prepareNormals, startGradients } from './cnnNormals';
import { convolveRow, groupsFor, groupStart, pack } from './convolution';
import { accumulateGradients, addLaneSums } from './convolutionGradients';
import { dropRow, startDropout } from './dropout';
import { finishGradient, normalizeActivateBackward } from './normalization';
import { ROW, TILE } from './tile';
import { bytesOf, lanesBelow, splat, VECTOR } from './vector';

/** Fills the chunk with the complete gradients of what the convolution wrote in one tile, with margins. */
function fillGradients(network: Network, c: Convolution, index: i32, tile: i32): void {
  const block = c.target;
  const height = block.height;
  const width = block.width;
  const pixel = <usize>c.filters * ROW;
  const margin = <usize>c.margin * pixel;
  const inner = <usize>width * pixel;
  const row0 = network.chunk + margin;
  clearMargins(height, margin, inner, network.chunk);
  const samples = min(TILE, network.samples - tile * TILE);
  const low = lanesBelow(samples, 0);
  const high = lanesBelow(samples, 4);
  const drops = c.drops && network.threshold > 0;
  if (drops) startDropout(network.generators, network.seed, network.update, index, network.firstSample + tile * TILE);
  for (let row = 0; row < height; row++) {
    const to = row0 + <usize>row * (inner + 2 * margin);
    for (let filter = 0; filter < c.filters; filter++) {
      const at =
        <usize>tile * block.stride + <usize>(c.firstChannel + filter) * block.plane + <usize>(row * width) * ROW;
      const channel = block.channel(c.firstChannel + filter);
      const d = to + <usize>filter * ROW;
      finishGradient(block.values + at, block.gradients + at, width, channel, low, high, d, pixel);
      if (drops) dropRow(network.generators, network.threshold, network.keepScale, d, pixel, width);
    }
  }
}

/** The gradients of one group of inputs, for `rows` rows from `first` on, into the band. */
function convolveGradients(network: Network, c: Convolution, group: i32, first: i32, rows: i32): void {
  const height = c.target.height;
  const width = c.target.width;
  const margin = c.margin;
  const filters = c.filters;
  const rowBytes = c.rowBytes(filters);
  const run = c.kernel * filters;
  const start = groupStart(c.channels, group);
  const inputs = groupStart(c.channels, group + 1) - start;
  const w = network.packed + bytesOf(start * c.taps * filters);
  for (let row = first; row < first + rows; row++) {
    const from = max(0, margin - row);
    const kernelRows = min(c.kernel, height + margin - row) - from;
    const dz = network.chunk + <usize>(row + from - margin) * rowBytes;
    const wRow = w + bytesOf(from * run * inputs);
    const to = network.band + <usize>((row - first) * width * inputs) * ROW;
    convolveRow(inputs, dz, <usize>filters * ROW, rowBytes, kernelRows, run, wRow, to, width, false);
  }
}

/** Spreads the gradients of means over the 2x2 pixels of each, in two rows; an odd last column gets zeros. */
function spreadRow(from: usize, fromStride: usize, width: i32, rows: usize, rowBytes: usize): void {
  const quarter = splat(0.25);
  const end = rows + rowBytes;
  for (; width > 0; width--) {
    for (let half: usize = 0; half < ROW; half += VECTOR) {
      const at = rows + half;
      const d = f32x4.mul(v128.load(from + half), quarter);
      v128.store(at, d);
      v128.store(at, d, ROW);
      v128.store(at + rowBytes, d);
      v128.store(at + rowBytes, d, ROW);
    }
    rows += 2 * ROW;
    from += fromStride;
  }
  memory.fill(rows, 0, end - rows);
  memory.fill(rows + rowBytes, 0, end - rows);
}

/** Takes the gradients in the band through activation and normalisation, and leaves what the convolution read there. */
function backwardBand(
  network: Network,
  c: Convolution,
  tile: i32,
  group: i32,
  channel: i32,
  first: i32,
  rows: i32,
): void {
  const source = c.source;
  const width = c.target.width;
  const normal = network.normal(channel);
  const sums = network.sums + <usize>channel * ROW;
  const groupFirst = groupStart(c.channels, group);
  const pixel = <usize>(groupStart(c.channels, group + 1) - groupFirst) * ROW;
  const band = network.band + <usize>(channel - groupFirst) * ROW;
  const plane = <usize>tile * source.stride + <usize>channel * source.plane;
  const kind = network.activation;
  if (c.kind != Kind.Transition) {
    const at = plane + <usize>(first * width) * ROW;
    const dx = source.gradients + at;
    normalizeActivateBackward(kind, source.values + at, rows * width, normal, band, pixel, dx, sums);
    return;
  }
  const sourceRow = <usize>source.width * ROW;
  const at = plane + <usize>(2 * first) * sourceRow;
  for (let row = 0; row < rows; row++) {
    const from = band + <usize>(row * width) * pixel;
    spreadRow(from, pixel, width, network.plane + <usize>(2 * row) * sourceRow, sourceRow);
  }
  const pixels = 2 * rows * source.width;
  const dx = source.gradients + at;
  normalizeActivateBackward(kind, source.values + at, pixels, normal, network.plane, ROW, dx, sums);
  for (let row = 0; row < rows; row++) {
    const to = band + <usize>(row * width) * pixel;
    poolRow(network.plane + <usize>(2 * row) * sourceRow, sourceRow, width, to, pixel);
  }
}

/** Copies one group of the image's channels into the band. */
function loadBand(network: Network, c: Convolution, tile: i32, group: i32, first: i32, rows: i32): void {
  const pixel = <usize>c.channels * ROW;
  const start = groupStart(c.channels, group);
  const own = <usize>(groupStart(c.channels, group + 1) - start) * ROW;
  let from = network.inputs + <usize>tile * network.imageStride + <usize>start * ROW;
  from += <usize>(first * c.target.width) * pixel;
  let to = network.band;
  for (let left = rows * c.target.width; left > 0; left--) {
    memory.copy(to, from, own);
    from += pixel;
    to += own;
  }
}

/** Adds the products of the band and the gradients of what was written to the weights' gradients, lane by lane. */
function addWeightGradients(network: Network, c: Convolution, group: i32, first: i32, rows: i32): void {
  const height = c.target.height;
  const width = c.target.width;
  const margin = c.margin;
  const start = groupStart(c.channels, group);
  const inputs = groupStart(c.channels, group + 1) - start;
  const pixel = <usize>c.filters * ROW;
  const rowBytes = c.rowBytes(c.filters);
  const laneRow = <usize>c.filters * VECTOR;
  for (let filterGroup = 0; filterGroup < groupsFor(c.filters); filterGroup++) {
    const filter = groupStart(c.filters, filterGroup);
    const filters = groupStart(c.filters, filterGroup + 1) - filter;
    for (let ky = 0; ky < c.kernel; ky++) {
      // The tap reads row r of the inputs for row r + margin - ky of the outputs.
      const from = max(first, ky - margin);
      const to = min(first + rows, height + ky - margin);
      if (to <= from) continue;
      const x = network.band + <usize>((from - first) * width * inputs) * ROW;
      for (let kx = 0; kx < c.kernel; kx++) {
        const lane = (ky * c.kernel + kx) * c.channels + start;
        const dw = network.lanes + <usize>lane * laneRow + <usize>filter * VECTOR;
        const dz =
          network.chunk +
          <usize>(from + margin - ky) * rowBytes +
          <usize>(2 * margin - kx) * pixel +
          <usize>filter * ROW;
        accumulateGradients(filters, x, inputs, dz, pixel, rowBytes, to - from, width, dw, laneRow);
      }
    }
  }
}

/** Prepares what `backwardConvolution` adds up, and the weights that it multiplies by. */
function startBackward(network: Network, c: Convolution): void {
  memory.fill(network.lanes, 0, <usize>(c.taps * c.channels * c.filters) * VECTOR);
  if (c.kind == Kind.Initial) return;
  prepareNormals(network, c.normalization, c.source, true, false);
  memory.fill(network.sums, 0, <usize>c.channels * ROW);
  const tapBytes = bytesOf(c.channels * c.filters);
  pack(c.weights, c.taps, tapBytes, true, c.filters, 4, c.channels, bytesOf(c.filters), network.packed);
  // Of other sources this is not the only reader, nor the last.
  if (c.kind != Kind.Transition && !c.readsBottleneck) return;
  startGradients(c.source);
  memory.fill(c.source.gradients, 0, <usize>network.tiles * c.source.stride);
}

/** From the gradients of what one convolution wrote to those of what it read, and of its parameters. */
export function backwardConvolution(network: Network, index: i32): void {
  const c = network.convolution(index);
  const height = c.target.height;
  const bandHeight = bandRows(c.target.width);
  if (c.readsBottleneck) forwardConvolution(network, index - 1, true, false);
  startBackward(network, c);
  for (let tile = 0; tile < network.tiles; tile++) {
    fillGradients(network, c, index, tile);
    for (let first = 0; first < height; first += bandHeight) {
      const rows = min(bandHeight, height - first);
      for (let group = 0; group < groupsFor(c.channels); group++) {
        if (c.kind == Kind.Initial) {
          loadBand(network, c, tile, group, first, rows);
        } else {
          convolveGradients(network, c, group, first, rows);
          const end = groupStart(c.channels, group + 1);
          for (let channel = groupStart(c.channels, group); channel < end; channel++) {
            backwardBand(network, c, tile, group, channel, first, rows);
          }
        }
        addWeightGradients(network, c, group, first, rows);
      }
    }
  }
  addLaneSums(network.lanes, c.taps * c.channels * c.filters, network.gradientOf(c.weights));
  if (c.kind != Kind.Initial) addNormalizationGradients(network, c.normalization, c.source);
}
