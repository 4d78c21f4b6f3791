/**
 * The front of a run that is not over, on disk: what a panel shows of it in another process, or after a reload. It is there
 * to look at; the run itself goes on from its journal.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FrontView } from '../protocol.ts';
import { formatVersion, parseJson, writeAtomically } from '../store.ts';
import { shownPoints } from './run.ts';

const frontPath = (folder: string) => join(folder, 'front.json');

export function readFront(folder: string): FrontView | undefined {
  // An error that is infinite is null in JSON.
  const stored = parseJson(frontPath(folder), (_, value) => value ?? Number.POSITIVE_INFINITY);
  const { version, ...front } = (stored ?? {}) as FrontView & { readonly version?: number };
  return version === formatVersion && Array.isArray(front.points) ? front : undefined;
}

/**
 * Stores the fronts of a run on their way to whoever listens. A run that goes on begins with what it knows already,
 * generation by generation: until it is where it was, the front that was there is shown.
 */
export function keepFronts(folder: string, onFront: (front: FrontView) => void): (front: FrontView) => void {
  const before = readFront(folder);
  let stage: FrontView['stage'] | undefined;
  return (front) => {
    if (before && front.evaluations < before.evaluations) {
      if (stage !== front.stage) onFront({ ...before, stage: front.stage });
      stage = front.stage;
      return;
    }
    const kept = { ...front, points: shownPoints(front.points) };
    if (kept.points.length > 0) {
      writeAtomically(frontPath(folder), `${JSON.stringify({ version: formatVersion, ...kept })}\n`);
    }
    onFront(kept);
  };
}

/** The run is over, and has a result. */
export const forgetFront = (folder: string): void => rmSync(frontPath(folder), { force: true });
