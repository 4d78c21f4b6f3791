/** Turns the module that holds a region, or emitted code, into one script that a Sandbox can load. */

import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildFailure, BuildOptions, Loader, Message, Plugin } from 'esbuild';
import { formatCount } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { Failure } from '../protocol.ts';
import { loadEsbuild } from './installation.ts';
import { regionHolder } from './messages.ts';

export interface BundleRequest {
  /** Absolute path of the module. */
  readonly file: string;
  /** An expression that yields the function in the module's scope: `price`, `Pricer.prototype.price`. */
  readonly access: string;
  /** Text of the file in the editor, where it is not saved. */
  readonly overlay?: string;
  /** Texts that stand in for files, by absolute path, that of the module itself included. */
  readonly texts?: ReadonlyMap<string, string>;
  /** Modules that only the project's configuration finds: absolute paths by importer, line break and specifier. */
  readonly imports?: ReadonlyMap<string, string>;
}

export interface Bundle {
  readonly kind: 'bundled';
  /** CommonJS that assigns the function to the sandbox's region holder. */
  readonly code: string;
  /** Absolute paths of the files that went into it. */
  readonly inputs: readonly string[];
}

const loaders: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'jsx',
  '.mjs': 'jsx',
  '.cjs': 'jsx',
  '.jsx': 'jsx',
};

/** Modules of hosts, and native addons: the sandbox answers stand-ins for what it is asked to require. */
const external = ['vscode', 'electron', '*.node'];

/** What a module may import that is not code, and that no calculation needs. */
const emptyAssets = ['.css', '.scss', '.less', '.html', '.svg', '.png', '.jpg', '.jpeg', '.gif', '.webp', '.woff2'];

const common = {
  format: 'cjs',
  target: 'node20',
  sourcemap: 'inline',
  legalComments: 'none',
  logLevel: 'silent',
} as const;

/**
 * Bundles a module with everything it imports, tsconfig paths included, and hands over the function at `access`, exported
 * or not. Fails with `file:line:column` where the source does not compile.
 */
export async function bundleRegion({
  file,
  access,
  overlay,
  texts,
  imports,
}: BundleRequest): Promise<Bundle | Failure> {
  const loader = loaders[extname(file).toLowerCase()];
  if (!loader)
    return failure(
      t('{0} is not a TypeScript or JavaScript file.', basename(file)),
      t('Pick a function in a source file.'),
    );
  let text: string;
  try {
    text = texts?.get(file) ?? overlay ?? (await readFile(file, 'utf8'));
  } catch (error) {
    return failure(t('{0} could not be read: {1}', file, (error as Error).message), t('Save the file and run again.'));
  }
  const options: BuildOptions = {
    ...common,
    // An import for its effects alone keeps the module's body and lets unused exports fall away.
    stdin: { contents: `import ${JSON.stringify(entryName)};`, resolveDir: dirname(file), loader: 'js' },
    absWorkingDir: dirname(file),
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    external,
    loader: Object.fromEntries(emptyAssets.map((extension) => [extension, 'empty'])),
    // In a script there is no `import()` and no `import.meta`.
    supported: { 'dynamic-import': false },
    define: importMeta(file),
    plugins: [
      handOver({ file, access, text, loader }),
      ...(texts ? [standIns(texts)] : []),
      ...(imports?.size ? [aliases(imports)] : []),
    ],
  };
  try {
    const { build } = await loadEsbuild();
    const { outputFiles, metafile } = await build(options as BuildOptions & { write: false; metafile: true });
    const inputs = Object.keys(metafile.inputs).filter((input) => input !== '<stdin>');
    return {
      kind: 'bundled',
      code: outputFiles[0]!.text,
      inputs: inputs.map((input) => resolve(dirname(file), input)),
    };
  } catch (error) {
    return compileFailure(error, dirname(file));
  }
}

/**
 * The code of an emitted approximation, which imports nothing, as a script that hands over `handed`: the name of one of
 * its functions, or an expression that may use `exact`, the function under the id that it is loaded with.
 */
export async function bundleEmitted(text: string, handed: string): Promise<Bundle | Failure> {
  const handOver = `{ const exact = ${regionHolder}.exact; ${regionHolder}.region = ${handed}; }`;
  try {
    const { transform } = await loadEsbuild();
    const { code } = await transform(`${text}\n${handOver}\n`, {
      ...common,
      loader: 'ts',
      sourcefile: 'approx.ts',
    });
    return { kind: 'bundled', code, inputs: [] };
  } catch (error) {
    return compileFailure(error, '');
  }
}

const entryName = 'deepmaker:region';

/**
 * Appends the hand-over to the region's module. An assignment to a free variable works in modules, CommonJS and scripts
 * alike, where an added `export` would turn one kind into another.
 */
function handOver(region: { file: string; access: string; text: string; loader: Loader }): Plugin {
  const contents = `${region.text}\n;${regionHolder}.region = (${region.access});\n`;
  const exactly = new RegExp(`^${region.file.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
  return {
    name: 'deepmaker-region',
    setup(build) {
      // A package that calls itself free of side effects would otherwise lose an import without names.
      build.onResolve({ filter: /^deepmaker:region$/ }, () => ({ path: region.file, sideEffects: true }));
      build.onLoad({ filter: exactly }, () => ({ contents, loader: region.loader, resolveDir: dirname(region.file) }));
    },
  };
}

/** Other modules than the region's. */
const standIns = (texts: ReadonlyMap<string, string>): Plugin => ({
  name: 'deepmaker-texts',
  setup(build) {
    build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, ({ path }) => {
      const contents = texts.get(path);
      const loader = loaders[extname(path).toLowerCase()];
      return contents === undefined || !loader ? undefined : { contents, loader, resolveDir: dirname(path) };
    });
  },
});

const aliases = (imports: ReadonlyMap<string, string>): Plugin => ({
  name: 'deepmaker-imports',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path, importer }) => {
      const found = imports.get(`${importer}\n${path}`);
      return found === undefined ? undefined : { path: found };
    });
  },
});

const importMeta = (file: string): Record<string, string> => ({
  'import.meta.url': JSON.stringify(pathToFileURL(file).href),
  'import.meta.filename': JSON.stringify(file),
  'import.meta.dirname': JSON.stringify(dirname(file)),
  'import.meta.main': 'false',
});

function compileFailure(error: unknown, folder: string): Failure {
  const [first, ...others] = (error as Partial<BuildFailure>).errors ?? [];
  if (!first) throw error;
  const text = place(first, folder) + first.text;
  const more = formatCount(others.length);
  return failure(
    others.length === 0 ? text : t('{0} (and {1} more)', text, more),
    t('Correct the source and run again.'),
  );
}

/** esbuild counts columns from 0, editors from 1. */
function place({ location }: Message, folder: string): string {
  return location ? `${join(folder, location.file)}:${location.line}:${location.column + 1}: ` : '';
}

const failure = (message: string, hint: string): Failure => ({ kind: 'failed', message, hint });
