/** Code that reports its calls: the same lines and results as before, in sources and in what was made of them. */
import assert from 'node:assert/strict';
import { stripTypeScriptTypes } from 'node:module';
import { describe, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { originalPositionFor, type SourceMapInput, TraceMap } from '@jridgewell/trace-mapping';
import { transform } from 'esbuild';
import { recordLookalike, recordMapped, recordSource } from '../../server/source/recordCalls.ts';

type Reported = readonly [name: string, ...values: unknown[]];

/** Runs a script that leaves `results`, with a recorder that takes every call and notes what it is told. */
function run(text: string): { results: unknown; reported: readonly Reported[] } {
  const reported: Reported[] = [];
  const recorder = {
    enter: () => true,
    inputs: (values: readonly unknown[]) => reported.push(['inputs', ...values]),
    leave(call: number, value: unknown) {
      reported.push(['leave', call, value]);
      return value;
    },
    exit: (call: number) => reported.push(['exit', call]),
  };
  const context: { results?: unknown; __deepmakerRecorder: object } = { __deepmakerRecorder: recorder };
  runInNewContext(text, context);
  // Arrays of another context are no arrays of ours.
  return { results: JSON.parse(JSON.stringify(context.results)), reported };
}

const called = (...values: readonly unknown[]): Reported[] => [
  ['inputs', ...values.slice(0, -1)],
  ['leave', 1, values.at(-1)],
  ['exit', 1],
];

const sources: readonly [title: string, name: string, text: string, reported: readonly Reported[]][] = [
  [
    'a declaration with a directive, an inner function and a comment before its brace',
    'f',
    "function f(x: number): number {\n  'use strict';\n  const g = (y: number) => { return y + 1; };\n  return g(x), g(x) * 2; // twice\n}\nresults = f(3);",
    called(3, 8),
  ],
  [
    'an arrow function with a value',
    'f',
    'const f = (x: number, y = 2): number => x * y\nresults = f(3)',
    called(3, 2, 6),
  ],
  [
    'an arrow function with an object, and a return without a semicolon',
    'f',
    'const f = (x: number) => ({ y: x })\nresults = f(3)',
    called(3, { y: 3 }),
  ],
  [
    'a method, with this and super',
    'B.f',
    'class A { f(x: number) { return x + 1 } }\nclass B extends A { k = 3; f(x: number) { if (x > 0) return super.f(x) * this.k\n return 0 } }\nresults = new B().f(3);',
    called(3, 12),
  ],
  [
    'an exception',
    'f',
    'function f(x: number): number { if (x < 0) throw new RangeError("negative"); return x; }\nlet results; try { f(-1); } catch (error) { results = error.message; }\nglobalThis.results = results;',
    [
      ['inputs', -1],
      ['exit', 1],
    ],
  ],
  [
    'parameters that the signature takes apart',
    'f',
    'const f = ({ x, size: [w, h] }: any, k = 2): number => x * w * h * k;\nresults = f({ x: 3, size: [1, 2] });',
    called({ x: 3, size: [1, 2] }, 2, 12),
  ],
  [
    'arguments that the function changes',
    'f',
    'function f(x: number): number { x += 1; return x; }\nresults = f(3);',
    called(3, 4),
  ],
];

describe('a source', () => {
  for (const [title, name, text, reported] of sources) {
    test(title, () => {
      const answer = recordSource({ file: '/project/f.ts', text, name });
      assert.ok(answer.kind === 'instrumented');
      assert.equal(answer.text.split('\n').length, text.split('\n').length);
      const [before, after] = [text, answer.text].map((each) => run(stripTypeScriptTypes(each)));
      assert.deepEqual(after!.results, before!.results);
      // The other context's objects have another prototype.
      assert.deepEqual(JSON.parse(JSON.stringify(after!.reported)), reported);
    });
  }
});

const original = {
  file: '/project/src/price.ts',
  name: 'price',
  text: [
    'const rate: number = 0.05;',
    'interface Option { readonly strike: number }',
    'export function other(spot: number, { strike }: Option): number { return spot - strike; }',
    'export function price(spot: number, option: Option): number {',
    '  const up = Math.exp(rate) * spot;',
    '  if (up > option.strike) { return up - option.strike; }',
    '  return 0;',
    '}',
    'results = [price(100, { strike: 90 }), price(80, { strike: 90 }), other(1, { strike: 2 })];',
  ].join('\n'),
};
const expected = [
  ...[
    ['inputs', 100, { strike: 90 }],
    ['leave', 1, Math.exp(0.05) * 100 - 90],
    ['exit', 1],
  ],
  ...[
    ['inputs', 80, { strike: 90 }],
    ['leave', 2, 0],
    ['exit', 2],
  ],
].map((each) => each as unknown as Reported);
/** The recorder's answers are the lengths of what was reported. */
const numbered = (reported: readonly Reported[]) =>
  reported.map((each) => (each[0] === 'inputs' ? each : [each[0], ...each.slice(2)]));

const builds: readonly [title: string, options: object][] = [
  ['a build', {}],
  ['a minified build', { minify: true }],
  ['a build for an old engine', { target: 'es2015' }],
];

describe('a generated text with a map', () => {
  for (const [title, options] of builds) {
    test(title, async () => {
      const { code, map } = await transform(original.text, {
        loader: 'ts',
        format: 'iife',
        sourcemap: true,
        sourcefile: 'price.ts',
        ...options,
      });
      const traced = new TraceMap(JSON.parse(map) as SourceMapInput);
      const answer = recordMapped('/project/dist/price.js', code, original, ({ line, column }) => {
        const at = originalPositionFor(traced, { line: line + 1, column });
        return at.source === null ? undefined : { line: at.line - 1, column: at.column };
      });
      assert.ok(answer.kind === 'instrumented', JSON.stringify(answer));
      const { results, reported } = run(answer.text);
      assert.deepEqual(results, run(code).results);
      assert.deepEqual(numbered(JSON.parse(JSON.stringify(reported))), numbered(expected));
    });
  }

  test('a function that the build left out is missed, with the reason', () => {
    const answer = recordMapped('/project/dist/price.js', 'var a = 1;', original, () => ({ line: 4, column: 2 }));
    assert.deepEqual(answer, {
      kind: 'missing',
      reason: 'has no code of price: a bundler left it out, or put it into its callers',
    });
  });
});

const lookalikes: readonly [title: string, text: string, reason?: RegExp][] = [
  ['the function', 'function price(a, b) { return Math.exp(a) > b.strike ? 0 : 1; }'],
  ['a function that a bundler renamed', 'var price2 = (a, b) => Math.exp(a) > b.strike ? 0 : 1;'],
  ['another function of that name', 'function price(a, b) { return a * b; }', /has no function that reads as price/],
  ['a function with other parameters', 'function price(a) { return Math.exp(a) + a.strike + 0; }', /has no function/],
  [
    'two of them',
    'function price(a, b) { return Math.exp(a) * b.strike + 0; }\nvar price3 = (a, b) => Math.exp(b) + a.strike - 0;',
    /has 2 functions that read as price, and no source map/,
  ],
];

describe('a generated text without a map', () => {
  test('has no types inserted, although a loader calls it by the name of its source', () => {
    const text = 'function price(a, b) { return Math.exp(a) > b.strike ? 0 : 1; }\nresults = price(1, { strike: 1 });';
    const answer = recordLookalike(original.file, text, original);
    assert.ok(answer.kind === 'instrumented');
    assert.equal(run(answer.text).results, 0);
  });

  for (const [title, text, reason] of lookalikes) {
    test(title, () => {
      const answer = recordLookalike('/project/dist/all.js', text, original);
      if (!reason) assert.equal(answer.kind, 'instrumented');
      else assert.match(answer.kind === 'missing' ? answer.reason : '', reason);
    });
  }
});
