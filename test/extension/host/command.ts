import { spawn } from 'node:child_process';
import { HostError } from './cache.ts';

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export interface CommandResult {
  /** null where the program could not be started or was killed. */
  readonly code: number | null;
  /** stdout and stderr in the order of arrival. */
  readonly output: string;
}

/** Runs a program to its end. A program that is missing, fails or runs past its time is a result, not an exception. */
export function execute(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: childEnvironment(options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    const append = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', append);
    child.stderr.on('data', append);
    child.once('error', (error) => resolve({ code: null, output: `${output}${error.message}\n` }));
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** Runs a program that has to succeed. @throws HostError with the end of its output and `hint`. */
export async function expectSuccess(
  file: string,
  args: readonly string[],
  options: CommandOptions & { readonly hint: string },
): Promise<string> {
  const { code, output } = await execute(file, args, options);
  if (code === 0) return output;
  const ending = code === null ? 'did not finish' : `exited with code ${code}`;
  throw new HostError(`\`${[file, ...args].join(' ')}\` ${ending}:\n${lastLines(output, 25)}`, options.hint);
}

export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/**
 * This process's environment without what `npm run` and `node --test` add to it: npm would take the checkout for its
 * own project, and a Node child would report its tests to ours.
 */
export function childEnvironment(added: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^npm_(package|lifecycle|config_(local|global)_prefix)/.test(name) && name !== 'NODE_TEST_CONTEXT',
  );
  return { ...Object.fromEntries(inherited), ...added };
}
