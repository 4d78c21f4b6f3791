/** The parts of a recording, read however they ended, as one sample of all calls. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { joinSamples, type StreamSample } from '../../engine/data/reservoir.ts';
import { isPart, type PartHead, type PartLine, type RowNumber } from './part.ts';
import type { RecordRow } from './record.ts';

export interface Merged {
  readonly rows: readonly RecordRow[];
  readonly calls: number;
  readonly threw: number;
  readonly misfits: number;
  readonly firstMisfit?: string;
  readonly threads: number;
  /** One entry per process or thread that Node ran in, whether or not it called the function. */
  readonly parts: readonly PartHead[];
  /** What became of the modules that held the function, or seemed to. */
  readonly modules: readonly { readonly module: string; readonly missing?: string }[];
}

interface KeptCall {
  readonly key: number;
  readonly row?: RecordRow;
  readonly problem?: string;
}

export function mergeParts(folder: string, capacity: number): Merged {
  const parts = readdirSync(folder)
    .filter(isPart)
    .map((file) => readPart(join(folder, file)))
    .filter((part) => part !== undefined);
  const kept = joinSamples(
    parts.map(({ sample }) => sample),
    capacity,
  );
  const problems = kept.flatMap(({ problem }) => problem ?? []);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    rows: kept.flatMap(({ row }) => row ?? []),
    calls: sum(parts.map(({ calls }) => calls)),
    threw: sum(parts.map(({ threw }) => threw)),
    misfits: problems.length,
    ...(problems[0] === undefined ? {} : { firstMisfit: problems[0] }),
    threads: parts.filter(({ calls }) => calls > 0).length,
    parts: parts.map(({ head }) => head),
    modules: uniqueModules(parts.flatMap(({ modules }) => modules)),
  };
}

interface Part {
  readonly head: PartHead;
  readonly sample: StreamSample<KeptCall>;
  readonly calls: number;
  readonly threw: number;
  readonly modules: Merged['modules'];
}

/** Undefined for a part that was killed before its head was whole. */
export function readPart(path: string): Part | undefined {
  let head: PartHead | undefined;
  const items: KeptCall[] = [];
  const modules: { module: string; missing?: string }[] = [];
  let counts = { calls: 0, threw: 0 };
  for (const text of readFileSync(path, 'utf8').split('\n')) {
    const line = parseLine(text);
    if (line === undefined) continue;
    if ('head' in line) head = line.head;
    else if ('module' in line) modules.push(line);
    else if ('calls' in line) counts = line;
    else items.push('problem' in line ? { key: line.k, problem: line.problem } : { key: line.k, row: rowOf(line) });
  }
  if (!head) return undefined;
  const { capacity, threshold } = head;
  const keys = items.map(({ key }) => key).sort((a, b) => a - b);
  const sample = { items, threshold: Math.min(threshold, keys[capacity - 1] ?? 1) };
  // What was recorded after the last count was called, too.
  return {
    head,
    sample,
    modules,
    calls: Math.max(counts.calls, Math.min(items.length, capacity)),
    threw: counts.threw,
  };
}

const rowOf = ({ i, o }: { readonly i: readonly RowNumber[]; readonly o?: readonly RowNumber[] }): RecordRow => ({
  i,
  ...(o ? { o } : {}),
});

/** Undefined for a line that a kill has torn. */
function parseLine(text: string): PartLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as PartLine) : undefined;
  } catch {
    return undefined;
  }
}

function uniqueModules(modules: Merged['modules']): Merged['modules'] {
  return [...new Map(modules.map((entry) => [entry.module, entry])).values()];
}
