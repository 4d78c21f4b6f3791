/**
 * `.deepmaker/` in the project: one folder per run, and the list of applied approximations. A run is the approximation of
 * a function or the search on a dataset; `readRun` tells them apart. Every JSON file has a `version`.
 *
 *   .deepmaker/runs/<id>/run.json        what was asked: RunPlan (region, domain, configuration) or DatasetPlan (the
 *                                        dataset with a hash of its rows, model, configuration with the seed, subset, rows
 *                                        of each part)
 *   .deepmaker/runs/<id>/journal.jsonl   one JournalEntry per evaluated genome, appended as it is told: key, figures on
 *                                        validation rows, learning curve, seconds; survives a kill
 *   .deepmaker/runs/<id>/front.json      until the run is done: the last FrontView, for panels
 *   .deepmaker/runs/<id>/trained.jsonl   datasets only: one line per network that was trained in full or fine-tuned, with
 *                                        its weights
 *   .deepmaker/runs/<id>/timed.jsonl     datasets only: the time per call of each network whose code was timed
 *   .deepmaker/runs/<id>/result.json     once the run is done: RunResult or DatasetResult. Both have `search` (with the
 *                                        front after each generation), `points` (every candidate that trained; `onFront`
 *                                        marks the final front) and `networks` (the weights of the final ones, and in a
 *                                        DatasetResult their curves)
 *   .deepmaker/runs/<id>/lock            while a process works on the run: its id, and `window` for the server of one
 *   .deepmaker/records/<id>.jsonl        inputs and outputs of real calls: RecordFile; see server/record
 *   .deepmaker/inputs/<hash>.json        recorded inputs that `deepmaker check` measures an applied network on
 *   .deepmaker/approximations.json       what is applied where, with its measured figures
 *
 * A run's id comes from a hash of everything that decides its front, so a killed run resumes under its own name.
 */

import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { t } from '../engine/texts.ts';
import type { ErrorFigures, LearningCurve } from '../engine/types.ts';
import type { Failure } from './protocol.ts';

/** Of the files of a run. What a run needs of them changed: 2 since networks have sizes and recipes. */
export const formatVersion = 2;

/** The folder that owns `.deepmaker`: the nearest ancestor of `file` with one, with a package.json or a repository. */
export function projectRoot(file: string): string {
  const start = dirname(file);
  for (let folder = start; ; folder = dirname(folder)) {
    if (['.deepmaker', 'package.json', '.git'].some((entry) => existsSync(join(folder, entry)))) return folder;
    if (folder === dirname(folder)) return start;
  }
}

/** With forward slashes, as it is stored: the same project may be opened on another system. */
export const relativePath = (root: string, path: string): string => relative(root, path).split(sep).join('/');

export const storeFolder = (root: string): string => join(root, '.deepmaker');
export const runFolder = (root: string, runId: string): string => join(storeFolder(root), 'runs', runId);

/**
 * Writes so that a reader, or a kill in the middle, sees the old content or the new one, never a part. A link stays one,
 * and a file keeps its permissions.
 */
export function writeAtomically(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const existing = statSync(path, { throwIfNoEntry: false });
  const target = existing ? realpathSync(path) : path;
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content);
    if (existing) chmodSync(temporary, existing.mode);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

const diskProblems = (): Readonly<Record<string, string>> => ({
  EACCES: t('permission is denied'),
  EPERM: t('permission is denied'),
  EROFS: t('the file system is read-only'),
  ENOSPC: t('the disk is full'),
  EDQUOT: t('the disk quota is used up'),
  ENOTDIR: t('a file stands where a folder should be'),
  EEXIST: t('a file stands where a folder should be'),
  EISDIR: t('a folder stands where a file should be'),
  ENOENT: t('it is no longer there'),
});

/** Runs work that reads and writes the project; what the disk refuses is a failure of the work, not a bug of ours. */
export async function guardDisk<T>(work: () => Promise<T>): Promise<T | Failure> {
  try {
    return await work();
  } catch (error) {
    const { code = '', path } = error as NodeJS.ErrnoException;
    const problem = diskProblems()[code];
    if (problem === undefined || path === undefined) throw error;
    // People know the file, not the temporary one that it is written by way of.
    const named = path.replace(/\.\d+\.tmp$/, '');
    return {
      kind: 'failed',
      message: t('{0} cannot be used: {1}.', named, problem),
      hint: t('Correct that, then run again.'),
    };
  }
}

/** Reads versioned JSON; undefined where it is absent, unreadable or of another version. */
export function readJson<T extends { version: number }>(path: string, version = formatVersion): T | undefined {
  const value = parseJson(path) as T | undefined;
  return value?.version === version ? value : undefined;
}

/** The version of a JSON file, whichever it is; undefined where it has none. */
export function versionOf(path: string): number | undefined {
  const { version } = (parseJson(path) ?? {}) as { readonly version?: unknown };
  return typeof version === 'number' ? version : undefined;
}

/** Undefined for a file that is not there, or is no JSON. */
export function parseJson(path: string, reviver?: (key: string, value: unknown) => unknown): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'), reviver) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Creates the run's folder, and keeps runs out of version control, where only the list of approximations belongs. */
export function prepareRunFolder(root: string, runId: string): string {
  const folder = runFolder(root, runId);
  mkdirSync(folder, { recursive: true });
  keepOutOfVersionControl(root);
  return folder;
}

/** Folders of the store that are large, and can be made again. */
const unversioned = ['runs/', 'records/'];

/** Whatever else somebody has written there stays. */
export function keepOutOfVersionControl(root: string): void {
  const ignore = join(storeFolder(root), '.gitignore');
  const lines = readOrEmpty(ignore).split(/\r?\n/u);
  const missing = unversioned.filter((folder) => !lines.includes(folder));
  if (missing.length === 0) return;
  const before = lines.filter((line, index) => line !== '' || index < lines.length - 1);
  writeFileSync(ignore, [...before, ...missing, ''].join('\n'));
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

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const perEpoch = z.array(z.number()).readonly();

/** What an evaluation leaves behind, whichever file it is stored in. */
export const evaluationFields = {
  figures: z
    .object({ nrmse: z.number(), meanRelative: z.number(), p99: z.number(), max: z.number(), missRate: z.number() })
    .exactOptional(),
  curve: z
    .object({ trainLoss: perEpoch, validationLoss: perEpoch, validationError: perEpoch.exactOptional() })
    .exactOptional(),
  seconds: z.number().exactOptional(),
  arithmetic: z.string().exactOptional(),
};

/** One training of a genome; without figures where it diverged or crashed. */
export interface JournalEntry {
  readonly key: string;
  /** Of a training that was shorter than the search's, which may follow; absent where it was not. */
  readonly epochs?: number;
  readonly figures?: ErrorFigures;
  readonly curve?: LearningCurve;
  /** How long training and scoring took on the machine that did it. */
  readonly seconds?: number;
  /** Of a machine whose last bits may differ from those of the one that searched. */
  readonly arithmetic?: string;
}

const journalEntry: z.ZodType<JournalEntry> = z.object({
  key: z.string(),
  epochs: z.number().exactOptional(),
  ...evaluationFields,
});

const journalPath = (folder: string) => join(folder, 'journal.jsonl');

/** The entries of a journal, up to the first line that is none: a kill leaves a torn one at the end. */
export const readJournal = (folder: string): readonly JournalEntry[] => readLines(journalPath(folder), journalEntry);

export type Journal = Lines<JournalEntry>;

export const openJournal = (folder: string): Journal => openLines(journalPath(folder), journalEntry);

/** A file of one JSON value per line, which survives a kill. `entries` grows as entries are appended. */
export interface Lines<T> {
  readonly entries: readonly T[];
  append(entry: T): void;
}

/** A torn last line is removed first. */
export function openLines<T>(path: string, schema: z.ZodType<T>): Lines<T> {
  const entries = readLines(path, schema);
  writeAtomically(path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  return {
    entries,
    append(entry) {
      appendFileSync(path, `${JSON.stringify(entry)}\n`);
      entries.push(entry);
    },
  };
}

function readLines<T>(path: string, schema: z.ZodType<T>): T[] {
  const entries: T[] = [];
  for (const line of readOrEmpty(path).split('\n')) {
    const entry = parseLine(line, schema);
    if (entry === undefined) break;
    entries.push(entry);
  }
  return entries;
}

function parseLine<T>(line: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
