import { isInPackage, libFolder, libraryText, ts } from './compiler.ts';
import { type Configuration, parseConfiguration } from './configuration.ts';
import type { FileTexts } from './texts.ts';

export interface SourceView {
  readonly program: ts.Program;
  readonly checker: ts.TypeChecker;
  readonly sourceFile: ts.SourceFile;
}

/**
 * Lives until its tsconfig.json changes. Owns the syntax trees and the program of one configuration. The program holds
 * the files that were asked for and what they import, not the whole workspace. Packages in node_modules are read once.
 */
export class CompilerSession {
  readonly configurationVersion: string;
  readonly options: ts.CompilerOptions;
  readonly #texts: FileTexts;
  readonly #references: readonly ts.ProjectReference[];
  readonly #roots: Set<string>;
  readonly #trees = new Map<string, { readonly version: string; readonly tree: ts.SourceFile }>();
  /** Paths that module resolution looked for in vain: when one of them appears, imports resolve differently. */
  readonly #absent = new Set<string>();
  #program: ts.Program | undefined;
  /** Versions of the texts that `#program` was made from. */
  #versions = new Map<string, string>();

  constructor(configuration: Configuration, texts: FileTexts) {
    const { options, references, ambientFiles } = configuration.load();
    this.configurationVersion = configuration.version;
    this.options = options;
    this.#texts = texts;
    this.#references = references;
    this.#roots = new Set(ambientFiles);
  }

  syntax(path: string): ts.SourceFile | undefined {
    // A tree outside a program lacks what only a program knows (module kind), so it is not kept for one.
    if (this.#trees.has(path)) return this.#tree(path, this.options.target ?? ts.ScriptTarget.ESNext);
    const text = this.#texts.read(path);
    return text === undefined ? undefined : ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  }

  view(path: string): SourceView | undefined {
    if (this.#texts.version(path) === undefined) return undefined;
    const known = this.#roots.has(path);
    this.#roots.add(path);
    const state = this.#state();
    if (!this.#program || !known || state !== 'current') {
      this.#build(state === 'restructured' ? undefined : this.#program);
    }
    const program = this.#program!;
    const sourceFile = program.getSourceFile(path);
    return sourceFile && { program, checker: program.getTypeChecker(), sourceFile };
  }

  /** 'restructured': a file appeared or vanished, so that every import has to be resolved again. */
  #state(): 'current' | 'edited' | 'restructured' {
    let edited = false;
    for (const [path, version] of this.#versions) {
      const now = this.#texts.version(path);
      if (now === undefined) return 'restructured';
      if (now !== version) edited = true;
    }
    for (const path of this.#absent) if (this.#exists(path)) return 'restructured';
    return edited ? 'edited' : 'current';
  }

  #build(oldProgram: ts.Program | undefined): void {
    if (!oldProgram) this.#absent.clear();
    for (const path of this.#trees.keys()) {
      if (isWatched(path) && this.#texts.version(path) === undefined) this.#trees.delete(path);
    }
    const rootNames = [...this.#roots].filter((path) => this.#texts.version(path) !== undefined);
    this.#program = ts.createProgram({
      rootNames,
      options: this.options,
      host: this.#host,
      projectReferences: this.#references,
      ...(oldProgram && { oldProgram }),
    });
    const paths = this.#program.getSourceFiles().map(({ fileName }) => fileName);
    this.#versions = new Map(paths.filter(isWatched).map((path) => [path, this.#trees.get(path)!.version]));
  }

  #tree(path: string, options: ts.CreateSourceFileOptions | ts.ScriptTarget): ts.SourceFile | undefined {
    const known = this.#trees.get(path);
    if (known && !isWatched(path)) return known.tree;
    const version = isWatched(path) ? this.#texts.version(path) : 'fixed';
    if (version === undefined) return undefined;
    if (known?.version === version) return known.tree;
    const text = libraryText(path) ?? this.#texts.read(path);
    if (text === undefined) return undefined;
    const tree = known
      ? ts.updateSourceFile(known.tree, text, changeBetween(known.tree.text, text))
      : ts.createSourceFile(path, text, options, true);
    this.#trees.set(path, { version, tree });
    return tree;
  }

  #exists(path: string): boolean {
    return libraryText(path) !== undefined || this.#texts.hasOverlay(path) || ts.sys.fileExists(path);
  }

  readonly #host: ReferringHost = {
    getSourceFile: (path, options) => this.#tree(path, options),
    getDefaultLibLocation: () => libFolder,
    getDefaultLibFileName: (options) => `${libFolder}/${ts.getDefaultLibFileName(options)}`,
    fileExists: (path) => {
      const exists = this.#exists(path);
      if (!exists && isWatched(path)) this.#absent.add(path);
      return exists;
    },
    readFile: (path) => libraryText(path) ?? this.#texts.read(path),
    directoryExists: (path) => path === libFolder || ts.sys.directoryExists(path) || this.#texts.hasOverlayBelow(path),
    getDirectories: (path) => ts.sys.getDirectories(path),
    ...(ts.sys.realpath && { realpath: ts.sys.realpath }),
    getCurrentDirectory: () => ts.sys.getCurrentDirectory(),
    getCanonicalFileName: (path) => (ts.sys.useCaseSensitiveFileNames ? path : path.toLowerCase()),
    useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
    // A project that is referred to need not be built: its sources stand for its declarations.
    useSourceOfProjectReferenceRedirect: () => true,
    getParsedCommandLine: (path) => (ts.sys.fileExists(path) ? parseConfiguration(path, this.#texts) : undefined),
    getNewLine: () => '\n',
    writeFile: () => {
      throw new Error('Analysis writes no files.');
    },
  };
}

/** The compiler has it for editors, and shows it in the types of language services alone. */
type ReferringHost = ts.CompilerHost & { useSourceOfProjectReferenceRedirect(): boolean };

const isWatched = (path: string): boolean => !isInPackage(path) && !path.startsWith(`${libFolder}/`);

/** The one span in which two texts differ: what lets the parser keep the rest of the tree. */
function changeBetween(before: string, after: string): ts.TextChangeRange {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start++;
  let tail = 0;
  while (
    tail < shorter - start &&
    before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)
  ) {
    tail++;
  }
  return ts.createTextChangeRange(
    ts.createTextSpanFromBounds(start, before.length - tail),
    after.length - tail - start,
  );
}
