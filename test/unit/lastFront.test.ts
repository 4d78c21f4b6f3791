/** The front of a run that is not over, as it is kept on disk and shown while the run goes on. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { forgetFront, keepFronts, readFront } from '../../server/pipeline/lastFront.ts';
import type { FrontView } from '../../server/protocol.ts';
import { frontView, point } from './clientHelpers.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'deepmaker-front-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What is searched in a generation of ten, and has trained so many. */
const searching = (evaluations: number, stage: FrontView['stage'] = 'searching'): FrontView =>
  frontView({
    ...{ stage, evaluations, generation: evaluations / 10 },
    points: Array.from({ length: evaluations }, (_, index) => point(`c${index}`, 100 - index, 0.1)),
  });
const shown = () => {
  const fronts: (readonly [FrontView['stage'], number])[] = [];
  const keep = keepFronts(folder, ({ stage, points }) => fronts.push([stage, points.length]));
  return { fronts, keep };
};

test('a run that goes on shows what it had found until it has found more', () => {
  const first = shown();
  for (const front of [searching(0, 'sampling'), searching(10), searching(20), searching(30)]) first.keep(front);
  assert.deepEqual(first.fronts, [
    ['sampling', 0],
    ['searching', 10],
    ['searching', 20],
    ['searching', 30],
  ]);
  assert.equal(readFront(folder)?.points.length, 30);

  const again = shown();
  for (const front of [searching(0, 'sampling'), searching(10), searching(20), searching(30), searching(40)]) {
    again.keep(front);
  }
  assert.deepEqual(again.fronts, [
    ['sampling', 30],
    ['searching', 30],
    ['searching', 30],
    ['searching', 40],
  ]);
  assert.equal(readFront(folder)?.evaluations, 40);
});

test('errors that are infinite come back; a damaged file and one of another version are none', () => {
  const diverged = point('c2', 10, Number.POSITIVE_INFINITY);
  shown().keep(frontView({ stage: 'searching', points: [diverged], evaluations: 1 }));
  assert.deepEqual(readFront(folder)?.points, [diverged]);
  for (const text of ['{"version":', '[]', JSON.stringify({ version: 0, points: [] })]) {
    writeFileSync(join(folder, 'front.json'), text);
    assert.equal(readFront(folder), undefined, text);
  }
});

test('nothing is left of it once the run has a result', () => {
  shown().keep(searching(10));
  forgetFront(folder);
  assert.equal(readFront(folder), undefined);
  forgetFront(folder);
});
