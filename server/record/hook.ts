/**
 * What Node loads before a recorded program, in every process and thread that inherits NODE_OPTIONS: changes the modules
 * that hold the function as they are loaded. Built to `dist/recordHook.cjs`. The program must not notice: whatever fails
 * here leaves it as it is.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import Module from 'node:module';
import { fileURLToPath } from 'node:url';
import { likenessOf } from './locate.ts';
import { recorderName } from './names.ts';
import { openPart, type PartWriter } from './partWriter.ts';
import { type ModuleAnswer, modulePaths, type RecordPlan, readRecordPlan } from './plan.ts';
import { createRecorder } from './recorder.ts';

const { readFileSync, realpathSync, writeFileSync } = fs;
const spawn = spawnSync;
const { execPath } = process;
const environment = { ...process.env, NODE_OPTIONS: '' };
const instrumenterLimitMs = 60_000;

interface Context {
  readonly folder: string;
  readonly plan: RecordPlan;
  readonly part: PartWriter;
}

export function start(folder: string): void {
  try {
    const plan = readRecordPlan(folder);
    const hasHooks = typeof Module.registerHooks === 'function';
    const part = openPart(folder, plan, !hasHooks);
    if (!part) return;
    Object.defineProperty(globalThis, recorderName, { value: createRecorder(plan, part) });
    const context = { folder, plan, part };
    if (hasHooks) hookLoading(context);
    else hookCompiling(context);
  } catch {
    // The folder is gone, or this process may not read it.
  }
}

const codeFormats: ReadonlySet<string> = new Set(['module', 'commonjs', 'module-typescript', 'commonjs-typescript']);

/** What TypeScript does not know of the module system of `require`. */
interface CommonJs {
  readonly _extensions: Readonly<Record<string, unknown>>;
  readonly prototype: { _compile(this: unknown, content: string, path: string, ...rest: unknown[]): unknown };
}
const commonJs = Module as unknown as CommonJs;

function hookLoading(context: Context): void {
  const extension = commonJs._extensions['.ts'];
  let isCompiledElsewhere = false;
  Module.registerHooks({
    load(url, loadContext, nextLoad) {
      const result = nextLoad(url, loadContext);
      if (!isCompiledElsewhere && commonJs._extensions['.ts'] !== extension) {
        isCompiledElsewhere = true;
        hookCompiling(context);
      }
      if (!url.startsWith('file:') || !codeFormats.has(result.format ?? '')) return result;
      const text = recordedText(context, fileURLToPath(url), result.source);
      return text === undefined ? result : { ...result, source: text };
    },
  });
}

/**
 * For Node without hooks, and for loaders of TypeScript that compile text for `require` which no hook sees (tsx).
 * Elsewhere the method stays what it was, so that stacks look as they do without us.
 */
function hookCompiling(context: Context): void {
  const { prototype } = commonJs;
  const original = prototype._compile;
  prototype._compile = function compile(content, path, ...rest) {
    return original.call(this, recordedText(context, path, content) ?? content, path, ...rest);
  };
}

/** The module's text with its calls recorded; undefined for modules without the function, which are nearly all. */
function recordedText({ folder, plan, part }: Context, loadedPath: string, source: unknown): string | undefined {
  try {
    const path = realpathSync(loadedPath);
    const text = textOf(source) ?? readFileSync(path, 'utf8');
    if (text.includes(recorderName)) return undefined;
    if (likenessOf(plan, path, text) === undefined) return undefined;
    const answer = instrument(folder, plan, path, text);
    part.write(answer.kind === 'missing' ? { module: path, missing: answer.reason } : { module: path });
    part.flush();
    return answer.kind === 'instrumented' ? answer.text : undefined;
  } catch {
    return undefined;
  }
}

const textOf = (source: unknown): string | undefined => {
  if (typeof source === 'string') return source;
  return source instanceof Uint8Array ? new TextDecoder().decode(source) : undefined;
};

/** In a process of its own: a parser would take time and memory from the program. Asked once per text, by any process. */
function instrument(folder: string, plan: RecordPlan, path: string, text: string): ModuleAnswer {
  const paths = modulePaths(folder, path, text);
  if (!fs.existsSync(paths.answer)) {
    writeFileSync(paths.text, text);
    const options = { env: environment, stdio: 'ignore', timeout: instrumenterLimitMs, windowsHide: true } as const;
    spawn(execPath, [plan.instrumenter, folder, path, paths.text, paths.answer], options);
  }
  return JSON.parse(readFileSync(paths.answer, 'utf8')) as ModuleAnswer;
}
