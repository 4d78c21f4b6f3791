import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { installOnce } from './host/cache.ts';

const inherited = process.env.DEEPMAKER_CACHE;
let cache: string;

before(async () => {
  cache = await mkdtemp(path.join(os.tmpdir(), 'dm-cache-'));
  process.env.DEEPMAKER_CACHE = cache;
});

after(async () => {
  if (inherited === undefined) delete process.env.DEEPMAKER_CACHE;
  else process.env.DEEPMAKER_CACHE = inherited;
  await rm(cache, { recursive: true, force: true });
});

test('an install is made once', async () => {
  let fills = 0;
  const fill = async (folder: string) => {
    fills++;
    await writeFile(path.join(folder, 'program'), 'text');
    return { program: '1' };
  };
  const first = await installOnce('once', fill);
  assert.equal(await installOnce('once', fill), first);
  assert.equal(fills, 1);
  assert.equal(await readFile(path.join(first, 'program'), 'utf8'), 'text');
});

test('two installers at once end with one whole install', async () => {
  const bothStarted = Promise.withResolvers<void>();
  let started = 0;
  const fill = async (folder: string) => {
    if (++started === 2) bothStarted.resolve();
    await bothStarted.promise;
    await writeFile(path.join(folder, 'program'), 'text');
    return {};
  };
  const [first, second] = await Promise.all([installOnce('race', fill), installOnce('race', fill)]);
  assert.equal(started, 2);
  assert.equal(first, second);
  assert.deepEqual(await readdir(cache).then((names) => names.filter((name) => name.startsWith('race'))), ['race']);
});

test('a failed install leaves nothing behind and can be repeated', async () => {
  const failing = installOnce('broken', async (folder) => {
    await writeFile(path.join(folder, 'half'), '');
    throw new Error('no network');
  });
  await assert.rejects(failing, /no network/);
  assert.deepEqual(await readdir(cache).then((names) => names.filter((name) => name.startsWith('broken'))), []);
  const repeated = await installOnce('broken', async () => ({}));
  assert.deepEqual(await readdir(repeated), ['installed.json']);
});
