/** Every message between a Sandbox and its child, once. They travel by Node's 'advanced' (structured clone) IPC. */
import type { Signature } from '../../engine/types.ts';

/**
 * The name through which a bundle hands over its function: it assigns to this object's property `region`. The property
 * `exact` holds the function that it was loaded to stand in for.
 */
export const regionHolder = '__deepmaker';

/** Parent to child. The child works on one request at a time; `timeLimitMs` bounds one call of the user's function. */
export type Request =
  /** Evaluate a bundle (bundle.ts) and keep its function under `id`. */
  | {
      readonly kind: 'load';
      readonly id: string;
      readonly code: string;
      /** The loaded function that the bundle may call as `exact`. */
      readonly exactId?: string;
      readonly timeLimitMs: number;
    }
  /** Call the function on every row. inputs: (count, inputSlots) raw slot values, row-major. */
  | {
      readonly kind: 'evaluate';
      readonly id: string;
      readonly signature: Signature;
      readonly inputs: Float64Array;
      readonly count: number;
      readonly timeLimitMs: number;
    }
  /** Time two functions against each other on the same rows, for about `budgetMs`. */
  | {
      readonly kind: 'time';
      readonly exactId: string;
      readonly approxId: string;
      /** The second one takes all rows at once: (inputs, count, outputs). */
      readonly batch?: boolean;
      readonly signature: Signature;
      readonly inputs: Float64Array;
      readonly count: number;
      readonly budgetMs: number;
      readonly timeLimitMs: number;
    };

/** What a refused call says about itself: "`fs.readFileSync` is not available while sampling". */
export const unavailable = 'is not available while sampling';

/** What became of a row; one byte each. */
export const rowStatus = { ok: 0, thrown: 1, notFinite: 2 } as const;

/** The first row that did not give a usable result, and why. */
export interface RowProblem {
  readonly row: number;
  readonly message: string;
}

export interface EvaluatedRows {
  /** (count, outputSlots) raw slot values, row-major; NaN in every slot of a row that threw. */
  readonly outputs: Float64Array;
  /** (count) values of `rowStatus`. A result without the declared shape counts as thrown. */
  readonly statuses: Uint8Array;
  readonly firstProblem?: RowProblem;
  /** Time inside the slices, without the waits between them. */
  readonly elapsedMs: number;
  /** Calls of `console` that were swallowed, since the child started. */
  readonly consoleCalls: number;
}

/** Nanoseconds per call, one value per block; exactNs[i] and approxNs[i] were taken one right after the other. */
export interface TimedBlocks {
  readonly exactNs: Float64Array;
  readonly approxNs: Float64Array;
}

/** Child to parent: 'ready' once, then for each request any number of 'progress' and exactly one of the others. */
export type Reply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly done: number }
  | { readonly kind: 'loaded' }
  | ({ readonly kind: 'evaluated' } & EvaluatedRows)
  | ({ readonly kind: 'timed' } & TimedBlocks)
  /** A call did not return in time; `row` is the row that it was called on, absent while loading. */
  | { readonly kind: 'overrun'; readonly row?: number }
  /** Typed arrays, which the heap limit does not cover, took more than that limit. */
  | { readonly kind: 'memory' }
  /** The user's code threw where a row cannot be dropped: while loading, or while timing. */
  | { readonly kind: 'threw'; readonly message: string }
  /** A bug of ours. */
  | { readonly kind: 'bug'; readonly stack: string };
