/** What recorded programs write, and what is read of it, however they ended. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Shape, Signature } from '../../engine/types.ts';
import { mergeParts } from '../../server/record/merge.ts';
import { isPart } from '../../server/record/part.ts';
import { openPart } from '../../server/record/partWriter.ts';
import type { RecordPlan } from '../../server/record/plan.ts';
import { createRecorder, type Recorder } from '../../server/record/recorder.ts';

const number: Shape = { kind: 'number' };
const signature: Signature = {
  parameters: [
    { name: 'x', shape: number },
    { name: 'pair', shape: { kind: 'tuple', elements: [number, { kind: 'boolean' }] } },
  ],
  result: number,
};
const plan: RecordPlan = {
  file: '/project/f.ts',
  text: '',
  name: 'f',
  signature,
  capacity: 100,
  limitBytes: 2 ** 26,
  seed: 1,
  instrumenter: '',
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'deepmaker-parts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (changes: Partial<RecordPlan> = {}) => {
  const part = openPart(folder, { ...plan, ...changes }, false);
  assert.ok(part);
  return { part, recorder: createRecorder({ ...plan, ...changes }, part) };
};

/** A call as inserted code makes it. */
function call(recorder: Recorder, values: readonly unknown[], work: () => unknown): unknown {
  const kept = recorder.enter() ? recorder.inputs(values) : undefined;
  try {
    return recorder.leave(kept, work());
  } finally {
    recorder.exit(kept);
  }
}

const throwing = () => {
  throw new Error('below zero');
};

test('calls come back as they were, with what JSON has no word for', () => {
  const { part, recorder } = open();
  call(recorder, [1.5, [-0, true]], () => Number.POSITIVE_INFINITY);
  call(recorder, [Number.NaN, [2, false]], () => -0);
  assert.throws(() => call(recorder, [-1, [0, true]], throwing), /below zero/);
  part.flush();
  const { rows, calls, threw, threads } = mergeParts(folder, 100);
  assert.deepEqual([calls, threw, threads], [3, 1, 1]);
  const texts = rows.map((row) => JSON.stringify(row)).sort();
  assert.deepEqual(texts, ['{"i":["NaN",2,0],"o":["-0"]}', '{"i":[-1,0,1]}', '{"i":[1.5,"-0",1],"o":["Infinity"]}']);
});

test('what a function calls of itself is not recorded, and its exceptions are its own', () => {
  const { part, recorder } = open();
  const down = (n: number): unknown => call(recorder, [n, [n, false]], () => (n === 0 ? 7 : down(n - 1)));
  assert.equal(down(5), 7);
  assert.equal(
    call(recorder, [9, [9, true]], () => {
      try {
        call(recorder, [1, [1, true]], throwing);
      } catch {
        return 8;
      }
      return 0;
    }),
    8,
  );
  part.flush();
  const { rows, calls, threw } = mergeParts(folder, 100);
  assert.deepEqual([calls, threw], [2, 0]);
  assert.deepEqual(rows.map(({ i }) => i[0]).sort(), [5, 9]);
});

test('values that do not fit are counted with the first reason, and unreadable ones break nothing', () => {
  const { part, recorder } = open();
  const trap = {
    get length() {
      throw new Error('trap');
    },
  };
  for (const values of [['1', [2, true]], [1, [2]], [1, trap], [1]])
    assert.equal(
      call(recorder, values, () => 3),
      3,
    );
  assert.equal(
    call(recorder, [1, [2, true]], () => 'three'),
    'three',
  );
  part.flush();
  const { rows, misfits, firstMisfit, calls } = mergeParts(folder, 100);
  assert.deepEqual([rows.length, misfits, calls], [0, 5, 5]);
  assert.match(firstMisfit ?? '', /^(x is "1", not a number|pair has length|pair cannot be read|result is "three")/);
});

test('a part stays below its limit, and is a uniform sample all the same', () => {
  const calls = 200_000;
  const { part, recorder } = open({ capacity: 50_000, limitBytes: 2 ** 19 });
  for (let at = 0; at < calls; at++) call(recorder, [at, [at, true]], () => at);
  part.flush();
  const [file] = readdirSync(folder).filter(isPart);
  assert.ok(statSync(join(folder, file!)).size <= 2 ** 18 + 2 ** 17, 'the smallest limit, and what is pending');
  const merged = mergeParts(folder, 50_000);
  assert.equal(merged.calls, calls);
  assert.ok(merged.rows.length > 1000, `${merged.rows.length} rows`);
  const inputs = merged.rows.map(({ i }) => i[0] as number);
  const mean = inputs.reduce((sum, value) => sum + value, 0) / inputs.length;
  // The mean of n uniform values has a standard deviation of range / sqrt(12 n).
  assert.ok(Math.abs(mean - calls / 2) < (4 * calls) / Math.sqrt(12 * inputs.length), `mean ${mean}`);
});

describe('a part that was torn', () => {
  const cases: readonly [title: string, tear: (path: string) => void, rows: number][] = [
    ['in its last line', (path) => truncateSync(path, statSync(path).size - 8), 10],
    [
      'in a row after the last count',
      (path) => appendFileSync(path, '{"k":0.5,"i":[1,2,1],"o":[3]}\n{"k":0.6,"i":[1,'),
      11,
    ],
    ['in its head', (path) => writeFileSync(path, '{"head":{"no'), 0],
  ];
  for (const [title, tear, expected] of cases) {
    test(title, () => {
      const { part, recorder } = open();
      for (let at = 0; at < 10; at++) call(recorder, [at, [at, true]], () => at);
      part.flush();
      tear(join(folder, readdirSync(folder).find(isPart)!));
      const { rows, calls } = mergeParts(folder, 100);
      assert.equal(rows.length, expected);
      assert.equal(calls, expected);
    });
  }
});

test('parts of several threads are one sample of all calls', () => {
  const long = open();
  const short = open();
  for (let at = 0; at < 9000; at++) call(long.recorder, [1, [0, true]], () => 0);
  for (let at = 0; at < 1000; at++) call(short.recorder, [2, [0, true]], () => 0);
  for (const { part } of [long, short]) part.flush();
  const { rows, calls, threads } = mergeParts(folder, 100);
  assert.deepEqual([rows.length, calls, threads], [100, 10_000, 2]);
  const ofShort = rows.filter(({ i }) => i[0] === 2).length;
  assert.ok(ofShort >= 2 && ofShort <= 20, `${ofShort} of 100 rows are of the short thread`);
});

test('a folder that is gone stops nothing', () => {
  const { part, recorder } = open();
  rmSync(folder, { recursive: true });
  assert.equal(openPart(folder, plan, false), undefined);
  for (let at = 0; at < 5; at++)
    assert.equal(
      call(recorder, [at, [at, true]], () => at),
      at,
    );
  part.flush();
});

test('the seed and the order of parts decide what is kept', () => {
  const texts = [0, 1].map(() => {
    const own = mkdtempSync(join(folder, 'run-'));
    const part = openPart(own, plan, false)!;
    const recorder = createRecorder(plan, part);
    for (let at = 0; at < 5000; at++) call(recorder, [at, [at, true]], () => at);
    part.flush();
    return readFileSync(join(own, 'part-0.jsonl'), 'utf8').replaceAll(/\{"calls.*\n/gu, '');
  });
  assert.equal(texts[0], texts[1]);
});
