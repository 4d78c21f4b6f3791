/** What the user's code threw, as one line that names the source line: `RangeError: negative spot (prices.ts:12)`. */
import { SourceMap, type SourceMapPayload } from 'node:module';
import { posix } from 'node:path';

const maxLength = 300;

/** `code` is a bundle that ends with an inline source map, evaluated as `scriptName`. Answers a function that never throws. */
export function thrownDescriber(scriptName: string, code: string): (thrown: unknown) => string {
  let map: SourceMap | undefined;
  return (thrown) => {
    try {
      const position = stackPosition(thrown, scriptName);
      if (position) map ??= inlineSourceMap(code);
      return messageOf(thrown).slice(0, maxLength) + (position && map ? sourceLine(map, position) : '');
    } catch {
      // Messages and stacks are the user's objects: their getters may throw as well.
      return 'a value that cannot be described';
    }
  };
}

function messageOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null || !('message' in thrown)) return `threw ${String(thrown)}`;
  const { name, message } = thrown as { name?: unknown; message: unknown };
  return `${String(name ?? 'Error')}: ${String(message)}`;
}

interface Position {
  /** Both from 1, in the bundle. */
  readonly line: number;
  readonly column: number;
}

/** The innermost frame inside the script. */
function stackPosition(thrown: unknown, scriptName: string): Position | undefined {
  const stack = (thrown as { stack?: unknown } | null | undefined)?.stack;
  if (typeof stack !== 'string') return undefined;
  const start = stack.indexOf(`${scriptName}:`);
  const found = start < 0 ? null : /^(\d+):(\d+)/.exec(stack.slice(start + scriptName.length + 1));
  return found ? { line: Number(found[1]), column: Number(found[2]) } : undefined;
}

function inlineSourceMap(code: string): SourceMap | undefined {
  const found = /\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/.exec(code);
  if (!found) return undefined;
  return new SourceMap(JSON.parse(Buffer.from(found[1]!, 'base64').toString('utf8')) as SourceMapPayload);
}

function sourceLine(map: SourceMap, { line, column }: Position): string {
  const entry = map.findEntry(line - 1, column - 1);
  return 'originalSource' in entry ? ` (${posix.basename(entry.originalSource)}:${entry.originalLine + 1})` : '';
}
