/** The network's head: BatchNorm, activation, global max pooling and the dense layer, forward and backward. */
import { Network } from './cnnNetwork';
import { add, addNormalizationGradients, prepareNormals, startGradients } from './cnnNormals';
import { denseBackward, denseForward, denseGradients } from './dense';
import { normalizeActivate, normalizeActivateBackward } from './normalization';
import { ROW } from './tile';
import { bytesOf, select, VECTOR } from './vector';

/** The largest of `pixels` tile rows, lane by lane, and its offset in bytes: the first of equal ones, or a NaN. */
function largest(rows: usize, pixels: i32, value: usize, offset: usize): void {
  for (let half: usize = 0; half < ROW; half += VECTOR) {
    let best = v128.load(rows + half);
    let at = i32x4.splat(0);
    for (let pixel = 1; pixel < pixels; pixel++) {
      const x = v128.load(rows + half + <usize>pixel * ROW);
      // A NaN wins and stays: a diverged network must show it.
      const wins = v128.andnot(v128.not(f32x4.le(x, best)), f32x4.ne(best, best));
      best = select(wins, x, best);
      at = select(wins, i32x4.splat(pixel * <i32>ROW), at);
    }
    v128.store(value + half, best);
    v128.store(offset + half, at);
  }
}

/** From the maps of the last block to the network's outputs. */
export function forwardHead(network: Network, trains: bool): void {
  const block = network.last;
  const pixels = block.height * block.width;
  prepareNormals(network, network.headNormalization, block, trains, trains);
  for (let tile = 0; tile < network.tiles; tile++) {
    for (let c = 0; c < block.channels; c++) {
      const values = block.values + <usize>tile * block.stride + <usize>c * block.plane;
      const at = <usize>tile * network.featureStride + <usize>c * ROW;
      normalizeActivate(network.activation, values, pixels, network.normal(c), network.plane, ROW);
      largest(network.plane, pixels, network.features + at, network.featurePixels + at);
    }
  }
  denseForward(
    network.headWeights,
    network.features,
    network.featureStride,
    block.channels,
    network.outputTiles,
    network.outputStride,
    network.outputs,
    network.tiles,
  );
}

/** From the gradients of the outputs to those of the last block's channels, but for `finishGradient`. */
export function backwardHead(network: Network): void {
  const block = network.last;
  const channels = block.channels;
  const outputs = network.outputs;
  const xStride = network.featureStride;
  const yStride = network.outputStride;
  const dy = network.outputGradients;
  const own = network.headGradients;
  denseGradients(network.features, xStride, channels, dy, yStride, outputs, network.tiles, own);
  const total = network.gradientOf(network.headWeights);
  for (let k = 0; k < (channels + 1) * outputs; k++) add(total + bytesOf(k), load<f32>(own + bytesOf(k)));
  const dx = network.featureGradients;
  denseBackward(network.headWeights, dy, yStride, outputs, dx, xStride, channels, network.tiles);

  startGradients(block);
  prepareNormals(network, network.headNormalization, block, true, false);
  memory.fill(network.sums, 0, <usize>channels * ROW);
  memory.fill(block.gradients, 0, <usize>network.tiles * block.stride);
  for (let tile = 0; tile < network.tiles; tile++) {
    for (let c = 0; c < channels; c++) {
      const at = <usize>tile * block.stride + <usize>c * block.plane;
      const feature = <usize>tile * xStride + <usize>c * ROW;
      memory.fill(network.plane, 0, block.plane);
      for (let lane: usize = 0; lane < ROW; lane += 4) {
        const pixel = <usize>load<u32>(network.featurePixels + feature + lane);
        store<f32>(network.plane + pixel + lane, load<f32>(dx + feature + lane));
      }
      normalizeActivateBackward(
        network.activation,
        block.values + at,
        block.height * block.width,
        network.normal(c),
        network.plane,
        ROW,
        block.gradients + at,
        network.sums + <usize>c * ROW,
      );
    }
  }
  addNormalizationGradients(network, network.headNormalization, block);
}
