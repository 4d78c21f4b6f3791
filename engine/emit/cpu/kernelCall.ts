/**
 * The single-call function on the WebAssembly kernel: inputs are normalised into its memory, then one call a layer. Where
 * there is no kernel it calls the function `plain`.
 */
import type { Network } from '../../types.ts';
import type { EmitInput } from '../target.ts';
import { argumentList, closeFrame, openFrame } from './frame.ts';
import { encodeInputs } from './inputs.ts';
import { type KernelNames, singleCalls } from './kernel.ts';
import { returnOutputs } from './outputs.ts';

export function emitKernelCall(
  input: EmitInput,
  network: Network,
  moduleNames: ReadonlySet<string>,
  { kernel, start, plain }: Pick<KernelNames, 'kernel' | 'start'> & { readonly plain: string },
): string {
  const frame = openFrame(input, moduleNames, () => true);
  const [single, x, y] = [frame.claim('single'), frame.claim('x'), frame.claim('y')];
  const field = (name: string, local: string) => (name === local ? name : `${name}: ${local}`);
  const encoded = encodeInputs(frame, x);
  const returned = returnOutputs(frame, y);
  // A result of one possible value reads no output, and strict compilers reject unused names.
  const fields = [
    ...[field('single', single), field('x', x)],
    ...(returned.some((line) => line.includes(`${y}[`)) ? [field('y', y)] : []),
  ];
  return closeFrame(frame, [
    `  if (${kernel} === undefined) ${kernel} = ${start}();`,
    `  if (${kernel} === null) return ${plain}(${argumentList(frame)});`,
    `  const { ${fields.join(', ')} } = ${kernel};`,
    ...encoded,
    ...singleCalls(network, single).map((call) => `  ${call}`),
    ...returned,
  ]);
}
