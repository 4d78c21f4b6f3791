/** A convolutional network in float32: its steps on an embedded WebAssembly kernel, or in the language itself, to the same bits. */
import { cnnName } from '../../../nn/cnn/template.ts';
import { type Activation, activations, type CnnNetwork } from '../../../types.ts';
import { type CnnPlan, type CnnStep, planCnn } from '../../cnn/plan.ts';
import type { EmitInput } from '../../target.ts';
import { encodeBase64, float32Bytes } from '../../text.ts';
import { normalisation, normalised } from '../columns.ts';
import { plainDecoding } from '../outputs.ts';
import type { CnnNames, FormOf } from './form.ts';
import { plainKernelText } from './plain.ts';

const pageBytes = 65536;

export interface StepNames extends CnnNames {
  /** The type of an object with the steps. */
  readonly steps: string;
  readonly plain: string;
  readonly activate: string;
  readonly fround: string;
}

/** The steps with their arguments, as the kernel exports them. */
export const stepParameters = {
  normalize: ['source', 'stride', 'height', 'width', 'channels', 'table', 'activation', 'margin', 'to'],
  average: ['maps', 'height', 'width', 'channels'],
  largest: ['maps', 'pixels', 'channels', 'to'],
  convolve: ['x', 'weights', 'y', 'stride', 'height', 'width', 'channels', 'kernel', 'filters'],
} as const;

const steps = Object.keys(stepParameters) as (keyof typeof stepParameters)[];

/** Those that the network has: not all of them average. */
export const usedSteps = (plan: CnnPlan) => steps.filter((step) => plan.steps.some(({ kind }) => kind === step));

export const activationNumber = (activation: Activation): number => activations.indexOf(activation);

export const floatForm: FormOf = (input, shared, claim) => {
  const plan = planCnn(input.network);
  const names: StepNames = {
    ...shared,
    steps: claim('Steps'),
    plain: claim('plainKernel'),
    activate: claim('activate'),
    fround: claim('fround'),
  };
  const typed = input.language === 'typescript';
  return {
    array: 'Float32Array',
    entry: {
      constants: ({ offset, scale }) => normalisation(offset, scale),
      inline: (raw, { offset, scale }) => normalised(raw, offset, scale),
      tabled: (raw, offset, factor) => `(${raw} - ${offset}) * ${factor}`,
    },
    decoding: plainDecoding,
    step: 1,
    constants: float32Bytes(plan.parameters),
    start: startText(input, plan, names),
    support: [
      ...(typed ? [stepsText(plan, names)] : []),
      runText(input, plan, names),
      plainKernelText(input, plan, names),
    ],
  };
};

/** The WebAssembly kernel, or the plain one where WebAssembly with SIMD is missing or a policy forbids it. */
function startText({ language, cnnInference }: EmitInput, plan: CnnPlan, names: StepNames): string {
  const typed = language === 'typescript';
  const cast = typed
    ? ` as unknown as ${names.steps} & {
      readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
    }`
    : '';
  const { image, outputs, size } = plan;
  return `  try {
    const { Module, Instance } = ${names.host}.WebAssembly${typed ? '!' : ''};
    const module = new Module(${names.decode}('${encodeBase64(cnnInference)}'));
    const steps = new Instance(module).exports${cast};
    steps.memory.grow(${Math.ceil((size * 4) / pageBytes)});
    const { buffer } = steps.memory;
    new Uint8Array(buffer).set(${names.decode}(${names.weights}));
    const x = new Float32Array(buffer, ${4 * image});
    const y = new Float32Array(buffer, ${4 * outputs});
    return { x, y, run: () => ${names.run}(steps) };
  } catch {
    // WebAssembly with SIMD is missing, or a policy forbids it.
    return ${names.plain}();
  }`;
}

function stepsText(plan: CnnPlan, names: StepNames): string {
  const members = usedSteps(plan).map((step) => {
    const parameters = stepParameters[step].map((name) => `${name}: number`).join(', ');
    return `  readonly ${step}: (${parameters}) => void;`;
  });
  return `/** The steps of the network. Positions and sizes are in values, not bytes. */
interface ${names.steps} {
${members.join('\n')}
}`;
}

function runText({ language, network }: EmitInput<CnnNetwork>, plan: CnnPlan, names: StepNames): string {
  const used = usedSteps(plan);
  const typed = language === 'typescript';
  return [
    `/** One image through the network: ${cnnName(network.topology)}. */`,
    `function ${names.run}({ ${used.join(', ')} }${typed ? `: ${names.steps}` : ''})${typed ? ': void' : ''} {`,
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
