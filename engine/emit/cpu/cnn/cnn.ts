/**
 * A convolutional network as TypeScript or JavaScript: a function for one image, one for many, the probabilities where the
 * result is a category, and the network itself, which is ./steps.ts in float32 and ./integers.ts in integers.
 */
import type { CnnNetwork } from '../../../types.ts';
import { claimName } from '../../names.ts';
import type { EmitInput } from '../../target.ts';
import { decodeLines, exactLoop, openBatch } from '../batch.ts';
import { shifted, times } from '../columns.ts';
import { closeFrame, openFrame } from '../frame.ts';
import { returnOutputs } from '../outputs.ts';
import { type CnnForm, type CnnNames, runImage } from './form.ts';
import { type ImageCode, imageCode } from './image.ts';
import { integerForm } from './integers.ts';
import { emitScores } from './scores.ts';
import { floatForm } from './steps.ts';

export interface CnnCode {
  /** Functions to export besides the one for a single image. */
  readonly exports: readonly string[];
  /** In the order of the file: what a caller uses, and, behind the constants' text, what that needs. */
  readonly functions: readonly string[];
  readonly support: readonly string[];
  readonly constants: Uint8Array;
  /** How the functions read an image. */
  readonly image: ImageCode;
}

/**
 * `shared` are the module's own names for the batch function, its decoder, the constants' text, the host and the guard.
 * `inner` is what the function for one image is emitted with. `binding` is a property of the host: where it is there, it
 * takes the arrays `x` and `y` and answers what runs the network on them.
 */
export function emitCnn(
  input: EmitInput<CnnNetwork>,
  inner: EmitInput<CnnNetwork>,
  moduleNames: Set<string>,
  shared: Pick<CnnNames, 'batch' | 'decode' | 'weights' | 'host' | 'acceptsRow'>,
  binding?: string,
): CnnCode {
  const claim = (wanted: string) => claimName(moduleNames, wanted);
  const scores = hasScores(input) ? claim(`${input.functionName}Scores`) : undefined;
  const names: CnnNames = {
    ...shared,
    kernel: claim('kernel'),
    type: claim('Kernel'),
    start: claim('startKernel'),
    run: claim('run'),
  };
  const form = (input.quantised ? integerForm : floatForm)(input, names, claim);
  const image = imageCode(input, form.entry, claim);
  return {
    exports: [...(scores ? [scores] : []), names.batch],
    functions: [
      singleFunction(inner, moduleNames, names, image, form),
      ...(scores ? [emitScores(input, moduleNames, { ...names, scores }, image, form)] : []),
      batchFunction(input, names, image, form),
    ],
    support: [...image.tables, startText(input, names, form, binding), ...form.support],
    constants: form.constants,
    image,
  };
}

/** Softmax turns the outputs of a network that was trained with softmax cross-entropy into probabilities. */
function hasScores({ encoding, signature: { result } }: EmitInput): boolean {
  return encoding.loss === 'softmax-cross-entropy' && result.kind === 'category' && result.values.length > 1;
}

function singleFunction(
  input: EmitInput,
  moduleNames: ReadonlySet<string>,
  names: CnnNames,
  image: ImageCode,
  { decoding }: CnnForm,
): string {
  const frame = openFrame(input, moduleNames, () => true);
  const local = { x: frame.claim('x'), y: frame.claim('y') };
  const read = image.read(frame, local.x);
  return closeFrame(frame, runImage(names, local, read, returnOutputs(frame, local.y, decoding)));
}

function batchFunction(input: EmitInput, names: CnnNames, image: ImageCode, { decoding }: CnnForm): string {
  const { inputs, outputs } = input.encoding;
  const guarded = input.guard.mode !== 'none';
  const row = [
    `    const from = ${times('row', inputs.length)};`,
    ...(guarded ? [`    if (!${names.acceptsRow}(inputs, from)) continue;`] : []),
    `    const at = ${times('row', outputs.length)};`,
    ...image.readRow('inputs', 'from', 'x').map((line) => `  ${line}`),
    '    run();',
    ...decodeLines(input, { cell: String, cellAt: shifted }, decoding).map((line) => line.replace('  ', '')),
  ];
  return [
    ...openBatch(input, names.batch),
    `  if (${names.kernel} === undefined) ${names.kernel} = ${names.start}();`,
    `  const { ${row.some((line) => line.includes('y[')) ? 'x, y, run' : 'x, run'} } = ${names.kernel};`,
    '  for (let row = 0; row < count; row++) {',
    ...row,
    '  }',
    ...(guarded ? exactLoop(input, names) : []),
    '  return outputs;',
    '}',
  ].join('\n');
}

function startText(
  { language, network, encoding }: EmitInput<CnnNetwork>,
  { kernel, type, start, host }: CnnNames,
  { array, start: statements }: CnnForm,
  binding: string | undefined,
): string {
  const typed = language === 'typescript';
  const declared = `/** What the network runs on: an image, its outputs, and the way from one to the other. */
interface ${type} {
  readonly x: ${array};
  readonly y: ${array};
  readonly run: () => void;
}

`;
  const cast = typed
    ? `(${host} as unknown as {
    readonly ${binding}?: (x: ${array}, y: ${array}) => () => void;
  }).${binding}`
    : `${host}.${binding}`;
  const bound = `  const bind = ${cast};
  if (bind !== undefined) {
    // The binding of this very network is loaded.
    const x = new ${array}(${encoding.inputColumns});
    const y = new ${array}(${network.topology.outputs});
    return { x, y, run: bind(x, y) };
  }
`;
  return `${typed ? declared : ''}/** Undefined before the first call. */
let ${kernel}${typed ? `: ${type} | undefined` : ''};

function ${start}()${typed ? `: ${type}` : ''} {
${binding === undefined ? '' : bound}${statements}
}`;
}
