/** Makes the folder that the processes of a recorded command share. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assetPath } from '../assets.ts';
import { keepOutOfVersionControl } from '../store.ts';
import type { RecordPlan } from './plan.ts';
import { recordsFolder } from './record.ts';

/** Makes the folder of a recording. Not below the system's temporary folder: a record belongs to its project. */
export function createPlanFolder(root: string, plan: Omit<RecordPlan, 'instrumenter'>): string {
  const records = recordsFolder(root);
  mkdirSync(records, { recursive: true });
  keepOutOfVersionControl(root);
  removeLeftovers(records);
  const folder = mkdtempSync(join(records, 'recording-'));
  mkdirSync(join(folder, 'modules'));
  const whole: RecordPlan = { ...plan, instrumenter: assetPath('recordInstrumenter.cjs') };
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(whole));
  const hook = JSON.stringify(assetPath('recordHook.cjs'));
  writeFileSync(hookPath(folder), `require(${hook}).start(${JSON.stringify(folder)});\n`);
  return folder;
}

/** A recording whose editor was closed has nobody to finish it. */
const leftoverMs = 24 * 60 * 60 * 1000;

function removeLeftovers(records: string): void {
  for (const name of readdirSync(records).filter((each) => each.startsWith('recording-'))) {
    const folder = join(records, name);
    if (Date.now() - statSync(folder).mtimeMs > leftoverMs) rmSync(folder, { recursive: true, force: true });
  }
}

const hookPath = (folder: string) => join(folder, 'hook.cjs');

/** NODE_OPTIONS for the command: what it was, and the hook. A path in it is quoted as in a shell's double quotes. */
export function nodeOptions(folder: string, before = process.env.NODE_OPTIONS): string {
  const require = `--require "${hookPath(folder).replaceAll(/["\\]/gu, '\\$&')}"`;
  return before ? `${before} ${require}` : require;
}
