/** A program that answers each line with a line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface LineProcess {
  /** Rejects with the program's own words where it ends instead of answering. */
  ask(line: string): Promise<string>;
  end(): void;
}

export function startLineProcess(file: string, args: readonly string[]): LineProcess {
  const child: ChildProcess = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const waiting: PromiseWithResolvers<string>[] = [];
  let errors = '';
  let ended: Error | undefined;
  const fail = (reason: string) => {
    ended ??= new Error(reason);
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  child.once('error', (error) => fail(error.message));
  child.once('close', (code) => fail(errors.trim().split('\n').at(-1) || `${file} ended with ${code}`));
  createInterface({ input: child.stdout! }).on('line', (line) => waiting.shift()?.resolve(line));
  // A program that has ended closes its input; the reason comes with 'close'.
  child.stdin?.on('error', () => {});
  return {
    ask(line) {
      if (ended) return Promise.reject(ended);
      const answer = Promise.withResolvers<string>();
      waiting.push(answer);
      child.stdin?.write(`${line}\n`);
      return answer.promise;
    },
    end: () => child.stdin?.end(),
  };
}
