/**
 * A convolutional network as TypeScript or JavaScript: a function for one image, one for many, the probabilities where the
 * result is a category, and the steps of the network, which run on an embedded WebAssembly kernel or, where there is
 * none, on the same steps in the language itself.
 */
import type { CnnNetwork } from '../../../types.ts';
import { planCnn } from '../../cnn/plan.ts';
import { claimName } from '../../names.ts';
import type { EmitInput } from '../../target.ts';
import { decodeLines, openBatch, times } from '../batch.ts';
import { shifted } from '../columns.ts';
import { closeFrame, openFrame } from '../frame.ts';
import { returnOutputs } from '../outputs.ts';
import { type ImageCode, imageCode } from './image.ts';
import { plainKernelText } from './plain.ts';
import { emitScores } from './scores.ts';
import { type CnnNames, runImage, runText, startText } from './steps.ts';

export interface CnnCode {
  /** Functions to export besides the one for a single image. */
  readonly exports: readonly string[];
  /** In the order of the file: what a caller uses, and, behind the parameters' text, what that needs. */
  readonly functions: readonly string[];
  readonly support: readonly string[];
  readonly parameters: Float32Array;
  /** How the functions read an image. */
  readonly image: ImageCode;
}

/** `shared` are the module's own names for the batch function, its decoder, the parameters' text and the host. */
export function emitCnn(
  input: EmitInput<CnnNetwork>,
  moduleNames: Set<string>,
  shared: Pick<CnnNames, 'batch' | 'decode' | 'weights' | 'host'>,
): CnnCode {
  const claim = (wanted: string) => claimName(moduleNames, wanted);
  const plan = planCnn(input.network);
  const scores = hasScores(input) ? claim(`${input.functionName}Scores`) : undefined;
  const names: CnnNames = {
    ...shared,
    kernel: claim('kernel'),
    type: claim('Kernel'),
    start: claim('startKernel'),
    run: claim('run'),
    plain: claim('plainKernel'),
    activate: claim('activate'),
  };
  const image = imageCode(input, claim);
  return {
    exports: [...(scores ? [scores] : []), names.batch],
    functions: [
      singleFunction(input, moduleNames, names, image),
      ...(scores ? [emitScores(input, moduleNames, { ...names, scores }, image)] : []),
      batchFunction(input, names, image),
    ],
    support: [
      ...image.tables,
      startText(input, plan, names),
      runText(input, plan, names),
      plainKernelText(input, plan, names),
    ],
    parameters: plan.parameters,
    image,
  };
}

/** Softmax turns the outputs of a network that was trained with softmax cross-entropy into probabilities. */
function hasScores({ encoding, signature: { result } }: EmitInput): boolean {
  return encoding.loss === 'softmax-cross-entropy' && result.kind === 'category' && result.values.length > 1;
}

function singleFunction(input: EmitInput, moduleNames: ReadonlySet<string>, names: CnnNames, image: ImageCode): string {
  const frame = openFrame(input, moduleNames, () => true);
  const local = { x: frame.claim('x'), y: frame.claim('y') };
  const read = image.read(frame, local.x);
  return closeFrame(frame, runImage(names, local, read, returnOutputs(frame, local.y)));
}

function batchFunction(input: EmitInput, names: CnnNames, image: ImageCode): string {
  const { inputs, outputs } = input.encoding;
  const row = [
    `    const from = ${times('row', inputs.length)};`,
    `    const at = ${times('row', outputs.length)};`,
    ...image.readRow('inputs', 'from', 'x').map((line) => `  ${line}`),
    `    ${names.run}(${names.kernel});`,
    ...decodeLines(input, { cell: String, cellAt: shifted }).map((line) => line.replace('  ', '')),
  ];
  return [
    ...openBatch(input, names.batch),
    `  if (${names.kernel} === undefined) ${names.kernel} = ${names.start}();`,
    `  const { ${row.some((line) => line.includes('y[')) ? 'x, y' : 'x'} } = ${names.kernel};`,
    '  for (let row = 0; row < count; row++) {',
    ...row,
    '  }',
    '  return outputs;',
    '}',
  ].join('\n');
}
