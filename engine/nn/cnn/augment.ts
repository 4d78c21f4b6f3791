/**
 * Data augmentation: every time that a training image is shown, it is moved by a few pixels, and perhaps mirrored. What
 * happens to it depends on the seed, the update and its place in the batch alone.
 */
import type { Augmentation, CnnTopology, CnnTrainingTask } from '../../types.ts';
import { keyedNumbers } from './keyedNumbers.ts';

export interface AugmentKey {
  readonly seed: number;
  /** Updates before this one. */
  readonly update: number;
  /** Index of the sample in its batch. */
  readonly sample: number;
}

/** Sets these draws apart from those of dropout, whose third part is the index of a layer. */
const augmentPart = 0x617567;

interface Change {
  /** Pixels to the right and down; negative to the left and up. */
  readonly right: number;
  readonly down: number;
  readonly mirrored: boolean;
}

/** Shifts by -maxShift to maxShift pixels each way, and mirrors half of the time; all are equally likely. */
export function drawChange({ maxShift, flip }: Augmentation, { seed, update, sample }: AugmentKey): Change {
  const numbers = keyedNumbers(seed, update, augmentPart, sample);
  const below = (n: number) => Math.floor((numbers.next().value / 2 ** 32) * n);
  const shift = () => below(2 * maxShift + 1) - maxShift;
  return { right: shift(), down: shift(), mirrored: flip && below(2) === 1 };
}

/**
 * Writes the image mirrored, then moved; black comes in from the sides.
 * from, to: (height, width, channels); black: one value per channel
 */
export function changeImage(
  from: Float32Array | Float64Array,
  { height, width, channels }: Pick<CnnTopology, 'height' | 'width' | 'channels'>,
  { right, down, mirrored }: Change,
  black: readonly number[],
  to: Float32Array | Float64Array,
): void {
  for (let row = 0; row < height; row++) {
    const fromRow = row - down;
    for (let column = 0; column < width; column++) {
      const moved = column - right;
      const inside = fromRow >= 0 && fromRow < height && moved >= 0 && moved < width;
      const fromAt = (fromRow * width + (mirrored ? width - 1 - moved : moved)) * channels;
      const toAt = (row * width + column) * channels;
      for (let c = 0; c < channels; c++) to[toAt + c] = inside ? from[fromAt + c]! : black[c]!;
    }
  }
}

/** Changes the images of a part of a batch in place, as the task wants it.  images: (samples, height, width, channels) */
export function augmentImages(
  { topology, seed, augment }: CnnTrainingTask,
  { update, firstSample }: { readonly update: number; readonly firstSample: number },
  images: Float32Array | Float64Array,
): void {
  if (!augment) return;
  const size = topology.height * topology.width * topology.channels;
  for (let k = 0; k * size < images.length; k++) {
    const image = images.subarray(k * size, (k + 1) * size);
    const change = drawChange(augment, { seed, update, sample: firstSample + k });
    changeImage(image.slice(), topology, change, augment.black, image);
  }
}

/** Throws RangeError where a task's augmentation does not fit its images. */
export function checkAugmentation(
  { maxShift, black }: Augmentation,
  { channels }: Pick<CnnTopology, 'channels'>,
): void {
  if (!Number.isInteger(maxShift) || maxShift < 0) {
    throw new RangeError(`Images cannot be shifted by up to ${maxShift} pixels.`);
  }
  if (black.length !== channels) {
    throw new RangeError(`Images of ${channels} channels have as many black values, not ${black.length}.`);
  }
}
