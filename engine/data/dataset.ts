/** A set of examples with known answers, as files hold it: images or columns, and a class or numbers for each. */

export type InputShape =
  | { readonly kind: 'image'; readonly height: number; readonly width: number; readonly channels: number }
  | { readonly kind: 'columns'; readonly count: number };

export type OutputShape =
  | { readonly kind: 'classes'; readonly names: readonly string[] }
  | { readonly kind: 'values'; readonly count: number };

/**
 * inputs: (count, values) row-major, an image as (height, width, channels), channels fastest.
 * targets: a class index per row (Uint16Array) or (count, values) row-major (Float32Array).
 */
export interface Rows {
  readonly count: number;
  readonly inputs: Uint8Array | Float32Array;
  readonly targets: Uint16Array | Float32Array;
}

export interface LabelledSet {
  readonly name: string;
  readonly input: InputShape;
  readonly output: OutputShape;
  readonly train: Rows;
  /** Rows that only the final figures are measured on. Absent where the files hold one list: the caller splits it. */
  readonly test?: Rows;
}

/** Values per row. */
export const inputSize = (input: InputShape): number =>
  input.kind === 'image' ? input.height * input.width * input.channels : input.count;

/** Network columns per row: one per class or value. */
export const outputSize = (output: OutputShape): number =>
  output.kind === 'classes' ? output.names.length : output.count;

/** How many inputs share one mean and deviation: a channel's pixels do, a column is on its own. */
export const channelCount = (input: InputShape): number => (input.kind === 'image' ? input.channels : input.count);

/** Rows per class, in the order of the classes; undefined where targets are values. */
export function classCounts({ targets }: Rows, classes: number): number[] | undefined {
  if (!(targets instanceof Uint16Array)) return undefined;
  const counts = new Array<number>(classes).fill(0);
  for (const target of targets) counts[target]!++;
  return counts;
}
