/** The frame of the generated single-call function: its signature, what its parameters are called, and its result. */

import { claimName } from '../names.ts';
import { build, type Leaf, leavesOf, literalText, typeText, type ValueSource } from '../shapes.ts';
import type { EmitInput } from '../target.ts';
import { bracketed } from '../text.ts';

/** Names and leaves of a function being written. `claim` hands out names that are free in it. */
export interface Frame {
  readonly input: EmitInput;
  /** The function's own parameters, renamed where their names cannot stand. */
  readonly parameters: readonly string[];
  /** One per input slot. */
  readonly leaves: readonly Leaf[];
  /** One per output slot; their expressions start with `result`. */
  readonly results: readonly Leaf[];
  claim(wanted: string): string;
}

/** `used` says which input slots the code reads: a parameter without any gets a leading underscore. */
export function openFrame(input: EmitInput, moduleNames: ReadonlySet<string>, used: (slot: number) => boolean): Frame {
  const taken = new Set(moduleNames);
  const claim = (wanted: string) => claimName(taken, wanted);
  const leaves: Leaf[] = [];
  const parameters = input.signature.parameters.map(({ name, shape }) => {
    const count = leavesOf(shape, name, input.language).length;
    const read = Array.from({ length: count }, (_, index) => leaves.length + index).some(used);
    const claimed = claim(read ? name : `_${name}`);
    leaves.push(...leavesOf(shape, claimed, input.language));
    return claimed;
  });
  return { input, parameters, leaves, results: leavesOf(input.signature.result, 'result', input.language), claim };
}

export interface FrameOptions {
  /** The text of the doc comment. */
  readonly summary?: string;
  /** Whether the module keeps the function to itself. */
  readonly local?: boolean;
}

/** The whole function from its doc comment to its closing brace. */
export function closeFrame(frame: Frame, body: readonly string[], options: FrameOptions = {}): string {
  const { functionName, regionName, signature, language } = frame.input;
  const { summary = `Approximates \`${regionName}\`. The head of this file says where, and how well.`, local } =
    options;
  const typed = language === 'typescript';
  const names = frame.parameters;
  const types = signature.parameters.map(({ shape }) => typeText(shape, true));
  const result = typeText(signature.result, false);
  const comment = typed
    ? [`/** ${summary} */`]
    : [
        '/**',
        ` * ${summary}`,
        ...names.map((name, index) => ` * @param {${types[index]}} ${name}`),
        ` * @returns {${result}}`,
        ' */',
      ];
  const parameters = typed ? names.map((name, index) => `${name}: ${types[index]}`) : names;
  const open = `${local ? '' : exportKeyword(frame.input)}function ${functionName}(`;
  const head = bracketed('', open, parameters, typed ? `): ${result} {` : ') {');
  return [...comment, head, ...body, '}'].join('\n');
}

export function exportKeyword(input: EmitInput): string {
  return commonJs(input) || input.internal ? '' : 'export ';
}

export function commonJs(input: EmitInput): boolean {
  return input.language === 'javascript' && input.modules === 'commonjs';
}

/** Statements that build the result from its slots and return it. */
export function returnResult(frame: Frame, source: ValueSource): string[] {
  const statements: string[] = [];
  const { language, signature } = frame.input;
  const construction = { source, language, indent: '  ', statements, claim: frame.claim };
  const value = build(construction, signature.result, { slot: 0 });
  return [...statements, `  return ${value};`];
}

/** A comparison that tells whether a leaf holds its value number `index`. */
export function holds(leaf: Leaf, index: number): string {
  return `${leaf.expression} === ${literalText(leaf.values[index]!)}`;
}

/** Statements that leave the literal of the largest of `columns` in the variable `name`; the first of equals. */
export function largest(frame: Frame, name: string, leaf: Leaf, columns: readonly string[]): string[] {
  const best = frame.claim('best');
  const values = leaf.values.map(literalText);
  const type = frame.input.language === 'typescript' ? `: ${values.join(' | ')}` : '';
  const lines = [`  let ${name}${type} = ${values[0]};`, `  let ${best} = ${columns[0]};`];
  columns.slice(1).forEach((column, index) => {
    const last = index === columns.length - 2;
    const keep = last ? '' : `${best} = ${column}; `;
    lines.push(`  if (${column} > ${best}) { ${keep}${name} = ${values[index + 1]}; }`);
  });
  return lines;
}

/** The two values of a choice, first value first: of a boolean or of a category of two. */
export function choiceTexts(leaf: Leaf): readonly [string, string] {
  return leaf.kind === 'boolean' ? ['false', 'true'] : [literalText(leaf.values[0]!), literalText(leaf.values[1]!)];
}

/** An expression for a choice by the sign of a column. */
export function choose(leaf: Leaf, condition: string): string {
  const [first, second] = choiceTexts(leaf);
  return first === 'false' && second === 'true' ? condition : `${condition} ? ${second} : ${first}`;
}

/** A local's name for a leaf: `pixel.r` becomes `pixel_r`. */
export function localName(frame: Frame, leaf: Leaf, suffix = ''): string {
  return frame.claim(leaf.expression.replaceAll(/[^\p{ID_Continue}$]+/gu, '_').replaceAll(/_$/g, '') + suffix);
}

/** A value that a category or boolean without columns always has. */
export function constantText(leaf: Leaf): string {
  return leaf.kind === 'boolean' ? 'false' : literalText(leaf.values[0]!);
}
