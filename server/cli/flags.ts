/** What the commands share in reading their arguments. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Failure } from '../protocol.ts';

export const optionsHint = 'Run deepmaker help for the list of options.';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<O extends Options> = ReturnType<typeof parseArgs<{ options: O }>>['values'];

/** Parses flags and positional arguments; the flags in `numbers` must be numbers. */
export function parseFlags<O extends Options>(
  args: readonly string[],
  options: O,
  numbers: readonly (keyof O & string)[],
): { readonly kind: 'flags'; readonly values: Values<O>; readonly positionals: readonly string[] } | Failure {
  let parsed: { values: Values<O>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    // Node's sentences after the first are about its own syntax.
    const message = (error as Error).message.replace(/\. To specify .*|\nDid you forget .*$/su, '');
    return { kind: 'failed', message: `${message.replace(/\.$/u, '')}.`, hint: optionsHint };
  }
  const given: Readonly<Record<string, unknown>> = parsed.values;
  const wrong = numbers.find((flag) => given[flag] !== undefined && !isNumber(String(given[flag])));
  if (wrong) {
    return { kind: 'failed', message: `--${wrong} needs a number, not "${given[wrong]}".`, hint: optionsHint };
  }
  return { kind: 'flags', ...parsed };
}

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text));

/** The settings that number flags give, by the names that the configuration has for them. */
export const settingsOf = (
  values: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, string>>,
): Readonly<Record<string, number | undefined>> =>
  Object.fromEntries(
    Object.entries(settings).map(([flag, setting]) => [
      setting,
      values[flag] === undefined ? undefined : Number(values[flag]),
    ]),
  );

/** Aborts at the first interrupt; a second one ends the process as usual. */
export function abortOnInterrupt(): AbortSignal {
  const cancel = new AbortController();
  process.once('SIGINT', () => cancel.abort());
  process.once('SIGTERM', () => cancel.abort());
  return cancel.signal;
}

/** The one run that a command names; `example` is how to write it. */
export function oneRun([run, tooMuch]: readonly string[], example: string): { kind: 'run'; run: string } | Failure {
  if (run !== undefined && tooMuch === undefined) return { kind: 'run', run };
  const message = run === undefined ? 'no run was named.' : `one run at a time; "${tooMuch}" is too much.`;
  return { kind: 'failed', message, hint: `Write ${example}; RUN is the id of a run, its folder, or a file in it.` };
}
