/** The frame of the generated single-call function: its signature, what its parameters are called, and its result. */

import type { Signature } from '../../types.ts';
import { build, fillArray, type ValueSource } from '../construction.ts';
import { claimName } from '../names.ts';
import { type Leaf, leavesOf, literalText, optionalType, present, typeText } from '../shapes.ts';
import type { EmitInput } from '../target.ts';
import { bracketed } from '../text.ts';

/** Names and leaves of a function being written. `claim` hands out names that are free in it. */
export interface Frame {
  readonly input: EmitInput;
  /** The function's own parameters, renamed where their names cannot stand; one per parameter of the signature. */
  readonly parameters: readonly string[];
  /** The parameter that the result is written into, where there is one. */
  readonly into?: string;
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
  const { signature } = input;
  const parameters = signature.parameters.map(({ name, shape, absent }) => {
    const count = leavesOf(shape, name, input.language).length;
    const read = Array.from({ length: count }, (_, index) => leaves.length + index).some(used);
    // A field of the object whose method this is comes as a parameter.
    const own = name.replace(/^this\./u, '');
    const claimed = claim(read ? own : `_${own}`);
    leaves.push(...leavesOf(shape, present(claimed, absent), input.language));
    return claimed;
  });
  const into = signature.into && { into: claim(signature.into.name) };
  return { input, parameters, ...into, leaves, results: leavesOf(signature.result, 'result', input.language), claim };
}

/** All parameters in the order of the function, whether they are read or written. */
export function withInto<T>(inputs: readonly T[], { into }: Signature, written: T | undefined): readonly T[] {
  return into && written !== undefined ? inputs.toSpliced(into.index, 0, written) : inputs;
}

/** The names of all parameters, as a call passes them on. */
export const argumentList = ({ input, parameters, into }: Frame): string =>
  withInto(parameters, input.signature, into).join(', ');

export interface FrameOptions {
  /** The text of the doc comment. */
  readonly summary?: string;
  /** Whether the module keeps the function to itself. */
  readonly local?: boolean;
}

/** The whole function from its doc comment to its closing brace. */
export function closeFrame(frame: Frame, body: readonly string[], options: FrameOptions = {}): string {
  const { functionName, signature, language } = frame.input;
  const { summary = summaryOf(frame.input), local } = options;
  const typed = language === 'typescript';
  const written = typeText(signature.result, false);
  const names = withInto(frame.parameters, signature, frame.into);
  const types = withInto(
    signature.parameters.map((parameter) => optionalType(parameter, true)),
    signature,
    `: ${written}`,
  );
  const result = signature.into?.returned === false ? 'void' : written;
  const comment = typed
    ? [`/** ${summary} */`]
    : [
        '/**',
        ` * ${summary}`,
        ...names.map((name, index) => ` * @param {${jsDocType(types[index]!)}} ${name}`),
        ` * @returns {${result}}`,
        ' */',
      ];
  const parameters = typed ? names.map((name, index) => name + types[index]) : [...names];
  const open = `${local ? '' : exportKeyword(frame.input)}function ${functionName}(`;
  const head = bracketed('', open, parameters, typed ? `): ${result} {` : ') {');
  return [...comment, head, ...body, '}'].join('\n');
}

const summaryOf = ({ regionName, internal }: EmitInput): string =>
  internal
    ? `The network, for numbers within their ranges.`
    : `Approximates \`${regionName}\`. The head of this file says where, and how well.`;

/** `number=` for `?: number | undefined`. */
const jsDocType = (type: string): string =>
  type.startsWith('?') ? `${type.slice(3, -' | undefined'.length)}=` : type.slice(2);

export function exportKeyword(input: EmitInput): string {
  return commonJs(input) || input.internal ? '' : 'export ';
}

export function commonJs(input: EmitInput): boolean {
  return input.language === 'javascript' && input.modules === 'commonjs';
}

/** Statements that build the result from its slots and return it, or write it where it belongs. */
export function returnResult(frame: Frame, source: ValueSource): string[] {
  const statements: string[] = [];
  const { language, signature } = frame.input;
  const construction = { source, language, indent: '  ', statements, claim: frame.claim };
  const { result, into } = signature;
  if (into && frame.into !== undefined && result.kind === 'array') {
    const written = fillArray(construction, result, frame.into);
    return into.returned ? [...written, `  return ${frame.into};`] : written;
  }
  const value = build(construction, result, { slot: 0 });
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
function choiceTexts(leaf: Leaf): readonly [string, string] {
  return leaf.kind === 'boolean' ? ['false', 'true'] : [literalText(leaf.values[0]!), literalText(leaf.values[1]!)];
}

/** An expression for a choice by the sign of a column. */
export function choose(leaf: Leaf, condition: string): string {
  const [first, second] = choiceTexts(leaf);
  return first === 'false' && second === 'true' ? condition : `${condition} ? ${second} : ${first}`;
}

/** A local's name for a leaf: `pixel.r` becomes `pixel_r`. */
export function localName(frame: Frame, leaf: Leaf, suffix = ''): string {
  return frame.claim(
    leaf.expression
      .replace(/^\((.*) \?\? .*\)$/u, '$1')
      .replaceAll(/[^\p{ID_Continue}$]+/gu, '_')
      .replaceAll(/_$/g, '') + suffix,
  );
}

/** A value that a category or boolean without columns always has. */
export function constantText(leaf: Leaf): string {
  return leaf.kind === 'boolean' ? 'false' : literalText(leaf.values[0]!);
}
