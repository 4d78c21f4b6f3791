/** One function of each kind of signature: approximated, applied, compiled, called, and reverted byte for byte. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assetPath } from '../../server/assets.ts';
import { type Config, defaultConfig } from '../../server/config.ts';
import { approximate } from '../../server/pipeline/approximate.ts';
import { applyToDisk, revertOnDisk } from '../../server/pipeline/onDisk.ts';

const checkout = join(import.meta.dirname, '..', '..');
const tsc = join(checkout, 'node_modules', 'typescript', 'bin', 'tsc');

const maxError = 0.15;
const config: Config = {
  ...defaultConfig,
  population: 6,
  generations: 2,
  samples: 1500,
  searchEpochs: 8,
  fullEpochs: 60,
  batchSize: 32,
  workers: 1,
  maxError,
  pruning: { ...defaultConfig.pruning, alphas: [] },
  quantisation: { ...defaultConfig.quantisation, formats: [] },
};

interface Case {
  readonly file: string;
  readonly region: string;
  readonly text: string;
  /** Statements over the module `m`, which throw where something is wrong; `near(a, b)` allows for the approximation. */
  readonly calls: string;
  /** What the applied source must hold. */
  readonly applied: RegExp;
  /** The name of its networks, where they are convolutional. */
  readonly network?: RegExp;
}

const slow = (step: string) => `  let sum = 0;\n  for (let i = 1; i <= 400; i++) sum += ${step};\n`;

const cases: readonly Case[] = [
  {
    file: 'optional.ts',
    region: 'shade',
    text: `export interface Options {
  readonly gain: number;
  readonly bias?: number;
  readonly mode?: 'soft' | 'hard';
}

/**
 * @range x [0, 1]
 * @range o.gain [0, 2]
 * @range o.bias [-1, 1]
 */
export function shade(x: number, o: Options, scale?: number): number {
  const { gain, bias = 0.5 } = o;
${slow("((o.mode ?? 'soft') === 'soft' ? 0.1 : 0.3) * (gain * x + bias) * (scale ?? 1.5)")}  return sum / 400;
}
`.replace(' */\nexport', ' * @range scale [1, 2]\n */\nexport'),
    calls: `
      near(m.shade(0.5, { gain: 1 }), m.shade(0.5, { gain: 1, bias: 0.5, mode: 'soft' }, 1.5), 1e-12);
      near(m.shade(0.5, { gain: 1 }), 0.15, 0.1);`,
    applied: /shadeApproxAccepts\(x, o, scale\) \? shadeApprox\(x, o, scale\) : shadeExact\(x, o, scale\)/,
  },
  {
    file: 'enums.ts',
    region: 'grade',
    text: `export enum Level {
  Low = 'low',
  High = 'high',
}
export enum Step { One = 1, Two, Four = 4 }
export interface Grade { level: Level; step: Step }

/** @range x [0, 1] */
export function grade(x: number, from: Level): Grade {
${slow('x / 400')}  const high = from === Level.High ? sum > 0.3 : sum > 0.6;
  return { level: high ? Level.High : Level.Low, step: sum > 0.5 ? Step.Four : Step.Two };
}
`,
    calls: `
      const { level, step } = m.grade(0.95, m.Level.High);
      if (level !== 'high' || step !== 4) throw new Error(level + step);`,
    applied: /\? \(gradeApprox\(x, from\) as Grade\) : gradeExact\(x, from\)/,
  },
  {
    file: 'inPlace.ts',
    region: 'blur',
    text: `/**
 * @length source 3
 * @length into 3
 * @range source [0, 1]
 */
export function blur(source: Float32Array, into: Float32Array, weight: 1 | 2): Float32Array {
  for (let i = 0; i < into.length; i++) {
    into[i] = 0;
    for (let k = 0; k < 60; k++) into[i]! += (weight * (source[i]! + source[(i + 1) % 3]!)) / 120;
  }
  return into;
}
`,
    calls: `
      const out = new Float32Array(3).fill(7);
      const source = Float32Array.of(0.5, 0.5, 0.5);
      if (m.blur(source, out, 1) !== out) throw new Error('another array');
      for (const value of out) near(value, 0.5, 0.4);
      if (String(source) !== '0.5,0.5,0.5') throw new Error('the source was changed');
      near(m.blur(Float32Array.of(9, 9, 9), out, 1)[0], 9, 1e-4);`,
    applied:
      /blurApproxAccepts\(source, weight\) \? blurApprox\(source, into, weight\) : blurExact\(source, into, weight\)/,
  },
  {
    file: 'nothing.mts',
    region: 'turn',
    text: `/**
 * @range angle [0, 1]
 * @length into 2
 */
export const turn = (into: number[], angle: number): void => {
  let [c, s] = [0, 0];
  for (let i = 0; i < 200; i++) [c, s] = [Math.cos(angle + c * 1e-9), Math.sin(angle)];
  into[0] = c;
  into[1] = s;
};
`,
    calls: `
      const into = [9, 9];
      if (m.turn(into, 0.5) !== undefined) throw new Error('a result');
      near(into[0], Math.cos(0.5), 0.2);
      near(into[1], Math.sin(0.5), 0.2);`,
    applied: /turnApproxAccepts\(angle\) \? turnApprox\(into, angle\) : turnExact\(into, angle\)/,
  },
  {
    file: 'matrix.ts',
    region: 'spread',
    text: `/**
 * @shape m 2x3
 * @shape result 2x2
 * @range m [0, 1]
 */
export function spread(m: readonly (readonly number[])[]): number[][] {
${slow('(m[0]![0]! + m[1]![1]!) / 800')}  return [[sum, m[0]![2]!], [m[1]![2]!, 0.5 * sum]];
}
`,
    calls: `
      const row = [0.5, 0.5, 0.5];
      const result = m.spread([row, row]);
      if (result.length !== 2 || result[1].length !== 2) throw new Error(JSON.stringify(result));
      near(result[0][0], 0.5, 0.3);
      near(m.spread([[3, 0, 0], row])[0][0], 1.75, 1e-6);`,
    applied: /spreadApproxAccepts\(m\)/,
  },
  {
    file: 'image.ts',
    region: 'brightness',
    text: `export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/**
 * @shape picture 6x6x2
 * @range picture [0, 255] integer
 */
export function brightness(picture: Picture): number {
  const { width, height, data } = picture;
  let sum = 0;
  for (let k = 0; k < 40; k++) for (let i = 0; i < width * height * 2; i++) sum += data[i]! / 40;
  return sum / (255 * data.length);
}
`,
    calls: `
      const picture = (width, value) => ({ width, height: 6, data: new Uint8ClampedArray(width * 12).fill(value) });
      near(m.brightness(picture(6, 128)), 0.5, 0.3);
      near(m.brightness(picture(7, 51)), 0.2, 1e-6);`,
    applied: /brightnessApproxAccepts\(picture\) \? brightnessApprox\(picture\) : brightnessExact\(picture\)/,
    network: /^6x6x2 /,
  },
  {
    file: 'nested.mts',
    region: 'side',
    text: `/**
 * @shape image 5x4x1
 * @range image [0, 1]
 */
export function side(image: readonly Float32Array[]): 'dark' | 'light' {
  let sum = 0;
  for (let k = 0; k < 40; k++) for (const row of image) for (const value of row) sum += value / 800;
  return sum > 0.5 ? 'light' : 'dark';
}
`,
    calls: `
      const image = (value) => Array.from({ length: 5 }, () => new Float32Array(4).fill(value));
      if (m.side(image(0.95)) !== 'light' || m.side(image(0.05)) !== 'dark') throw new Error('wrong');
      if (m.side(image(0.95).slice(1)) !== 'light') throw new Error('not exact');`,
    applied: /sideApproxAccepts\(image\)/,
    network: /^5x4x1 /,
  },
  {
    file: 'method.ts',
    region: 'Tank.level',
    text: `export class Tank {
  readonly rate: number;
  private open = true;
  constructor(rate: number) {
    this.rate = rate;
  }
  close(): void {
    this.open = false;
  }
  /**
   * @range hours [0, 1]
   * @range this.rate [0, 1]
   */
  level(hours: number): number {
${slow('(hours * this.rate) / 400')}    return this.open ? sum : 2 * sum;
  }
}
`,
    calls: `
      const [open, closed] = [new m.Tank(0.8), new m.Tank(0.8)];
      closed.close();
      near(open.level(0.9), 0.72, 0.4);
      near(closed.level(0.9), 1.44, 0.4);
      near(new m.Tank(20).level(0.9), 18, 1e-6);`,
    applied:
      /tankLevelApproxAccepts\(hours, this\.rate, this\.open\) \? tankLevelApprox\(hours, this\.rate, this\.open\) : this\.levelExact\(hours\)/,
  },
  {
    file: 'statements.ts',
    region: 'portfolio:10-14',
    text: `/**
 * @range rate [0, 0.2]
 * @range years [1, 9]
 */
export function portfolio(rate: number, years: number, names: readonly string[]): string {
  const labels: string[] = [];
  let worth = 1;
  for (const name of names) {
    // each of them
    let sum = 0;
    for (let i = 0; i < 400; i++) {
      if (i > 398) break;
      sum += (rate * years) / 400;
    }
    worth += sum;
    labels.push(name + sum.toFixed(2));
  }
  return labels.join(' ') + ' ' + worth.toFixed(1);
}
`,
    calls: `
      const [a, b, worth] = m.portfolio(0.1, 5, ['a', 'b']).split(' ');
      near(Number(a.slice(1)), 0.5, 0.3);
      near(Number(worth), 2, 0.6);
      near(Number(m.portfolio(0.5, 20, ['c']).slice(1).split(' ')[0]), 9.975, 0.0051);`,
    applied: /\n {4}const sum = portfolioPart\(rate, years\);\n {4}worth.*portfolioPartApprox\(rate, years\)/s,
  },
  {
    file: 'typed.js',
    region: 'score',
    text: `/**
 * @range x [0, 1]
 * @param {number} x
 * @param {{ kind: 'a' | 'b', weight?: number }} options
 * @returns {number}
 * @range options.weight [0, 2]
 */
export function score(x, options) {
  const { kind, weight = 1 } = options;
${slow("(kind === 'a' ? x : 1 - x) * weight / 400")}  return sum;
}
`,
    calls: `near(m.score(0.75, { kind: 'a' }), 0.75, 0.4);`,
    applied: /scoreApproxAccepts\(x, options\)/,
  },
  {
    file: 'view.tsx',
    region: 'ease',
    text: `declare const React: { createElement(...parts: unknown[]): unknown };

/** @range t [0, 1] */
export function ease(t: number): number {
${slow('(t * t) / 400')}  return sum;
}

export const View = () => <b>{ease(0.5)}</b>;
declare global {
  namespace JSX {
    interface IntrinsicElements { b: object }
  }
}
`,
    calls: '',
    applied: /easeApproxAccepts\(t\)/,
  },
  {
    file: 'common.cts',
    region: 'half',
    text: `/** @range t [0, 1] */
export function half(t: number): number {
${slow('t / 800')}  return sum;
}
`,
    // Node itself takes no `export` in a file of this kind; a compiler does.
    calls: '',
    applied: /halfApproxAccepts\(t\)/,
  },
  {
    file: 'widget.jsx',
    region: 'wave',
    text: `/**
 * @range t [0, 1]
 * @param {number} t
 */
export const wave = (t) => {
${slow('Math.sin(t) / 400')}  return sum;
};

export const Widget = () => <b>{wave(0.5)}</b>;
`,
    calls: '',
    applied: /waveApproxAccepts\(t\)/,
  },
];

let folder: string;
before(() => {
  assert.ok(existsSync(assetPath('trainWorker.cjs')), 'dist is missing: run npm run build first');
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-types-')));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const compilerOptions = {
    ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, noUnusedLocals: true },
    ...{ noUnusedParameters: true, noEmit: true, target: 'esnext', module: 'nodenext', types: [], skipLibCheck: true },
    ...{ allowImportingTsExtensions: true, jsx: 'preserve', allowJs: true, checkJs: true, lib: ['esnext'] },
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, exclude: ['*.jsx', '.deepmaker'] }));
  for (const { file, text } of cases) writeFileSync(join(folder, file), text);
});
after(() => rmSync(folder, { recursive: true, force: true }));

function node(...args: readonly string[]) {
  return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
}

const hooks = { signal: new AbortController().signal, onProgress: () => {}, onFront: () => {} };

for (const { file, region, applied, network } of cases) {
  test(`${file}: ${region} is approximated and applied`, async () => {
    const path = join(folder, file);
    const outcome = await approximate({ file: path, name: region, target: 'cpu', config }, hooks);
    assert.ok(outcome.kind === 'done', JSON.stringify(outcome));
    const { runId, chosen, points } = outcome.result;
    const { topology, error } = points.find(({ id }) => id === chosen)!;
    assert.match(topology, network ?? /^\d+(?:-\d+)+$/);
    assert.ok(Math.max(error.nrmse, error.missRate) <= maxError, `${error.nrmse}`);
    const done = await applyToDisk(folder, {
      config: {},
      runId,
      candidateId: chosen,
      target: 'cpu',
      force: true,
      signal: hooks.signal,
    });
    assert.equal(done.kind, 'applied', JSON.stringify(done));
    assert.match(readFileSync(path, 'utf8'), applied);
  });
}

test('all of them compile, and so does what was generated', () => {
  const { status, stdout } = node(tsc, '-p', folder);
  assert.equal(status, 0, stdout);
});

for (const { file, region, calls } of cases.filter((each) => each.calls !== '')) {
  test(`${file}: ${region} keeps its contract`, () => {
    const near = `function near(a, b, by) { if (!(Math.abs(a - b) <= by)) throw new Error(a + ' is not near ' + b); }`;
    const program = `${near}\nconst m = await import(${JSON.stringify(`./${file}`)});\n${calls}`;
    const { status, stderr } = node('--experimental-transform-types', '--input-type=module', '-e', program);
    assert.equal(status, 0, stderr);
  });
}

test('each file is reverted byte for byte', async () => {
  for (const { file, region, text } of cases) {
    const outcome = await revertOnDisk(folder, join(folder, file), region);
    assert.equal(outcome.kind, 'reverted', JSON.stringify(outcome));
    assert.equal(readFileSync(join(folder, file), 'utf8'), text);
  }
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes('.approx.')),
    [],
  );
});
