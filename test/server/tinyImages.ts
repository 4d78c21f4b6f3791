import { createRandom } from '../../engine/data/random.ts';

/** A .json data set of noisy images of 8 x 8 in which the class is a bright row, column or corner. */
export function tinyImages(count: number): string {
  const random = createRandom(1);
  const bright = [
    (x: number, y: number) => y === 2 && x > 0,
    (x: number, y: number) => x === 5 && y > 0,
    (x: number, y: number) => x + y > 9,
  ];
  const labels = Array.from({ length: count }, (_, row) => row % 3);
  const inputs = labels.map((label) =>
    Array.from({ length: 64 }, (_, pixel) => {
      const value = (bright[label]!(pixel % 8, Math.floor(pixel / 8)) ? 1 : 0) + 0.3 * random.next();
      return Number(value.toFixed(3));
    }),
  );
  return JSON.stringify({
    inputs,
    outputs: labels.map((label) => ['row', 'column', 'corner'][label]),
    shape: [8, 8, 1],
  });
}
