/** Writes a part from inside the recorded program, which must not notice: nothing here throws. */
import fs from 'node:fs';
import { join } from 'node:path';
import { createRandom, seedOf } from '../../engine/data/random.ts';
import { createReservoir, type Reservoir } from '../../engine/data/reservoir.ts';
import { isPart, type PartHead, type PartLine, partName } from './part.ts';
import type { RecordPlan } from './plan.ts';

// Taken before the program runs, which may replace them.
const { closeSync, openSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync, writeSync } = fs;
const now = performance.now.bind(performance);
const every = setInterval;

/** A killed program loses what was recorded in this time, or these characters, before it. */
const flushMs = 100;
const flushLength = 1 << 16;

const smallestLimitBytes = 1 << 18;
const smallestCapacity = 16;

export interface PartWriter {
  readonly reservoir: Reservoir;
  write(line: PartLine): void;
  /** What is written last at each flush. */
  counts: { calls: number; threw: number };
  flush(): void;
}

/** Lives as long as the thread that it records. Undefined where the folder cannot be written. */
export function openPart(folder: string, plan: RecordPlan, onlyCommonJs: boolean): PartWriter | undefined {
  const opened = openNext(folder);
  if (!opened) return undefined;
  const path = join(folder, partName(opened.ordinal));
  // Half of what is left, so that programs with many processes stay near the limit.
  const limitBytes = Math.max(smallestLimitBytes, (plan.limitBytes - opened.usedBytes) / 2);
  const reservoir = createReservoir(plan.capacity, createRandom(seedOf(plan.seed, 'record', opened.ordinal)));
  let { file } = opened;
  let { capacity } = plan;
  let pending = '';
  let pendingCalls = 0;
  let bytes = 0;
  let flushedMs = now();
  let isOver = false;

  const head = (): PartHead => ({
    node: process.versions.node,
    ...(onlyCommonJs ? { onlyCommonJs: true } : {}),
    capacity,
    threshold: reservoir.threshold,
  });
  const writer: PartWriter = {
    reservoir,
    counts: { calls: 0, threw: 0 },
    write(line) {
      if (isOver) return;
      pending += `${JSON.stringify(line)}\n`;
      if (pending.length >= flushLength || now() - flushedMs >= flushMs) writer.flush();
    },
    flush() {
      flushedMs = now();
      const { calls, threw } = writer.counts;
      if (isOver || (pending === '' && calls === pendingCalls)) return;
      pendingCalls = calls;
      const text = calls > 0 ? `${pending}${JSON.stringify({ calls, threw })}\n` : pending;
      pending = '';
      try {
        bytes += writeSync(file, text);
        if (bytes > limitBytes) compact();
      } catch {
        // A full disk, or a program that closed our file: it goes on, and what was written stays.
        isOver = true;
      }
    },
  };

  /** What is still in the sample, in a new file that takes the place of the old one in one step. */
  function compact(): void {
    const { calls, threw } = writer.counts;
    const lines = readFileSync(path, 'utf8').split('\n');
    let text: string;
    for (;;) {
      const { threshold } = reservoir;
      const kept = lines.filter((line) => isKept(line, threshold));
      text = [{ head: head() }, ...kept, { calls, threw }]
        .map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
        .join('');
      // A file that is nearly full of the sample alone would be written anew all the time.
      if (text.length <= limitBytes / 2) break;
      capacity = Math.floor(capacity / 2);
      if (capacity < smallestCapacity) {
        isOver = true;
        return;
      }
      reservoir.shrink(capacity);
    }
    writeFileSync(`${path}.new`, text);
    closeSync(file);
    renameSync(`${path}.new`, path);
    file = openSync(path, 'a');
    bytes = text.length;
  }

  writer.write({ head: head() });
  writer.flush();
  // A program may have as many listeners as Node lets it have without a warning.
  if (process.getMaxListeners() > 0) process.setMaxListeners(process.getMaxListeners() + 1);
  process.on('exit', () => writer.flush());
  every(() => writer.flush(), flushMs).unref();
  return writer;
}

function isKept(line: string, threshold: number): boolean {
  if (line === '') return false;
  const value = JSON.parse(line) as Partial<{ k: number; head: object; calls: number }>;
  return value.k === undefined ? value.head === undefined && value.calls === undefined : value.k <= threshold;
}

function openNext(folder: string) {
  for (let attempt = 0; attempt < 1000; attempt++) {
    try {
      const parts = readdirSync(folder).filter(isPart);
      const ordinal = parts.length + attempt;
      const file = openSync(join(folder, partName(ordinal)), 'ax');
      const usedBytes = parts.reduce(
        (sum, part) => sum + (statSync(join(folder, part), { throwIfNoEntry: false })?.size ?? 0),
        0,
      );
      return { file, ordinal, usedBytes };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return undefined;
    }
  }
  return undefined;
}
