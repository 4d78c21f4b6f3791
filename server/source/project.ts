import { dirname } from 'node:path';
import type { ts } from './compiler.ts';
import { readConfiguration } from './configuration.ts';
import { type ModuleImports, moduleImports } from './moduleImports.ts';
import { CompilerSession, type SourceView } from './session.ts';
import { FileTexts } from './texts.ts';

/**
 * Lives as long as a language server, or as one command of the command line. Owns the editor's unsaved texts and one
 * compiler session per tsconfig.json; both are made on first use, and files that change on disk are read again.
 */
export class SourceProject {
  readonly #texts = new FileTexts();
  readonly #sessions = new Map<string, CompilerSession>();

  /** Makes `text` the content of `file`, whatever is on disk. */
  setOverlay(file: string, text: string): void {
    this.#texts.setOverlay(compilerPath(file), text);
  }

  /** The disk's content counts again. */
  removeOverlay(file: string): void {
    this.#texts.removeOverlay(compilerPath(file));
  }

  /** The current text; undefined where there is no such file. */
  text(file: string): string | undefined {
    return this.#texts.read(compilerPath(file));
  }

  /** The syntax tree of the current text, without types; undefined where there is no such file. */
  syntax(file: string): ts.SourceFile | undefined {
    return this.#session(file).syntax(compilerPath(file));
  }

  /** The program of the current texts that contains `file`; undefined where there is no such file. */
  view(file: string): SourceView | undefined {
    return this.#session(file).view(compilerPath(file));
  }

  /** Imports that a bundler does not find by itself, of everything that `file` leads to. */
  imports(file: string): ModuleImports {
    const path = compilerPath(file);
    if (readConfiguration(path, this.#texts).isPlain) return new Map();
    const view = this.view(file);
    return view ? moduleImports(view) : new Map();
  }

  options(file: string): ts.CompilerOptions {
    return this.#session(file).options;
  }

  #session(file: string): CompilerSession {
    const path = compilerPath(file);
    const configuration = readConfiguration(path, this.#texts);
    const key = configuration.path ?? `${dirname(path)}/`;
    const existing = this.#sessions.get(key);
    if (existing?.configurationVersion === configuration.version) return existing;
    const session = new CompilerSession(configuration, this.#texts);
    this.#sessions.set(key, session);
    return session;
  }
}

export const createSourceProject = (): SourceProject => new SourceProject();

/** The compiler writes every path with forward slashes. */
const compilerPath = (file: string): string => (process.platform === 'win32' ? file.replaceAll('\\', '/') : file);
