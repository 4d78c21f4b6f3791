/** Programs of the machine that targets check their code with: whether they are here, and running them. */

import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { t } from '../../engine/texts.ts';
import type { Failure } from '../protocol.ts';
import { type Sentence, saidWhenRead } from './sentence.ts';

/** Each program with the package of Debian and Ubuntu that holds it. */
export type Programs = Readonly<Record<string, string>>;

const isThere = (program: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Names what is missing and the command that installs it; undefined where all is here. */
export function missingPrograms(programs: Programs, purpose: Sentence): Failure | undefined {
  const missing = Object.keys(programs).filter((program) => !isThere(program));
  if (missing.length === 0) return undefined;
  const packages = [...new Set(missing.map((program) => programs[program]!))];
  return saidWhenRead(
    () => t('{0} needs {1}, not installed here.', purpose(), missing.join(', ')),
    () => t('On Debian or Ubuntu: apt-get install -y {0}', packages.join(' ')),
  );
}

export interface RunOptions {
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** What the program wrote; a failure with the end of its messages where it did not exit with 0. */
export function runProgram(
  program: string,
  args: readonly string[],
  { cwd, signal, input, timeoutMs = 10 * 60_000 }: RunOptions,
): Promise<{ readonly kind: 'ran'; readonly stdout: string; readonly stderr: string } | Failure> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { cwd, signal, timeout: timeoutMs, encoding: 'utf8', maxBuffer: 256 * 2 ** 20 },
      (error, stdout, stderr) => {
        if (!error) return resolve({ kind: 'ran', stdout, stderr });
        const last = `${stdout}\n${stderr}`.trim().split('\n').slice(-12).join('\n');
        const message = signal.aborted
          ? t('{0} stopped.', program)
          : error.killed
            ? t('{0} took too long.', program)
            : t('{0} failed.', program);
        resolve({ kind: 'failed', message: last === '' ? message : `${message}\n${last}` });
      },
    );
    // A program that ends before it has read everything says so by its exit code.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });
}
