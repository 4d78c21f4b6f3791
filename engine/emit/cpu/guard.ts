/**
 * The guard of a generated file: whether an input lies where the network was trained. Callers use the exact function
 * where it says no; what those calls cost is measured with the rest.
 */
import type { ErrorTree, GuardMode, Literal, SlotDomain } from '../../types.ts';
import { build } from '../construction.ts';
import { claimName, guardNameOf } from '../names.ts';
import { adjacentElements, literalText, present, unrolledLength } from '../shapes.ts';
import { type EmitInput, isCnnInput } from '../target.ts';
import { bracketed, quote } from '../text.ts';
import { rowsType, shifted } from './columns.ts';
import { closeFrame, openFrame, withInto } from './frame.ts';
import { type Block, isSameRange, lengthTests, nestedBlocks } from './guardShapes.ts';

export interface GuardNames {
  /** The exported guard. */
  readonly accepts: string;
  /** The guard of the batch function, on a row of raw slots. */
  readonly acceptsRow: string;
  readonly rejected: string;
  readonly host: string;
}

/** How the guard's code reads slots, from a call's arguments or from a row. */
interface SlotCode {
  number(slot: number): string;
  /** Tests whether a boolean slot is one of the two, where anything else can get in. */
  isBoolean(slot: number): string;
  isTrue(slot: number): string;
  /** Tests whether a category holds one of its values, by their indices. */
  holdsOne(slot: number, indices: readonly number[], values: readonly Literal[]): string;
  /** The expression of slot `first + index`, where the slots from `first` on lie side by side in one array. */
  indexed(first: number, index: string): string;
  /** How many slots from this one on lie in one array. */
  adjacent(slot: number): number;
}

/** Everything that a file gets for its guard; nothing in it is emitted without one. */
export function openGuard<Input extends EmitInput>(input: Input, moduleNames: Set<string>, host: string) {
  const { mode } = input.guard;
  const claim = (wanted: string) => claimName(moduleNames, wanted);
  const accepts = claim(guardNameOf(input.functionName));
  const names: GuardNames = { accepts, acceptsRow: claim('acceptsRow'), rejected: claim('rejected'), host };
  // A convolutional network clamps where it reads its image.
  const wraps = mode === 'clamp' && !isCnnInput(input);
  const inner = wraps ? { ...input, functionName: claim('network'), internal: true } : input;
  return {
    names,
    /** What the network itself is emitted with: clamping may wrap it. */
    inner,
    functions: [emitGuard(input, moduleNames, names), wraps ? emitClamp(input, moduleNames, inner.functionName) : ''],
    support: emitRowGuard(input, names),
    exports: mode === 'none' ? [] : [accepts],
  };
}

/** Source of `priceApproxAccepts` and what it needs; empty without a guard. */
function emitGuard(input: EmitInput, moduleNames: ReadonlySet<string>, names: GuardNames): string {
  if (input.guard.mode === 'none') return '';
  return [acceptsText(input, moduleNames, names), rejectedText(input, names)].join('\n\n');
}

function acceptsText(input: EmitInput, moduleNames: ReadonlySet<string>, names: GuardNames): string {
  const { signature, language, domain } = input;
  const { parameters } = signature;
  const guarded = { ...input, functionName: names.accepts, signature: { parameters, result: booleanShape } };
  const frame = openFrame(guarded, moduleNames, () => true);
  const sure = language === 'typescript' ? '!' : '';
  const code: SlotCode = {
    number: (slot) => frame.leaves[slot]!.expression,
    isBoolean: (slot) => `(${frame.leaves[slot]!.expression} === true || ${frame.leaves[slot]!.expression} === false)`,
    isTrue: (slot) => frame.leaves[slot]!.expression,
    holdsOne: (slot, indices, values) =>
      anyOf(indices.map((index) => `${frame.leaves[slot]!.expression} === ${literalText(values[index]!)}`)),
    indexed(first, index) {
      const { array, index: at } = frame.leaves[first]!.element!;
      return `${array}[${shifted(at, index)}]${sure}`;
    },
    adjacent: (slot) => adjacentElements(frame.leaves, slot),
  };
  const lengths = parameters.flatMap(({ shape, absent }, index) =>
    lengthTests(shape, present(frame.parameters[index]!, absent), sure),
  );
  const blocks = nestedBlocks({ ...input, sure, claim: frame.claim }, frame.parameters);
  const { loops, tests } = domainTests(domain, input.guard.mode, code, frame.claim('i'), blocks);
  const tree = input.guard.trusted;
  const ranges = [...tests, ...(tree === undefined ? [] : [treeText(tree, domain, code)])];
  // Loops read elements, which have to be there.
  const first = loops.length > 0 && lengths.length > 0;
  const conditions = first ? ranges : [...lengths, ...ranges];
  const body = [
    ...(first ? [`  if (!(${lengths.join(' && ')})) return ${names.rejected}();`] : []),
    ...loops.map(({ head, test }) => `  ${head} if (!(${test})) return ${names.rejected}();`),
    conditions.length === 0 ? '  return true;' : conjunction(conditions, ` || ${names.rejected}();`),
  ];
  const comment = `Whether the network was trained for this input: \`${input.functionName}\` holds for it, the exact function must take the others.`;
  return closeFrame(frame, body, { summary: comment });
}

const booleanShape = { kind: 'boolean' } as const;

/** `return (a && b) || rejected();`, one test per line where they do not fit on one. */
function conjunction(conditions: readonly string[], end: string): string {
  const single = `  return (${conditions.join(' && ')})${end}`;
  if (single.length <= 120) return single;
  const [first, ...rest] = conditions;
  return [`  return (`, `    ${first}`, ...rest.map((test) => `    && ${test}`), `  )${end}`].join('\n');
}

/** Hits are counted where the exact function runs anyway, so that an accepted call pays nothing for it. */
function rejectedText(input: EmitInput, { rejected, host }: GuardNames): string {
  const typed = input.language === 'typescript';
  const key = quote(input.regionName);
  return [
    '/** Counts the calls that the guard turned away, for programs that set `globalThis.deepmakerGuardHits = {}`. */',
    `function ${rejected}()${typed ? ': false' : ''} {`,
    `  const hits = ${host}.deepmakerGuardHits;`,
    `  if (hits !== undefined) hits[${key}] = (hits[${key}] ?? 0) + 1;`,
    '  return false;',
    '}',
  ].join('\n');
}

/** A row of the batch function: (slots) raw values from `inputs[at]`. Empty without a guard. */
function emitRowGuard(input: EmitInput, names: GuardNames): string {
  const { domain, language, guard } = input;
  if (guard.mode === 'none') return '';
  const typed = language === 'typescript';
  const sure = typed ? '!' : '';
  const at = (slot: number) => `inputs[at${slot === 0 ? '' : ` + ${slot}`}]${sure}`;
  const code: SlotCode = {
    number: at,
    isBoolean: (slot) => `(${at(slot)} === 0 || ${at(slot)} === 1)`,
    isTrue: (slot) => `${at(slot)} === 1`,
    holdsOne: (slot, indices) => anyOf(indices.map((index) => `${at(slot)} === ${index}`)),
    indexed: (first, index) => `inputs[at + ${shifted(first, index)}]${sure}`,
    adjacent: (slot) => domain.length - slot,
  };
  const { loops, tests } = domainTests(domain, guard.mode, code, 'i');
  const conditions = [...tests, ...(guard.trusted === undefined ? [] : [treeText(guard.trusted, domain, code)])];
  const parameters = typed ? `inputs: ${rowsType(input.network)}, at: number` : 'inputs, at';
  return [
    `/** As \`${names.accepts}\`, for a row of raw values from \`inputs[at]\` on. */`,
    `function ${names.acceptsRow}(${parameters})${typed ? ': boolean' : ''} {`,
    ...loops.map(({ head, test }) => `  ${head} if (!(${test})) return ${names.rejected}();`),
    conditions.length === 0 ? '  return true;' : conjunction(conditions, ` || ${names.rejected}();`),
    '}',
  ].join('\n');
}

const anyOf = (tests: readonly string[]): string => (tests.length === 1 ? tests[0]! : `(${tests.join(' || ')})`);

interface Loop {
  readonly head: string;
  readonly test: string;
}

/** One test per slot; a loop for a stretch of an array whose elements share a range. */
function domainTests(
  domain: readonly SlotDomain[],
  mode: GuardMode,
  code: SlotCode,
  index: string,
  blocks: readonly Block[] = [],
) {
  const loops: Loop[] = [];
  const tests: string[] = [];
  for (let slot = 0; slot < domain.length; slot++) {
    const own = domain[slot]!;
    const block = blocks.find(({ first }) => first === slot);
    if (block && own.kind === 'number') {
      loops.push({ head: block.head, test: numberTest(block.value, own, mode) });
      slot += block.length - 1;
      continue;
    }
    const longest = Math.min(code.adjacent(slot), domain.length - slot);
    let length = 1;
    while (length < longest && isSameRange(own, domain[slot + length]!)) length++;
    if (own.kind === 'number' && length > unrolledLength) {
      const head = `for (let ${index} = 0; ${index} < ${length}; ${index}++)`;
      loops.push({ head, test: numberTest(code.indexed(slot, index), own, mode) });
      slot += length - 1;
    } else tests.push(slotTest(own, slot, mode, code));
  }
  return { loops, tests };
}

function slotTest(domain: SlotDomain, slot: number, mode: GuardMode, code: SlotCode): string {
  switch (domain.kind) {
    case 'number':
      return numberTest(code.number(slot), domain, mode);
    case 'boolean':
      return code.isBoolean(slot);
    case 'category':
      return code.holdsOne(slot, [...domain.values.keys()], domain.values);
  }
}

/** NaN and the infinities fail every one of these: `x - x` is NaN for them. */
function numberTest(value: string, { min, max, integer }: SlotDomain & { kind: 'number' }, mode: GuardMode): string {
  if (mode === 'clamp') return `${value} - ${value} === 0`;
  return `${value} >= ${min} && ${value} <= ${max}${integer ? ` && Math.floor(${value}) === ${value}` : ''}`;
}

/**
 * A decision tree as one expression. `low` holds, for each category on the way, the first value that it may still have:
 * comparing it with another one would not compile.
 */
function treeText(tree: ErrorTree, domain: readonly SlotDomain[], code: SlotCode, low: readonly number[] = []): string {
  if (typeof tree === 'boolean') return String(tree);
  const { slot, threshold } = tree;
  const own = domain[slot]!;
  const above = low.slice();
  if (own.kind === 'category') above[slot] = Math.ceil(threshold);
  const condition = belowText(own, slot, threshold, code, low[slot] ?? 0);
  const [yes, no] = [treeText(tree.below, domain, code, low), treeText(tree.above, domain, code, above)];
  return `(${condition} ? ${yes} : ${no})`;
}

function belowText(domain: SlotDomain, slot: number, threshold: number, code: SlotCode, low: number): string {
  if (domain.kind === 'number') return `${code.number(slot)} < ${threshold}`;
  if (domain.kind === 'boolean') return `!(${code.isTrue(slot)})`;
  const indices = [...domain.values.keys()].filter((index) => index >= low && index < threshold);
  return code.holdsOne(slot, indices, domain.values);
}

/** An expression within the domain, the same where it lies in it already. */
export function clamped(value: string, domain: SlotDomain & { kind: 'number' }): string {
  const [low, high] = clampLimits(domain);
  return between(domain.integer ? `Math.round(${value})` : value, low, high);
}

/** Where clamping ends: at whole numbers where only these are in the domain. */
export const clampLimits = ({ min, max, integer }: SlotDomain & { kind: 'number' }): readonly [number, number] =>
  integer ? [Math.ceil(min), Math.floor(max)] : [min, max];

export const between = (value: string, low: number | string, high: number | string): string =>
  `Math.min(${high}, Math.max(${low}, ${value}))`;

/** The exported function of the mode 'clamp': moves every number into its range, then calls the network. */
function emitClamp(input: EmitInput, moduleNames: ReadonlySet<string>, network: string): string {
  const frame = openFrame(input, moduleNames, () => true);
  const { language } = input;
  const sure = language === 'typescript' ? '!' : '';
  const statements: string[] = [];
  const source = {
    value(slot: number) {
      const { expression } = frame.leaves[slot]!;
      const domain = input.domain[slot]!;
      return domain.kind === 'number' ? clamped(expression, domain) : expression;
    },
    indexed(first: number, length: number, index: string) {
      const domain = input.domain[first]!;
      const { element } = frame.leaves[first]!;
      const own = input.domain.slice(first, first + length);
      const alike = own.every((each) => isSameRange(domain, each)) && adjacentElements(frame.leaves, first) >= length;
      if (!alike || !element || domain.kind !== 'number') return undefined;
      return clamped(`${element.array}[${shifted(element.index, index)}]${sure}`, domain);
    },
  };
  const construction = { source, language, indent: '  ', statements, claim: frame.claim };
  const cursor = { slot: 0 };
  const values = input.signature.parameters.map(({ shape }) => build(construction, shape, cursor));
  const list = withInto(values, input.signature, frame.into);
  return closeFrame(frame, [...statements, bracketed('  ', `  return ${network}(`, list, ');')]);
}
