import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { holderText, lockRun, runHolder } from '../../server/runLock.ts';
import {
  guardDisk,
  openJournal,
  prepareRunFolder,
  projectRoot,
  readJournal,
  writeAtomically,
} from '../../server/store.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'deepmaker-store-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const figures = { nrmse: 0.01, meanRelative: 0.02, p99: 0.03, max: 0.1, missRate: 0 };

test('a journal gives back what was appended, diverged entries included', () => {
  const folder = prepareRunFolder(root, 'price-1');
  const journal = openJournal(folder);
  journal.append({ key: 'a', figures });
  journal.append({ key: 'b' });
  assert.deepEqual(readJournal(folder), [{ key: 'a', figures }, { key: 'b' }]);
});

test('a line torn by a kill is dropped, and the journal goes on after it', () => {
  const folder = prepareRunFolder(root, 'price-1');
  openJournal(folder).append({ key: 'a', figures });
  appendFileSync(join(folder, 'journal.jsonl'), '{"key":"b","fig');
  const resumed = openJournal(folder);
  assert.deepEqual(resumed.entries, [{ key: 'a', figures }]);
  resumed.append({ key: 'c' });
  assert.deepEqual(readJournal(folder), [{ key: 'a', figures }, { key: 'c' }]);
});

test('a second process is told who holds the run; the lock of a dead one is taken over', () => {
  const folder = prepareRunFolder(root, 'price-1');
  const lock = lockRun(folder);
  assert.equal(lock.kind, 'locked');
  const own = { pid: process.pid, window: false };
  assert.deepEqual(lockRun(folder), { kind: 'busy', ...own });
  assert.deepEqual(runHolder(folder), own);
  if (lock.kind === 'locked') lock.release();

  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  writeFileSync(join(folder, 'lock'), String(dead));
  const taken = lockRun(folder);
  assert.equal(taken.kind, 'locked');
  if (taken.kind === 'locked') taken.release();
  assert.equal(existsSync(join(folder, 'lock')), false);
});

test('who holds a run is told as a window or as a process', () => {
  const folder = prepareRunFolder(root, 'price-1');
  assert.equal(runHolder(folder), undefined);
  for (const [text, words] of [
    [String(process.ppid), `by another process (PID ${process.ppid})`],
    [`${process.ppid} window`, 'in another window'],
  ] as const) {
    writeFileSync(join(folder, 'lock'), text);
    assert.equal(holderText(runHolder(folder)!), words);
  }
});

test('an atomic write leaves no temporary file behind', () => {
  const path = join(root, 'deep', 'file.json');
  writeAtomically(path, 'one');
  writeAtomically(path, 'two');
  assert.equal(readFileSync(path, 'utf8'), 'two');
  assert.equal(existsSync(`${path}.${process.pid}.tmp`), false);
});

test('runs and records stay out of version control, and what somebody wrote there stays', () => {
  const ignored = () => readFileSync(join(root, '.deepmaker', '.gitignore'), 'utf8');
  prepareRunFolder(root, 'price-1');
  assert.equal(ignored(), 'runs/\nrecords/\n');
  for (const [before, after] of [
    ['runs/\n', 'runs/\nrecords/\n'],
    ['# ours\nruns/', '# ours\nruns/\nrecords/\n'],
    ['records/\nruns/\n', 'records/\nruns/\n'],
  ] as const) {
    writeFileSync(join(root, '.deepmaker', '.gitignore'), before);
    prepareRunFolder(root, 'price-2');
    assert.equal(ignored(), after);
  }
});

test('the project is the nearest ancestor with a package.json', () => {
  mkdirSync(join(root, 'packages', 'a', 'src'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{}');
  writeFileSync(join(root, 'packages', 'a', 'package.json'), '{}');
  assert.equal(projectRoot(join(root, 'packages', 'a', 'src', 'x.ts')), join(root, 'packages', 'a'));
  assert.equal(projectRoot(join(root, 'packages', 'x.ts')), root);
});

test('a journal ends at the first line that is no entry', () => {
  const folder = prepareRunFolder(root, 'price-1');
  openJournal(folder).append({ key: 'a', figures });
  for (const line of ['null', '5', '{"version":1}', '{"key":"b","figures":{"nrmse":null}}']) {
    appendFileSync(join(folder, 'journal.jsonl'), `${line}\n`);
    assert.deepEqual(openJournal(folder).entries, [{ key: 'a', figures }], line);
  }
});

test('an atomic write keeps a link and the permissions of the file', { skip: process.platform === 'win32' }, () => {
  const file = join(root, 'script.ts');
  const link = join(root, 'link.ts');
  writeFileSync(file, 'old', { mode: 0o755 });
  symlinkSync('script.ts', link);
  writeAtomically(link, 'new');
  assert.equal(readFileSync(file, 'utf8'), 'new');
  assert.equal(lstatSync(link).isSymbolicLink(), true);
  assert.equal(statSync(file).mode & 0o777, 0o755);
});

test('a lock is taken over from a process that left it, whoever has its id now', () => {
  const folder = prepareRunFolder(root, 'price-1');
  const lock = join(folder, 'lock');
  for (const [text, ageMs] of [
    ['garbage', 0],
    ['', 0],
    // This very process, which holds no lock; and a living one, which has not touched it for long.
    [String(process.pid), 0],
    [String(process.ppid), 600_000],
  ] as const) {
    writeFileSync(lock, text);
    const touched = new Date(Date.now() - ageMs);
    utimesSync(lock, touched, touched);
    const taken = lockRun(folder);
    assert.equal(taken.kind, 'locked', text);
    assert.deepEqual(lockRun(folder), { kind: 'busy', pid: process.pid, window: false });
    if (taken.kind === 'locked') taken.release();
    assert.equal(existsSync(lock), false);
  }
  writeFileSync(lock, String(process.ppid));
  assert.deepEqual(lockRun(folder), { kind: 'busy', pid: process.ppid, window: false });
});

test('what the disk refuses is a failure with the path; a bug stays an exception', async () => {
  writeFileSync(join(root, '.deepmaker'), '');
  const refused = await guardDisk(async () => prepareRunFolder(root, 'price-1'));
  assert.deepEqual(refused, {
    kind: 'failed',
    message: `${join(root, '.deepmaker', 'runs', 'price-1')} cannot be used: a file stands where a folder should be.`,
    hint: 'Correct that, then run again.',
  });
  await assert.rejects(
    guardDisk(async () => {
      throw new TypeError('a bug');
    }),
    /a bug/,
  );
});
