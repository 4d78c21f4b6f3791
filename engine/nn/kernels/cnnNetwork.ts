/**
 * A convolutional network in memory: parameters, feature maps, gradients and scratch. Feature maps are in tiles of
 * eight samples, (channels, height, width) tile rows each. A block's maps are one buffer that its layers append to, so
 * that concatenation copies nothing.
 */
import { Channel, Normal } from './normalization';
import { Optimizer } from './optimizers';
import { ROW, tilesFor } from './tile';

/** Bytes of scratch that a convolution's inputs take at a time, so that they and its products stay in the caches. */
const CHUNK: i32 = 320 * 1024;
/** Pixels that the backward pass takes at a time, so that a group's values stay in the first-level cache. */
const BAND: i32 = 64;

/**
 * Lives as long as the instance. A dense block's maps and the gradients of the loss by them; or the maps that a block's
 * bottlenecks take turns in.
 */
@unmanaged
export class Block {
  height: i32;
  width: i32;
  channels: i32;
  /** Bytes of one channel of a tile, and of a tile. */
  plane: usize;
  stride: usize;
  values: usize;
  gradients: usize;
  /** One Channel for each. */
  moments: usize;

  channel(index: i32): Channel {
    return changetype<Channel>(this.moments + <usize>index * offsetof<Channel>());
  }
}

export const enum Kind {
  Initial,
  Dense,
  Transition,
  Bottleneck,
}

/**
 * Lives as long as the instance. Addresses of parameters; gradients lie at the same distance from the first gradient.
 */
@unmanaged
export class Normalization {
  channels: i32;
  gamma: usize;
  beta: usize;
  runningMean: usize;
  runningVariance: usize;
}

/**
 * Lives as long as the instance. A step of the template: source and target are the same block in a dense layer without
 * a bottleneck.
 */
@unmanaged
export class Convolution {
  kind: Kind;
  source: Block;
  target: Block;
  channels: i32;
  filters: i32;
  kernel: i32;
  firstChannel: i32;
  weights: usize;
  normalization: Normalization;

  /** Columns of zeros at each end of a row. */
  get margin(): i32 {
    return (this.kernel - 1) / 2;
  }

  get taps(): i32 {
    return this.kernel * this.kernel;
  }

  /** Whether training drops some of what it writes. */
  get drops(): bool {
    return this.kind == Kind.Dense || this.kind == Kind.Bottleneck;
  }

  /** Whether it reads the output of the convolution before it, which the backward pass has to compute again. */
  get readsBottleneck(): bool {
    return this.kind == Kind.Dense && this.source != this.target;
  }

  /** Bytes of one row of scratch with its margins, for `channels` channels. */
  rowBytes(channels: i32): usize {
    return <usize>((this.target.width + 2 * this.margin) * channels) * ROW;
  }

  /** How many channels a chunk has: as many as fit, the same number in all chunks but the last. */
  get chunkChannels(): i32 {
    const fitting = max(1, CHUNK / <i32>(this.rowBytes(1) * <usize>this.target.height));
    const chunks = (this.channels + fitting - 1) / fitting;
    return (this.channels + chunks - 1) / chunks;
  }
}

/** Lives as long as the instance, of which there is one for each network. */
@unmanaged
export class Network {
  activation: i32;
  loss: i32;
  convolutionCount: i32;
  convolutions: usize;
  optimizer: Optimizer;
  statistics: usize;

  // The samples at hand: rows as the host writes them, and in tiles.
  samples: i32;
  batch: i32;
  firstSample: i32;
  imageColumns: i32;
  imageStride: usize;
  inputRows: usize;
  inputs: usize;
  outputs: i32;
  outputRows: usize;
  outputTiles: usize;
  outputStride: usize;
  targets: usize;
  outputGradients: usize;

  // Dropout.
  seed: u32;
  update: u32;
  threshold: u32;
  keepScale: f32;
  generators: usize;

  // The head: the largest value of each map and its pixel's offset, both in tiles of (channels) rows.
  last: Block;
  headNormalization: Normalization;
  headWeights: usize;
  headGradients: usize;
  featureStride: usize;
  features: usize;
  featureGradients: usize;
  featurePixels: usize;

  // Scratch, shared by all convolutions.
  chunk: usize;
  products: usize;
  band: usize;
  plane: usize;
  packed: usize;
  lanes: usize;
  sums: usize;
  normals: usize;

  convolution(index: i32): Convolution {
    return changetype<Convolution>(this.convolutions + <usize>index * offsetof<Convolution>());
  }

  normal(channel: i32): Normal {
    return changetype<Normal>(this.normals + <usize>channel * offsetof<Normal>());
  }

  get tiles(): i32 {
    return tilesFor(this.samples);
  }

  /** The address of the gradient of the parameter at `weights`. */
  gradientOf(weights: usize): usize {
    return weights - this.optimizer.weights + this.optimizer.gradients;
  }
}

/** Rows of a band. */
export function bandRows(width: i32): i32 {
  return max(1, BAND / width);
}
