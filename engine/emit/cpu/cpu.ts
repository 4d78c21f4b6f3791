/** The CPU target: one self-contained TypeScript or JavaScript file without dependencies. */

import { collapseLinear, countTerms, foldNetwork } from '../fold.ts';
import { headerText } from '../header.ts';
import { claimName } from '../names.ts';
import type { EmitInput, EmittedFile, Target } from '../target.ts';
import { encodeBase64, float32Bytes } from '../text.ts';
import { emitBatch } from './batch.ts';
import { commonJs } from './frame.ts';
import { emitLoops } from './loops.ts';
import { emitStraightLine, straightLineLimit } from './straightLine.ts';

export const cpuTarget: Target = {
  id: 'cpu',
  label: 'CPU',
  description: 'TypeScript or JavaScript, with a WebAssembly kernel for batches',
  emit,
};

/** The network first, for the reader; then what it needs, and the batch function with its kernel at the end. */
function emit(input: EmitInput): readonly EmittedFile[] {
  const invalid = input.network.weights.find((weight) => !Number.isFinite(weight));
  if (invalid !== undefined) throw new RangeError(`A network with the parameter ${invalid} cannot be emitted.`);
  const moduleNames = new Set([input.functionName]);
  const claim = (wanted: string) => claimName(moduleNames, wanted);
  const batch = claim(`${input.functionName}Batch`);
  const names = { batch, decode: claim('decode'), weights: claim('weights'), host: claim('host') };
  const folded = foldNetwork(input.network, input.encoding);
  const network = collapseLinear(input.network);
  const code =
    countTerms(folded) <= straightLineLimit
      ? { single: emitStraightLine(input, folded, moduleNames), support: '' }
      : emitLoops(input, network, moduleNames, names);
  // The decoder comes before the tables that are decoded while the module loads.
  const sections = [
    headerText(input),
    code.single,
    hostText(input, names),
    `const ${names.weights} = '${encodeBase64(float32Bytes(network.weights))}';`,
    code.support,
    emitBatch(input, network, moduleNames, names),
    commonJs(input) ? `module.exports = { ${input.functionName}, ${batch} };` : '',
  ];
  const text = `${sections.filter((section) => section !== '').join('\n\n')}\n`;
  return [{ suffix: input.language === 'typescript' ? '.approx.ts' : '.approx.js', text }];
}

function hostText(input: EmitInput, names: { readonly decode: string; readonly host: string }): string {
  const { decode, host } = names;
  if (input.language === 'javascript') {
    return `const ${host} = globalThis;

function ${decode}(base64) {
  return Uint8Array.from(${host}.atob(base64), (character) => character.charCodeAt(0));
}`;
  }
  return `/** What Node and browsers provide, declared here so that the file depends on no library setting. */
const ${host} = globalThis as unknown as {
  atob(base64: string): string;
  readonly WebAssembly?: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object) => { readonly exports: object };
  };
};

function ${decode}(base64: string): Uint8Array {
  return Uint8Array.from(${host}.atob(base64), (character) => character.charCodeAt(0));
}`;
}
