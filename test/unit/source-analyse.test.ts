import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { imageOf } from '../../engine/data/slots.ts';
import type { Parameter } from '../../engine/types.ts';
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
      return `${line}: ${text.replace(' Only numbers, booleans, literal unions and arrays or objects of them are supported.', ' SUPPORTED').replace('A network has a fixed number of inputs and outputs. If the length is always the same, write it in the JSDoc comment, for example', 'LENGTH')}`;
    });
  }
  const { inputSlots, outputSlots, signature } = analysis.region;
  const absent = new Map<string, unknown>();
  const collect = ({ name, shape, absent: value }: Parameter, path: string): void => {
    if (value !== undefined) absent.set(path + name, value);
    if (shape.kind === 'object') for (const field of shape.fields) collect(field, `${path}${name}.`);
  };
  for (const parameter of signature.parameters) collect(parameter, '');
  const { into } = signature;
  const image = imageOf(signature);
  const extras =
    (into ? ` into ${into.index}${into.returned ? ' returned' : ''}` : '') +
    (image ? ` image ${image.height}x${image.width}x${image.channels}` : '');
  const text = (slots: typeof inputSlots) =>
    slots
      .map((slot) => {
        const missing = absent.has(slot.path) ? `=${absent.get(slot.path)}` : '';
        if (slot.kind === 'category') return `${slot.path}:${slot.values.join('|')}${missing}`;
        return slot.path + (slot.kind === 'boolean' ? '?' : '') + missing;
      })
      .join(' ');
  return [`${text(inputSlots)} -> ${text(outputSlots)}${extras}`];
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
    ['enum K { A = "a", B = "b" } function f(x: number): K { return x > 1 ? K.A : K.B; }', 'x -> result:a|b'],
    ['class P { k = 2;\n m(x: number) { return x * this.k; } }', 'x this.k -> result', 'P.m'],
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
      '1: its parameter `x` is optional, without one default. Give it a default value, or make it required.',
    ],
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
      '1: its parameter `xs` is an array whose length may vary. LENGTH `@length xs 9`.',
    ],
    [
      'function f(x: number) { return [x]; }',
      '1: it returns an array whose length may vary. LENGTH `@length result 9`.',
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
    ['function f(x: number) { return x +; }', '1: it has a syntax error: Expression expected.'],
    ['const g = 1;', 'none'],
    ['function outer() { function f(x: number) { return x; } }', 'none'],
  ];
  for (const [code, expected, name] of refused) it(code, () => check(code, expected, name));
});

describe('fields and parameters that may be missing', () => {
  const text = (use: string, type = '{ a: number; b?: number }') => `function f(o: ${type}) { ${use} }`;
  const missing =
    '1: its parameter `o.b` is optional, without one default. Write `o.b ?? 1` wherever it is read, or `const { b = 1 } = ..`, or make it required.';
  const rows: [string, string][] = [
    [text('return o.a * (o.b ?? 3);'), 'o.a o.b=3 -> result'],
    [text('return o.a * ((o.b) ?? -2.5) + (o.b ?? -2.5);'), 'o.a o.b=-2.5 -> result'],
    [text('return o.a * (o.b || 3);'), 'o.a o.b=3 -> result'],
    [text('const { a, b = 3 } = o; return a * b;'), 'o.a o.b=3 -> result'],
    [text('const { a, b: c = 3 } = o; return a * c;'), 'o.a o.b=3 -> result'],
    [
      `interface O { b?: number } function f(o: O) { return g(o); } function g({ b = 3 }: O) { return b; }`,
      'o.b=3 -> result',
    ],
    [text('return (o.k ?? "x") === "x" ? 1.5 : 2.5 * Math.PI;', '{ k?: "x" | "y" }'), 'o.k:x|y=x -> result'],
    [text('return (o.on ?? true) ? 1.5 : Math.PI;', '{ on?: boolean }'), 'o.on?=true -> result'],
    [
      text('return o.in?.b ?? 3;', '{ in?: { b: number } }'),
      '1: its parameter `o.in` is optional, without one default. Write `o.in ?? 1` wherever it is read, or `const { in = 1 } = ..`, or make it required.',
    ],
    ['enum K { A = 1, B = 2 } function f(o: { k?: K }) { return (o.k ?? K.B) * 1.5; }', 'o.k:1|2=2 -> result'],
    ['function f(x: number, n?: number) { return x * (n ?? 4); }', 'x n=4 -> result'],
    ['function f({ a, b = 3 }: { a: number; b?: number }) { return a * b; }', 'input.a input.b=3 -> result'],
    [text('return o.a;'), missing],
    [text('return o.a * (o.b ?? 3) + (o.b ?? 4);'), missing],
    [text('return o.a * (o.b ?? o.a);'), missing],
    [text('return o.b === undefined ? 1.5 : o.b;'), missing],
    [text('const p = { ...o }; return o.b ?? 3;'), missing],
    [text('return "b" in o ? 1.5 : (o.b ?? 3);'), missing],
    [text('return Object.keys(o).length + (o.b ?? 3);'), missing],
    [text('return o.b ?? 3;', '{ b?: number | null }'), '1: its parameter `o.b` may be null. SUPPORTED'],
    [
      text('return (o.k ?? "z") === "x" ? 1.5 : 2.5 * Math.PI;', '{ k?: "x" | "y" }'),
      '1: its parameter `o.k` is optional, and "z", which it is then, is not of its type. SUPPORTED',
    ],
    [
      'function f(x: number, n?: number) { return n === undefined ? x : n; }',
      '1: its parameter `n` is optional, without one default. Give it a default value, or make it required.',
    ],
    ['function f(x: number): { a?: number } { return { a: x }; }', '1: its result `result.a` is optional. SUPPORTED'],
  ];
  for (const [code, expected] of rows) it(code, () => check(code, expected));
});

describe('matrices and images', () => {
  const numbers = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}[${i}]`).join(' ');
  const rows: [string, string][] = [
    ['/** @shape m 2x3 */ function f(m: Float64Array) { return m[0]!; }', `${numbers('m', 6)} -> result`],
    [
      '/** @shape m 2 x 2 */ function f(m: number[][]) { return m[0]![0]!; }',
      'm[0][0] m[0][1] m[1][0] m[1][1] -> result',
    ],
    [
      '/** @shape m 2x2 */ function f(m: Float32Array[]) { return m[0]![0]!; }',
      'm[0][0] m[0][1] m[1][0] m[1][1] -> result',
    ],
    [
      '/** @shape m 1x2\n * @shape result 2x1 */ function f(m: number[][]) { return [[m[0]![0]!], [1]]; }',
      'm[0][0] m[0][1] -> result[0][0] result[1][0]',
    ],
    [
      '/** @shape m 2x1x2 */ function f(m: number[][][]) { return m[0]![0]![0]!; }',
      'm[0][0][0] m[0][0][1] m[1][0][0] m[1][0][1] -> result image 2x1x2',
    ],
    [
      '/** @shape m 2x2x1 */ function f(m: number[][]) { return m[0]![0]!; }',
      'm[0][0] m[0][1] m[1][0] m[1][1] -> result image 2x2x1',
    ],
    [
      '/** @shape m 1x2x2 */ function f(m: Uint8Array, k: number) { return m[0]! * k; }',
      `${numbers('m', 4)} k -> result`,
    ],
    [
      'interface I { readonly width: number; readonly height: number; data: Uint8ClampedArray }\n/** @shape i 1x2x2 */ function f(i: I) { return i.data[0]! / i.width; }',
      `${numbers('i.data', 4)} -> result image 1x2x2`,
    ],
    [
      '/** @shape m 3x2x4 */ function f(m: { width: number }) { return m.width; }',
      '1: its parameter `m` is no array of 3 x 2 x 4. Write `@shape m 8x8` for a matrix, `@shape m 8x8x3` for an image.',
    ],
    [
      '/** @shape m 2 */ function f(m: Float64Array) { return m[0]!; }',
      '1: its tag `@shape m 2` cannot be read. Write `@shape m 3x3` for a matrix (height, width), `@shape m 32x32x3` for an image (height, width, channels).|1: its parameter `m` is an array whose length may vary. LENGTH `@length m 9`.',
    ],
    [
      '/** @shape n 2x2 */ function f(m: number) { return m; }',
      '1: its tag `@shape n` names no array. It has no arrays whose length varies.',
    ],
    [
      '/** @shape m 1x1x2\n * @range m[0] [0, 1]\n * @range m[1] [0, 2] */ function f(m: Float64Array) { return m[0]!; }',
      '3: values of its image have different ranges. Give the image one `@range`.',
    ],
    [
      '/** @shape m 2x2x2 */ function f(m: boolean[]) { return m[0] ? 1.5 : 2; }',
      '1: its parameter `m` is an image of something else than numbers. SUPPORTED',
    ],
  ];
  for (const [code, expected] of rows)
    it(code, () =>
      check(
        code,
        expected.split('|1: ').map((each, index) => (index === 0 ? each : `1: ${each}`)),
      ),
    );
});

describe('arrays that the result is written into', () => {
  const tags = '/** @length o 2\n * @length s 2 */ ';
  const rows: [string, string][] = [
    ['function f(s: Float64Array, o: Float64Array) { o[0] = s[0]!; o[1] = 1; }', 's[0] s[1] -> o[0] o[1] into 1'],
    [
      'function f(o: Uint8Array, s: Float64Array): Uint8Array { o.fill(3); o[0]! += s[0]!; return o; }',
      's[0] s[1] -> o[0] o[1] into 0 returned',
    ],
    [
      'function f(s: Float64Array, o: number[]) { for (let i = 0; i < o.length; i++) o[i] = s[i]!; return; }',
      's[0] s[1] -> o[0] o[1] into 1',
    ],
    [
      'function f(s: Float64Array, o: Float64Array) { s.forEach((v, i) => { o[i] = v; }); }',
      's[0] s[1] -> o[0] o[1] into 1',
    ],
    ['const f = (s: Float64Array, o: Float64Array) => { o.set(s); }', 's[0] s[1] -> o[0] o[1] into 1'],
    [
      'function f(s: Float64Array, o: Float64Array) { o[0] = s[0]!; return 1.5; }',
      '2: it writes into `o` and returns something else. Return that array, or nothing.',
    ],
    [
      'function f(s: Float64Array, o: Float64Array) { o[0]! += s[0]!; }',
      '2: it returns nothing. SUPPORTED|2: it changes its parameter `o`.',
    ],
    [
      'function f(s: Float64Array, o: Float64Array) { o[0] = s[0]!; o[1] = o[0]!; }',
      '2: it returns nothing. SUPPORTED|2: it changes its parameter `o`.',
    ],
    ['function f(s: Float64Array, o: Float64Array) { s[0] = 1; o[0] = s[0]!; }', '2: it changes its parameter `s`.'],
    [
      'function f(s: Float64Array, o: Float64Array) { const a = o; a[0] = s[0]!; }',
      '2: it returns nothing. SUPPORTED|2: it changes its parameter `o`.',
    ],
    [
      'function f(s: Float64Array, o: Float64Array, p: Float64Array) { o[0] = s[0]!; p[0] = 1; }',
      '2: it writes into `o` and `p`. Write into one array, or return an object of both.',
    ],
    [
      'function f(s: number[], o: [number, number]) { o[0] = s[0]!; o[1] = 1; }',
      '2: it writes into `o`, which is no array of numbers. Return the result.',
    ],
  ];
  for (const [code, expected] of rows) it(code, () => check(tags + code, expected.split('|')));
});

describe('fields of the object of a method', () => {
  const rows: [string, string | string[]][] = [
    [
      'class P { constructor(private readonly k: number, x: number) {} m(x: number) { return x * this.k; } }',
      'x this.k -> result',
    ],
    ['class P { k = 2; on = true; m() { return this.on ? this.k : this.k * 2; } }', 'this.on? this.k -> result'],
    [
      'class P { o = { a: 1, b: "x" as "x" | "y" }; m(x: number) { return x * this.o.a; } }',
      'x this.o.a this.o.b:x|y -> result',
    ],
    [
      'class P { t = [1];\n /** @length this.t 2 */ m(x: number) { return x * this.t[0]!; } }',
      'x this.t[0] this.t[1] -> result',
    ],
    ['class P { k = 2; m(x: number) { return [1, x].map((v) => v * this.k)[0]!; } }', 'x this.k -> result'],
    ['class Q { k = 2 } class P extends Q { m(x: number) { return x * this.k; } }', 'x this.k -> result'],
    [
      'class P { k = 2; m(x: number) { this.k = x; return 1.5; } }',
      '1: it changes `this.k = x`, which belongs to its object.',
    ],
    [
      'class P { k = 2; m(x: number) { return x * this.k++; } }',
      '1: it changes `this.k++`, which belongs to its object.',
    ],
    [
      'class P { t = [2];\n /** @length this.t 1 */ m(x: number) { this.t.push(x); return x; } }',
      '2: it changes `this.t.push(x)`, which belongs to its object.',
    ],
    [
      'class P { #k = 2; m(x: number) { return x * this.#k; } }',
      '1: it reads `this.#k`, which no code outside of its class can set. Make it a `private` field.',
    ],
    [
      'class P { get k() { return 2; } m(x: number) { return x * this.k; } }',
      '1: it uses `this.k`, which is no field but code of its own. Only fields of `this` may be read.',
    ],
    [
      'class P { h(x: number) { return x; } m(x: number) { return this.h(x); } }',
      '1: it uses `this.h`, which is no field but code of its own. Only fields of `this` may be read.',
    ],
    [
      'class P { k?: number; m(x: number) { return x * (this.k ?? 1); } }',
      '1: it uses `this.k`, which is an optional field. Only fields of `this` may be read.',
    ],
    [
      'class P { k = "a"; m(x: number) { return this.k === "a" ? x : 1.5; } }',
      '1: its field `this.k` is a string. SUPPORTED',
    ],
    [
      'class P { m(x: number) { return g(this) * x; } } function g(p: P) { return 2; }',
      '1: it uses `this` as a whole, so its result depends on an object. Only fields of it may be read.',
    ],
    [
      'class P { static k = 2; static m(x: number) { return x * this.k; } }',
      '1: it uses `this`, so its result depends on an object.',
    ],
  ];
  for (const [code, expected] of rows) it(code, () => check(code, expected, 'P.m'));
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
    ['function f(p: [number]) { p[0]!++; return 1.5; }', '1: it changes its parameter `p`.'],
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
