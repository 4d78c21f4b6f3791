/** Which modules may hold the function, told from their text alone: every module of the recorded program is asked about. */
import fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RecordPlan } from './plan.ts';

export interface RawSourceMap {
  readonly version: number;
  readonly sources: readonly (string | null)[];
  readonly sourceRoot?: string;
  readonly sourcesContent?: readonly (string | null)[];
  readonly names: readonly string[];
  readonly mappings: string;
}

/**
 * source: the text that the function was written in. mapped: generated, with a source map that names the file.
 * lookalike: generated, without one, and with a function of that name.
 */
export type Likeness = 'source' | 'mapped' | 'lookalike';

export function likenessOf(
  { file, text: written, name }: RecordPlan,
  path: string,
  text: string,
): Likeness | undefined {
  if (path === file && text === written) return 'source';
  if (/[\\/]node_modules[\\/]/u.test(path)) return undefined;
  const found = text.includes('sourceMappingURL=') ? readSourceMap(path, text) : undefined;
  if (found && sourceIndex(found, file) >= 0) return 'mapped';
  // The sources of other modules may have functions of the same name.
  if (path !== file && (found || /\.[cm]?tsx?$/u.test(path))) return undefined;
  return definesName(text, name) ? 'lookalike' : undefined;
}

function definesName(text: string, name: string): boolean {
  const simple = name.slice(name.lastIndexOf('.') + 1).replaceAll('$', '\\$');
  const numbered = `${simple}[_$]?\\d*`;
  return new RegExp(
    `function\\s+${numbered}\\s*\\(|\\b${numbered}\\s*[=:]\\s*(?:function\\b|\\(|[\\w$]+\\s*=>)|^\\s*(?:static\\s+)?${simple}\\s*\\(`,
    'mu',
  ).test(text);
}

export interface FoundMap {
  readonly map: RawSourceMap;
  /** The folder that its sources are relative to. */
  readonly folder: string;
}

/** The map that a text's last line names, inline or beside it; undefined where there is none that can be read. */
export function readSourceMap(path: string, text: string): FoundMap | undefined {
  const at = text.lastIndexOf('sourceMappingURL=');
  if (at < 0) return undefined;
  const url = /^[^\s'"*]+/u.exec(text.slice(at + 'sourceMappingURL='.length))?.[0] ?? '';
  try {
    const inline = /^data:application\/json[^,]*?(;base64)?,(.*)$/su.exec(url);
    if (inline) {
      const json = inline[1] ? Buffer.from(inline[2]!, 'base64').toString('utf8') : decodeURIComponent(inline[2]!);
      return { map: JSON.parse(json) as RawSourceMap, folder: dirname(path) };
    }
    const file = url.startsWith('file:') ? fileURLToPath(url) : join(dirname(path), decodeURIComponent(url));
    return { map: JSON.parse(fs.readFileSync(file, 'utf8')) as RawSourceMap, folder: dirname(file) };
  } catch {
    return undefined;
  }
}

/** Which of a map's sources is `file`; -1 for none. */
export const sourceIndex = ({ map, folder }: FoundMap, file: string): number =>
  map.sources?.findIndex((source) => source !== null && isFile(sourcePath(source, map.sourceRoot, folder), file)) ?? -1;

/** An absolute path, or what comes after the scheme of a bundler (`webpack://name/./src/price.ts`). */
export function sourcePath(source: string, sourceRoot: string | undefined, folder: string): string {
  if (source.startsWith('file:')) return fileURLToPath(source);
  const scheme = /^[a-z][\w+-]+:\/\/[^/]*\/(.*)$/iu.exec(source);
  if (scheme) return scheme[1]!.replace(/^(?:\.\/)+|\?.*$/gu, '');
  const root = sourceRoot?.startsWith('file:') ? fileURLToPath(sourceRoot) : (sourceRoot ?? '');
  return resolve(folder, root, source);
}

/** A bundler's path has no folder that it is relative to, so its end has to do. */
function isFile(path: string, file: string): boolean {
  if (path === file) return true;
  const isRelative = !path.startsWith('/') && !/^[a-z]:/iu.test(path);
  if (isRelative) return file.replaceAll('\\', '/').endsWith(`/${path}`);
  if (basename(path) !== basename(file)) return false;
  try {
    return fs.realpathSync(path) === file;
  } catch {
    return false;
  }
}
