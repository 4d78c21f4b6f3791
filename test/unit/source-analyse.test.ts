import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyse, createSourceProject } from '../../server/source/index.ts';
import type { Analysis } from '../../server/source/types.ts';

// One project for all rows: a row sets its files and takes them away again, as an editor does.
const project = createSourceProject();
const folder = '/virtual/source';

function analyseText(files: Record<string, string>, name: string): Analysis {
  const [first] = Object.keys(files);
  for (const [file, text] of Object.entries(files)) project.setOverlay(`${folder}/${file}`, text);
  const analysis = analyse(project, { file: `${folder}/${first}`, name });
  for (const file of Object.keys(files)) project.removeOverlay(`${folder}/${file}`);
  return analysis;
}

/** The analysis on one line each: `input paths -> output paths`, or `line: reason` without the common ends. */
function summary(analysis: Analysis, name: string): string[] {
  if (analysis.kind === 'none') return ['none'];
  if (analysis.kind === 'refused') {
    return analysis.reasons.map(({ line, message }) => {
      assert.ok(message.startsWith(`\`${name}\` was not approximated: `), message);
      const text = message.slice(`\`${name}\` was not approximated: `.length);
      return `${line}: ${text.replace(' Only numbers, booleans, literal unions and arrays or objects of them are supported.', ' SUPPORTED')}`;
    });
  }
  const { inputSlots, outputSlots } = analysis.region;
  const text = (slots: typeof inputSlots) =>
    slots
      .map((slot) =>
        slot.kind === 'category'
          ? `${slot.path}:${slot.values.join('|')}`
          : slot.path + (slot.kind === 'boolean' ? '?' : ''),
      )
      .join(' ');
  return [`${text(inputSlots)} -> ${text(outputSlots)}`];
}

function check(code: string | Record<string, string>, expected: string | string[], name = 'f'): void {
  const files = typeof code === 'string' ? { 'a.ts': code } : code;
  assert.deepEqual(summary(analyseText(files, name), name), typeof expected === 'string' ? [expected] : expected);
}

describe('signatures', () => {
  const accepted: [string, string, string?][] = [
    ['export function f(x: number) { return x; }', 'x -> result'],
    ['function f(x: number, on: boolean): boolean { return on && x > 0; }', 'x on? -> result?'],
    ['export default function f(x: number) { return x; }', 'x -> result'],
    ['const f = (x: number) => x;', 'x -> result'],
    ['export const a = 1, f = function (x: number) { return x; };', 'x -> result'],
    ['const f = ((x) => x) as (x: number) => number;', 'x -> result'],
    ['type F = (x: number) => number; const f: F = (x) => x;', 'x -> result'],
    ['function f(x: number, n = 3) { return x * n; }', 'x n -> result'],
    [
      'function f({ a, b: [c, d] }: { a: number; b: [number, boolean] }) { return a; }',
      'input.a input.b[0] input.b[1]? -> result',
    ],
    ['const f = ([a, b]: [number, number], { c } = { c: 1 }) => a;', 'input1[0] input1[1] input2.c -> result'],
    ['/** @param box its size */ function f({ w }: { w: number }) { return w; }', 'box.w -> result'],
    ['function f(x: number) { const g = function* () { yield x; }; return [...g()][0]! * 2; }', 'x -> result'],
    ['class P { m(x: number) { return x; } }', 'x -> result', 'P.m'],
    ['class P { static m(x: number) { return x; } }', 'x -> result', 'P.m'],
    [
      'function f(kind: "put" | "call", n: 3 | 1 | 2) { return kind === "put" ? n : -n; }',
      'kind:call|put n:1|2|3 -> result',
    ],
    ['enum K { A, B = 5 } function f(k: K): K { return k; }', 'k:0|5 -> result:0|5'],
    ['enum K { A = "a", B = "b" } function f(k: K): number { return k === K.A ? 1.5 : 2.5; }', 'k:a|b -> result'],
    [
      'function f(p: readonly [number, boolean]): [number, number] { return [p[0], 1]; }',
      'p[0] p[1]? -> result[0] result[1]',
    ],
    ['/** @length xs 2 */ function f(xs: readonly number[]) { return xs[0]!; }', 'xs[0] xs[1] -> result'],
    [
      '/** @length xs 2\n * @length result 1 */ function f(xs: Float64Array) { return new Uint8Array(1).map(() => xs[0]!); }',
      'xs[0] xs[1] -> result[0]',
    ],
    [
      '/** @length g 2\n * @length g[] 1 */ function f(g: number[][]) { return g[0]![0]!; }',
      'g[0][0] g[1][0] -> result',
    ],
    [
      'interface Q { readonly r: number; in: { b: boolean } } function f(q: Q): Q { return q; }',
      'q.r q.in.b? -> result.r result.in.b?',
    ],
    ['function f(o: Record<"a" | "b", number>) { return o.a + o.b; }', 'o.a o.b -> result'],
    ['function f(o: { a: number } & { b: number }) { return o.a + o.b; }', 'o.a o.b -> result'],
    ['/** @length ps 2 */ function f(ps: { x: number }[]) { return ps[0]!.x; }', 'ps[0].x ps[1].x -> result'],
  ];
  for (const [code, expected, name] of accepted) it(code, () => check(code, expected, name));

  it('JavaScript with JSDoc types', () => {
    const code =
      '/**\n * @param {number} x\n * @param {"a" | "b"} k\n * @returns {number}\n */\nfunction f(x, k) { return x; }';
    check({ 'a.js': code }, 'x k:a|b -> result');
  });

  const refused: [string, string | string[], string?][] = [
    ['function f(d: Date) { return d.getTime(); }', '1: its parameter `d` is a Date. SUPPORTED'],
    ['function f(x: number) { return new Map([[x, x]]); }', '1: it returns a Map<number, number>. SUPPORTED'],
    ['function f(x: string) { return 1.5; }', '1: its parameter `x` is a string. SUPPORTED'],
    ['function f(x: number) { return String(x); }', '1: it returns a string. SUPPORTED'],
    ['function f(x: bigint) { return 1; }', '1: its parameter `x` is a bigint. SUPPORTED'],
    ['function f(x: any): number { return x; }', '1: its parameter `x` is of type any, which says nothing. SUPPORTED'],
    ['function f(x: unknown): number { return 1; }', '1: its parameter `x` is of type unknown. SUPPORTED'],
    ['function f(x: number) { x; }', '1: it returns nothing. SUPPORTED'],
    ['function f(x: number): never { throw new Error(); }', '1: it returns a value of type never. SUPPORTED'],
    ['function f(x: number | undefined) { return 1; }', '1: its parameter `x` may be undefined. SUPPORTED'],
    ['function f(x: number): number | null { return x; }', '1: it may return null. SUPPORTED'],
    [
      'function f(x: number | "auto") { return 1; }',
      '1: its parameter `x` is the union number | "auto", which holds more than literals. SUPPORTED',
    ],
    [
      'function f(x?: number) { return 1; }',
      '1: its parameter `x` is optional. Give it a default value, or make it required.',
    ],
    ['function f(o: { a?: number }) { return 1; }', '1: its parameter `o.a` is optional. SUPPORTED'],
    [
      'function f(...x: number[]) { return 1; }',
      '1: its parameter `x` takes any number of arguments. Give it a fixed number of parameters.',
    ],
    [
      'function f({ a }: { a: number; b: number }) { return a; }',
      '1: its parameter `{ a }` is taken apart in the signature without `.b`, so no call can pass it on. Give the parameter a name and take it apart in the body.',
    ],
    [
      'function f({ p: [a] }: { p: [number, number] }) { return a; }',
      '1: its parameter `{ p: [a] }` is taken apart in the signature without `.p[1]`, so no call can pass it on. Give the parameter a name and take it apart in the body.',
    ],
    [
      'function f({ a, ...rest }: { a: number; b: number }) { return a + rest.b; }',
      '1: its parameter `{ a, ...rest }` is taken apart in the signature without `.b`, so no call can pass it on. Give the parameter a name and take it apart in the body.',
    ],
    ['function f() { return 1; }', '1: it has no parameters, so its result is a constant.'],
    [
      'function f(xs: number[]) { return 1; }',
      '1: its parameter `xs` is an array of unknown length. Write its length in the JSDoc comment, for example `@length xs 9`.',
    ],
    [
      'function f(x: number) { return [x]; }',
      '1: it returns an array of unknown length. Write its length in the JSDoc comment, for example `@length result 9`.',
    ],
    [
      'function f(x: [number, ...number[]]) { return 1; }',
      '1: its parameter `x` is the tuple [number, ...number[]], whose length varies. SUPPORTED',
    ],
    ['function f(x: () => number) { return 1; }', '1: its parameter `x` is a function. SUPPORTED'],
    [
      'function f(x: { [k: string]: number }) { return 1; }',
      '1: its parameter `x` is of type { [k: string]: number; }, whose keys are not known. SUPPORTED',
    ],
    [
      'class C { a = 1 } function f(x: C) { return 1; }',
      '1: its parameter `x` is an instance of the class C. SUPPORTED',
    ],
    [
      'interface N { n: N } function f(x: N) { return 1; }',
      '1: its parameter `x.n` is of type N, which contains itself. SUPPORTED',
    ],
    [
      'function f(x: number & { b: 1 }) { return 1; }',
      '1: its parameter `x` is of the branded type number & { b: 1; }. SUPPORTED',
    ],
    [
      'enum K { A = "a", B = "b" } function f(x: number): K { return K.A; }',
      '1: it returns the string enum K, which generated code cannot name. SUPPORTED',
    ],
    [
      'function f<T extends number>(x: T) { return 1; }',
      [
        '1: it is generic. Give its parameters concrete types.',
        '1: its parameter `x` is of the generic type T. SUPPORTED',
      ],
    ],
    [
      'async function f(x: number) { return 1; }',
      [
        '1: it is async. Only functions that return at once are supported.',
        '1: it returns a Promise<number>. SUPPORTED',
      ],
    ],
    [
      'function* f(x: number) { yield x; }',
      [
        '1: it is a generator. Only functions that return at once are supported.',
        '1: it returns a Generator<number, void, unknown>. SUPPORTED',
        '1: it yields (`yield`).',
      ],
    ],
    [
      'function f(x: number): number;\nfunction f(x: boolean): number;\nfunction f(x: any): number { return 1; }',
      [
        '3: it has overloads. Give it one signature.',
        '3: its parameter `x` is of type any, which says nothing. SUPPORTED',
      ],
    ],
    ['let f = (x: number) => x;', '1: it is held by a variable that can change. Declare it with `const`.'],
    [
      'class P { k = 2;\n m(x: number) { return x * this.k; } }',
      '2: it uses `this`, so its result depends on an object.',
      'P.m',
    ],
    ['function f(x: number) { return x +; }', '1: it has a syntax error: Expression expected.'],
    ['const g = 1;', 'none'],
    ['function outer() { function f(x: number) { return x; } }', 'none'],
  ];
  for (const [code, expected, name] of refused) it(code, () => check(code, expected, name));
});

describe('purity', () => {
  const rows: [string | Record<string, string>, string | string[]][] = [
    ['function f(x: number) { return x + Date.now(); }', '1: it reads the clock (`Date.now`).'],
    ['function f(x: number): number { return x + performance.now(); }', '1: it reads the clock (`performance.now`).'],
    [
      'function f(x: number) { return x + Number(process.hrtime.bigint()); }',
      '1: it reads the clock (`process.hrtime`).',
    ],
    ['function f(x: number) { return x * Math.random(); }', '1: it uses randomness (`Math.random`).'],
    [
      'const { sqrt } = Math;\nconst { random } = Math;\nfunction f(x: number) { return sqrt(x) * random(); }',
      '2: it uses `random`, which uses randomness (`Math.random`).',
    ],
    ['function f(x: number) { return x * Math["random"](); }', '1: it uses randomness (`Math.random`).'],
    ['function f(x: number) { return x + new Error().stack!.length; }', '1: it reads the call stack (`stack`).'],
    [
      'function f(x: number) { return x.toLocaleString().length * 1.5; }',
      '1: it depends on the language that the machine is set to (`toLocaleString`).',
    ],
    ['function f(p: [number]) { Array.prototype.push.call(p, 1); return 1.5; }', '1: it changes its parameter `p`.'],
    [
      'function f(p: [number]) { const push = p.push.bind(p); push(1); return 1.5; }',
      '1: it changes its parameter `p`.',
    ],
    ['function f(x: number) { (String.prototype as any).a = x; return 1.5; }', '1: it changes the global `String`.'],
    ['function f(x: number) { console.log(x); return x; }', '1: it writes to the console (`console.log`).'],
    ['function f(x: number) { fetch("a"); return x; }', '1: it reaches outside of the computation (`fetch`).'],
    [
      'import { readFileSync } from "node:fs";\nfunction f(x: number) { readFileSync("a"); return x; }',
      '2: it uses `readFileSync` of `node:fs`.',
    ],
    [
      'import * as fs from "fs";\nfunction f(x: number) { fs.readFileSync("a"); return x; }',
      '2: it uses `fs.readFileSync` of `fs`.',
    ],
    [
      {
        'a.cjs':
          'const fs = require("fs");\n/** @param {number} x */\nfunction f(x) { fs.readFileSync("a"); return x; }',
      },
      '3: it uses `fs.readFileSync` of `fs`.',
    ],
    [
      'function f(x: number) { return x + mystery; }',
      [
        '1: it returns a value of type any, which says nothing. SUPPORTED',
        '1: it uses `mystery`, which is not declared anywhere.',
      ],
    ],
    [
      'declare const ambient: number;\nfunction f(x: number) { return x + ambient; }',
      '2: it uses `ambient`, which is not known to be pure.',
    ],
    [
      'let count = 0;\nfunction f(x: number) { return x + count; }\nfunction g() { count++; }',
      '2: it reads `count`, which line 3 changes.',
    ],
    ['let count = 0;\nfunction f(x: number) { count += 1; return x; }', "2: it changes the module's variable `count`."],
    ['let scale = 2;\nfunction f(x: number) { return x * scale; }', 'x -> result'],
    ['const t = [1, 2];\nfunction f(x: number) { return x * t[0]!; }', 'x -> result'],
    [
      'const t = [1, 2];\nfunction f(x: number) { return x * t[0]!; }\nexport function set(v: number) { t[0] = v; }',
      '2: it reads `t`, which line 3 changes.',
    ],
    [
      'const t = [1, 2];\nfunction f(x: number) { return x * t[0]!; }\nexport function set(v: number) { t.push(v); }',
      '2: it reads `t`, which line 3 changes.',
    ],
    [
      'const t = new Float64Array(4);\nfor (let i = 0; i < 4; i++) t[i] = Math.sin(i);\nfunction f(x: number) { return t[x]!; }',
      'x -> result',
    ],
    [
      'const t: number[] = [];\nfor (let i = 0; i < 4; i++) t.push(Math.random());\nfunction f(x: number) { return t[x]!; }',
      '2: it uses `t`, which uses randomness (`Math.random`).',
    ],
    [
      'const seed = Date.now();\nfunction f(x: number) { return x + seed; }',
      '1: it uses `seed`, which reads the clock (`Date.now`).',
    ],
    [
      'const t = [1];\nfunction f(x: number) { const u = t; u[0] = x; return x; }',
      "2: it changes the module's variable `t`.",
    ],
    ['function f(x: number) { x = x * 2; x++; return x; }', 'x -> result'],
    ['function f(p: [number]) { p[0] = 1; return 1.5; }', '1: it changes its parameter `p`.'],
    ['function f(p: { a: number }) { p.a++; return 1.5; }', '1: it changes its parameter `p`.'],
    [
      'function f(p: { a: number }) { const q = p; ({ a: q.a } = { a: 1 }); return 1.5; }',
      '1: it changes its parameter `p`.',
    ],
    ['/** @length p 2 */ function f(p: number[]) { p.sort(); return 1.5; }', '1: it changes its parameter `p`.'],
    [
      '/** @length p 2 */ function f(p: number[]) { [...p].sort(); p.slice().reverse(); p.map((v) => v * 2).fill(0); return 1.5; }',
      'p[0] p[1] -> result',
    ],
    ['/** @length p 2 */ function f(p: { a: number }[]) { [...p].sort(); return 1.5; }', 'p[0].a p[1].a -> result'],
    [
      '/** @length p 2 */ function f(p: { a: number }[]) { [...p][0]!.a = 1; return 1.5; }',
      '1: it changes its parameter `p`.',
    ],
    [
      '/** @length p 2 */ function f(p: { a: number }[]) { for (const q of p) q.a = 1; return 1.5; }',
      '1: it changes its parameter `p`.',
    ],
    [
      '/** @length p 2 */ function f(p: { a: number }[]) { p.forEach((q) => { q.a = 1; }); return 1.5; }',
      '1: it changes its parameter `p`.',
    ],
    [
      '/** @length p 2 */ function f(p: number[]) { return p.reduce((sum, v) => { sum[0]! += v; return sum; }, [0])[0]!; }',
      'p[0] p[1] -> result',
    ],
    [
      '/** @length p 2 */ function f(p: number[]) { const own = { p: [...p] }; own.p[0] = 1; own.p.push(2); return own.p[0]!; }',
      'p[0] p[1] -> result',
    ],
    [
      '/** @length p 2 */ function f(p: Float64Array) { p.subarray(1)[0] = 1; return 1.5; }',
      '1: it changes its parameter `p`.',
    ],
    [
      '/** @length p 2 */ function f(p: Float64Array) { new Float64Array(p)[0] = 1; return 1.5; }',
      'p[0] p[1] -> result',
    ],
    [
      '/** @length p 2 */ function f(p: Float64Array) { const v = new Float64Array(p.buffer); v[0] = 1; return 1.5; }',
      '1: it changes its parameter `p`.',
    ],
    ['function f(p: { a: number }) { Object.assign(p, { a: 1 }); return 1.5; }', '1: it changes its parameter `p`.'],
    [
      'function f(p: { a: number }) { const q = Object.assign({}, p); q.a = 1; return { ...p, a: 2 }; }',
      'p.a -> result.a',
    ],
    [
      'function f(p: [number]) { h(p); return 1.5; }\nfunction h(q: [number]) { q[0] = 1; }',
      '2: it calls `h`, which changes the parameter `p`.',
    ],
    ['function f(p: [number]) { h([p[0]]); return 1.5; }\nfunction h(q: [number]) { q[0] = 1; }', 'p[0] -> result'],
    [
      'function f(p: [number]) { first(p)[0] = 1; return 1.5; }\nconst first = (q: [number]) => q;',
      '1: it changes its parameter `p`.',
    ],
    [
      'function f(x: number) { const fill = (xs: number[]) => { xs[0] = x; }; const own = [1]; fill(own); return own[0]!; }',
      'x -> result',
    ],
    [
      'function f(x: number) { return g(x); }\nfunction g(x: number): number { return h(x); }\nfunction h(x: number) { return Math.random() * x; }',
      '3: it calls `h`, which uses randomness (`Math.random`).',
    ],
    [
      'function f(x: number): number { return x < 1 ? 1.5 : g(x); }\nfunction g(x: number) { return f(x - 1); }',
      '2: it calls `g`, which calls `f` back; only direct recursion can be kept exact.',
    ],
    ['function f(x: number): number { return x < 1 ? 1.5 : f(x - 1); }', 'x -> result'],
    [
      'class V { constructor(public x: number) { this.x = x; } twice() { return new V(this.x * 2); } }\nfunction f(x: number) { return new V(x).twice().x; }',
      'x -> result',
    ],
    [
      'class V { static n = 0; }\nfunction f(x: number) { V.n++; return x; }',
      "2: it changes the module's variable `V`.",
    ],
    ['function f(x: number) { return arguments.length + x; }', '1: it uses `arguments`.'],
    [
      {
        'a.ts': 'import { jitter } from "./noise.ts";\nfunction f(x: number) {\n  return jitter(x);\n}',
        'noise.ts': '\nexport function jitter(x: number) {\n  return x * Math.random();\n}',
      },
      '3: it calls `jitter` (noise.ts, line 3), which uses randomness (`Math.random`).',
    ],
    [
      {
        'a.ts': 'import * as h from "./h";\nfunction f(x: number) { return h.twice(x) + h.two; }',
        'h.ts': 'export const two = 2;\nexport function twice(x: number) { return x * two; }',
      },
      'x -> result',
    ],
    [
      {
        'a.ts': 'import { n } from "./h";\nfunction f(x: number) { return x + n; }',
        'h.ts': 'export let n = 2;\nexport const up = () => { n++; };',
      },
      '2: it reads `n`, which line 2 changes.',
    ],
    [
      { 'a.ts': 'import { gone } from "./gone";\nfunction f(x: number): number { return gone(x); }' },
      '2: it uses `gone` of `./gone`, whose code was not found.',
    ],
    [
      {
        'a.cjs':
          'const { twice } = require("./h.cjs");\n/** @param {number} x @returns {number} */\nfunction f(x) { return twice(x); }',
        'h.cjs': 'const twice = (x) => x * Math.random();\nmodule.exports = { twice };',
      },
      '3: it calls `twice` (h.cjs, line 1), which uses randomness (`Math.random`).',
    ],
    ['import { clamp } from "some-package";\nfunction f(x: number): number { return clamp(x); }', 'x -> result'],
    [
      'function f(x: number) { const own = new Set<number>(); own.add(x); const view = new DataView(new ArrayBuffer(8)); view.setFloat64(0, x); return own.size; }',
      'x -> result',
    ],
    ['function f(x: number): number { if (x > 1) throw new RangeError("x"); return x; }', 'x -> result'],
    [
      'function f(x: number) { const a = Math.random(); const b = Math.random(); return a + b + x; }',
      '1: it uses randomness (`Math.random`).',
    ],
    [
      'function f(x: number) {\n  const a = Math.random();\n  return a + Math.random() + Date.now();\n}',
      [
        '2: it uses randomness (`Math.random`).',
        '3: it uses randomness (`Math.random`).',
        '3: it reads the clock (`Date.now`).',
      ],
    ],
  ];
  for (const [code, expected] of rows) {
    it(typeof code === 'string' ? code : Object.values(code).join(' // '), () => check(code, expected));
  }
});
