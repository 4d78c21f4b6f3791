/** The part of a generated file that starts the network's WebAssembly module, called the kernel in the file. */
import type { Network } from '../../types.ts';
import type { EmitInput } from '../target.ts';
import { encodeBase64, quote } from '../text.ts';
import { type Run, runsOf } from './columns.ts';
import { networkModule } from './wasm/network.ts';
import { block, type MemoryPlan } from './wasm/plan.ts';
import { argumentLimit } from './wasm/single.ts';

/** Names that the parts of the module share. */
export interface BatchNames {
  readonly batch: string;
  readonly decode: string;
  readonly weights: string;
  readonly host: string;
  readonly acceptsRow: string;
}

/** Names of the kernel's own declarations. */
export interface KernelNames {
  readonly start: string;
  readonly kernel: string;
  readonly type: string;
}

/** How the generated code calls the kernel for one sample. */
export interface SingleCall {
  /** The encoded inputs are arguments, not values in memory. */
  readonly byArguments: boolean;
  /** The output is what the call answers, not values in memory. */
  readonly answers: boolean;
}

/** Arguments spare a call the way through memory, where every input has a line of its own anyway. */
export function singleCallOf({ encoding }: EmitInput, { topology: { widths } }: Network): SingleCall {
  const inputs = widths[0]!;
  const answers = widths.at(-1) === 1;
  return { byArguments: inputs <= argumentLimit && runsOf(encoding.inputs, () => true).every(isAlone), answers };
}

const isAlone = ({ length }: Run): boolean => length === 1;

/** `single` is there where the single-call function uses the kernel. */
export function kernelSupport(
  input: EmitInput,
  network: Network,
  plan: MemoryPlan,
  names: BatchNames,
  own: KernelNames,
  single?: SingleCall,
): string {
  const typed = input.language === 'typescript';
  const views = viewsOf(plan, single);
  const module = networkModule(network, plan, single === undefined ? {} : { single });
  const exported = [
    'readonly batch: (samples: number) => void;',
    ...(single
      ? [`readonly single: (${argumentsText(network, single)}) => ${single.answers ? 'number' : 'void'};`]
      : []),
  ];
  const exports = single ? ['batch', 'single'] : ['batch'];
  const functions = exports.join(', ');
  const types = `/** The compiled module, and its memory for encoded inputs and outputs. */
interface ${own.type} {
${exported.map((line) => `  ${line}`).join('\n')}
${views.map(({ name, type }) => `  readonly ${name}: ${type};`).join('\n')}
}

`;
  const cast = typed
    ? ` as unknown as Pick<${own.type}, ${exports.map(quote).join(' | ')}> & {
      readonly memory: { readonly buffer: ArrayBuffer };
    }`
    : '';
  return `${typed ? types : ''}/** Undefined before the first use; null where WebAssembly with SIMD is missing or a policy forbids it. */
let ${own.kernel}${typed ? `: ${own.type} | null | undefined` : ''};

/** Compiles the network's code and gives it its parameters. Samples of a batch lie side by side, ${block} per feature. */
function ${own.start}()${typed ? `: ${own.type} | null` : ''} {
  try {
    const { Module, Instance } = ${names.host}.WebAssembly${typed ? '!' : ''};
    const module = new Module(${names.decode}('${encodeBase64(module)}'));
    const { ${functions}, memory } = new Instance(module).exports${cast};
    new Uint8Array(memory.buffer).set(${names.decode}(${names.weights}));
${views.map(({ name, type, at, length }) => `    const ${name} = new ${type}(memory.buffer, ${at}, ${length});`).join('\n')}
    return { ${[...exports, ...views.map(({ name }) => name)].join(', ')} };
  } catch {
    return null;
  }
}`;
}

/** What the generated code reads and writes: columns, and rows where the module takes them. */
function viewsOf({ first, result, bufferLength, rows }: MemoryPlan, single?: SingleCall) {
  const columns = { type: 'Float32Array', length: bufferLength };
  const x = { ...columns, name: 'x', at: first };
  const y = { ...columns, name: 'y', at: result };
  if (!rows) return [x, y];
  const { inputs, outputs, count } = rows;
  return [
    ...(single && !single.byArguments ? [x] : []),
    ...(single && !single.answers ? [y] : []),
    { name: 'rowsIn', type: 'Float64Array', at: inputs.at, length: count * inputs.columns },
    { name: 'rowsOut', type: 'Float64Array', at: outputs.at, length: count * outputs.columns },
  ];
}

const argumentsText = ({ topology }: Network, { byArguments }: SingleCall): string =>
  byArguments ? Array.from({ length: topology.widths[0]! }, (_, column) => `x${column}: number`).join(', ') : '';
