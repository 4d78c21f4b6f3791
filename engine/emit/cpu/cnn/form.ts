/** What differs between a convolutional network in float32 and in integers, for the module around it. */
import type { CnnNetwork } from '../../../types.ts';
import type { EmitInput } from '../../target.ts';
import type { Decoding } from '../outputs.ts';
import type { EntryCode } from './image.ts';

/** Names that the parts of the module share. */
export interface CnnNames {
  readonly batch: string;
  readonly decode: string;
  /** The constants as base64 text. */
  readonly weights: string;
  readonly host: string;
  /** The guard of a row, where there is one. */
  readonly acceptsRow: string;
  readonly kernel: string;
  readonly type: string;
  readonly start: string;
  readonly run: string;
}

export interface CnnForm {
  /** What an image and the outputs are kept in. */
  readonly array: 'Float32Array' | 'Int8Array' | 'Int16Array';
  readonly entry: EntryCode;
  readonly decoding: Decoding;
  /** What a difference of one between two outputs stands for. */
  readonly step: number;
  /** The constants, of which the module holds base64 text. */
  readonly constants: Uint8Array;
  /** Statements that answer the kernel: the image `x`, the outputs `y` and `run`, which goes from one to the other. */
  readonly start: string;
  /** What these statements need. */
  readonly support: readonly string[];
}

/** `claim` gives names that are free in the module. */
export type FormOf = (input: EmitInput<CnnNetwork>, names: CnnNames, claim: (wanted: string) => string) => CnnForm;

/**
 * Statements that start the kernel where it has not started, fill the image `x`, run the network and go on with `after`,
 * which may read the outputs `y`.
 */
export function runImage(
  names: CnnNames,
  local: { readonly x: string; readonly y: string },
  read: readonly string[],
  after: readonly string[],
): string[] {
  const field = (name: 'x' | 'y') => (local[name] === name ? name : `${name}: ${local[name]}`);
  // A result of one possible value reads no output, and strict compilers reject unused names.
  const fields = after.some((line) => line.includes(`${local.y}[`)) ? [field('x'), field('y')] : [field('x')];
  return [
    `  if (${names.kernel} === undefined) ${names.kernel} = ${names.start}();`,
    `  const { ${fields.join(', ')} } = ${names.kernel};`,
    ...read,
    `  ${names.kernel}.run();`,
    ...after,
  ];
}
