// Builds dist/: the kernels, the extension, the server, the command line, their worker entries and the panel.
import { chmodSync, copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, context } from 'esbuild';
import { buildKernels } from './scripts/buildKernels.mjs';

const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');

const common = { bundle: true, sourcemap: !production, minify: production, logLevel: 'warning', legalComments: 'eof' };

const node = {
  ...common,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  outdir: 'dist',
  // Bundled CommonJS has no import.meta; server/assets.ts asks it where the built files lie.
  define: { 'import.meta.dirname': '__dirname' },
};

/**
 * The source layer brings the TypeScript compiler, twenty times the size of everything else, and the queue brings BullMQ.
 * Each becomes a file of its own, named after its folder, which server and command line load on first use.
 */
const layersApart = {
  name: 'layers-apart',
  setup(build) {
    build.onResolve({ filter: /^\.\/index\.ts$/ }, ({ importer }) =>
      basename(importer) === 'lazy.ts' ? { path: `./${basename(dirname(importer))}.cjs`, external: true } : undefined,
    );
  },
};

/** Activation must cost next to nothing, so the extension leaves the library that speaks to the server for the first use. */
const languageClientApart = {
  name: 'language-client-apart',
  setup(build) {
    build.onResolve({ filter: /^\.\/languageClient\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './languageClient.cjs', external: true } : undefined,
    );
  },
};

const bundles = [
  {
    ...node,
    plugins: [languageClientApart],
    // VS Code answers `vscode` to require, so what is loaded later is required too.
    supported: { 'dynamic-import': false },
    entryPoints: { extension: 'client/extension.ts' },
    external: ['vscode'],
  },
  { ...node, entryPoints: { languageClient: 'client/languageClient.ts' }, external: ['vscode'] },
  { ...node, entryPoints: { source: 'server/source/index.ts' } },
  // What BullMQ would load where it is there: other databases, traces, and an addon that is faster at what is not used.
  {
    ...node,
    entryPoints: { queue: 'server/queue/index.ts' },
    external: ['pg', 'redis', 'bullmq-otel', 'msgpackr-extract'],
  },
  {
    ...node,
    plugins: [layersApart],
    // esbuild's own library asks for its package's place, which the copied binary makes unnecessary.
    logOverride: { 'require-resolve-not-external': 'silent' },
    entryPoints: {
      server: 'server/main.ts',
      cli: 'server/cli.ts',
      trainWorker: 'server/trainWorker.ts',
      samplingChild: 'server/sampling/child.ts',
      gpuChild: 'server/targets/gpuChild.ts',
      recordHook: 'server/record/hook.ts',
      recordInstrumenter: 'server/record/instrumenter.ts',
    },
  },
  {
    ...common,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    entryPoints: { 'webview/panel': 'client/webview/panel.ts' },
    outdir: 'dist',
  },
];

mkdirSync('dist', { recursive: true });
await buildKernels();
copyEsbuild();
if (watch) {
  for (const options of bundles) await (await context(options)).watch();
} else {
  await Promise.all(bundles.map((options) => build(options)));
  await writeSchema();
}

/** Sampling bundles the user's module at run time, so the product carries esbuild's own binary. */
function copyEsbuild() {
  const require = createRequire(import.meta.url);
  const windows = process.platform === 'win32';
  const binary = require.resolve(
    `@esbuild/${process.platform}-${process.arch}/${windows ? 'esbuild.exe' : 'bin/esbuild'}`,
  );
  const copy = windows ? 'dist/esbuild.exe' : 'dist/esbuild';
  // Renamed into place, because a server that runs from this folder may be executing the old copy.
  copyFileSync(binary, `${copy}.new`);
  chmodSync(`${copy}.new`, 0o755);
  renameSync(`${copy}.new`, copy);
}

/** The JSON Schema of deepmaker.config.json comes from the schema that the server parses it with. */
async function writeSchema() {
  const outfile = 'dist/configSchema.cjs';
  await build({ ...node, outdir: undefined, outfile, entryPoints: ['server/config.ts'], sourcemap: false });
  const { configJsonSchema } = createRequire(import.meta.url)(pathToFileURL(outfile).pathname);
  rmSync(outfile);
  writeFileSync('dist/config.schema.json', `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
}
