/**
 * `.deepmaker/` in the project: one folder per run, and the list of applied approximations.
 *
 *   .deepmaker/runs/<id>/run.json        what was asked (version, region, domain, configuration)
 *   .deepmaker/runs/<id>/journal.jsonl   one line per evaluated genome, appended as it is told; survives a kill
 *   .deepmaker/runs/<id>/result.json     the front with its networks, once the run is done
 *   .deepmaker/approximations.json       what is applied where, with its measured figures
 *
 * A run's id comes from a hash of everything that decides its front, so a killed run resumes under its own name.
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { ErrorFigures } from '../engine/types.ts';

export const formatVersion = 1;

/** The folder that owns `.deepmaker`: the nearest ancestor of `file` with one, with a package.json or a repository. */
export function projectRoot(file: string): string {
  const start = dirname(file);
  for (let folder = start; ; folder = dirname(folder)) {
    if (['.deepmaker', 'package.json', '.git'].some((entry) => existsSync(join(folder, entry)))) return folder;
    if (folder === dirname(folder)) return start;
  }
}

export const storeFolder = (root: string): string => join(root, '.deepmaker');
export const runFolder = (root: string, runId: string): string => join(storeFolder(root), 'runs', runId);

/** Writes so that a reader, or a kill in the middle, sees the old content or the new one, never a part. */
export function writeAtomically(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

/** Reads versioned JSON; undefined where it is absent, unreadable or of another version. */
export function readJson<T extends { version: number }>(path: string): T | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as T;
    return value.version === formatVersion ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Creates the run's folder, and keeps runs out of version control, where only the list of approximations belongs. */
export function prepareRunFolder(root: string, runId: string): string {
  const folder = runFolder(root, runId);
  mkdirSync(folder, { recursive: true });
  const ignore = join(storeFolder(root), '.gitignore');
  if (!existsSync(ignore)) writeFileSync(ignore, 'runs/\n');
  return folder;
}

/** The ids of stored runs, newest first. */
export function listRuns(root: string): string[] {
  const folder = join(storeFolder(root), 'runs');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((runId) => ({ runId, modified: statSync(join(folder, runId)).mtimeMs }))
    .sort((a, b) => b.modified - a.modified)
    .map(({ runId }) => runId);
}

/**
 * Takes the run for this process; a second process that asks for the same run is told who has it. The lock of a
 * process that no longer lives is taken over. Release it when the run ends.
 */
export function lockRun(folder: string): { kind: 'locked'; release: () => void } | { kind: 'busy'; pid: number } {
  const path = join(folder, 'lock');
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return { kind: 'locked', release: () => rmSync(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const pid = Number(readOrEmpty(path));
      if (isAlive(pid)) return { kind: 'busy', pid };
      rmSync(path, { force: true });
    }
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
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

/** One evaluated genome; without figures where training diverged. */
export interface JournalEntry {
  readonly key: string;
  readonly figures?: ErrorFigures;
}

/** The entries of a journal; a torn last line, left by a kill, is dropped. */
export function readJournal(folder: string): JournalEntry[] {
  const entries: JournalEntry[] = [];
  for (const line of readOrEmpty(join(folder, 'journal.jsonl')).split('\n')) {
    try {
      if (line) entries.push(JSON.parse(line) as JournalEntry);
    } catch {
      break;
    }
  }
  return entries;
}

/** `entries` grows as entries are appended. A torn last line is removed first. */
export interface Journal {
  readonly entries: readonly JournalEntry[];
  append(entry: JournalEntry): void;
}

export function openJournal(folder: string): Journal {
  const path = join(folder, 'journal.jsonl');
  const entries = readJournal(folder);
  writeAtomically(path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  return {
    entries,
    append(entry) {
      appendFileSync(path, `${JSON.stringify(entry)}\n`);
      entries.push(entry);
    },
  };
}
