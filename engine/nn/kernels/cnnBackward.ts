/**
 * The backward pass of one convolution over all tiles: gradients of its weights, its normalisation and what it read.
 */
import { bandRows, Convolution, Kind, Network } from './cnnNetwork';
import { clearMargins, poolRow } from './cnnForward';
import { addNormalizationGradients, prepareNormals, startGradients } from './cnnNormals';
import { accumulateGradients, addLaneSums, convolveRow, GROUP, GROUP_PIXEL, groupsFor, pack } from './convolution';
import { dropRow, startDropout } from './dropout';
import { finishGradient, normalizeActivateBackward } from './normalization';
import { ROW, TILE } from './tile';
import { bytesOf, lanesBelow, splat, VECTOR } from './vector';

/**
 * Fills the chunk with the complete gradients of what the convolution wrote in one tile, with margins. Whatever earlier
 * chunks left in the place of filters that pad the last group meets weights of zero, and sums that nobody reads.
 */
function fillGradients(network: Network, c: Convolution, index: i32, tile: i32): void {
  const block = c.target;
  const height = block.height;
  const width = block.width;
  const pixel = <usize>c.paddedFilters * ROW;
  const margin = <usize>c.margin * pixel;
  const inner = <usize>width * pixel;
  const row0 = network.chunk + margin;
  clearMargins(height, margin, inner, network.chunk);
  const samples = min(TILE, network.samples - tile * TILE);
  const low = lanesBelow(samples, 0);
  const high = lanesBelow(samples, 4);
  const drops = c.kind == Kind.Dense && network.threshold > 0;
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
  const filters = c.paddedFilters;
  const rowBytes = c.rowBytes(filters);
  const run = c.kernel * filters;
  const w = network.packed + bytesOf(group * c.taps * filters * GROUP);
  for (let row = first; row < first + rows; row++) {
    const from = max(0, margin - row);
    const kernelRows = min(c.kernel, height + margin - row) - from;
    const dz = network.chunk + <usize>(row + from - margin) * rowBytes;
    const wRow = w + bytesOf(from * run * GROUP);
    const to = network.band + <usize>((row - first) * width) * GROUP_PIXEL;
    convolveRow(dz, <usize>filters * ROW, rowBytes, kernelRows, run, wRow, to, width, false);
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
function backwardBand(network: Network, c: Convolution, tile: i32, channel: i32, first: i32, rows: i32): void {
  const source = c.source;
  const width = c.target.width;
  const normal = network.normal(channel);
  const sums = network.sums + <usize>channel * ROW;
  const band = network.band + <usize>(channel % GROUP) * ROW;
  const plane = <usize>tile * source.stride + <usize>channel * source.plane;
  const kind = network.activation;
  if (c.kind == Kind.Dense) {
    const at = plane + <usize>(first * width) * ROW;
    const dx = source.gradients + at;
    normalizeActivateBackward(kind, source.values + at, rows * width, normal, band, GROUP_PIXEL, dx, sums);
    return;
  }
  const sourceRow = <usize>source.width * ROW;
  const at = plane + <usize>(2 * first) * sourceRow;
  for (let row = 0; row < rows; row++) {
    const from = band + <usize>(row * width) * GROUP_PIXEL;
    spreadRow(from, GROUP_PIXEL, width, network.plane + <usize>(2 * row) * sourceRow, sourceRow);
  }
  const pixels = 2 * rows * source.width;
  const dx = source.gradients + at;
  normalizeActivateBackward(kind, source.values + at, pixels, normal, network.plane, ROW, dx, sums);
  for (let row = 0; row < rows; row++) {
    const to = band + <usize>(row * width) * GROUP_PIXEL;
    poolRow(network.plane + <usize>(2 * row) * sourceRow, sourceRow, width, to, GROUP_PIXEL);
  }
}

/** Copies one group of the image's channels into the band. */
function loadBand(network: Network, c: Convolution, tile: i32, group: i32, first: i32, rows: i32): void {
  const pixel = <usize>c.channels * ROW;
  const channels = min(GROUP, c.channels - group * GROUP);
  let from = network.inputs + <usize>tile * network.imageStride + <usize>(group * GROUP) * ROW;
  from += <usize>(first * c.target.width) * pixel;
  let to = network.band;
  for (let left = rows * c.target.width; left > 0; left--) {
    memory.copy(to, from, <usize>channels * ROW);
    from += pixel;
    to += GROUP_PIXEL;
  }
}

/** Adds the products of the band and the gradients of what was written to the weights' gradients, lane by lane. */
function addWeightGradients(network: Network, c: Convolution, group: i32, first: i32, rows: i32): void {
  const height = c.target.height;
  const width = c.target.width;
  const margin = c.margin;
  const filters = c.paddedFilters;
  const paddedInputs = groupsFor(c.channels) * GROUP;
  const inputs = min(GROUP, c.channels - group * GROUP);
  const pixel = <usize>filters * ROW;
  const rowBytes = c.rowBytes(filters);
  const laneRow = <usize>filters * VECTOR;
  for (let filterGroup = 0; filterGroup < groupsFor(c.filters); filterGroup++) {
    for (let ky = 0; ky < c.kernel; ky++) {
      // The tap reads row r of the inputs for row r + margin - ky of the outputs.
      const from = max(first, ky - margin);
      const to = min(first + rows, height + ky - margin);
      if (to <= from) continue;
      const x = network.band + <usize>((from - first) * width) * GROUP_PIXEL;
      for (let kx = 0; kx < c.kernel; kx++) {
        const lane = (ky * c.kernel + kx) * paddedInputs + group * GROUP;
        const dw = network.lanes + <usize>lane * laneRow + <usize>(filterGroup * GROUP) * VECTOR;
        const dz =
          network.chunk +
          <usize>(from + margin - ky) * rowBytes +
          <usize>(2 * margin - kx) * pixel +
          <usize>(filterGroup * GROUP) * ROW;
        accumulateGradients(x, inputs, dz, pixel, rowBytes, to - from, width, dw, laneRow);
      }
    }
  }
}

/** Prepares what `backwardConvolution` adds up, and the weights that it multiplies by. */
function startBackward(network: Network, c: Convolution): void {
  const inputs = groupsFor(c.channels) * GROUP;
  const filters = c.paddedFilters;
  memory.fill(network.lanes, 0, <usize>(c.taps * inputs * filters) * VECTOR);
  if (c.kind == Kind.Initial) return;
  prepareNormals(network, c.normalization, c.source, true, false);
  memory.fill(network.sums, 0, <usize>c.channels * ROW);
  const tapBytes = bytesOf(c.channels * c.filters);
  pack(c.weights, c.taps, tapBytes, true, c.filters, filters, 4, c.channels, bytesOf(c.filters), network.packed);
  if (c.kind == Kind.Dense) return;
  startGradients(c.source);
  memory.fill(c.source.gradients, 0, <usize>network.tiles * c.source.stride);
}

/** From the gradients of what one convolution wrote to those of what it read, and of its parameters. */
export function backwardConvolution(network: Network, index: i32): void {
  const c = network.convolution(index);
  const height = c.target.height;
  const bandHeight = bandRows(c.target.width);
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
          const end = min(c.channels, (group + 1) * GROUP);
          for (let channel = group * GROUP; channel < end; channel++) {
            backwardBand(network, c, tile, channel, first, rows);
          }
        }
        addWeightGradients(network, c, group, first, rows);
      }
    }
  }
  const inputs = groupsFor(c.channels) * GROUP;
  const gradients = network.gradientOf(c.weights);
  addLaneSums(network.lanes, inputs, c.paddedFilters, c.taps, c.channels, c.filters, gradients);
  if (c.kind != Kind.Initial) addNormalizationGradients(network, c.normalization, c.source);
}
