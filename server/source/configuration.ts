/** Which tsconfig.json speaks for a file, and what it says. */
import { dirname } from 'node:path';
import { ts } from './compiler.ts';
import type { FileTexts } from './texts.ts';

export interface Configuration {
  /** Absent where no tsconfig.json or jsconfig.json lies above the file. */
  readonly path?: string;
  /** Changes when the configuration file does. */
  readonly version: string;
  /** Whether a bundler that reads the nearest tsconfig.json finds every module by itself. */
  readonly isPlain: boolean;
  /** Options, the projects referred to, and the declaration files that everything of the project sees; read on demand. */
  load(): {
    readonly options: ts.CompilerOptions;
    readonly references: readonly ts.ProjectReference[];
    readonly ambientFiles: readonly string[];
  };
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
    const load = () => ({ options: withoutConfiguration, references: [], ambientFiles: [] });
    return { version: '', isPlain: true, load };
  }
  const path = configurationOf(file, nearest, texts);
  return {
    path,
    version: texts.version(path) ?? '',
    isPlain: path === nearest && !parseConfiguration(path, texts).projectReferences?.length,
    load() {
      const { options, fileNames, projectReferences = [] } = parseConfiguration(path, texts);
      const ambientFiles = fileNames.filter((name) => /\.d\.[cm]?ts$/.test(name));
      return { options: { ...options, ...ourOptions }, references: projectReferences, ambientFiles };
    },
  };
}

/**
 * A "solution" tsconfig.json holds no files of its own: the one that it refers to, or that these refer to, and that holds
 * the file counts.
 */
function configurationOf(file: string, nearest: string, texts: FileTexts): string {
  const paths = [nearest];
  // The list grows while it is walked.
  for (const path of paths) {
    const { fileNames, projectReferences = [] } = parseConfiguration(path, texts);
    if (fileNames.includes(file)) return path;
    for (const reference of projectReferences) {
      const referred = ts.resolveProjectReferencePath(reference);
      if (!paths.includes(referred) && ts.sys.fileExists(referred)) paths.push(referred);
    }
  }
  return nearest;
}

/** Broken configuration is read as far as it goes, as editors do. */
export function parseConfiguration(path: string, texts: FileTexts): ts.ParsedCommandLine {
  const version = texts.version(path) ?? '';
  const known = parsed.get(path);
  if (known?.version === version) return known.content;
  const tree = ts.readJsonConfigFile(path, (name) => texts.read(name));
  const content = ts.parseJsonSourceFileConfigFileContent(tree, ts.sys, dirname(path), undefined, path);
  parsed.set(path, { version, content });
  return content;
}
