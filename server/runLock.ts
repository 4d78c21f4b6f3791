/** One run, one process: a lock file in the run's folder. */

import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { t } from '../engine/texts.ts';
import type { Failure } from './protocol.ts';
import { guardDisk, prepareRunFolder } from './store.ts';

/** A lock is touched this often while its run goes on, and counts as left behind once nobody has for much longer. */
const lockTouchMs = 5_000;
const lockStaleMs = 60_000;

/** Who holds a run. */
export interface Holder {
  readonly pid: number;
  /** It serves a window of VS Code. */
  readonly window: boolean;
}

/** What the locks of this process say beside its id; the entry of the server of a window says so once. */
let servesWindow = false;
export function lockForWindow(): void {
  servesWindow = true;
}

/** Locks of this process: after a restart another one may have the process id that an old lock names. */
const ownLocks = new Set<string>();

/**
 * Takes the run for this process; a second process that asks for the same run is told who has it. The lock of a
 * process that no longer lives is taken over. Release it when the run ends.
 */
export function lockRun(folder: string): { kind: 'locked'; release: () => void } | ({ kind: 'busy' } & Holder) {
  const path = lockPath(folder);
  for (;;) {
    try {
      writeFileSync(path, servesWindow ? `${process.pid} window` : String(process.pid), { flag: 'wx' });
      return { kind: 'locked', release: keepLock(path) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = heldBy(path);
      if (holder) return { kind: 'busy', ...holder };
      rmSync(path, { force: true });
    }
  }
}

/**
 * Does a run's work in its folder, locked, and answers what the disk refuses as a failure. `busy` is the sentence for whoever
 * comes second.
 */
export function inRunFolder<T>(
  root: string,
  runId: string,
  busy: (holder: string) => string,
  work: (folder: string) => Promise<T>,
): Promise<T | Failure> {
  return guardDisk<T | Failure>(async () => {
    const folder = prepareRunFolder(root, runId);
    const lock = lockRun(folder);
    if (lock.kind === 'busy') {
      return { kind: 'failed', message: busy(holderText(lock)), hint: t('Wait for that run, or cancel it.') };
    }
    try {
      return await work(folder);
    } finally {
      lock.release();
    }
  });
}

/** Who is at the run in this folder at the moment; undefined where nobody is. */
export const runHolder = (folder: string): Holder | undefined => heldBy(lockPath(folder));

/** `in another window`, `by another process (PID 123)` */
export function holderText({ pid, window }: Holder): string {
  if (pid === process.pid) return window ? t('in this window') : t('by this process');
  return window ? t('in another window') : t('by another process (PID {0})', String(pid));
}

const lockPath = (folder: string): string => join(folder, 'lock');

/** Answers the function that gives the lock back. */
function keepLock(path: string): () => void {
  ownLocks.add(path);
  const timer = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(path, now, now);
    } catch {
      // Someone deleted the run's folder: the next write of the run says so.
    }
  }, lockTouchMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    ownLocks.delete(path);
    rmSync(path, { force: true });
  };
}

function heldBy(path: string): Holder | undefined {
  const holder = ownerOf(path);
  if (holder.pid === process.pid) return ownLocks.has(path) ? holder : undefined;
  const touchedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return isAlive(holder.pid) && Date.now() - touchedMs < lockStaleMs ? holder : undefined;
}

/** The id is NaN where the lock says nothing, or has just gone. */
function ownerOf(path: string): Holder {
  try {
    const [pid, kind] = readFileSync(path, 'utf8').split(' ');
    return { pid: Number(pid || Number.NaN), window: kind === 'window' };
  } catch {
    return { pid: Number.NaN, window: false };
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
