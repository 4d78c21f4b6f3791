/** Runs that are interrupted: too long to end by themselves, seen by what they store and by their processes. */
import { execFileSync } from 'node:child_process';
import * as vscode from 'vscode';
import { commandIds, type RegionReference, type RunOutcome } from '../../../server/protocol.ts';
import { askDriver } from './askDriver.ts';
import { readBytes, until } from './editor.ts';

/** The settings of a run that takes minutes, and whose journal grows several times in a second. */
export const longRun = { generations: 500, searchEpochs: 100 } as const;

/** Makes the window's runs long, or as `deepmaker.config.json` has them. */
export async function makeRunsLong(long: boolean): Promise<void> {
  const settings = vscode.workspace.getConfiguration('deepmaker');
  for (const [key, value] of Object.entries(longRun)) {
    await settings.update(key, long ? value : undefined, vscode.ConfigurationTarget.Workspace);
  }
}

/** Resolves when the run is over; undefined where it was not started. */
export function run(region: RegionReference): Thenable<RunOutcome | undefined> {
  return vscode.commands.executeCommand<RunOutcome | undefined>(commandIds.approximate, region);
}

/** The line of the panel that says what is going on. */
export const panelStatus = (): Promise<string> =>
  askDriver({ kind: 'read', surface: 'panel', role: 'status', name: '' });

/** Waits for words anywhere in the window, such as a notification. */
export function untilSaid(words: string): Promise<string> {
  return until(`"${words}", in the window`, async () => {
    const window = await askDriver({ kind: 'snapshot', surface: 'workbench' });
    return window.includes(words) ? window : undefined;
  });
}

/** The trainings that the only journal of a region has, once they are more than `than`; one line each. */
export function untilTrained(name: string, than = 0): Promise<readonly string[]> {
  return until(`more than ${than} networks in the journal of ${name}`, async () => {
    const [file] = await vscode.workspace.findFiles(`**/.deepmaker/runs/${name}-*/journal.jsonl`);
    const lines = file ? (await readBytes(file)).split('\n').slice(0, -1) : [];
    return lines.length > than ? lines : undefined;
  });
}

/** Processes of this window, by their ids. */
export interface ServerProcesses {
  /** The language server, which its extension host has started. */
  readonly server: number;
  /** What that has started, all in all. */
  readonly started: readonly number[];
  /** Those that run the user's functions. */
  readonly sandboxes: readonly number[];
}

/** Undefined where no language server runs. */
export function serverProcesses(): ServerProcesses | undefined {
  const rows = execFileSync('ps', ['-e', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row))
    .filter((row) => row !== null)
    .map(([, pid, parent, command]) => ({ pid: Number(pid), parent: Number(parent), command: command! }));
  const below = (parent: number): typeof rows =>
    rows.filter((row) => row.parent === parent).flatMap((row) => [row, ...below(row.pid)]);
  const server = rows.find(({ parent, command }) => parent === process.pid && /dist\/server\.cjs/.test(command));
  if (!server) return undefined;
  const started = below(server.pid);
  const ids = (found: typeof rows) => found.map(({ pid }) => pid);
  const sandboxes = started.filter(({ command }) => /samplingChild\.cjs/.test(command));
  return { server: server.pid, started: ids(started), sandboxes: ids(sandboxes) };
}

/** Waits until processes have ended. */
export function untilEnded(pids: readonly number[]): Promise<true> {
  return until(`the end of the processes ${pids.join(', ')}`, () => (pids.some(isAlive) ? undefined : true));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
