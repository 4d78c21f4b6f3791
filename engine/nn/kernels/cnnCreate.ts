/** Lays a convolutional network out in memory. engine/nn/cnn/memory.ts adds up the same sizes. */
import { bandRows, Block, Convolution, Kind, Network, Normalization } from './cnnNetwork';
import { GROUP } from './convolution';
import { allocate } from './memory';
import { Channel, Normal } from './normalization';
import { Optimizer, resetOptimizer } from './optimizers';
import { ROW, tilesFor, tileStride } from './tile';
import { bytesOf, VECTOR } from './vector';

/** What the host says about a network; see `createNetwork` in ../backends/cnnKernel.ts. */
@unmanaged
export class Sizes {
  height: i32;
  width: i32;
  channels: i32;
  outputs: i32;
  blockCount: i32;
  convolutionCount: i32;
  activation: i32;
  loss: i32;
  optimizer: i32;
  /** Samples of a sub-batch, at most. */
  capacity: i32;
  /** Not 0 where the network is to be trained: otherwise it takes half the memory. */
  trains: i32;
  seed: u32;
  /** Dropout's rate times 2^32. */
  threshold: u32;
}

/** Fields of the host's tables: one row for each block, and for each convolution. */
const BLOCK_FIELDS: i32 = 3;
const CONVOLUTION_FIELDS: i32 = 7;

// @ts-ignore: decorator
@inline
function field(table: usize, row: i32, fields: i32, index: i32): i32 {
  return load<i32>(table + bytesOf(row * fields + index));
}

/** Bytes of parameters handed out so far: they become addresses once their number is known. */
let weightBytes: usize = 0;
let statisticBytes: usize = 0;

function takeWeights(count: i32): usize {
  weightBytes += bytesOf(count);
  return weightBytes - bytesOf(count);
}

function takeStatistics(count: i32): usize {
  statisticBytes += bytesOf(count);
  return statisticBytes - bytesOf(count);
}

function createNormalization(channels: i32): Normalization {
  const n = changetype<Normalization>(allocate(offsetof<Normalization>()));
  n.channels = channels;
  n.gamma = takeWeights(channels);
  n.beta = takeWeights(channels);
  n.runningMean = takeStatistics(channels);
  n.runningVariance = takeStatistics(channels);
  return n;
}

function placeNormalization(n: Normalization, network: Network): void {
  n.gamma += network.optimizer.weights;
  n.beta += network.optimizer.weights;
  n.runningMean += network.statistics;
  n.runningVariance += network.statistics;
}

function createBlocks(table: usize, count: i32, tiles: usize, trains: bool): usize {
  const blocks = allocate(<usize>count * offsetof<Block>());
  for (let index = 0; index < count; index++) {
    const block = changetype<Block>(blocks + <usize>index * offsetof<Block>());
    block.height = field(table, index, BLOCK_FIELDS, 0);
    block.width = field(table, index, BLOCK_FIELDS, 1);
    block.channels = field(table, index, BLOCK_FIELDS, 2);
    block.plane = <usize>(block.height * block.width) * ROW;
    block.stride = <usize>block.channels * block.plane;
    block.values = allocate(tiles * block.stride);
    block.gradients = trains ? allocate(tiles * block.stride) : 0;
    block.moments = allocate(<usize>block.channels * offsetof<Channel>());
  }
  return blocks;
}

/** One convolution of the table, its parameters still as offsets. */
function createConvolution(convolution: Convolution, table: usize, index: i32, blocks: usize): void {
  convolution.kind = field(table, index, CONVOLUTION_FIELDS, 0);
  const source = <usize>field(table, index, CONVOLUTION_FIELDS, 1);
  convolution.source = changetype<Block>(blocks + source * offsetof<Block>());
  const target = <usize>field(table, index, CONVOLUTION_FIELDS, 2);
  convolution.target = changetype<Block>(blocks + target * offsetof<Block>());
  convolution.channels = field(table, index, CONVOLUTION_FIELDS, 3);
  convolution.filters = field(table, index, CONVOLUTION_FIELDS, 4);
  convolution.kernel = field(table, index, CONVOLUTION_FIELDS, 5);
  convolution.firstChannel = field(table, index, CONVOLUTION_FIELDS, 6);
  if (convolution.kind != Kind.Initial) convolution.normalization = createNormalization(convolution.channels);
  convolution.weights = takeWeights(convolution.taps * convolution.channels * convolution.filters);
}

/** Weights and their optimiser; only the weights where nothing is trained. */
function createOptimizer(kind: i32, trains: bool): Optimizer {
  const optimizer = changetype<Optimizer>(allocate(offsetof<Optimizer>()));
  optimizer.kind = kind;
  optimizer.bytes = (weightBytes + VECTOR - 1) & ~(VECTOR - 1);
  optimizer.weights = allocate(optimizer.bytes);
  if (!trains) return optimizer;
  optimizer.gradients = allocate(optimizer.bytes);
  optimizer.first = allocate(optimizer.bytes);
  optimizer.second = allocate(optimizer.bytes);
  resetOptimizer(optimizer);
  return optimizer;
}

/** Scratch as large as the largest of its users. */
function createScratch(network: Network, trains: bool): void {
  let chunk: usize = 0;
  let maps: usize = 0;
  let packed: usize = 0;
  let lanes: usize = 0;
  let band: usize = 0;
  let plane = network.last.plane;
  let channels = network.last.channels;
  for (let index = 0; index < network.convolutionCount; index++) {
    const c = network.convolution(index);
    const height = <usize>c.target.height;
    const width = c.target.width;
    const filters = c.filters;
    const products = c.taps * c.channels * filters;
    chunk = max(chunk, c.rowBytes(c.chunkChannels) * height);
    maps = max(maps, <usize>filters * c.target.plane);
    packed = max(packed, bytesOf(products));
    channels = max(channels, c.channels);
    plane = max(plane, <usize>(2 * bandRows(width) * c.source.width) * ROW);
    if (!trains) continue;
    chunk = max(chunk, c.rowBytes(filters) * height);
    lanes = max(lanes, <usize>products * VECTOR);
    band = max(band, <usize>(bandRows(width) * width * GROUP) * ROW);
  }
  network.chunk = allocate(chunk);
  network.products = allocate(maps);
  network.packed = allocate(packed);
  network.lanes = allocate(lanes);
  network.band = allocate(band);
  network.plane = allocate(plane);
  network.sums = allocate(<usize>channels * 2 * VECTOR);
  network.normals = allocate(<usize>channels * offsetof<Normal>());
  network.generators = allocate(2 * VECTOR);
}

/**
 * blocks: (blockCount, 3) i32: height, width, channels; convolutions: (convolutionCount, 7) i32, see
 * `createConvolution`.
 */
export function createNetwork(sizes: Sizes, blocks: usize, convolutions: usize): Network {
  const network = changetype<Network>(allocate(offsetof<Network>()));
  const trains = sizes.trains != 0;
  const tiles = <usize>tilesFor(sizes.capacity);
  network.activation = sizes.activation;
  network.loss = sizes.loss;
  network.seed = sizes.seed;
  network.threshold = sizes.threshold;
  network.keepScale = <f32>(1 / (1 - <f64>sizes.threshold / 4294967296));

  network.imageColumns = sizes.height * sizes.width * sizes.channels;
  network.imageStride = tileStride(network.imageColumns);
  network.inputRows = allocate(<usize>sizes.capacity * bytesOf(network.imageColumns));
  network.inputs = allocate(tiles * network.imageStride);
  network.outputs = sizes.outputs;
  network.outputStride = tileStride(sizes.outputs);
  network.outputRows = allocate(<usize>sizes.capacity * bytesOf(sizes.outputs));
  network.outputTiles = allocate(tiles * network.outputStride);

  const blockTable = createBlocks(blocks, sizes.blockCount, tiles, trains);
  network.last = changetype<Block>(blockTable + <usize>(sizes.blockCount - 1) * offsetof<Block>());
  network.convolutionCount = sizes.convolutionCount;
  network.convolutions = allocate(<usize>sizes.convolutionCount * offsetof<Convolution>());
  for (let index = 0; index < sizes.convolutionCount; index++) {
    createConvolution(network.convolution(index), convolutions, index, blockTable);
  }
  const channels = network.last.channels;
  network.headNormalization = createNormalization(channels);
  network.headWeights = takeWeights((channels + 1) * sizes.outputs);
  network.featureStride = tileStride(channels);
  network.features = allocate(tiles * network.featureStride);
  network.featurePixels = allocate(tiles * network.featureStride);
  if (trains) {
    network.targets = allocate(tiles * network.outputStride);
    network.outputGradients = allocate(tiles * network.outputStride);
    network.featureGradients = allocate(tiles * network.featureStride);
    network.headGradients = allocate((<usize>bytesOf((channels + 1) * sizes.outputs) + VECTOR - 1) & ~(VECTOR - 1));
  }

  network.optimizer = createOptimizer(sizes.optimizer, trains);
  network.statistics = allocate(statisticBytes);
  network.headWeights += network.optimizer.weights;
  placeNormalization(network.headNormalization, network);
  for (let index = 0; index < network.convolutionCount; index++) {
    const convolution = network.convolution(index);
    convolution.weights += network.optimizer.weights;
    if (convolution.kind != Kind.Initial) placeNormalization(convolution.normalization, network);
  }
  createScratch(network, trains);
  return network;
}
