/** The CPU target: one self-contained TypeScript or JavaScript file without dependencies. */

import { isCnnNetwork } from '../../nn/models.ts';
import { type AnyQuantised, isQuantisedCnn } from '../../quantise/models.ts';
import type { QuantisedNetwork } from '../../quantise/quantise.ts';
import { t } from '../../texts.ts';
import type { AnyNetwork, CnnNetwork, Network } from '../../types.ts';
import { planIntegerCnn } from '../cnn/integerPlan.ts';
import { integerRowBytes } from '../cnn/integerRows.ts';
import { planCnn } from '../cnn/plan.ts';
import { type Cost, countsOf } from '../cost.ts';
import { collapseLinear, countTerms, foldNetwork } from '../fold.ts';
import { headerText } from '../header.ts';
import { claimName } from '../names.ts';
import {
  type EmitInput,
  type EmittedFile,
  type EmittedFiles,
  isCnnInput,
  perceptronInput,
  type Target,
} from '../target.ts';
import { encodeBase64, float32Bytes } from '../text.ts';
import { emitBatch, emitRowBatch } from './batch.ts';
import { emitCnn } from './cnn/cnn.ts';
import type { ImageCode } from './cnn/image.ts';
import { commonJs } from './frame.ts';
import { openGuard } from './guard.ts';
import { emitIntegers } from './integers.ts';
import { singleCallOf } from './kernel.ts';
import { emitKernelCall } from './kernelCall.ts';
import { emitLoops, type LoopCode } from './loops.ts';
import { emitStraightLine, prefersStraightLine } from './straightLine.ts';

export const cpuTarget: Target = {
  id: 'cpu',
  label: 'CPU',
  get description() {
    return t('TypeScript or JavaScript, with a WebAssembly kernel for batches');
  },
  emit,
  estimate,
};

function emit(input: EmitInput): EmittedFiles {
  return [emitModule(input)];
}

/** What the functions that another target adds to the module build on. */
export interface ModuleParts {
  /** A name that is free in the module. */
  claim(wanted: string): string;
  readonly names: {
    readonly batch: string;
    readonly decode: string;
    readonly weights: string;
    /** The guard of a row, where the module has one. */
    readonly acceptsRow?: string;
  };
  /** How the images of a convolutional network are read. */
  readonly image?: ImageCode;
}

/** Functions for the end of the module, and the names of those to export. */
export interface ModuleAddition {
  readonly exports: readonly string[];
  readonly text: string;
}

type Add = (parts: ModuleParts) => ModuleAddition;

const addNothing: Add = () => ({ exports: [], text: '' });

/** Guard and network first, for the reader; then what they need, the kernel, and what another target adds. */
export function emitModule(input: EmitInput, add: Add = addNothing): EmittedFile {
  requireFinite(input.network);
  return { suffix: moduleSuffix(input), content: textOf(input, add) };
}

/** Throws where a parameter is not finite. */
export function requireFinite({ weights }: AnyNetwork): void {
  const invalid = weights.find((weight) => !Number.isFinite(weight));
  if (invalid !== undefined) throw new RangeError(`A network with the parameter ${invalid} cannot be emitted.`);
}

export const moduleSuffix = ({ language }: EmitInput): string =>
  language === 'typescript' ? '.approx.ts' : '.approx.js';

function textOf(input: EmitInput, add: Add): string {
  if (isCnnInput(input)) return cnnText(input, add);
  const own = perceptronInput(input);
  return own.quantised ? integerText(own, own.quantised, add) : perceptronText(own, undefined, add);
}

/** In the form of loops, in which every parameter is a float32; activations of a perceptron are double. */
function estimate(network: AnyNetwork, quantised?: AnyQuantised): Cost {
  const common = { ...countsOf(network), more: [] };
  if (quantised && isQuantisedCnn(quantised)) {
    const { rows, size } = planIntegerCnn(quantised);
    const valueBytes = quantised.kind === 'int8' ? 1 : 2;
    return { ...common, parameterBytes: integerRowBytes(quantised, rows), workingBytes: valueBytes * size };
  }
  if (isCnnNetwork(network)) {
    const { parameters, size } = planCnn(network);
    return { ...common, parameterBytes: 4 * parameters.length, workingBytes: 4 * (size - parameters.length) };
  }
  const widest = Math.max(...network.topology.widths);
  return { ...common, parameterBytes: 4 * network.weights.length, workingBytes: 2 * 8 * widest };
}

/** Names that every file declares; `claim` keeps later ones apart from them. */
function openModule({ functionName }: EmitInput) {
  const moduleNames = new Set([functionName]);
  const claim = (wanted: string) => claimName(moduleNames, wanted);
  const batch = claim(`${functionName}Batch`);
  return { moduleNames, names: { batch, decode: claim('decode'), weights: claim('weights'), host: claim('host') } };
}

/** The whole module; `form` is there for the benchmark that says which one is faster. */
export function perceptronText(
  input: EmitInput<Network>,
  form?: 'straight-line' | 'kernel',
  add: Add = addNothing,
): string {
  const { moduleNames, names: common } = openModule(input);
  const claim = (wanted: string) => claimName(moduleNames, wanted);
  const own = { start: claim('startKernel'), kernel: claim('kernel'), type: claim('Kernel') };
  const guard = openGuard(input, moduleNames, common.host);
  const names = { ...common, ...guard.names };
  const { inner } = guard;
  const folded = foldNetwork(input.network, input.encoding);
  const network = collapseLinear(input.network);
  const short = prefersStraightLine(countTerms(folded), network.weights.length);
  if (form === undefined ? short : form === 'straight-line') {
    const single = emitStraightLine(inner, folded, moduleNames);
    return sections(single, emitBatch(input, network, names, own));
  }
  const plain = claim(`${input.functionName}Plain`);
  const loops = emitLoops({ ...inner, functionName: plain }, network, moduleNames, names);
  const call = singleCallOf(input, network);
  const single = emitKernelCall(inner, network, moduleNames, { ...own, plain }, call);
  return sections(single, emitBatch(input, network, names, own, call), loops.single, loops.support);

  function sections(single: string, ...support: readonly string[]): string {
    const weights = weightsText(names, float32Bytes(network.weights));
    const added = add({ claim, names });
    return joinSections([
      ...[headerText(input), ...guard.functions, single, hostText(input, names), weights, ...support],
      ...[guard.support, added.text],
      exportsText(input, [...guard.exports, names.batch, ...added.exports]),
    ]);
  }
}

/** The whole module; for `binding` see `emitCnn`. */
export function cnnText(input: EmitInput<CnnNetwork>, add: Add = addNothing, binding?: string): string {
  const { moduleNames, names: common } = openModule(input);
  const guard = openGuard(input, moduleNames, common.host);
  const names = { ...common, ...guard.names };
  const code = emitCnn(input, guard.inner, moduleNames, names, binding);
  const added = add({ claim: (wanted) => claimName(moduleNames, wanted), names, image: code.image });
  return joinSections([
    headerText(input),
    ...guard.functions,
    ...code.functions,
    hostText(input, names),
    weightsText(names, code.constants),
    ...code.support,
    guard.support,
    added.text,
    exportsText(input, [...guard.exports, ...code.exports, ...added.exports]),
  ]);
}

function integerText(input: EmitInput<Network>, quantised: QuantisedNetwork, add: Add): string {
  return rowModuleText(
    input,
    (inner, moduleNames, { decode }) => emitIntegers(inner, quantised, moduleNames, decode),
    add,
  );
}

/** A module whose batch function calls the single one row by row. `codeOf` gets what the guard leaves to it, and claims its names in `moduleNames`. */
export function rowModuleText(
  input: EmitInput<Network>,
  codeOf: (
    input: EmitInput<Network>,
    moduleNames: Set<string>,
    names: { readonly decode: string; readonly host: string },
  ) => LoopCode,
  add: Add = addNothing,
): string {
  const { moduleNames, names } = openModule(input);
  const guard = openGuard(input, moduleNames, names.host);
  const code = codeOf(guard.inner, moduleNames, names);
  const added = add({ claim: (wanted) => claimName(moduleNames, wanted), names });
  return joinSections([
    headerText(input),
    ...guard.functions,
    code.single,
    hostText(input, names),
    code.support,
    emitRowBatch(input, names.batch, guard.names.acceptsRow),
    ...[guard.support, added.text],
    exportsText(input, [...guard.exports, names.batch, ...added.exports]),
  ]);
}

const joinSections = (sections: readonly string[]): string =>
  `${sections.filter((section) => section !== '').join('\n\n')}\n`;

const weightsText = ({ weights }: { readonly weights: string }, bytes: Uint8Array): string =>
  `const ${weights} = '${encodeBase64(bytes)}';`;

/** What a CommonJS file exports, the single function first. */
const exportsText = (input: EmitInput, others: readonly string[]): string =>
  commonJs(input) ? `module.exports = { ${[input.functionName, ...others].join(', ')} };` : '';

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
  };${input.guard.mode === 'none' ? '' : '\n  readonly deepmakerGuardHits?: Record<string, number>;'}
};

function ${decode}(base64: string): Uint8Array {
  return Uint8Array.from(${host}.atob(base64), (character) => character.charCodeAt(0));
}`;
}
