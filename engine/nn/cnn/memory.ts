/**
 * What training a convolutional network takes in the kernel's memory. Nearly all of it is feature maps and their
 * gradients: one value each per channel, pixel and sample. The bottlenecks of a block share their maps, because the
 * backward pass computes them again. The sizes are those that engine/nn/kernels/cnnCreate.ts allocates.
 */
import type { CnnTopology } from '../../types.ts';
import { cnnName, cnnTemplate } from './template.ts';

/** How much one network may take in training; a user's machine trains one in each worker. */
export const cnnMemoryLimitBytes = 2 ** 30;

const mebibyte = 2 ** 20;
/** A tile row: one value of eight samples. */
const rowBytes = 32;
const vectorBytes = 16;
/** The kernel's constants of the same names. */
const chunkBytes = 320 * 1024;
const bandPixels = 64;
/** Padding between allocations, the module's own data, and what is too small to count. */
const overheadBytes = 2 ** 18;

/** Upper bound in bytes, close to what the kernel takes; `subBatch` samples pass through the network together. */
export function cnnMemoryBytes(topology: CnnTopology, subBatch: number): number {
  const { blocks, convolutions, head, weightCount, statisticCount } = cnnTemplate(topology);
  const tiles = Math.ceil(subBatch / 8);
  const imageColumns = topology.height * topology.width * topology.channels;
  const { channels } = head.normalization;
  // Images and outputs as rows and in tiles, features with their pixels and gradients, outputs with targets and gradients.
  const tileColumns = imageColumns + 3 * channels + 3 * topology.outputs;
  const rowColumns = imageColumns + topology.outputs;
  const maps = blocks.reduce(
    (sum, { height, width, channels, bottleneckChannels }) => sum + height * width * (channels + bottleneckChannels),
    0,
  );
  const samples = tiles * (rowBytes * (tileColumns + 2 * maps) + 64 * 7) + 4 * subBatch * (rowColumns + 1);
  // The optimiser's two states, the weights, their gradients, and the dense layer's of one sub-batch.
  const parameters = 16 * weightCount + 4 * statisticCount + 4 * (channels + 1) * topology.outputs;

  const scratch = { chunk: 0, products: 0, packed: 0, lanes: 0, plane: 0, band: 0 };
  const atLeast = (key: keyof typeof scratch, bytes: number) => {
    scratch[key] = Math.max(scratch[key], bytes);
  };
  const last = blocks.at(-1)!;
  atLeast('plane', last.height * last.width * rowBytes);
  for (const { kind, block, channels, filters, kernel } of convolutions) {
    const { height, width } = blocks[block]!;
    const chunkRow = height * (width + kernel - 1) * rowBytes;
    const chunks = Math.ceil(channels / Math.max(1, Math.floor(chunkBytes / chunkRow)));
    const products = kernel ** 2 * channels * filters;
    const bandHeight = Math.max(1, Math.floor(bandPixels / width));
    atLeast('chunk', Math.max(Math.ceil(channels / chunks), filters) * chunkRow);
    atLeast('products', filters * height * width * rowBytes);
    atLeast('packed', 4 * products);
    atLeast('lanes', vectorBytes * products);
    atLeast('plane', 2 * bandHeight * blocks[kind === 'transition' ? block - 1 : block]!.width * rowBytes);
    atLeast('band', 6 * bandHeight * width * rowBytes);
  }
  const scratchBytes = Object.values(scratch).reduce((sum, bytes) => sum + bytes, 0);
  return samples + parameters + scratchBytes + overheadBytes;
}

/**
 * How many samples of a batch to pass through the network together, where `bytesOf` says what they take: all where that
 * fits into `limitBytes`, otherwise parts as equal as multiples of eight allow. The gradients of the parts add up to that of
 * the batch but for the normalisation: each part has moments of its own, and moves the running ones. Throws RangeError
 * where not even eight samples fit.
 */
export function largestSubBatch(
  topology: CnnTopology,
  batchSize: number,
  limitBytes = cnnMemoryLimitBytes,
  bytesOf = cnnMemoryBytes,
): number {
  for (let parts = 1; ; parts++) {
    const subBatch = parts === 1 ? batchSize : Math.ceil(batchSize / parts / 8) * 8;
    const bytes = bytesOf(topology, subBatch);
    if (bytes <= limitBytes) return subBatch;
    if (subBatch <= 8) {
      throw new RangeError(
        `Training ${cnnName(topology)} on ${subBatch} samples at a time needs ${Math.ceil(bytes / mebibyte)} MiB and has ` +
          `${Math.floor(limitBytes / mebibyte)}. Use smaller images or a smaller network.`,
      );
    }
  }
}
