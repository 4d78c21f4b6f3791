/** Where the frames of a profile come from: the files on this machine, through source maps where there are some. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { originalPositionFor, type SourceMapInput, TraceMap } from '@jridgewell/trace-mapping';
import { readSourceMap, sourcePath } from '../record/locate.ts';
import type { CallFrame } from './profile.ts';

export type Place =
  /** Both from 0. */
  | { readonly kind: 'source'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'package' }
  /** Node's own code, and V8's. */
  | { readonly kind: 'native' }
  /** Code whose file is not on this machine. */
  | { readonly kind: 'absent'; readonly url: string };

const outputFolders = ['.', 'dist', 'build', 'out', 'public', 'www'];

/** Answers for one profile of the project at `root`; keeps what it has read. */
export function createLocator(root: string): (frame: CallFrame) => Place {
  const scripts = new Map<string, ReturnType<typeof openScript>>();
  return ({ url, lineNumber, columnNumber }) => {
    if (url === '' || /^(?:node|native|wasm|evalmachine|v8|extensions):/u.test(url)) return { kind: 'native' };
    if (/[\\/]node_modules[\\/]/u.test(url)) return { kind: 'package' };
    let script = scripts.get(url);
    if (!scripts.has(url)) {
      script = openScript(root, url);
      scripts.set(url, script);
    }
    return script?.(lineNumber, columnNumber) ?? { kind: 'absent', url };
  };
}

function openScript(root: string, url: string): ((line: number, column: number) => Place) | undefined {
  const file = scriptFile(root, url);
  if (file === undefined) return undefined;
  const found = readSourceMap(file, readFileSync(file, 'utf8'));
  if (!found) return (line, column) => ({ kind: 'source', file, line, column });
  const { map, folder } = found;
  const traced = new TraceMap(map as SourceMapInput);
  const files = new Map(
    traced.resolvedSources.map((resolved, at) => {
      const source = map.sources[at];
      return [resolved, source == null ? undefined : fileUnder(root, sourcePath(source, map.sourceRoot, folder))];
    }),
  );
  return (line, column) => {
    const origin = originalPositionFor(traced, { line: line + 1, column });
    // What no map explains is the bundler's own.
    if (origin.source === null) return { kind: 'native' };
    if (/[\\/]node_modules[\\/]/u.test(origin.source)) return { kind: 'package' };
    const original = files.get(origin.source);
    return original === undefined
      ? { kind: 'absent', url: origin.source }
      : { kind: 'source', file: original, line: origin.line - 1, column: origin.column };
  };
}

function scriptFile(root: string, url: string): string | undefined {
  if (url.startsWith('file:')) return fileUnder(root, fileURLToPath(url));
  const scheme = /^([a-z][\w+-]+):\/\/[^/]*\/?([^?#]*)/iu.exec(url);
  if (!scheme) return fileUnder(root, url);
  const path = decodeURIComponent(scheme[2]!).replace(/^(?:\.\/)+/u, '');
  return outputFolders.map((folder) => join(root, folder, path)).find(isFile);
}

/** The file itself, or the one that lies under `root` as it lay under the root of the machine that made the profile. */
function fileUnder(root: string, path: string): string | undefined {
  if (path.startsWith('/') || /^[a-z]:/iu.test(path)) {
    if (isFile(path)) return path;
  } else {
    return isFile(resolve(root, path)) ? resolve(root, path) : undefined;
  }
  const parts = path.split(/[\\/]/u);
  for (let from = 1; from < parts.length; from++) {
    const candidate = join(root, ...parts.slice(from));
    if (isFile(candidate)) return candidate;
  }
  return undefined;
}

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();
