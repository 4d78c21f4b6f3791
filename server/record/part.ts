/**
 * A part: what one thread recorded, one JSON value per line, appended as it happens, so that a killed program leaves all
 * of it but the last moment. The first line is the head; a torn last line is nobody's.
 */

/** Begins a part. It is written again, with less capacity and a threshold, when the part outgrew its limit. */
export interface PartHead {
  readonly node: string;
  /** Absent where this Node can change modules of both kinds; else it cannot those of ECMAScript. */
  readonly onlyCommonJs?: true;
  readonly capacity: number;
  readonly threshold: number;
}

export type PartLine =
  | { readonly head: PartHead }
  /** A module that holds the function, or seemed to, and what became of it. */
  | { readonly module: string; readonly missing?: string }
  /** A call. Numbers that JSON has no word for are text. Without `o` it threw; with a problem its values did not fit. */
  | { readonly k: number; readonly i: readonly RowNumber[]; readonly o?: readonly RowNumber[] }
  | { readonly k: number; readonly problem: string }
  /** How many calls there were so far, and how many of them threw. */
  | { readonly calls: number; readonly threw: number };

export type RowNumber = number | string;

export const toRowNumber = (value: number): RowNumber =>
  Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? '-0' : String(value);

export const fromRowNumber = (value: RowNumber): number => Number(value);

export const partName = (ordinal: number): string => `part-${ordinal}.jsonl`;
export const isPart = (file: string): boolean => /^part-\d+\.jsonl$/u.test(file);
