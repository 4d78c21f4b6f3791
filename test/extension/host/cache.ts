/**
 * The folder of downloads that several test runs and several clones may share: an editor of 700 MB is fetched once.
 * An install is built in a folder of its own and renamed into place when it is whole, so an interrupted install is
 * never seen, and of two installers at once the second discards its copy and uses the first one's.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The checkout. */
export const projectFolder = path.resolve(import.meta.dirname, '../../..');

/** `.cache/` of the checkout, or the folder that DEEPMAKER_CACHE names. */
export function cacheFolder(): string {
  return path.resolve(process.env.DEEPMAKER_CACHE || path.join(projectFolder, '.cache'));
}

/** A host that cannot be set up or does not answer: what happened, and what to do about it. */
export class HostError extends Error {
  constructor(message: string, hint?: string) {
    super(hint === undefined ? message : `${message}\n${hint}`);
    this.name = 'HostError';
  }
}

/** Marks an install as whole. Its text says what is inside. */
const stamp = 'installed.json';
/** An install takes minutes; a partial folder of this age belongs to an installer that was killed. */
const abandonedAfterMs = 2 * 60 * 60 * 1000;

/**
 * The folder `name` in the cache, filled by `fill` if it is not there yet. `fill` gets an empty folder, must not keep
 * absolute paths into it, and returns the versions for the stamp.
 */
export async function installOnce(
  name: string,
  fill: (folder: string) => Promise<Readonly<Record<string, string>>>,
): Promise<string> {
  const installed = path.join(cacheFolder(), name);
  if (existsSync(path.join(installed, stamp))) return installed;
  await mkdir(cacheFolder(), { recursive: true });
  await removeAbandoned(name);
  const partial = await mkdtemp(path.join(cacheFolder(), `${name}.partial-`));
  try {
    const versions = await fill(partial);
    await writeFile(path.join(partial, stamp), `${JSON.stringify(versions, null, 2)}\n`);
    await rename(partial, installed);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // Another installer finished first: its install is as good as ours.
    if (!existsSync(path.join(installed, stamp))) throw error;
  }
  return installed;
}

async function removeAbandoned(name: string): Promise<void> {
  for (const entry of await readdir(cacheFolder())) {
    if (!entry.startsWith(`${name}.partial-`)) continue;
    const folder = path.join(cacheFolder(), entry);
    const age = Date.now() - (await stat(folder)).mtimeMs;
    if (age > abandonedAfterMs) await rm(folder, { recursive: true, force: true });
  }
}
