/** Which tsconfig.json speaks for a file, and what it says. */
import { dirname } from 'node:path';
import { ts } from './compiler.ts';
import type { FileTexts } from './texts.ts';

export interface Configuration {
  /** Absent where no tsconfig.json or jsconfig.json lies above the file. */
  readonly path?: string;
  /** Changes when the configuration file does. */
  readonly version: string;
  /** Options and the declaration files that everything of the project sees; read on demand. */
  load(): { readonly options: ts.CompilerOptions; readonly ambientFiles: readonly string[] };
}

/** What we need of any project: analysis of JavaScript too, and no output. */
const ourOptions: ts.CompilerOptions = {
  allowJs: true,
  noEmit: true,
  skipLibCheck: true,
  composite: false,
  incremental: false,
};

const withoutConfiguration: ts.CompilerOptions = {
  ...ourOptions,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.esnext.d.ts'],
  types: [],
  strict: true,
  allowImportingTsExtensions: true,
};

const parsed = new Map<string, { version: string; content: ts.ParsedCommandLine }>();

export function readConfiguration(file: string, texts: FileTexts): Configuration {
  const folder = dirname(file);
  const nearest =
    ts.findConfigFile(folder, ts.sys.fileExists) ?? ts.findConfigFile(folder, ts.sys.fileExists, 'jsconfig.json');
  if (nearest === undefined) {
    return { version: '', load: () => ({ options: withoutConfiguration, ambientFiles: [] }) };
  }
  const path = configurationOf(file, nearest, texts);
  return {
    path,
    version: texts.version(path) ?? '',
    load() {
      const { options, fileNames } = parse(path, texts);
      const ambientFiles = fileNames.filter((name) => /\.d\.[cm]?ts$/.test(name));
      return { options: { ...options, ...ourOptions }, ambientFiles };
    },
  };
}

/** A "solution" tsconfig.json holds no files of its own: the one that it refers to and that holds the file counts. */
function configurationOf(file: string, nearest: string, texts: FileTexts): string {
  const { fileNames, projectReferences } = parse(nearest, texts);
  if (!projectReferences?.length || fileNames.includes(file)) return nearest;
  const referred = projectReferences.map((reference) => ts.resolveProjectReferencePath(reference));
  return referred.find((path) => ts.sys.fileExists(path) && parse(path, texts).fileNames.includes(file)) ?? nearest;
}

/** Broken configuration is read as far as it goes, as editors do. */
function parse(path: string, texts: FileTexts): ts.ParsedCommandLine {
  const version = texts.version(path) ?? '';
  const known = parsed.get(path);
  if (known?.version === version) return known.content;
  const { config } = ts.readConfigFile(path, (name) => texts.read(name));
  const content = ts.parseJsonConfigFileContent(config ?? {}, ts.sys, dirname(path), undefined, path);
  parsed.set(path, { version, content });
  return content;
}
