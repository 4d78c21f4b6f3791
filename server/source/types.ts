import type { Domain, Signature, Slot } from '../../engine/types.ts';
import type { MissingRange, Reason } from '../protocol.ts';

/** A function that can be approximated, as the source describes it. Plain data: it crosses process boundaries. */
export interface Region {
  /** Absolute path of the source file. */
  readonly file: string;
  /** `price`, or `Pricer.price` for a method. */
  readonly name: string;
  /** An expression that yields the function in the scope of its module: `price`, `Pricer.prototype.price`. */
  readonly access: string;
  /** Line of the function's name, from 1. */
  readonly line: number;
  readonly signature: Signature;
  readonly inputSlots: readonly Slot[];
  readonly outputSlots: readonly Slot[];
  /** From `@approximate error 0.02`: the bound on NRMSE (miss rate for a categorical output). */
  readonly maxError?: number;
  /** Where the function is not in the source yet: the statements that it is made of. */
  readonly lifted?: Lifted;
  /** SHA-256 of the function's text and of everything of the project it depends on, transitively. */
  readonly sourceHash: string;
}

export interface Lifted {
  /** The function that the statements belong to. */
  readonly from: string;
  readonly text: string;
}

export type Analysis =
  | {
      readonly kind: 'region';
      readonly region: Region;
      readonly domain: Domain;
      readonly missing: readonly MissingRange[];
    }
  /** There is a function, and these are the reasons why it cannot be approximated. */
  | { readonly kind: 'refused'; readonly name: string; readonly reasons: readonly Reason[] }
  /** There is no function of that name, or none at that position. */
  | { readonly kind: 'none' };

/** A replacement of [start, end) by `text`, in UTF-16 offsets of the original text. */
export interface SourceEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}
