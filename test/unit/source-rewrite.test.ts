import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseText, syntaxErrors } from '../../server/source/applied.ts';
import {
  analyse,
  applyEdits,
  createSourceProject,
  editText,
  findApplied,
  moduleStyle,
  regions,
  revertEdits,
} from '../../server/source/index.ts';

const project = createSourceProject();
const folder = '/virtual/rewrite';

function apply(
  text: string,
  name = 'price',
  {
    file = 'a.ts',
    approxName = `${name.split('.').at(-1)}Approx`,
    guarded = false,
  }: { file?: string; approxName?: string; guarded?: boolean } = {},
): string {
  const path = `${folder}/${file}`;
  const extension = /\.[cm]?[jt]s/.exec(file)![0];
  project.setOverlay(path, text);
  const result = applyEdits(project, path, name, {
    approxName,
    ...(guarded ? { guardName: `${approxName}Accepts` } : {}),
    generatedFile: `${folder}/${name}.approx${extension}`,
  });
  assert.equal(result.kind, 'edits', JSON.stringify(result));
  return editText(text, result.kind === 'edits' ? result.edits : []);
}

function revert(text: string, name = 'price'): string {
  const result = revertEdits(text, name);
  assert.equal(result.kind, 'edits', JSON.stringify(result));
  return editText(text, result.kind === 'edits' ? result.edits : []);
}

function check(before: string, after: string, options: { name?: string; file?: string; guarded?: boolean } = {}): void {
  const applied = apply(before, options.name, options);
  assert.equal(applied, after);
  assert.equal(revert(applied, options.name), before);
}

describe('applying', () => {
  it('a declaration: signature verbatim, default export and JSDoc stay with the public function', () => {
    check(
      `import { a } from './a.js';

/**
 * The price.
 * @approximate
 */
export default function price( spot: number, n = 3 ): number { // why
  return n > 0 ? price(spot, n - 1) : a * spot;
}
`,
      `import { a } from './a.js';
import { priceApprox } from './price.approx.js';

/**
 * The price.
 * @approximate
 */
export default function price( spot: number, n = 3 ): number {
  return priceApprox(spot, n);
}
// deepmaker: exact price, replaced by priceApprox from "./price.approx.js"
function priceExact( spot: number, n = 3 ): number { // why
  return n > 0 ? priceExact(spot, n - 1) : a * spot;
}
// deepmaker: end price
`,
    );
  });

  it('a guarded declaration: the guard chooses between the network and the exact function', () => {
    check(
      `import { a } from './a.js';
export function price(spot: number, n = 3): number {
  return a * spot * n;
}
`,
      `import { a } from './a.js';
import { priceApprox, priceApproxAccepts } from './price.approx.js';
export function price(spot: number, n = 3): number {
  return priceApproxAccepts(spot, n) ? priceApprox(spot, n) : priceExact(spot, n);
}
// deepmaker: exact price, replaced by priceApprox from "./price.approx.js", guard priceApproxAccepts
function priceExact(spot: number, n = 3): number {
  return a * spot * n;
}
// deepmaker: end price
`,
      { guarded: true },
    );
  });

  it('a parameter that is taken apart in the signature is put together again', () => {
    check(
      `const price = ({ a: left = 1, 'b': [c, d] }: Q = none, [e]: [number]) => left * c;
`,
      `import { priceApprox, priceApproxAccepts } from './price.approx.ts';

const price = ({ a: left = 1, 'b': [c, d] }: Q = none, [e]: [number]) => priceApproxAccepts({ a: left, 'b': [c, d] }, [e]) ? priceApprox({ a: left, 'b': [c, d] }, [e]) : priceExact({ a: left, 'b': [c, d] }, [e]);
// deepmaker: exact price, replaced by priceApprox from "./price.approx.ts", guard priceApproxAccepts, import first
const priceExact = ({ a: left = 1, 'b': [c, d] }: Q = none, [e]: [number]) => left * c;
// deepmaker: end price
`,
      { guarded: true },
    );
  });

  it('guarded methods reach the exact one through their class, so that they may be taken off their object', () => {
    const text = `class Pricer {
  price(spot: number): number { return spot * 2; }
  static fee(spot: number): number { return spot / 2; }
}
`;
    const price = apply(text, 'Pricer.price', { guarded: true });
    assert.match(price, /priceApproxAccepts\(spot\) \? priceApprox\(spot\) : Pricer\.prototype\.priceExact\(spot\)/);
    const both = apply(price, 'Pricer.fee', { guarded: true });
    assert.match(both, /feeApproxAccepts\(spot\) \? feeApprox\(spot\) : Pricer\.feeExact\(spot\)/);
    assert.equal(revert(revert(both, 'Pricer.price'), 'Pricer.fee'), text);
  });

  it('applying again with another guard changes only what differs, and reverts to the same bytes', () => {
    const text = `export const price = (x: number) => x * 2;\n`;
    const plain = apply(text);
    const guarded = apply(text, 'price', { guarded: true });
    assert.equal(apply(plain, 'price', { guarded: true }), guarded);
    assert.equal(apply(guarded), plain);
    assert.equal(revert(guarded), text);
    // An import that others have joined keeps them.
    const joined = guarded.replace('{ priceApprox, priceApproxAccepts }', '{ a, priceApprox, b, priceApproxAccepts }');
    assert.match(revert(joined), /^import \{ a, b \} from/);
  });

  it('an arrow among other declarators', () => {
    check(
      `"use strict"
const a = 1, price: F = (x) => x * 2, b = 2 // end
`,
      `"use strict"
import { priceApprox } from './price.approx.ts'

const a = 1, price: F = (x) => priceApprox(x), b = 2 // end
// deepmaker: exact price, replaced by priceApprox from "./price.approx.ts", import first
const priceExact: F = (x) => x * 2;
// deepmaker: end price
`,
    );
  });

  it('a method: decorators stay, access and static are kept', () => {
    check(
      `class Pricer {
\t@memo()
\tprotected static price(x: number) {
\t\treturn Pricer.price(x);
\t}
}`,
      `import { priceApprox } from './Pricer.price.approx.ts';

class Pricer {
\t@memo()
\tprotected static price(x: number) {
\t\treturn priceApprox(x);
\t}
\t// deepmaker: exact Pricer.price, replaced by priceApprox from "./Pricer.price.approx.ts", import first
\tprotected static priceExact(x: number) {
\t\treturn Pricer.priceExact(x);
\t}
\t// deepmaker: end Pricer.price
}`,
      { name: 'Pricer.price' },
    );
  });

  it('CommonJS: require, and the JSDoc that holds the types', () => {
    check(
      `'use strict';
const fs = require("fs");
/** @param {number} x */
function price(x) { return x; }
module.exports = { price };
`,
      `'use strict';
const fs = require("fs");
const { priceApprox } = require("./price.approx.cjs");
/** @param {number} x */
function price(x) { return priceApprox(x); }
// deepmaker: exact price, replaced by priceApprox from "./price.approx.cjs"
/** @param {number} x */
function priceExact(x) { return x; }
// deepmaker: end price
module.exports = { price };
`,
      { file: 'a.cjs' },
    );
  });

  it('recursion calls the exact copy, other meanings of the name stay', () => {
    const before = `function price(n: number): number {
  const own = { price, other: { price: 1 } };
  const shadow = (price: number) => price;
  { let price = 2; shadow(price); }
  return n < 1 ? own.price(1) + own.other.price : price(n - 1);
}`;
    const applied = apply(before);
    const exact = /function priceExact[\s\S]*?\n}/.exec(applied)![0];
    assert.equal(
      exact,
      `function priceExact(n: number): number {
  const own = { price: /* deepmaker: shorthand */ priceExact, other: { price: 1 } };
  const shadow = (price: number) => price;
  { let price = 2; shadow(price); }
  return n < 1 ? own.price(1) + own.other.price : priceExact(n - 1);
}`,
    );
    assert.equal(revert(applied), before);
  });

  it('the import goes below shebang, directives, licence and checker comments', () => {
    const head = `#!/usr/bin/env node\n'use client';\n/* Licence */\n\n// @ts-check\n`;
    const code = `// The price.\nexport function price(x: number) { return x; }\n`;
    const applied = apply(head + code);
    assert.ok(
      applied.startsWith(`${head}import { priceApprox } from './price.approx.ts';\n\n// The price.\n`),
      applied,
    );
    assert.equal(revert(applied), head + code);
  });

  it('extensions as in the other relative imports', () => {
    const importOf = (text: string, file = 'a.ts') =>
      /price\.approx[^'"]*/.exec(apply(`${text}\nfunction price(x: number) { return x; }`, 'price', { file }))![0];
    assert.equal(importOf(`import './b.js';`), 'price.approx.js');
    assert.equal(importOf(`import './b.ts';`), 'price.approx.ts');
    assert.equal(importOf(`import './b';`), 'price.approx');
    assert.equal(importOf(`import './b';`, 'a.mts'), 'price.approx.mjs');
    assert.equal(importOf(`import 'b';`), 'price.approx.ts');
    assert.equal(importOf(`import './b.js';`, 'a.js'), 'price.approx.js');
  });

  it('module styles by extension, syntax and package.json', () => {
    const styleOf = (file: string, text: string) => {
      project.setOverlay(`${folder}/${file}`, text);
      return moduleStyle(project, `${folder}/${file}`);
    };
    const rows: [string, string, string][] = [
      ['a.ts', 'const b = require("b");', 'esm'],
      ['a.mjs', '', 'esm'],
      ['a.cjs', '', 'commonjs'],
      ['a.js', 'export const a = 1;', 'esm'],
      ['a.js', 'import "b";', 'esm'],
      ['a.js', 'exports.a = 1;', 'commonjs'],
      ['a.js', 'const a = 1;', 'commonjs'],
    ];
    assert.deepEqual(
      rows.map(([file, text]) => styleOf(file, text)),
      rows.map(([, , expected]) => expected),
    );
  });

  it('a name that is taken gets another, a network name that is taken is refused', () => {
    assert.match(apply('function price(x: number) { return x; } const priceExact = 1;'), /function priceExact2\(/);
    const path = `${folder}/a.ts`;
    const tryApply = (text: string, name = 'price') => {
      project.setOverlay(path, text);
      return applyEdits(project, path, name, { approxName: 'priceApprox', generatedFile: `${folder}/price.approx.ts` });
    };
    assert.deepEqual(tryApply('const priceApprox = 1; function price(x: number) { return x; }'), {
      kind: 'failed',
      message: 'The name priceApprox is used in this file already.',
      hint: 'Rename that priceApprox, then apply again.',
    });
    assert.deepEqual(tryApply('function cost(x: number) { return x; }'), {
      kind: 'failed',
      message: 'There is no function price any more.',
      hint: 'Approximate a function that is there.',
    });
    assert.equal(tryApply('function price({ x, ...rest }: { x: number }) { return x; }').kind, 'failed');
    assert.equal(revertEdits('function price(x: number) { return x; }', 'price').kind, 'failed');
  });

  it('applying again changes only what differs, and reverts to the same bytes', () => {
    const before = `import './b';\nexport function price(x: number) {\n  return x;\n}\n`;
    const once = apply(before);
    assert.equal(apply(once), once);
    const again = apply(once, 'price', { approxName: 'cheapApprox' });
    assert.equal(again, once.replaceAll('priceApprox', 'cheapApprox'));
    assert.equal(revert(again), before);
  });

  it('edits of the exact body and of the rest of the file survive', () => {
    const before = `import './b';\nexport function price(x: number) {\n  return x;\n}\n`;
    const edited = `// more\n${apply(before).replace('  return x;', '  return x * 2;')}// after\n`;
    assert.equal(revert(edited), `// more\n${before.replace('return x;', 'return x * 2;')}// after\n`);
  });

  it('a merged import and a lost closing marker do not stop reverting', () => {
    const before = `import { b } from './b.ts';\nfunction price(x: number) {\n  return x;\n}\n`;
    const applied = apply(before);
    assert.equal(revert(applied.replace('\n// deepmaker: end price', '')), before);
    const merged = applied.replace('{ priceApprox }', '{ other, priceApprox }');
    assert.match(revert(merged), /import \{ other \} from '.\/price.approx.ts';/);
    assert.equal(revert(applied.replace(/import \{ priceApprox.*\n/, '')), before);
  });
});

describe('what is applied', () => {
  it('is told by the text alone', () => {
    const text = `export const price = (x: number) => x * 2;\n`;
    const applied = apply(text);
    assert.deepEqual(findApplied(applied), [
      {
        name: 'price',
        approxName: 'priceApprox',
        importPath: './price.approx.ts',
        placement: 'first',
        exactName: 'priceExact',
        nameStart: applied.indexOf('price ='),
      },
    ]);
    assert.deepEqual(findApplied(text), []);
    assert.deepEqual(findApplied('const s = `\n// deepmaker: exact a, replaced by b from "c"\n`;'), []);
  });

  it('JSX does not confuse it', () => {
    const text = `export const view = <p>{1}</p>;\nexport function price(x: number) { return x; }\n`;
    const applied = apply(text, 'price', { file: 'a.tsx' });
    assert.equal(findApplied(applied).length, 1);
    assert.equal(revert(applied), text);
  });

  const cases: [string, string, string][] = [
    [
      'a.ts',
      'price',
      '/** @range x [0, 1] */\nexport function price(x: number): number {\n  return x < 1 ? x : price(x - 1) + { price }.price(2);\n}\n',
    ],
    ['a.ts', 'price', '/** @range x [0, 1] */\nexport const price = (x: number): number => price(x);\n'],
    [
      'a.ts',
      'P.price',
      'class P {\n  /** @range x [0, 1] */\n  price(x: number): number { return P.prototype.price(x) + { price: 1 }.price; }\n}',
    ],
    ['a.ts', 'P.price', 'class P {\n  /** @range x [0, 1] */\n  static price(x: number) { return x; }\n}'],
    [
      'a.js',
      'price',
      '/**\n * @range x [0, 1]\n * @param {number} x\n * @returns {number}\n */\nexport function price(x) { return x; }',
    ],
  ];
  for (const [file, name, text] of cases) {
    it(`gives the same region as before, reached through the exact copy: ${text}`, () => {
      const path = `${folder}/${file}`;
      project.setOverlay(path, text);
      const before = analyse(project, { file: path, name });
      project.setOverlay(path, apply(text, name, { file }));
      const after = analyse(project, { file: path, name });
      assert.ok(before.kind === 'region' && after.kind === 'region', JSON.stringify([before, after]));
      assert.equal(after.region.access, before.region.access.replace(/price$/, 'priceExact'));
      const { line: _line, access: _access, ...rest } = before.region;
      assert.deepEqual({ ...after.region, ...rest }, after.region);
      assert.deepEqual([after.domain, after.missing], [before.domain, before.missing]);
      assert.deepEqual(
        regions(project, path).map((region) => [region.name, region.applied]),
        [[name, true]],
      );
    });
  }
});

/** Texts put together from the ways in which people write functions, with the names of the functions in them. */
const functionText = (name: string): fc.Arbitrary<{ name: string; text: string }> => {
  const body = fc.constantFrom(
    '{ return x * 2; }',
    '{\n  // why\n  return x * 2;\n}',
    `{\n\treturn x < 1 ? 1.5 : ${name}(x - 1)\n}`,
    '{\n\n}',
  );
  const leading = fc.constantFrom('', '/** Doc. */\n', '/**\n * @approximate\n */\n', '// note\n\n', '/* a */ ');
  const trailing = fc.constantFrom(
    '',
    ' // end',
    ' /* end */',
    ' /* end */ // end',
    ' other();',
    ' /* a\nb */',
    '\n\n',
  );
  const signature = fc.constantFrom('(x: number)', '(x: number /* in */, n = 3): number', '(\n  x: number,\n)');
  const declaration = fc
    .tuple(
      fc.constantFrom('', 'export ', 'export default '),
      fc.constantFrom('function ', 'function /* f */ '),
      signature,
      body,
    )
    .map(([modifier, keyword, parameters, code]) => `${modifier}${keyword}${name}${parameters} ${code}`);
  const constant = fc
    .tuple(
      fc.constantFrom('', 'export '),
      fc.constantFrom('', 'a = 1, '),
      signature,
      fc.oneof(body, fc.constantFrom('x * 2', '(x)', `${name}(x)`)),
      fc.constantFrom('', ', z = 2'),
      fc.constantFrom(';', ''),
    )
    .map(
      ([modifier, before, parameters, code, after, end]) =>
        `${modifier}const ${before.replace('a', `${name}A`)}${name} = ${parameters} => ${code}${after.replace('z', `${name}Z`)}${end}`,
    );
  const method = fc
    .tuple(
      fc.constantFrom('', '@memo() ', '@memo()\n  '),
      fc.constantFrom('', 'static ', 'public '),
      signature,
      body,
      fc.constantFrom('', ' get y() { return 1; }', '\n\n  y = 1;'),
    )
    .map(
      ([decorator, modifier, parameters, code, next]) =>
        `class C${name} {\n  ${decorator}${modifier}${name}${parameters} ${code.replaceAll(`${name}(x`, `C${name}.${name}(x`)}${next}\n}`,
    );
  return fc.tuple(leading, fc.oneof(declaration, constant, method), trailing).map(([before, code, after]) => ({
    name: code.startsWith('class') ? `C${name}.${name}` : name,
    text: `${before}${code}${after}\n`,
  }));
};

const source = fc
  .record({
    mark: fc.constantFrom('', '\uFEFF'),
    head: fc.constantFrom(
      '',
      '#!/usr/bin/env node\n',
      "'use strict';\n",
      "'use strict'; ",
      '// licence\n\n',
      '\n\n',
      "'use strict'\n\n/* licence */\n\n",
    ),
    imports: fc.constantFrom(
      '',
      "import './b';\n",
      'import b from "./b.js" // b\n\n',
      "import './b'; import './c'; ",
      "import './b' /* a\nb */\n",
    ),
    functions: fc.tuple(functionText('f'), functionText('g'), functionText('h')),
    crlf: fc.boolean(),
    finalNewline: fc.boolean(),
  })
  .map(({ mark, head, imports, functions, crlf, finalNewline }) => {
    // Only one default export: two would not parse into what the names say.
    const texts = functions.map(({ text }, index) => (index === 0 ? text : text.replace('export default ', '')));
    let text = mark + head + imports + texts.join('');
    if (!finalNewline) text = text.replace(/\n+$/, '');
    return { text: crlf ? text.replaceAll('\n', '\r\n') : text, names: functions.map(({ name }) => name) };
  });

const orders = fc.tuple(
  fc.shuffledSubarray([0, 1, 2], { minLength: 1 }),
  fc.array(fc.nat(), { minLength: 3, maxLength: 3 }),
);

describe('round trips', () => {
  it('reverting in any order gives the bytes back', () => {
    fc.assert(
      fc.property(source, orders, ({ text, names }, [applyOrder, keys]) => {
        // Some ways of ending a line do not go with some ways of ending a statement.
        fc.pre(syntaxErrors(parseText(text)).length === 0);
        let current = text;
        for (const index of applyOrder) current = apply(current, names[index]!, { guarded: keys[index]! % 2 === 0 });
        assert.equal(findApplied(current).length, applyOrder.length, current);
        assert.equal(syntaxErrors(parseText(current)).length, 0, current);
        const revertOrder = [...applyOrder].sort((a, b) => keys[a]! - keys[b]!);
        for (const index of revertOrder) current = revert(current, names[index]!);
        assert.equal(current, text);
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it('also when other code was added above, between and below', () => {
    fc.assert(
      fc.property(source, fc.nat(2), ({ text, names }, index) => {
        // A first statement that stays first keeps directives and byte order marks what they are.
        const applied = `${apply(text, names[index]!)}\nlate();\n`;
        assert.equal(revert(applied, names[index]!), `${text}\nlate();\n`);
      }),
      { numRuns: 100, seed: 8 },
    );
  });
});
