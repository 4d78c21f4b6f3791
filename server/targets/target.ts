/**
 * The half of a target that touches the machine: whether its tools are here, and running its code. The pure half, with
 * the code itself and the estimates, is engine/emit/target.ts. A new target is a folder there, a file here, and an entry
 * in ./registry.ts.
 */

import type { EmittedFiles, Target } from '../../engine/emit/target.ts';
import { t } from '../../engine/texts.ts';
import type { ErrorFigures, Samples, Signature, Slot } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import type { Sentence } from './sentence.ts';

export interface VerifyRequest {
  /** What the target emitted, with `export` where the language is JavaScript. */
  readonly files: EmittedFiles;
  readonly functionName: string;
  readonly signature: Signature;
  readonly outputSlots: readonly Slot[];
  /** Raw rows that nothing was trained on. */
  readonly test: Samples;
  /** Time to spend on timing, where the target is timed. Default: 400. */
  readonly timingBudgetMs?: number;
  /**
   * Somebody waits to go on: what takes more than a couple of seconds is left out, and said so. Absent: all is checked.
   */
  readonly brief?: boolean;
  /** Ends what runs when it aborts; the outcome is then a failure. */
  readonly signal: AbortSignal;
}

export interface Verification {
  readonly kind: 'verified';
  /** Of the emitted code, on every row of `test`. */
  readonly error: ErrorFigures;
  /** Nanoseconds per call, where a time on this machine says something about the target. */
  readonly latencyNs?: number;
  /** What else was found. */
  readonly notes?: readonly Sentence[];
}

/** How many, of networks in float32 and of those in integers. */
export interface MultiplyAccumulates {
  readonly float: number;
  readonly integers: number;
}

export interface ServerTarget {
  readonly target: Target;
  /** What the code needs where it runs, and what checking it needs here; one sentence. */
  readonly needs: string;
  /** Why its code cannot be checked on this machine, with the command that would change that; undefined where it can. */
  unavailable(): Promise<Failure | undefined>;
  /** What checking runs in about twenty seconds; absent where that is as much as the CPU's code does. */
  readonly maxMultiplyAccumulates?: MultiplyAccumulates;
  /** Compiles and runs the emitted files on the test rows. Asked only where the target is available. */
  verify(request: VerifyRequest): Promise<Verification | Failure>;
}

/** Why code was not run here, and what would change that. */
export const uncheckedText = ({ message, hint }: Failure): string =>
  t('Not checked here: {0}', [message, hint].filter(Boolean).join(' '));
