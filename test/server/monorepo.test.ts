/** Functions that use other packages of a repository, through the means that its configuration gives them. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { assetPath } from '../../server/assets.ts';
import { type Config, defaultConfig } from '../../server/config.ts';
import { approximate } from '../../server/pipeline/approximate.ts';
import { applyToDisk, revertOnDisk } from '../../server/pipeline/onDisk.ts';
import { analyse, createSourceProject } from '../../server/source/index.ts';
import { projectRoot } from '../../server/store.ts';

const config: Config = {
  ...defaultConfig,
  ...{ population: 4, generations: 1, samples: 500, searchEpochs: 2, fullEpochs: 10, workers: 1, maxError: 1 },
  pruning: { ...defaultConfig.pruning, alphas: [] },
  quantisation: { ...defaultConfig.quantisation, formats: [] },
};

const helper = 'export const gain = (x: number): number => 3 * x;\n';
const noisy = 'export const gain = (x: number): number => 3 * x + Math.random();\n';
const user = (specifier: string) => `import { gain } from '${specifier}';

/** @range x [0, 1] */
export function wave(x: number): number {
  let sum = 0;
  for (let i = 1; i <= 300; i++) sum += Math.sin(gain(x) * i) / i;
  return sum;
}
`;

interface Layout {
  readonly name: string;
  /** Contents by path; the function is in `app`. */
  readonly files: Readonly<Record<string, object | string>>;
  readonly app: string;
  readonly helper: string;
  readonly link?: readonly [from: string, to: string];
  /** The import that applying adds. */
  readonly added: string;
}

const strict = { strict: true, module: 'preserve', target: 'es2022', types: [] };

const layouts: readonly Layout[] = [
  {
    name: 'a path alias in a configuration that others extend',
    files: {
      'tsconfig.base.json': { compilerOptions: { ...strict, paths: { '@lib/*': ['./libs/*/src/index.ts'] } } },
      'apps/shop/tsconfig.json': { extends: '../../tsconfig.base.json', include: ['src'] },
      'apps/shop/src/wave.ts': user('@lib/maths'),
      'libs/maths/src/index.ts': helper,
    },
    app: 'apps/shop/src/wave.ts',
    helper: 'libs/maths/src/index.ts',
    added: "from './wave.approx'",
  },
  {
    name: 'a path alias in the one of two configurations that a solution refers to',
    files: {
      'tsconfig.json': { files: [], references: [{ path: './tsconfig.test.json' }, { path: './tsconfig.app.json' }] },
      'tsconfig.test.json': { compilerOptions: { ...strict, composite: true }, include: ['test'] },
      'tsconfig.app.json': {
        compilerOptions: { ...strict, composite: true, module: 'nodenext', paths: { '#maths': ['./lib/maths.mts'] } },
        include: ['src', 'lib'],
      },
      'package.json': { type: 'module' },
      'src/wave.mts': user('#maths'),
      'lib/maths.mts': helper,
    },
    app: 'src/wave.mts',
    helper: 'lib/maths.mts',
    added: "from './wave.approx.mjs'",
  },
  {
    name: 'a package of the workspace that is referred to and not built',
    files: {
      'packages/app/tsconfig.json': {
        compilerOptions: { ...strict, composite: true, outDir: 'dist', rootDir: 'src' },
        include: ['src'],
        references: [{ path: '../maths' }],
      },
      'packages/app/src/wave.tsx': user('@org/maths'),
      'packages/maths/tsconfig.json': {
        compilerOptions: { ...strict, composite: true, outDir: 'dist', rootDir: 'src' },
        include: ['src'],
      },
      'packages/maths/package.json': { name: '@org/maths', main: 'dist/index.js', types: 'dist/index.d.ts' },
      'packages/maths/src/index.ts': helper,
    },
    app: 'packages/app/src/wave.tsx',
    helper: 'packages/maths/src/index.ts',
    link: ['packages/maths', 'node_modules/@org/maths'],
    added: "from './wave.approx'",
  },
];

let root: string;
before(() => {
  assert.ok(existsSync(assetPath('trainWorker.cjs')), 'dist is missing: run npm run build first');
  root = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-monorepo-')));
});
after(() => rmSync(root, { recursive: true, force: true }));

function write(folder: string, { files, link }: Layout): void {
  for (const [path, content] of Object.entries({ 'package.json': {}, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  if (!link) return;
  const [from, to] = link;
  mkdirSync(dirname(join(folder, to)), { recursive: true });
  symlinkSync(join(folder, from), join(folder, to), 'junction');
}

const hooks = { signal: new AbortController().signal, onProgress: () => {}, onFront: () => {} };

for (const [index, layout] of layouts.entries()) {
  test(layout.name, async () => {
    const folder = join(root, String(index));
    write(folder, layout);
    const file = join(folder, layout.app);
    const text = readFileSync(file, 'utf8');
    const outcome = await approximate({ file, name: 'wave', target: 'cpu', config }, hooks);
    assert.ok(outcome.kind === 'done', JSON.stringify(outcome));
    const { runId, chosen } = outcome.result;
    const own = projectRoot(file);
    const done = await applyToDisk(own, {
      config: {},
      runId,
      candidateId: chosen,
      target: 'cpu',
      force: true,
      signal: hooks.signal,
    });
    assert.equal(done.kind, 'applied', JSON.stringify(done));
    assert.ok(readFileSync(file, 'utf8').includes(layout.added), readFileSync(file, 'utf8'));
    const reverted = await revertOnDisk(own, file, 'wave');
    assert.equal(reverted.kind, 'reverted', JSON.stringify(reverted));
    assert.equal(readFileSync(file, 'utf8'), text);

    // What is wrong in the other package is seen: it is not taken as a package that is pure.
    writeFileSync(join(folder, layout.helper), noisy);
    const analysis = analyse(createSourceProject(), { file, name: 'wave' });
    assert.ok(analysis.kind === 'refused' && /calls `gain`.*uses randomness/.test(analysis.reasons[0]!.message));
  });
}
