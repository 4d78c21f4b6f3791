/** The generated batch function on a GPU: columns are made and results are read here, the network runs on the device. */
import type { AnyNetwork } from '../../types.ts';
import { decodeLines, encodeLines, exactLoop, exactType, openBatch } from '../cpu/batch.ts';
import { rowsType, shifted, times } from '../cpu/columns.ts';
import type { ModuleParts } from '../cpu/cpu.ts';
import type { EmitInput } from '../target.ts';
import type { GpuNames, TypeText } from './runtime.ts';

export interface BatchGpuNames extends GpuNames {
  readonly batchGpu: string;
  readonly gpuName: string;
  readonly onGpu: string;
  readonly onCpu: string;
  readonly exactRows: string;
}

/** Whether an exact function takes rows from the network. */
const isGuarded = ({ guard }: EmitInput): boolean => guard.mode !== 'none';

export function batchText(input: EmitInput<AnyNetwork>, parts: ModuleParts, names: BatchGpuNames): string {
  const { batch } = parts.names;
  const { turn, onGpu, onCpu, exactRows, batchGpu } = names;
  const guarded = isGuarded(input);
  return [
    ...openBatch(input, batchGpu, {
      runs: `on a GPU where there is one, else as \`${batch}\`; computed in float32`,
      later: true,
    }),
    `  const mine = ${turn}.then(() => ${onGpu}(inputs, count, outputs));`,
    `  ${turn} = mine.catch(() => undefined);`,
    '  const done = await mine;',
    ...(guarded ? [`  ${exactRows}(inputs, done, outputs, exact);`] : []),
    `  if (done < count) ${onCpu}(inputs, done, count, outputs${guarded ? ', exact' : ''});`,
    '  return outputs;',
    '}',
  ].join('\n');
}

/** The function that says what batches run on. */
export function nameText({ gpuName, turn, state, open }: BatchGpuNames, exported: string, typed: TypeText): string {
  return `/** The name of the adapter that batches run on; undefined where they run on the CPU. */
${exported}async function ${gpuName}()${typed(': Promise<string | undefined>')} {
  const mine = ${turn}.then(async () => {
    if (${state} === undefined) ${state} = await ${open}();
    return ${state}?.name;
  });
  ${turn} = mine.catch(() => undefined);
  return mine;
}`;
}

/** The function that hands rows to the CPU's batch function. */
export function onCpuText(
  input: EmitInput<AnyNetwork>,
  { names: { batch } }: ModuleParts,
  { onCpu }: BatchGpuNames,
  typed: TypeText,
): string {
  const guarded = isGuarded(input);
  const width = input.encoding.inputs.length;
  const depth = input.encoding.outputs.length;
  return `function ${onCpu}(
  inputs${typed(`: ${rowsType(input.network)}`)},
  from${typed(': number')},
  to${typed(': number')},
  outputs${typed(': Float64Array')},${guarded ? `\n  exact${typed(`?: ${exactType(input)}`)},` : ''}
)${typed(': void')} {
  const own = Float64Array.from({ length: ${times('(to - from)', width)} }, (_, i) => inputs[${times('from', width)} + i]${typed('!')});
  ${batch}(own, to - from, outputs.subarray(${times('from', depth)})${guarded ? ', exact' : ''});
}`;
}

/** The function that computes the rows that the guard turns away; empty without a guard. */
export function exactRowsText(
  input: EmitInput<AnyNetwork>,
  { names: { acceptsRow } }: ModuleParts,
  { exactRows, batchGpu }: BatchGpuNames,
  typed: TypeText,
): string {
  if (!isGuarded(input) || acceptsRow === undefined) return '';
  return `function ${exactRows}(
  inputs${typed(`: ${rowsType(input.network)}`)},
  count${typed(': number')},
  outputs${typed(': Float64Array')},
  exact${typed(`?: ${exactType(input)}`)},
)${typed(': void')} {
${exactLoop(input, { batch: batchGpu, acceptsRow }).join('\n')}
}`;
}

/** The function that takes rows through the GPU, and answers how many, from the first one on. */
export function onGpuText(
  input: EmitInput<AnyNetwork>,
  parts: ModuleParts,
  names: BatchGpuNames,
  typed: TypeText,
): string {
  const { onGpu, onCpu, state, open } = names;
  const { encoding } = input;
  const width = encoding.inputs.length;
  const depth = encoding.outputs.length;
  const image = parts.image;
  const columns = image ? width : encoding.inputColumns;
  const places = image
    ? {
        cell: (column: number) => shifted(column, 'from'),
        cellAt: (column: number, index: string) => `from + ${shifted(column, index)}`,
      }
    : {
        cell: (column: number) => (column === 0 ? 'row' : `${column} * rows + row`),
        cellAt: (column: number, index: string) =>
          `${column === 0 ? index : `(${shifted(column, index)})`} * rows + row`,
      };
  const encode = image
    ? [
        `      const x = all.subarray(${times('row', columns)}, ${times('(row + 1)', columns)});`,
        ...image.readRow('inputs', 'at', 'x').map((line) => `    ${line}`),
      ]
    : encodeLines(input, places);
  const decode = decodeLines(input, places);
  const all = image ? 'all' : 'x';
  // The exact function takes such rows where there is a guard.
  const unsafe = isGuarded(input)
    ? ''
    : `    // A GPU promises nothing for NaN and infinities.
    if (${all}.some((value) => value - value !== 0)) {
      ${onCpu}(inputs, start, start + rows, outputs);
      start += rows;
      continue;
    }
`;
  return `/** Answers how many rows are done, from the first one on: all, unless there is no GPU, or its replacement is lost too. */
async function ${onGpu}(
  inputs${typed(`: ${rowsType(input.network)}`)},
  count${typed(': number')},
  outputs${typed(': Float64Array')},
)${typed(': Promise<number>')} {
  let lost = false;
  for (let start = 0; start < count; ) {
    if (${state} === undefined) ${state} = await ${open}();
    if (${state} === null) return start;
    const rows = Math.min(${state}.most, count - start);
    const ${all} = new Float32Array(${times('rows', columns)});
    for (let row = 0, at = ${times('start', width)}; row < rows; row++, at += ${width}) {
${encode.join('\n')}
    }
${unsafe}    let y${typed(': Float32Array')};
    try {
      y = await ${state}.run(${all}, rows);
    } catch {
      ${state}.close();
      ${state} = lost ? null : undefined;
      lost = true;
      continue;
    }
    for (let row = 0, at = ${times('start', depth)}; row < rows; row++, at += ${depth}) {
${image ? `      const from = ${times('row', encoding.outputColumns)};\n` : ''}${decode.join('\n')}
    }
    start += rows;
  }
  return count;
}`;
}
