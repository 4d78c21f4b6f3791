/** Statements that become a function of their own, and go back to the same bytes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyse, createSourceProject, editText, lift, parsePlace, unliftEdits } from '../../server/source/index.ts';

const project = createSourceProject();

/** `place` is `f:2-4`. */
function liftText(text: string, place: string, file = 'a.ts') {
  const path = `/virtual/lift/${file}`;
  project.setOverlay(path, text);
  return lift(project, path, parsePlace(place)!);
}

interface Row {
  readonly name: string;
  readonly text: string;
  readonly place: string;
  readonly file?: string;
  readonly lifted: string;
  /** Inputs and outputs of the new function; none where it is refused for what it does. */
  readonly slots?: string;
}

const rows: readonly Row[] = [
  {
    name: 'a loop and what it sums up',
    text: `/** @range x [0, 1]
 * @range y [0, 2] */
export function f(x: number, y: number): number {
  // before
  let sum = 0;
  for (let i = 0; i < 9; i++) {
    if (i > 7) break;
    sum += x * i; // each
  }
  return sum * y;
}
`,
    place: 'f:5-9',
    lifted: `/** @range x [0, 1]
 * @range y [0, 2] */
export function f(x: number, y: number): number {
  // before
  const sum = fPart(x);
  return sum * y;
}
// deepmaker: lifted fPart from f, 1 statement for 2, 0 before
/**
 * @range x [0, 1]
 */
function fPart(x: number) {
  let sum = 0;
  for (let i = 0; i < 9; i++) {
    if (i > 7) break;
    sum += x * i; // each
  }
  return sum;
}
// deepmaker: end of lifted fPart
`,
    slots: 'x -> result',
  },
  {
    name: 'a variable that is set, one that begins, and two that are declared',
    text: `function f(x: number, n: number) {
  let total = 1;
  let late: number;
  total += x;
  late = total * n;
  const a = late, b = x > 1;
  if (b) total++;
  return total + late + (b ? a : 0);
}`,
    place: 'f:4-6',
    lifted: `function f(x: number, n: number) {
  let total = 1;
  let late: number;
  let a: number; let b: boolean; ({ a, b, total, late } = fPart(x, n, total));
  if (b) total++;
  return total + late + (b ? a : 0);
}
// deepmaker: lifted fPart from f, 3 statements for 3, 1 before
function fPart(x: number, n: number, total: number) {
  let late: number;
  total += x;
  late = total * n;
  const a = late, b = x > 1;
  return { a, b, total, late };
}
// deepmaker: end of lifted fPart
`.trimEnd(),
    slots: 'x n total -> result.a result.b? result.total result.late',
  },
  {
    name: 'inside a loop, with a value that is carried to the next round',
    text: `function f(x: number) {
  let state = 0;
  const out: number[] = [];
  for (let i = 0; i < 3; i++) {
    state = state * 0.5 + x;
    const y = Math.sin(state);
    out.push(y);
  }
  return out.length;
}
`,
    place: 'f:5-6',
    lifted: `function f(x: number) {
  let state = 0;
  const out: number[] = [];
  for (let i = 0; i < 3; i++) {
    let y: number; ({ y, state } = fPart(x, state));
    out.push(y);
  }
  return out.length;
}
// deepmaker: lifted fPart from f, 2 statements for 2, 0 before
function fPart(x: number, state: number) {
    state = state * 0.5 + x;
    const y = Math.sin(state);
    return { y, state };
}
// deepmaker: end of lifted fPart
`,
    slots: 'x state -> result.y result.state',
  },
  {
    name: 'an array that is filled',
    text: `/** @length out 3 */
function f(x: number) {
  const out = new Float64Array(3);
  for (let i = 0; i < out.length; i++) out[i] = x * i;
  return out;
}
`,
    place: 'f:4-4',
    lifted: `/** @length out 3 */
function f(x: number) {
  const out = new Float64Array(3);
  fPart(x, out);
  return out;
}
// deepmaker: lifted fPart from f, 1 statement for 1, 0 before
/**
 * @length out 3
 */
function fPart(x: number, out: Float64Array) {
  for (let i = 0; i < out.length; i++) out[i] = x * i;
}
// deepmaker: end of lifted fPart
`,
    slots: 'x -> out[0] out[1] out[2]',
  },
  {
    name: 'JavaScript, without semicolons, in a method, with a comment of its own and another line ending',
    text: [
      'const fPart = 1',
      'export class P {',
      '  /** @param {number} x */',
      '  f(x) {',
      '    let y = 0',
      '    /** @range x [0, 3] */',
      '    for (const k of [1, 2]) y += x * k',
      '    return y',
      '  }',
      '}',
      '',
    ].join('\r\n'),
    place: 'P.f:7-7',
    file: 'a.js',
    lifted: [
      'const fPart = 1',
      'export class P {',
      '  /** @param {number} x */',
      '  f(x) {',
      '    let y = 0',
      '    /** @range x [0, 3] */',
      '    y = fPart2(x, y);',
      '    return y',
      '  }',
      '}',
      '// deepmaker: lifted fPart2 from P.f, 1 statement for 1, 0 before',
      '/**',
      ' * @range x [0, 3]',
      ' * @param {number} x',
      ' * @param {number} y',
      ' */',
      'function fPart2(x, y) {',
      '    for (const k of [1, 2]) y += x * k',
      '    return y',
      '}',
      '// deepmaker: end of lifted fPart2',
      '',
    ].join('\r\n'),
    slots: 'x y -> result',
  },
];

describe('lifting', () => {
  for (const { name, text, place, file, lifted, slots } of rows) {
    it(name, () => {
      const outcome = liftText(text, place, file);
      assert.ok(outcome.kind === 'lifted', JSON.stringify(outcome));
      assert.equal(outcome.text, lifted);
      const back = unliftEdits(lifted, outcome.name);
      assert.ok(back);
      assert.equal(editText(lifted, back), text);
      const path = `/virtual/lift/${file ?? 'a.ts'}`;
      const again = lift(project, path, outcome.lifted);
      assert.equal(again.kind === 'lifted' && again.text, lifted, 'found again by its text');
      project.setOverlay(path, lifted);
      const analysis = analyse(project, { file: path, name: outcome.name });
      assert.ok(analysis.kind === 'region', JSON.stringify(analysis));
      const { inputSlots, outputSlots } = analysis.region;
      const paths = (own: typeof inputSlots) => own.map((slot) => slot.path + (slot.kind === 'boolean' ? '?' : ''));
      assert.equal(`${paths(inputSlots).join(' ')} -> ${paths(outputSlots).join(' ')}`, slots);
    });
  }

  it('nothing is put back where the new function is called from elsewhere, too', () => {
    const { lifted } = rows[0]!;
    assert.equal(unliftEdits(`${lifted}\nfPart(3);\n`, 'fPart'), undefined);
  });
});

const wrap = (...lines: readonly string[]) => `function f(x: number) {\n${lines.join('\n')}\n}\n`;

const refused: readonly [text: string, place: string, reasons: string][] = [
  [
    wrap('if (x > 1) {', 'return 2;', '}', 'return x;'),
    'f:2-4',
    '3: it returns from the function around it (`return`).',
  ],
  [
    wrap('let s = 0;', 'for (;;) {', 's += x;', 'if (s > 9) break;', 'if (s > 8) continue;', '}', 'return s;'),
    'f:4-6',
    '5: it leaves a loop around it (`break`).|6: it leaves a loop around it (`continue`).',
  ],
  [
    wrap('a: for (;;) {', 'for (;;) {', 'break a;', '}', '}', 'return x;'),
    'f:3-5',
    '4: it leaves a loop around it (`break`).',
  ],
  ['async function f(x: number) {\nconst y = await x;\nreturn y;\n}', 'f:2-2', '2: it waits (`await`).'],
  ['function* f(x: number) {\nconst y: number = yield x;\nreturn y;\n}', 'f:2-2', '2: it yields (`yield`).'],
  [wrap('var y = x;', 'return y;'), 'f:2-2', '2: it declares `y` by `var`. Use `let`.'],
  [wrap('const y = [', 'x];', 'return y;'), 'f:3-4', '2: it is cut off. Select whole statements of one block.'],
  [wrap('', 'return x;'), 'f:2-2', '2: it holds no whole statement. Select whole statements of one block.'],
];

describe('what cannot be lifted', () => {
  for (const [text, place, reasons] of refused) {
    it(`${JSON.stringify(text)} ${place}`, () => {
      const outcome = liftText(text, place);
      assert.ok(outcome.kind === 'refused', JSON.stringify(outcome));
      const texts = outcome.reasons.map(
        ({ message, line }) => `${line}: ${message.replace(/^.*?approximated: /u, '')}`,
      );
      assert.equal(texts.join('|'), reasons);
    });
  }

  it('loops, labels and switches that are whole are fine, and so are functions inside', () => {
    const inside = [
      'a: for (const k of [1, 2]) { switch (k) { case 1: break; default: continue a; } }',
      'const g = () => { return 2; };',
    ];
    assert.equal(liftText(wrap(...inside, 'return x * 2;'), 'f:2-3').kind, 'lifted');
  });

  const later: readonly [text: string, place: string, reason: RegExp][] = [
    [wrap('const o = { a: 1 };', 'o.a = x;', 'return o.a;'), 'f:3-3', /changes its parameter `o`/],
    [`let n = 0;\n${wrap('n += x;', 'const y = n;', 'return y;')}`, 'f:3-4', /changes the module's variable `n`/],
    [wrap('const g = () => x;', 'const y = g() * 2;', 'return y;'), 'f:3-3', /`g` is a function/],
    ['class P {\nk = 1;\nf(x: number) {\nconst y = x * this.k;\nreturn y;\n}\n}', 'P.f:4-4', /uses `this`/],
    [wrap('console.log(x);', 'return x;'), 'f:2-2', /writes to the console/],
  ];
  for (const [text, place, reason] of later) {
    it(`${JSON.stringify(text)} ${place}, as the function that it would be`, () => {
      const outcome = liftText(text, place);
      assert.ok(outcome.kind === 'lifted', JSON.stringify(outcome));
      project.setOverlay('/virtual/lift/a.ts', outcome.text);
      const analysis = analyse(project, { file: '/virtual/lift/a.ts', name: outcome.name });
      assert.ok(analysis.kind === 'refused');
      assert.ok(
        analysis.reasons.some(({ message }) => reason.test(message)),
        JSON.stringify(analysis.reasons),
      );
    });
  }
});
