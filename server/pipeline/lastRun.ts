/** What the last run of a function found out, for the menu that offers the next one. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { listRuns, runFolder } from '../store.ts';
import { slowerText } from './breakEven.ts';
import { readResult } from './run.ts';

/** Results are large, and menus open often: what was read is kept until the file changes. */
const known = new Map<string, { readonly modified: number; readonly verdict: Verdict | undefined }>();

interface Verdict {
  readonly file: string;
  readonly name: string;
  readonly sourceHash: string;
  readonly slower?: string;
}

/** `would be 2.3 times slower, 95 % interval 2.1 to 2.5`; undefined where no run of this very function says so. */
export function knownSlower(root: string, region: Omit<Verdict, 'slower'>): string | undefined {
  const prefix = `${region.name.replaceAll(/[^\w.-]/g, '_')}-`;
  for (const runId of listRuns(root)) {
    if (!runId.startsWith(prefix)) continue;
    const verdict = verdictOf(root, runId);
    const { file, name, sourceHash } = region;
    if (verdict?.file === file && verdict.name === name && verdict.sourceHash === sourceHash) return verdict.slower;
  }
  return undefined;
}

function verdictOf(root: string, runId: string): Verdict | undefined {
  const path = join(runFolder(root, runId), 'result.json');
  const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (modified === undefined) return undefined;
  const before = known.get(path);
  if (before?.modified === modified) return before.verdict;
  const result = readResult(root, runId);
  const point = result?.points.find(({ id }) => id === result.chosen);
  const slower = point && slowerText(point);
  const { file, name, sourceHash } = result?.region ?? {};
  const verdict =
    file !== undefined && name !== undefined && sourceHash !== undefined
      ? { file, name, sourceHash, ...(slower === undefined ? {} : { slower }) }
      : undefined;
  known.set(path, { modified, verdict });
  return verdict;
}
