/** How the values of an image become network columns, for generated code in any language. */
import type { CnnNetwork, SlotEncoding } from '../../types.ts';
import type { AffineConstants } from '../cpu/columns.ts';
import type { EmitInput } from '../target.ts';

export type NumberEncoding = Extract<SlotEncoding, { kind: 'number' }>;

export interface ImageEntries {
  /** Of an image: height * width * channels. */
  readonly values: number;
  /** Value k is encoded as value k % length is: one entry where all are alike, else one for each channel, or for each value. */
  readonly encodings: readonly NumberEncoding[];
}

/** column = (raw - offset) * factor, or the integer that is made of it. */
export type ConstantsOf = (encoding: NumberEncoding) => AffineConstants;

/** Throws RangeError where the inputs are not one number for each value of the image, in its order. */
export function imageEntries({ network, encoding, regionName }: EmitInput<CnnNetwork>): ImageEntries {
  const { height, width, channels } = network.topology;
  const values = height * width * channels;
  const { inputs } = encoding;
  const encodings = inputs.filter((slot): slot is NumberEncoding => slot.kind === 'number');
  const ordered = encodings.every(({ column }, index) => column === index);
  if (inputs.length !== values || encodings.length !== values || !ordered) {
    throw new RangeError(
      `A network for images of ${height}x${width}x${channels} takes ${values} numbers in order; ` +
        `${regionName} has ${inputs.length} inputs, ${encodings.length} of them numbers.`,
    );
  }
  return { values, encodings: repeating(encodings, channels, (a, b) => a.offset === b.offset && a.scale === b.scale) };
}

/** The shortest beginning of a list, of one item or one for each channel, that the whole repeats; else the whole. */
export function repeating<T>(items: readonly T[], channels: number, same: (a: T, b: T) => boolean): readonly T[] {
  const repeats = (period: number) => items.every((item, index) => same(item, items[index % period]!));
  return items.slice(0, [1, channels].find(repeats) ?? items.length);
}
