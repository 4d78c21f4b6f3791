/** The generated batch function: many rows at once on a WebAssembly kernel, with the single-call function to fall back on. */
import type { Network, Shape, SlotEncoding } from '../../types.ts';
import { build } from '../construction.ts';
import { claimName } from '../names.ts';
import {
  adjacentElements,
  type Language,
  type Leaf,
  leavesOf,
  literalText,
  optionalType,
  storedValue,
  typeText,
  unrolledLength,
  valuesText,
} from '../shapes.ts';
import type { EmitInput } from '../target.ts';
import { bracketed } from '../text.ts';
import { encodeRow, type Run, rowsType, runsOf, shifted, times } from './columns.ts';
import { exportKeyword, withInto } from './frame.ts';
import { clamped } from './guard.ts';
import { isSameRange } from './guardShapes.ts';
import { type BatchNames, type KernelNames, kernelSupport, type SingleCall } from './kernel.ts';
import { type Decoding, plainDecoding } from './outputs.ts';
import { block, planMemory, type RowPlan } from './wasm/plan.ts';
import { rowScalesOf, rowsLoop } from './wholeRows.ts';

/** Source of the batch function and of the kernel that it starts on first use; for `single` see `kernelSupport`. */
export function emitBatch(
  input: EmitInput,
  network: Network,
  names: BatchNames,
  own: KernelNames,
  single?: SingleCall,
): string {
  const plan = planMemory(network, rowScalesOf(input, network));
  return [batchFunction(input, names, own, plan.rows), kernelSupport(input, network, plan, names, own, single)].join(
    '\n\n',
  );
}

/** How a batch function runs: the end of its comment's first sentence, and whether it answers later. */
export interface BatchForm {
  readonly runs: string;
  readonly later?: boolean;
}

/** The batch function from its comment to the check of its arguments. */
export function openBatch(input: EmitInput, batch: string, form: BatchForm = formOf(input)): string[] {
  const typed = input.language === 'typescript';
  const word = form.later ? 'async ' : '';
  const guarded = input.guard.mode !== 'none';
  const { encoding, network } = input;
  const width = encoding.inputs.length;
  const depth = encoding.outputs.length;
  const head = typed
    ? [
        `${exportKeyword(input)}${word}function ${batch}(`,
        `  inputs: ${rowsType(network)},`,
        '  count: number,',
        `  outputs: Float64Array = new Float64Array(${times('count', depth)}),`,
        ...(guarded ? [`  exact?: ${exactType(input)},`] : []),
        form.later ? '): Promise<Float64Array> {' : '): Float64Array {',
      ]
    : [
        `${exportKeyword(input)}${word}function ${batch}(` +
          `inputs, count, outputs = new Float64Array(${times('count', depth)})${guarded ? ', exact' : ''}) {`,
      ];
  return [
    ...batchComment(input, form),
    ...head,
    // What is no number of rows, as where a caller leaves it out, is turned away too.
    `  if (!(inputs.length >= ${times('count', width)} && outputs.length >= ${times('count', depth)})) {`,
    `    throw new RangeError(\`${batch}: \${count} rows need \${${times('count', width)}} inputs and \${${times('count', depth)}} outputs\`);`,
    '  }',
  ];
}

/** The batch function of a network without a kernel: the single-call function, row by row. */
export function emitRowBatch(input: EmitInput, batch: string, acceptsRow: string): string {
  const exact = input.guard.mode === 'none' ? [] : exactLoop(input, { batch, acceptsRow });
  return [...openBatch(input, batch), ...rowLoop(input, '  '), ...exact, '  return outputs;', '}'].join('\n');
}

function batchFunction(input: EmitInput, names: BatchNames, own: KernelNames, rows?: RowPlan): string {
  const guarded = input.guard.mode !== 'none';
  const sure = input.language === 'typescript' ? '!' : '';
  const kernelLoop = rows ? rowsLoop(rows, own.kernel, sure) : columnsLoop(input, own);
  return [
    ...openBatch(input, names.batch),
    `  if (${own.kernel} === undefined) ${own.kernel} = ${own.start}();`,
    `  if (${own.kernel} === null) {`,
    ...rowLoop(input, '    '),
    ...(guarded ? [] : ['    return outputs;']),
    guarded ? '  } else {' : '  }',
    ...(guarded ? indented(kernelLoop) : kernelLoop),
    ...(guarded ? ['  }', ...exactLoop(input, names)] : []),
    '  return outputs;',
    '}',
  ].join('\n');
}

/** Writes and reads the columns of a block, one number after the other. */
function columnsLoop(input: EmitInput, own: KernelNames): string[] {
  const width = input.encoding.inputs.length;
  const depth = input.encoding.outputs.length;
  const encoded = encodeLines(input, { cell, cellAt });
  const decoded = decodeLines(input, { cell, cellAt });
  // A result of one possible value reads no output, and strict compilers reject unused names.
  const used = ['batch', 'x', 'y'].filter(
    (name) => name === 'batch' || [...encoded, ...decoded].some((line) => line.includes(`${name}[`)),
  );
  return [
    `  const { ${used.join(', ')} } = ${own.kernel};`,
    `  for (let start = 0; start < count; start += ${block}) {`,
    `    const rows = Math.min(${block}, count - start);`,
    `    for (let row = 0, at = ${times('start', width)}; row < rows; row++, at += ${width}) {`,
    ...encoded,
    '    }',
    '    batch(rows);',
    `    for (let row = 0, at = ${times('start', depth)}; row < rows; row++, at += ${depth}) {`,
    ...decoded,
    '    }',
    '  }',
  ];
}

const formOf = ({ quantised }: EmitInput): BatchForm => ({
  runs: quantised
    ? 'one after the other; computed in integers'
    : 'on a WebAssembly kernel where there is one; computed in float32',
});

function batchComment(input: EmitInput, { runs, later }: BatchForm): string[] {
  const { signature, regionName, language } = input;
  const inputs = signature.parameters.flatMap(({ name, shape }) => leavesOf(shape, name, 'javascript'));
  const outputs = leavesOf(signature.result, 'result', 'javascript');
  const lines = [
    `\`${regionName}\` for \`count\` rows at once, ${runs}.`,
    `inputs: (count, ${inputs.length}), row after row: ${slotList(inputs)}.`,
    `outputs: (count, ${outputs.length}), written and answered: ${slotList(outputs)}.`,
    ...(inputs.concat(outputs).some(({ kind }) => kind !== 'number')
      ? ['A boolean is 0 or 1; one of several literals is its index, from 0.']
      : []),
    ...(input.guard.mode === 'none'
      ? ['Throws a RangeError where an array is too short.']
      : [
          '`exact` computes the rows that the network was not trained for.',
          'Throws a RangeError where an array is too short, or where there is such a row and no `exact`.',
        ]),
  ];
  const types =
    language === 'javascript'
      ? [
          `@param {${rowsType(input.network)}} inputs`,
          '@param {number} count',
          '@param {Float64Array} [outputs]',
          ...(input.guard.mode === 'none' ? [] : [`@param {${exactType(input)}} [exact]`]),
          later ? '@returns {Promise<Float64Array>}' : '@returns {Float64Array}',
        ]
      : [];
  return ['/**', ...[...lines, ...types].map((line) => ` * ${line.replaceAll('*/', '*\\/')}`), ' */'];
}

/** Slot names with their literals; a long list is cut in the middle. */
function slotList(leaves: readonly Leaf[]): string {
  const texts = leaves.map(({ expression, values }) =>
    values.length > 0 ? `${expression} (${values.map(literalText).join(' | ')})` : expression,
  );
  return texts.length > 16 ? `${texts.slice(0, 8).join(', ')}, ..., ${texts.at(-1)}` : texts.join(', ');
}

/** Statements that write the columns of one row, read from `inputs[at]` and on, to `x`. */
export function encodeLines(input: EmitInput, places: ColumnPlaces): string[] {
  const sure = input.language === 'typescript' ? '!' : '';
  const { encoding } = input;
  const read = (slot: number) => `inputs[at${slot === 0 ? '' : ` + ${slot}`}]${sure}`;
  const inRange = (value: string, slot: number) => {
    const domain = input.domain[slot]!;
    return input.guard.mode === 'clamp' && domain.kind === 'number' ? clamped(value, domain) : value;
  };
  return encodeRow(
    encoding.inputs,
    runsOf(encoding.inputs, (slot) => isSameRange(input.domain[slot - 1], input.domain[slot])),
    {
      indent: '      ',
      index: 'i',
      number: (slot) => inRange(read(slot), slot),
      boolean: (slot) => `${read(slot)} >= 0.5 ? 1 : -1`,
      holds: (slot, index) => `${read(slot)} === ${index}`,
      element: (run, index) => inRange(`inputs[at + ${shifted(run.slot, index)}]${sure}`, run.slot),
      place: (column, index) =>
        index === undefined ? `x[${places.cell(column)}]` : `x[${places.cellAt(column, index)}]`,
    },
  );
}

function cell(column: number): string {
  return shifted(column * block, 'row');
}

/** As `cell`, for the column that a loop variable is further on. */
function cellAt(column: number, index: string): string {
  return `${column === 0 ? index : `(${shifted(column, index)})`} * ${block} + row`;
}

/** Names the place of a column of one row, or of the column that a loop variable is further on. */
export interface ColumnPlaces {
  readonly cell: (column: number) => string;
  readonly cellAt: (column: number, index: string) => string;
}

/** Statements that write the raw slots of one row to `outputs[at]` and on. */
export function decodeLines(input: EmitInput, places: ColumnPlaces, decoding: Decoding = plainDecoding): string[] {
  const { outputs } = input.encoding;
  const leaves = leavesOf(input.signature.result, 'result', input.language);
  const runs = runsOf(outputs, (slot) => leaves[slot]!.container === leaves[slot - 1]!.container);
  const sure = input.language === 'typescript' ? '!' : '';
  return runs.flatMap((run) =>
    decodeRun(outputs[run.slot]!, run, leaves[run.slot]!.container, sure, { ...places, ...decoding }),
  );
}

function decodeRun(
  output: SlotEncoding,
  run: Run,
  container: string | undefined,
  sure: string,
  { cell, cellAt, numeric, zero }: ColumnPlaces & Decoding,
): string[] {
  const indent = '      ';
  const place = `outputs[at${run.slot === 0 ? '' : ` + ${run.slot}`}]`;
  const column = (index: number) => `y[${cell(output.column + index)}]${sure}`;
  const columnAt = (index: string) => `y[${cellAt(output.column, index)}]${sure}`;
  switch (output.kind) {
    case 'number': {
      const value = (text: string) => storedValue(numeric(text, output), container);
      if (run.length === 1) return [`${indent}${place} = ${value(column(0))};`];
      const loop = `for (let i = 0; i < ${run.length}; i++)`;
      return [`${indent}${loop} outputs[at + ${shifted(run.slot, 'i')}] = ${value(columnAt('i'))};`];
    }
    case 'boolean':
      return [`${indent}${place} = ${column(0)} > ${zero} ? 1 : 0;`];
    case 'category': {
      const count = output.values.length;
      if (count === 1) return [`${indent}${place} = 0;`];
      if (count === 2) return [`${indent}${place} = ${column(1)} > ${column(0)} ? 1 : 0;`];
      const best = `best${run.slot}`;
      return [
        `${indent}let ${best} = 0;`,
        `${indent}for (let i = 1; i < ${count}; i++) if (${columnAt('i')} > ${columnAt(best)}) ${best} = i;`,
        `${indent}${place} = ${best};`,
      ];
    }
  }
}

/** The type of the exact function, which takes the rows that the guard turns away. */
export function exactType({ signature }: EmitInput): string {
  const taken = new Set<string>();
  const { into, result } = signature;
  const parameters = signature.parameters.map(
    (parameter) => claimName(taken, parameter.name.replace(/^this\./u, '')) + optionalType(parameter, false),
  );
  const written = into && `${claimName(taken, into.name)}: ${typeText(result, false)}`;
  const list = withInto(parameters, signature, written).join(', ');
  return `(${list}) => ${into?.returned === false ? 'void' : typeText(result, true)}`;
}

const indented = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => line.split('\n')).map((line) => `  ${line}`);

/** The rows that the guard turns away, after all others. */
export function exactLoop(input: EmitInput, { batch, acceptsRow }: Pick<BatchNames, 'batch' | 'acceptsRow'>): string[] {
  const at = times('row', input.encoding.inputs.length);
  const refuse = [
    `    if (${acceptsRow}(inputs, ${at})) continue;`,
    '    if (exact === undefined) {',
    `      throw new RangeError(\`${batch}: row \${row} is not an input that the network was trained for; give the exact function\`);`,
    '    }',
  ];
  return rowLoop(input, '  ', { called: 'exact', first: refuse });
}

/** Calls a function row by row: rebuilds its arguments from slots, and flattens its result. */
function rowLoop(
  input: EmitInput,
  outer: string,
  { called = input.functionName, first = [] }: { readonly called?: string; readonly first?: readonly string[] } = {},
): string[] {
  const { language, signature, encoding } = input;
  const sure = language === 'typescript' ? '!' : '';
  const slots = signature.parameters.flatMap(({ name, shape }) => leavesOf(shape, name, language));
  const statements: string[] = [];
  const taken = new Set(['inputs', 'outputs', 'count', 'row', 'from', 'to', 'value']);
  const source = {
    value: (slot: number) => {
      const leaf = slots[slot]!;
      const raw = `inputs[from${slot === 0 ? '' : ` + ${slot}`}]${sure}`;
      if (leaf.kind === 'boolean') return `${raw} >= 0.5`;
      return leaf.kind === 'number' ? raw : `${valuesText(leaf.values, language)}[${raw}]${sure}`;
    },
    indexed: (first: number, _length: number, index: string) => `inputs[from + ${shifted(first, index)}]${sure}`,
  };
  const cursor = { slot: 0 };
  const indent = `${outer}  `;
  const construction = { source, language, indent, statements, claim: (wanted: string) => claimName(taken, wanted) };
  const values = signature.parameters.map(({ shape }) => build(construction, shape, cursor));
  const { into, result } = signature;
  const array = into && result.kind === 'array' ? result : undefined;
  const list = withInto(values, signature, array && 'value');
  const call = bracketed(indent, array ? `${called}(` : `const value = ${called}(`, list, ');');
  const target = array && `${indent}const value = ${newArray(array, language)};`;
  return [
    `${outer}for (let row = 0; row < count; row++) {`,
    ...first,
    `${indent}const from = ${times('row', encoding.inputs.length)};`,
    `${indent}const to = ${times('row', encoding.outputs.length)};`,
    ...statements,
    ...(target === undefined ? [] : [target]),
    `${indent}${call}`,
    ...flattenResult(input, indent),
    `${outer}}`,
  ];
}

const newArray = ({ container, length }: Extract<Shape, { kind: 'array' }>, language: Language): string =>
  container === 'Array'
    ? `new Array${language === 'typescript' ? '<number>' : ''}(${length}).fill(0)`
    : `new ${container}(${length})`;

function flattenResult(input: EmitInput, indent: string): string[] {
  const { language, signature } = input;
  const leaves = leavesOf(signature.result, 'value', language);
  const lines: string[] = [];
  const place = (slot: number) => `outputs[to${slot === 0 ? '' : ` + ${slot}`}]`;
  for (let slot = 0; slot < leaves.length; slot++) {
    const leaf = leaves[slot]!;
    const length = adjacentElements(leaves, slot);
    if (length > unrolledLength) {
      const sure = language === 'typescript' ? '!' : '';
      lines.push(
        `${indent}for (let i = 0; i < ${length}; i++) outputs[to + ${shifted(slot, 'i')}] = ${leaf.element!.array}[i]${sure};`,
      );
      slot += length - 1;
    } else if (leaf.kind === 'number') lines.push(`${indent}${place(slot)} = ${leaf.expression};`);
    else if (leaf.kind === 'boolean') lines.push(`${indent}${place(slot)} = ${leaf.expression} ? 1 : 0;`);
    else lines.push(`${indent}${place(slot)} = ${valuesText(leaf.values, language)}.indexOf(${leaf.expression});`);
  }
  return lines;
}
