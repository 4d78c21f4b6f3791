import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { analyse, createSourceProject, fillRanges } from '../../server/source/index.ts';

const project = createSourceProject();
const file = '/virtual/domain/a.ts';

/** Analyses `function f(signature)` below the tags; one line of JSDoc per tag, the first on line 2. */
function analyseTags(tags: readonly string[], parameters: string) {
  const comment = ['/**', ...tags.map((tag) => ` * ${tag}`), ' */'].join('\n');
  project.setOverlay(file, `${comment}\nexport function f(${parameters}) { return 1.5; }`);
  return analyse(project, { file, name: 'f' });
}

describe('ranges', () => {
  /** `path [min, max]`, with `integer` where it is, and `missing: tag` for what lacks a range. */
  function check(tags: readonly string[], parameters: string, expected: readonly string[]): void {
    const analysis = analyseTags(tags, parameters);
    assert.ok(analysis.kind === 'region', JSON.stringify(analysis));
    const ranges = analysis.domain.flatMap((slot) =>
      slot.kind === 'number' && !Number.isNaN(slot.min)
        ? [`${slot.path} [${slot.min}, ${slot.max}]${slot.integer ? ' integer' : ''}`]
        : [],
    );
    assert.deepEqual([...ranges, ...analysis.missing.map(({ tag }) => `missing: ${tag}`)], expected);
  }

  const rows: [string[], string, string[]][] = [
    [['@range x [10, 160]'], 'x: number', ['x [10, 160]']],
    [['@range x[1,2]'], 'x: number', ['x [1, 2]']],
    [['@range x [-5, 1e-3]', '@range y [+.5, 1_000.]'], 'x: number, y: number', ['x [-5, 0.001]', 'y [0.5, 1000]']],
    [['@range n [1, 100] integer'], 'n: number', ['n [1, 100] integer']],
    [['@range x [0, 1]', 'Prose below a tag is not part of it.'], 'x: number', ['x [0, 1]']],
    [['@range p [0, 1]', '@range p.r [5, 6]'], 'p: { r: number; g: number }', ['p.r [5, 6]', 'p.g [0, 1]']],
    [
      ['@length w 3', '@range w [0, 1]', '@range w[1] [2, 3]'],
      'w: number[]',
      ['w[0] [0, 1]', 'w[1] [2, 3]', 'w[2] [0, 1]'],
    ],
    [
      ['@length p 2', '@range p[].x [0, 1]'],
      'p: { x: number; y: number }[]',
      ['p[0].x [0, 1]', 'p[1].x [0, 1]', 'missing: @range p[].y [min, max]'],
    ],
    [['@length w 784'], 'w: number[]', ['missing: @range w [min, max]']],
    [['@length g 2', '@length g[] 2'], 'g: number[][]', ['missing: @range g [min, max]']],
    [[], 'p: [number, number], on: boolean', ['missing: @range p[0] [min, max]', 'missing: @range p[1] [min, max]']],
    [['@range pr [0, 1]'], 'pr: number, price: number', ['pr [0, 1]', 'missing: @range price [min, max]']],
  ];
  for (const [tags, parameters, expected] of rows)
    it(tags.join(' ') || parameters, () => check(tags, parameters, expected));

  it('every finite range that is written is read back', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(number, number, (a, b) => {
        fc.pre(a !== b);
        const [min, max] = a < b ? [a, b] : [b, a];
        const analysis = analyseTags([`@range x [${min}, ${max}]`], 'x: number');
        assert.ok(analysis.kind === 'region');
        assert.deepEqual(analysis.domain, [{ path: 'x', kind: 'number', min: min + 0, max: max + 0, integer: false }]);
      }),
      { numRuns: 50, seed: 3 },
    );
  });

  it('are filled in from outside where the source has none', () => {
    const analysis = analyseTags(['@length w 2', '@range w[0] [0, 1]'], 'w: number[], x: number');
    assert.ok(analysis.kind === 'region');
    const filled = fillRanges(analysis.domain, { w: [5, 6], x: [7, 8] });
    assert.deepEqual(
      filled.map((slot) => slot.kind === 'number' && [slot.path, slot.min, slot.max]),
      [
        ['w[0]', 0, 1],
        ['w[1]', 5, 6],
        ['x', 7, 8],
      ],
    );
  });
});

describe('errors and refusals', () => {
  it('the bound of the error', () => {
    const analysis = analyseTags(['@approximate error 0.02'], 'x: number');
    assert.equal(analysis.kind === 'region' && analysis.region.maxError, 0.02);
    const without = analyseTags(['@approximate'], 'x: number');
    assert.equal(without.kind === 'region' && without.region.maxError, undefined);
  });

  function check(tags: readonly string[], parameters: string, expected: readonly string[]): void {
    const analysis = analyseTags(tags, parameters);
    assert.ok(analysis.kind === 'refused', JSON.stringify(analysis));
    assert.deepEqual(
      analysis.reasons.map(({ line, message }) => `${line}: ${message.replace('`f` was not approximated: ', '')}`),
      expected,
    );
  }

  const range = 'Write `@range x [min, max]`, with `integer` after it for whole numbers.';
  const error =
    "Write `@approximate`, or with the largest error as a share of the output's range, `@approximate error 0.02`.";
  const rows: [string[], string[]][] = [
    [['@range x 1..2'], [`2: its tag \`@range x 1..2\` cannot be read. ${range}`]],
    [['@range x [1]'], [`2: its tag \`@range x [1]\` cannot be read. ${range}`]],
    [['@range x [0x1, 2]'], [`2: its tag \`@range x [0x1, 2]\` cannot be read. ${range}`]],
    [['@range x [0, 1] whole'], [`2: its tag \`@range x [0, 1] whole\` cannot be read. ${range}`]],
    [['@range'], [`2: its tag \`@range\` cannot be read. ${range}`]],
    [['', '@range x [2, 1]'], [`3: its tag \`@range x [2, 1]\` has a minimum that is not below its maximum. ${range}`]],
    [['@range x [1, 1]'], [`2: its tag \`@range x [1, 1]\` has a minimum that is not below its maximum. ${range}`]],
    [['@range x [-Infinity, 1]'], [`2: its tag \`@range x [-Infinity, 1]\` has an end that is not finite. ${range}`]],
    [['@range x [0, 1e999]'], [`2: its tag \`@range x [0, 1e999]\` has an end that is not finite. ${range}`]],
    [['@range x [0.2, 0.8] integer'], [`2: its tag \`@range x [0.2, 0.8] integer\` holds no whole number. ${range}`]],
    [
      ['@range x [0, 1]', '@range x [0, 2]'],
      ['3: its tag `@range x [0, 2]` gives `x` a second range. Remove one of them.'],
    ],
    [['@range spot [0, 1]'], ['2: its tag `@range spot` names no input. Its inputs are `x`, `on`, `w[0]`, `w[1]`.']],
    [
      ['@range on [0, 1]'],
      ['2: its tag `@range on` is for an input that is not a number. Remove the tag: every value is sampled.'],
    ],
    [['@length x 2'], ['2: its tag `@length x` names no array. Its arrays are `w`.']],
    [['@length spot 2'], ['2: its tag `@length spot` names no array. Its arrays are `w`.']],
    [
      ['@length v 0'],
      [
        '2: its tag `@length v 0` has a length that is out of bounds. Write `@length v 9`, a whole number from 1 to 65536.',
      ],
    ],
    [['@length v'], ['2: its tag `@length v` cannot be read. Write `@length x 9`, a whole number from 1 to 65536.']],
    [['@approximate error'], [`2: its tag \`@approximate error\` cannot be read. ${error}`]],
    [
      ['@approximate error 2'],
      [`2: its tag \`@approximate error 2\` has an error that is not above 0 and at most 1. ${error}`],
    ],
    [['@approximate', '@approximate'], ['3: its tag `@approximate` is there twice. Remove one of them.']],
  ];
  for (const [tags, expected] of rows) {
    it(tags.join(' '), () => check([...tags, '@length w 2'], 'x: number, on: boolean, w: number[]', expected));
  }

  it('more inputs than memory should hold', () => {
    check(['@length g 65536', '@length g[] 65536'], 'g: number[][]', [
      '5: it has more than 65,536 inputs or outputs. Shorten its arrays.',
    ]);
  });
});
