/** What training a convolutional network on TensorFlow.js takes of the device's memory; nearly all of it is maps. */
import type { CnnTopology } from '../../types.ts';
import { cnnTemplate } from '../cnn/template.ts';

/** What one network may take in training unless the caller says otherwise. */
export const tensorflowCnnLimitBytes = 2 ** 31;

/**
 * Copies of what one step reads and writes that exist at once while it is differentiated, and vectors of all weights.
 * Counted by the library on the plain backend and rounded up; a backend may take more for itself.
 */
const convolutionCopies = 12;
const headCopies = 28;
const weightCopies = 12;

/** Upper bound in bytes, where `subBatch` samples pass through the network together. */
export function tensorflowCnnBytes(topology: CnnTopology, subBatch: number): number {
  const { blocks, convolutions, head, weightCount } = cnnTemplate(topology);
  const pixelsOf = (block: number) => blocks[block]!.height * blocks[block]!.width;
  // Each block's maps and their gradients; the masks of dropout; what bottlenecks wrote.
  let kept = blocks.reduce((sum, { channels }, block) => sum + 2 * channels * pixelsOf(block), 0);
  let largest = headCopies * head.normalization.channels * pixelsOf(blocks.length - 1);
  for (const { kind, block, channels, filters } of convolutions) {
    const copies = { initial: 0, bottleneck: 2, dense: 1, transition: 0 }[kind];
    kept += copies * filters * pixelsOf(block);
    const pixels = pixelsOf(kind === 'transition' ? block - 1 : block);
    largest = Math.max(largest, convolutionCopies * (channels + filters) * pixels);
  }
  return 4 * (subBatch * (kept + largest) + weightCopies * weightCount);
}
