/**
 * Data augmentation: every time that a training image is shown, it is moved by a few pixels, and perhaps mirrored. What
 * happens to it depends on the seed, the update and its place in the batch alone.
 */
import type { Augmentation, TrainingTask } from '../types.ts';
import { keyedNumbers } from './cnn/keyedNumbers.ts';

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
  { height, width, channels }: Pick<Augmentation, 'height' | 'width' | 'channels'>,
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

type AugmentedTask = Pick<TrainingTask, 'seed' | 'augment' | 'batchSize'>;

/** Changes the images of a part of a batch in place, as the task wants it.  images: (samples, height, width, channels) */
export function augmentImages(
  { seed, augment }: AugmentedTask,
  { update, firstSample }: { readonly update: number; readonly firstSample: number },
  images: Float32Array | Float64Array,
): void {
  if (!augment) return;
  const size = imageSize(augment);
  for (let k = 0; k * size < images.length; k++) {
    const image = images.subarray(k * size, (k + 1) * size);
    const change = drawChange(augment, { seed, update, sample: firstSample + k });
    changeImage(image.slice(), augment, change, augment.black, image);
  }
}

/**
 * The same for a whole epoch, for trainers that hold all rows on a device: writes each row of `from`, changed as in the
 * batch that `order` puts it in, to its place in `to`. `update` counts the updates before the epoch.  from, to: (rows, image)
 */
export function augmentEpoch(
  { seed, augment, batchSize }: AugmentedTask,
  { update, order }: { readonly update: number; readonly order: Uint32Array },
  from: Float32Array,
  to: Float32Array,
): void {
  if (!augment) return;
  const size = imageSize(augment);
  order.forEach((row, k) => {
    const key = { seed, update: update + Math.floor(k / batchSize), sample: k % batchSize };
    const [start, end] = [row * size, (row + 1) * size];
    changeImage(from.subarray(start, end), augment, drawChange(augment, key), augment.black, to.subarray(start, end));
  });
}

const imageSize = ({ height, width, channels }: Augmentation): number => height * width * channels;

/** Throws RangeError where a task's augmentation does not fit its rows of `inputs` values. */
export function checkAugmentation(augment: Augmentation, inputs: number): void {
  const { height, width, channels, maxShift, black } = augment;
  if (imageSize(augment) !== inputs) {
    throw new RangeError(`Images of ${height}x${width}x${channels} do not fit ${inputs} inputs.`);
  }
  if (!Number.isInteger(maxShift) || maxShift < 0) {
    throw new RangeError(`Images cannot be shifted by up to ${maxShift} pixels.`);
  }
  if (black.length !== channels) {
    throw new RangeError(`Images of ${channels} channels have as many black values, not ${black.length}.`);
  }
}
