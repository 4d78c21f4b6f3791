import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { analyse, applyEdits, createSourceProject, editText, regions } from '../../server/source/index.ts';
import type { Analysis } from '../../server/source/types.ts';

const root = mkdtempSync(join(tmpdir(), 'deepmaker-source-'));
after(() => rmSync(root, { recursive: true }));

let clock = 1_700_000_000;

/** Writes a file with a time of change of its own, however coarse the file system's clock is. */
function write(path: string, text: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  utimesSync(file, ++clock, clock);
  return file;
}

const hashOf = (analysis: Analysis): string => {
  assert.ok(analysis.kind === 'region', JSON.stringify(analysis));
  return analysis.region.sourceHash;
};

describe('projects', () => {
  it('follows overlays, changes on disk, and files that come and go', () => {
    const file = write('live/a.ts', 'import { k } from "./b.ts";\nexport function f(x: number) { return x * k; }');
    const project = createSourceProject();
    const now = () => analyse(project, { file, name: 'f' });
    assert.equal(now().kind, 'refused');
    const helper = write('live/b.ts', 'export const k = 2;');
    const first = hashOf(now());
    assert.equal(hashOf(now()), first);
    write('live/b.ts', 'export const k = 3;');
    const second = hashOf(now());
    assert.notEqual(second, first);
    project.setOverlay(helper, 'export const k = 2; // unsaved');
    assert.equal(hashOf(now()), first);
    project.removeOverlay(helper);
    assert.equal(hashOf(now()), second);
    rmSync(helper);
    assert.equal(now().kind, 'refused');
    rmSync(file);
    assert.deepEqual(now(), { kind: 'none' });
  });

  it('reads tsconfig.json, also through references, and again when it changes', () => {
    const loose = '{ "compilerOptions": { "strict": false, "module": "nodenext" } }';
    const config = write('configured/tsconfig.json', loose);
    const file = write('configured/a.ts', 'export function f(x: number | null) { return 1.5; }');
    const project = createSourceProject();
    assert.equal(analyse(project, { file, name: 'f' }).kind, 'region');
    writeFileSync(config, loose.replace('false', 'true'));
    utimesSync(config, ++clock, clock);
    assert.equal(analyse(project, { file, name: 'f' }).kind, 'refused');

    write('solution/tsconfig.json', '{ "files": [], "references": [{ "path": "./tsconfig.app.json" }] }');
    write('solution/tsconfig.app.json', '{ "compilerOptions": { "strict": false }, "include": ["src"] }');
    const inner = write('solution/src/a.ts', 'export function f(x: number | null) { return 1.5; }');
    assert.equal(analyse(project, { file: inner, name: 'f' }).kind, 'region');
  });

  it('chooses the extension of the import by tsconfig.json', () => {
    const importOf = (folder: string, options: string) => {
      write(`${folder}/tsconfig.json`, `{ "compilerOptions": ${options} }`);
      const text = 'export function f(x: number) { return x; }\n';
      const file = write(`${folder}/a.ts`, text);
      const result = applyEdits(createSourceProject(), file, 'f', {
        approxName: 'fApprox',
        generatedFile: join(dirname(file), 'f.approx.ts'),
      });
      return result.kind === 'edits' ? editText(text, result.edits).split('\n', 1)[0] : result.message;
    };
    assert.equal(importOf('node', '{ "module": "nodenext" }'), "import { fApprox } from './f.approx.js';");
    assert.equal(importOf('bundler', '{ "module": "preserve" }'), "import { fApprox } from './f.approx';");
    assert.equal(
      importOf('direct', '{ "module": "nodenext", "allowImportingTsExtensions": true }'),
      "import { fApprox } from './f.approx.ts';",
    );
  });

  it('survives a broken tsconfig.json and files that do not parse', () => {
    write('broken/tsconfig.json', '{ "compilerOptions": { "strict": tr');
    const file = write('broken/a.ts', 'export function f(x: number) { return x; }\nclass {{{');
    assert.equal(analyse(createSourceProject(), { file, name: 'f' }).kind, 'region');
  });
});

describe('hashes', () => {
  const project = createSourceProject();
  const hash = (text: string, helper = 'export const k = 2;') => {
    project.setOverlay('/virtual/hash/a.ts', text);
    project.setOverlay('/virtual/hash/b.ts', helper);
    return hashOf(analyse(project, { file: '/virtual/hash/a.ts', name: 'f' }));
  };
  const base =
    'import { k } from "./b";\nexport function f(x: number): number { return g(x) + k; }\nfunction g(y: number) { return y * 2; }';

  const same: [string, string, string?][] = [
    ['comments and spaces', base.replace('return y', '/* why */\n  return   y')],
    ['semicolons', base.replace('y * 2;', 'y * 2')],
    ['other functions', `${base}\nexport function other() { return 7; }`],
    ['export and JSDoc', base.replace('export function', '/** @range x [0, 1] */\nfunction')],
    ['comments of a helper', base, '// two\nexport const k = 2;'],
    ['what a helper module holds besides', base, 'export const k = 2; export const other = 3;'],
  ];
  for (const [what, text, helper] of same) it(`stay with ${what}`, () => assert.equal(hash(text, helper), hash(base)));

  const different: [string, string, string?][] = [
    ['the body', base.replace('+ k', '- k')],
    ['a helper', base.replace('y * 2', 'y * 3')],
    ['a constant of another module', base, 'export const k = 3;'],
    ['the signature', base.replace('x: number', 'x: number, z: number')],
    ["a parameter's literal", base.replace('x: number', 'x: 1 | 2')],
    ['where a statement ends', base.replace('return g(x) + k', 'if (x) return 1.5\n; return g(x) + k')],
  ];
  for (const [what, text, helper] of different)
    it(`change with ${what}`, () => assert.notEqual(hash(text, helper), hash(base)));
});

describe('positions', () => {
  const project = createSourceProject();
  const file = '/virtual/positions/a.ts';
  /** The cursor is at `|`. */
  const at = (marked: string) => {
    const offset = marked.indexOf('|');
    project.setOverlay(file, marked.replace('|', ''));
    const analysis = analyse(project, { file, offset });
    if (analysis.kind === 'none') return 'none';
    return analysis.kind === 'region'
      ? analysis.region.name
      : analysis.reasons.map(({ message }) => message).join('\n');
  };
  const rows: [string, string][] = [
    ['export fun|ction f(x: number) { return x; }', 'f'],
    ['export function |f(x: number) { return x; }', 'f'],
    ['export function f(x: nu|mber): number { return x; }', 'f'],
    ['export function f(x: number) { ret|urn x; }', 'none'],
    ['|\n\nexport function f(x: number) { return x; }', 'none'],
    ['/** D|oc */ export function f(x: number) { return x; }', 'none'],
    ['const a = 1, f| = (x: number) => x;', 'f'],
    ['const a| = 1, f = (x: number) => x;', 'none'],
    ['const f = (x: number) => x * |2;', 'none'],
    ['class P { @memo|() m(x: number) { return x; } }', 'none'],
    ['class P { @memo() m|(x: number) { return x; } }', 'P.m'],
    ['class P| { m(x: number) { return x; } }', 'none'],
    [
      'function o() { function f|(x: number) { return x; } }',
      '`f` was not approximated: it is not at the top level of its module. Move it out of the function or block around it.',
    ],
    [
      'function o() { const f| = (x: number) => x; }',
      '`f` was not approximated: it is not at the top level of its module. Move it out of the function or block around it.',
    ],
    [
      '{ function f|(x: number) { return x; } }',
      '`f` was not approximated: it is not at the top level of its module. Move it out of the function or block around it.',
    ],
    [
      'export default function |(x: number) { return x; }',
      '`default` was not approximated: it has no name. Give it one.',
    ],
    ['export default (|x: number) => x;', '`default` was not approximated: it has no name. Give it one.'],
    [
      'const o = { f|(x: number) { return x; } };',
      '`f` was not approximated: it is a method of an object literal. Move it to the top level of its module.',
    ],
    [
      'const o = { f|: (x: number) => x };',
      '`f` was not approximated: it is a property of an object literal. Move it to the top level of its module.',
    ],
    [
      'class P { #m|(x: number) { return x; } }',
      '`#m` was not approximated: it is a private `#` method, which no code outside its class can call.',
    ],
    [
      'class P { get m|() { return 1; } }',
      '`m` was not approximated: it is an accessor. Move the computation to a function of its own.',
    ],
    ['class P { m| = (x: number) => x; }', '`m` was not approximated: it is a property of a class. Make it a method.'],
    ['', 'none'],
  ];
  for (const [marked, expected] of rows) it(marked || 'an empty file', () => assert.equal(at(marked), expected));

  it('the same in a file of 5,000 lines, edit after edit', () => {
    const count = 1000;
    const texts = Array.from({ length: count }, (_, index) =>
      [
        `/** @range x [0, ${index + 1}] */`,
        `export function f${index}(x: number): number {`,
        `  return ${index % 10 === 0 ? 'x' : `f${index - 1}(x)`} * ${index};`,
        '}',
        '',
      ].join('\n'),
    );
    const text = texts.join('');
    project.setOverlay(file, text);
    assert.equal(regions(project, file).length, count);
    for (const index of [0, 1, 499]) {
      const offset = text.indexOf(`f${index}(x: number)`);
      const analysis = analyse(project, { file, offset });
      assert.ok(analysis.kind === 'region', JSON.stringify(analysis));
      assert.deepEqual([analysis.region.name, analysis.region.line], [`f${index}`, index * 4 + 2]);
      assert.deepEqual(analysis.domain, [{ path: 'x', kind: 'number', min: 0, max: index + 1, integer: false }]);
      assert.deepEqual(analyse(project, { file, offset: text.indexOf('return', offset) }), { kind: 'none' });
      project.setOverlay(file, `${'// moved\n'.repeat(index + 1)}${text}`);
      const moved = analyse(project, { file, offset: offset + 9 * (index + 1) });
      assert.ok(moved.kind === 'region');
      assert.deepEqual(moved.region, { ...analysis.region, line: analysis.region.line + index + 1 });
      project.setOverlay(file, text);
    }
  });
});
