/** A network as straight-line code computes it; `foldNetwork` makes one. */

/** Half a unit in the last place of a float32, and a factor of two to spare. */
export const float32Precision = 2 ** -26;

/** What is left of an activation once its affine parts are folded: sigmoid becomes tanh, selu an elu with an alpha. */
export type FoldedActivation =
  | { readonly kind: 'tanh' }
  | { readonly kind: 'relu' }
  | { readonly kind: 'softplus' }
  /** min(1, max(0, z)) */
  | { readonly kind: 'clip' }
  /** z > 0 ? z : alpha * (exp(z) - 1) */
  | { readonly kind: 'elu'; readonly alpha: number };

/** y[o] = sum_i x[i] * weights[i * outputs + o] + bias[o], then the activation, except in the last layer. */
export interface FoldedLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float64Array;
  readonly bias: Float64Array;
  /** Relative error that a weight of input i may have without being less accurate than float32. */
  readonly weightPrecision: Float64Array;
  /** Absolute error that the bias of output o may have. */
  readonly biasTolerance: Float64Array;
}

/** One column of the first layer, computed from a raw slot value. */
export type FoldedInput =
  /** raw - center; center is 0 unless the values are so far from zero that folding would lose digits. */
  | { readonly kind: 'number'; readonly slot: number; readonly center: number }
  /** 0 or 1 */
  | { readonly kind: 'boolean'; readonly slot: number }
  /** 1 where the slot holds value number `index`, 0 elsewhere. Value 0 has no column: it is folded into the bias. */
  | { readonly kind: 'category'; readonly slot: number; readonly index: number };

/** How one output slot is read from the columns of the last layer. */
export type FoldedOutput =
  | { readonly kind: 'number'; readonly column: number }
  /** The second of two values where the column is positive, the first elsewhere. */
  | { readonly kind: 'choice'; readonly column: number }
  /** The value with the largest of `count` columns; the first of equals. */
  | { readonly kind: 'largest'; readonly column: number; readonly count: number }
  /** A category of one value takes no column. */
  | { readonly kind: 'constant' };

export interface FoldedNetwork {
  /** Parallel to the first layer's inputs. */
  readonly inputs: readonly FoldedInput[];
  readonly activation: FoldedActivation;
  readonly layers: readonly FoldedLayer[];
  /** One per output slot. */
  readonly outputs: readonly FoldedOutput[];
}
