/** The generated function that gives the probability of each category. */
import type { CnnNetwork } from '../../../types.ts';
import { literalText } from '../../shapes.ts';
import type { EmitInput } from '../../target.ts';
import { formatConstant } from '../../text.ts';
import { closeFrame, openFrame } from '../frame.ts';
import { type CnnForm, type CnnNames, runImage } from './form.ts';
import type { ImageCode } from './image.ts';

export function emitScores(
  input: EmitInput<CnnNetwork>,
  moduleNames: ReadonlySet<string>,
  names: CnnNames & { readonly scores: string },
  image: ImageCode,
  { step }: CnnForm,
): string {
  const typed = input.language === 'typescript';
  const sure = typed ? '!' : '';
  const { result } = input.signature;
  const values = result.kind === 'category' ? result.values : [];
  const count = values.length;
  const shape = { kind: 'array', container: 'Array', length: count, element: { kind: 'number' } } as const;
  const own = { ...input, functionName: names.scores, signature: { ...input.signature, result: shape } };
  const frame = openFrame(own, moduleNames, () => true);
  const local = { x: frame.claim('x'), y: frame.claim('y') };
  const { y } = local;
  const [scores, highest, sum, k] = ['scores', 'highest', 'sum', 'k'].map(frame.claim);
  const difference = `${y}[${k}]${sure} - ${highest}`;
  const softmax = [
    `  let ${highest} = ${y}[0]${sure};`,
    `  for (let ${k} = 1; ${k} < ${count}; ${k}++) ${highest} = Math.max(${highest}, ${y}[${k}]${sure});`,
    `  const ${scores}${typed ? ': number[]' : ''} = [];`,
    `  let ${sum} = 0;`,
    `  for (let ${k} = 0; ${k} < ${count}; ${k}++) {`,
    `    ${scores}.push(Math.exp(${step === 1 ? difference : `${formatConstant(step)} * (${difference})`}));`,
    `    ${sum} += ${scores}[${k}]${sure};`,
    '  }',
    `  for (let ${k} = 0; ${k} < ${count}; ${k}++) ${scores}[${k}] = ${scores}[${k}]${sure} / ${sum};`,
    `  return ${scores};`,
  ];
  const body = runImage(names, local, image.read(frame, local.x), softmax);
  const order = values.map(literalText).join(', ');
  const summary = `The probability (softmax) of each result of \`${input.regionName}\`, in this order: ${order}.`;
  return closeFrame(frame, body, { summary });
}
