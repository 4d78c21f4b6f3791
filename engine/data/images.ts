/** Random images: numbers drawn pixel by pixel are noise, whose mean is always the same, and no picture of anything. */
import type { Domain, ImageSize } from '../types.ts';
import { createRandom } from './random.ts';

/**
 * Gives each row of independent values (count, height * width * channels) squares of one colour, of a size of its own from
 * a pixel to the whole image, and a brightness and contrast of its own. In place; row by row, so that rows that were
 * independent stay so. The rows hold nothing but the image, whose values all have the range of the first. A range of one
 * value leaves nothing to draw.
 */
export function structureImages(rows: Float64Array, domain: Domain, image: ImageSize, seed: number): void {
  const { height, width, channels } = image;
  const values = height * width * channels;
  const [range] = domain;
  if (range?.kind !== 'number' || range.min === range.max) return;
  const { min, max, integer } = range;
  const random = createRandom(seed);
  const sizes = Math.floor(Math.log2(Math.max(height, width))) + 1;
  for (let start = 0; start < rows.length; start += values) {
    const square = 2 ** random.integer(sizes);
    const brightness = random.next();
    const contrast = random.next();
    // From the last pixel to the first, so that a square's first pixel is still what was drawn when the others read it.
    for (let at = values - 1; at >= 0; at--) {
      const pixel = Math.floor(at / channels);
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      const corner = ((y - (y % square)) * width + (x - (x % square))) * channels + (at % channels);
      const drawn = (rows[start + corner]! - min) / (max - min);
      const share = Math.min(1, Math.max(0, brightness + contrast * (drawn - 0.5)));
      const value = min * (1 - share) + max * share;
      rows[start + at] = integer ? Math.min(Math.floor(max), Math.max(Math.ceil(min), Math.round(value))) : value;
    }
  }
}
