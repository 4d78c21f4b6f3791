/**
 * What the processes of a recorded command share: a folder with the plan, the hook that Node loads first, a part for each
 * thread, and the texts of modules that were instrumented.
 *
 *   plan.json            RecordPlan
 *   hook.cjs             what NODE_OPTIONS names: starts dist/recordHook.cjs with this folder
 *   part-<n>.jsonl       what one thread of one process recorded; see part.ts
 *   modules/<hash>.*     a module's text, and what became of it
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Signature } from '../../engine/types.ts';

export interface RecordPlan {
  /** Absolute and real path of the region's file. */
  readonly file: string;
  /** Its text when the command was started. */
  readonly text: string;
  readonly name: string;
  readonly signature: Signature;
  /** Calls to keep. */
  readonly capacity: number;
  /** Bytes that all parts together may take, about. */
  readonly limitBytes: number;
  readonly seed: number;
  /** The script that instruments a module's text. */
  readonly instrumenter: string;
}

export const readRecordPlan = (folder: string): RecordPlan =>
  JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8')) as RecordPlan;

/** Where a module's text waits for the instrumenter (`.txt`) and where its answer is (`.json`). */
export function modulePaths(
  folder: string,
  path: string,
  text: string,
): { readonly text: string; readonly answer: string } {
  const hash = createHash('sha256').update(path).update('\0').update(text).digest('hex').slice(0, 32);
  return { text: join(folder, 'modules', `${hash}.txt`), answer: join(folder, 'modules', `${hash}.json`) };
}

/** What the instrumenter answers. */
export type ModuleAnswer =
  | { readonly kind: 'instrumented'; readonly text: string }
  | { readonly kind: 'missing'; readonly reason: string };
