/** A recording from its beginning to the record: prepared, then a command runs, then finished. */
import { readFileSync, realpathSync, rmSync } from 'node:fs';
import type { Failure } from '../protocol.ts';
import { loadSource } from '../source/lazy.ts';
import type { Region } from '../source/types.ts';
import { formatVersion, relativePath } from '../store.ts';
import { explainRecording } from './explain.ts';
import { mergeParts } from './merge.ts';
import { readRecordPlan } from './plan.ts';
import { createPlanFolder, nodeOptions } from './planFolder.ts';
import { writeRecord } from './record.ts';

export interface RecordingSettings {
  /** Calls to keep. */
  readonly calls: number;
  readonly limitBytes: number;
  readonly seed: number;
}

export const defaultLimitBytes = 64 * 2 ** 20;

export interface Prepared {
  readonly kind: 'prepared';
  readonly folder: string;
  /** What the command has to find in its environment. */
  readonly nodeOptions: string;
}

/** The command may run once this is done, with `nodeOptions` in its environment. */
export function prepareRecording(
  root: string,
  { file, name, signature }: Region,
  settings: RecordingSettings,
): Prepared {
  const { calls: capacity, limitBytes, seed } = settings;
  const text = readFileSync(file, 'utf8');
  const folder = createPlanFolder(root, {
    file: realpathSync(file),
    text,
    name,
    signature,
    capacity,
    limitBytes,
    seed,
  });
  return { kind: 'prepared', folder, nodeOptions: nodeOptions(folder) };
}

export interface Recorded {
  readonly kind: 'recorded';
  readonly id: string;
  /** Calls of the function while the command ran. */
  readonly calls: number;
}

/** Merges what the command's processes have left, however they ended, and removes the recording's folder. */
export async function finishRecording(
  root: string,
  folder: string,
  { command, exit }: { readonly command: string; readonly exit: number | string },
): Promise<Recorded | Failure> {
  const { file, name, signature, capacity, text } = readRecordPlan(folder);
  const merged = mergeParts(folder, capacity);
  rmSync(folder, { recursive: true, force: true });
  const problem = explainRecording({ root, file, name, command, exit }, merged);
  if (problem) return problem;
  const { findApplied } = await loadSource();
  const { rows, calls, threw, misfits, firstMisfit, threads } = merged;
  const head = {
    version: formatVersion,
    file: relativePath(realpathSync(root), file),
    name,
    signature,
    command,
    calls,
    threw,
    misfits,
    ...(firstMisfit === undefined ? {} : { firstMisfit }),
    threads,
    exit,
    ...(findApplied(text).some((applied) => applied.name === name) ? { applied: true as const } : {}),
  };
  return { kind: 'recorded', id: writeRecord(root, head, rows), calls };
}
