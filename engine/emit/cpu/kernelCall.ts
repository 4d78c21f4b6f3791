/**
 * The single-call function on the network's WebAssembly module: inputs are normalised into arguments or into its memory.
 * Where there is no kernel it calls the function `plain`.
 */
import type { Network } from '../../types.ts';
import type { EmitInput } from '../target.ts';
import { argumentList, closeFrame, openFrame } from './frame.ts';
import { encodeInputs } from './inputs.ts';
import type { KernelNames, SingleCall } from './kernel.ts';
import { returnOutputs } from './outputs.ts';

export function emitKernelCall(
  input: EmitInput,
  network: Network,
  moduleNames: ReadonlySet<string>,
  { kernel, start, plain }: Pick<KernelNames, 'kernel' | 'start'> & { readonly plain: string },
  { byArguments, answers }: SingleCall,
): string {
  const frame = openFrame(input, moduleNames, () => true);
  const x = frame.claim('x');
  const y = frame.claim('y');
  const columns = byArguments
    ? Array.from({ length: network.topology.widths[0]! }, (_, column) => frame.claim(`x${column}`))
    : [];
  const encoded = byArguments
    ? encodeInputs(frame, (column) => `const ${columns[Number(column)]}`)
    : [`  const { ${field('x', x)} } = ${kernel};`, ...encodeInputs(frame, x)];
  const returned = returnOutputs(frame, answers ? () => y : y);
  // A result of one possible value reads no output, and strict compilers reject unused names.
  const read = returned.some((line) => line.includes(y));
  const call = `${kernel}.single(${columns.join(', ')});`;
  return closeFrame(frame, [
    `  if (${kernel} === undefined) ${kernel} = ${start}();`,
    `  if (${kernel} === null) return ${plain}(${argumentList(frame)});`,
    ...encoded,
    answers && read ? `  const ${y} = ${call}` : `  ${call}`,
    ...(!answers && read ? [`  const { ${field('y', y)} } = ${kernel};`] : []),
    ...returned,
  ]);
}

const field = (name: string, local: string) => (name === local ? name : `${name}: ${local}`);
