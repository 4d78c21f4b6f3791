/**
 * `npm run datasets -- mnist fashion-mnist cifar10` fetches published image sets for development into .cache/datasets, in
 * the formats that the product reads, and checks them. Nothing of it is part of the product.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { verify } from './datasets/expected.ts';
import { FetchError, sources } from './datasets/sources.ts';

const root = join(import.meta.dirname, '..');
const cache = join(root, '.cache', 'datasets');
const names = process.argv.slice(2);
const usage = `Name at least one of ${Object.keys(sources).join(', ')}: npm run datasets -- mnist`;

try {
  if (names.length === 0) throw new FetchError(usage);
  for (const name of names) await provide(name);
} catch (error) {
  if (!(error instanceof FetchError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function provide(name: string): Promise<void> {
  const fetchInto = sources[name];
  if (!fetchInto) throw new FetchError(`There is no source for "${name}". ${usage}`);
  const folder = join(cache, name);
  if (existsSync(folder)) {
    console.log(
      `${name}: already there, ${await verify(name, cache, `Delete .cache/datasets/${name} and fetch it again.`)}`,
    );
    return;
  }
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, 'fetching-'));
  try {
    console.log(`${name}: fetching`);
    const made = join(scratch, name);
    mkdirSync(made);
    fetchInto(made, scratch);
    const summary = await verify(name, scratch, 'The package may have changed: look at scripts/datasets.');
    // Only a set that is whole and right gets its name.
    renameSync(made, folder);
    console.log(`${name}: ${summary}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
