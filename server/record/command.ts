/** Runs the command of a recording as a shell would, with its output where people see it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { t } from '../../engine/texts.ts';
import type { Failure } from '../protocol.ts';

export interface CommandEnd {
  readonly kind: 'ended';
  /** Its exit code, or the signal that killed it. */
  readonly exit: number | string;
  /** It was ended from here, as `signal` was aborted or its time was over. */
  readonly stopped: boolean;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly nodeOptions: string;
  readonly signal: AbortSignal;
  /** It is ended after this time, as a server would not by itself. */
  readonly limitMs?: number;
}

/** Time between asking a command to end and killing it. */
const graceMs = 3000;

/**
 * Its standard output goes to our standard error, as ours is for the result. Away from a terminal it gets a process group
 * of its own, so that what it has started can be ended with it; on one, Ctrl-C reaches all of them anyway.
 */
export function runCommand(command: string, options: CommandOptions): Promise<CommandEnd | Failure> {
  const { cwd, nodeOptions, signal, limitMs } = options;
  const isGroup = !process.stdin.isTTY && process.platform !== 'win32';
  return new Promise((resolve) => {
    const child = spawn(command, {
      cwd,
      shell: true,
      env: { ...process.env, NODE_OPTIONS: nodeOptions },
      stdio: ['inherit', 2, 2],
      detached: isGroup,
    });
    let stopped = false;
    let kill: NodeJS.Timeout | undefined;
    const stop = () => {
      if (stopped) return;
      stopped = true;
      end(child, 'SIGTERM', isGroup);
      kill = setTimeout(() => end(child, 'SIGKILL', isGroup), graceMs);
    };
    const limit = limitMs === undefined ? undefined : setTimeout(stop, limitMs);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    const settle = (outcome: CommandEnd | Failure) => {
      clearTimeout(limit);
      clearTimeout(kill);
      signal.removeEventListener('abort', stop);
      resolve(outcome);
    };
    child.on('error', (error) =>
      settle({ kind: 'failed', message: t('"{0}" could not run: {1}', command, error.message) }),
    );
    child.on('exit', (code, killedBy) => settle({ kind: 'ended', exit: code ?? killedBy ?? 1, stopped }));
  });
}

function end(child: ChildProcess, signal: NodeJS.Signals, isGroup: boolean): void {
  try {
    if (isGroup && child.pid !== undefined) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has ended by itself.
  }
}
