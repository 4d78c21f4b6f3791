/** One run, one process: a lock file in the run's folder. */
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure } from './protocol.ts';
import { guardDisk, prepareRunFolder } from './store.ts';

/** A lock is touched this often while its run goes on, and counts as left behind once nobody has for much longer. */
const lockTouchMs = 5_000;
const lockStaleMs = 60_000;

/** Locks of this process: after a restart another one may have the process id that an old lock names. */
const ownLocks = new Set<string>();

/**
 * Takes the run for this process; a second process that asks for the same run is told who has it. The lock of a
 * process that no longer lives is taken over. Release it when the run ends.
 */
export function lockRun(folder: string): { kind: 'locked'; release: () => void } | { kind: 'busy'; pid: number } {
  const path = join(folder, 'lock');
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return { kind: 'locked', release: keepLock(path) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const pid = ownerOf(path);
      if (isHeld(path, pid)) return { kind: 'busy', pid };
      rmSync(path, { force: true });
    }
  }
}

/**
 * Does a run's work in its folder, locked, and answers what the disk refuses as a failure. `busy` begins the sentence for
 * whoever comes second: "price is being approximated".
 */
export function inRunFolder<T>(
  root: string,
  runId: string,
  busy: string,
  work: (folder: string) => Promise<T>,
): Promise<T | Failure> {
  return guardDisk<T | Failure>(async () => {
    const folder = prepareRunFolder(root, runId);
    const lock = lockRun(folder);
    if (lock.kind === 'busy') {
      const message = `${busy} already, by process ${lock.pid}.`;
      return { kind: 'failed', message, hint: 'Wait for that run, or cancel it.' };
    }
    try {
      return await work(folder);
    } finally {
      lock.release();
    }
  });
}

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

function isHeld(path: string, pid: number): boolean {
  if (pid === process.pid) return ownLocks.has(path);
  const touchedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return isAlive(pid) && Date.now() - touchedMs < lockStaleMs;
}

/** NaN where the lock says nothing, or has just gone. */
function ownerOf(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8') || Number.NaN);
  } catch {
    return Number.NaN;
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
