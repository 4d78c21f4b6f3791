/** The part of a generated file that starts the kernel of a convolutional network and takes an image through its steps. */
import { cnnName } from '../../../nn/cnn/template.ts';
import { type Activation, activations, type CnnNetwork } from '../../../types.ts';
import type { CnnPlan, CnnStep } from '../../cnn/plan.ts';
import type { EmitInput } from '../../target.ts';
import { encodeBase64 } from '../../text.ts';

const pageBytes = 65536;

/** Names that the parts of the module share. */
export interface CnnNames {
  readonly batch: string;
  readonly decode: string;
  readonly weights: string;
  readonly host: string;
  readonly kernel: string;
  readonly type: string;
  readonly start: string;
  readonly run: string;
  readonly plain: string;
  readonly activate: string;
}

/** The steps with their arguments, as the kernel exports them. */
export const stepParameters = {
  normalize: ['source', 'stride', 'height', 'width', 'channels', 'table', 'activation', 'margin', 'to'],
  average: ['maps', 'height', 'width', 'channels'],
  largest: ['maps', 'pixels', 'channels', 'to'],
  convolve: ['x', 'weights', 'y', 'stride', 'height', 'width', 'channels', 'kernel', 'filters'],
} as const;

const steps = Object.keys(stepParameters) as (keyof typeof stepParameters)[];

export const activationNumber = (activation: Activation): number => activations.indexOf(activation);

/**
 * Statements that start the kernel where it has not started, fill the image `x`, run the network and go on with `after`,
 * which may read the outputs `y`.
 */
export function runImage(
  names: CnnNames,
  local: { readonly x: string; readonly y: string },
  read: readonly string[],
  after: readonly string[],
): string[] {
  const field = (name: 'x' | 'y') => (local[name] === name ? name : `${name}: ${local[name]}`);
  // A result of one possible value reads no output, and strict compilers reject unused names.
  const fields = after.some((line) => line.includes(`${local.y}[`)) ? [field('x'), field('y')] : [field('x')];
  return [
    `  if (${names.kernel} === undefined) ${names.kernel} = ${names.start}();`,
    `  const { ${fields.join(', ')} } = ${names.kernel};`,
    ...read,
    `  ${names.run}(${names.kernel});`,
    ...after,
  ];
}

export function startText({ language, cnnInference }: EmitInput, plan: CnnPlan, names: CnnNames): string {
  const typed = language === 'typescript';
  const members = steps.map((step) => {
    const parameters = stepParameters[step].map((name) => `${name}: number`).join(', ');
    return `  readonly ${step}: (${parameters}) => void;`;
  });
  const type = `/** What the network runs on: an image, its outputs, and the steps. Positions and sizes are in values, not bytes. */
interface ${names.type} {
  readonly x: Float32Array;
  readonly y: Float32Array;
${members.join('\n')}
}

`;
  const cast = typed
    ? ` as unknown as ${names.type} & {
      readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
    }`
    : '';
  const { image, outputs, size } = plan;
  return `${typed ? type : ''}/** Undefined before the first call. */
let ${names.kernel}${typed ? `: ${names.type} | undefined` : ''};

/** The WebAssembly kernel, or the plain one where WebAssembly with SIMD is missing or a policy forbids it. */
function ${names.start}()${typed ? `: ${names.type}` : ''} {
  try {
    const { Module, Instance } = ${names.host}.WebAssembly${typed ? '!' : ''};
    const module = new Module(${names.decode}('${encodeBase64(cnnInference)}'));
    const { ${steps.join(', ')}, memory } = new Instance(module).exports${cast};
    memory.grow(${Math.ceil((size * 4) / pageBytes)});
    new Uint8Array(memory.buffer).set(${names.decode}(${names.weights}));
    const x = new Float32Array(memory.buffer, ${4 * image});
    const y = new Float32Array(memory.buffer, ${4 * outputs});
    return { x, y, ${steps.join(', ')} };
  } catch {
    return ${names.plain}();
  }
}`;
}

export function runText({ language, network }: EmitInput<CnnNetwork>, plan: CnnPlan, names: CnnNames): string {
  const used = steps.filter((step) => plan.steps.some(({ kind }) => kind === step));
  const typed = language === 'typescript';
  return [
    `/** One image through the network: ${cnnName(network.topology)}. */`,
    `function ${names.run}({ ${used.join(', ')} }${typed ? `: ${names.type}` : ''})${typed ? ': void' : ''} {`,
    ...plan.steps.map((step) => `  ${callText(step)};`),
    '}',
  ].join('\n');
}

function callText(step: CnnStep): string {
  const values: Readonly<Record<string, number | Activation>> = step as never;
  const numbers = stepParameters[step.kind].map((name) => {
    const value = values[name]!;
    return typeof value === 'number' ? value : activationNumber(value);
  });
  return `${step.kind}(${numbers.join(', ')})`;
}
