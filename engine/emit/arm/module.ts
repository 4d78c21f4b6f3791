/**
 * The module that the source imports: it calls the binding where that is loaded, and otherwise computes the same numbers
 * itself.
 */
import type { Network } from '../../types.ts';
import { shifted } from '../cpu/columns.ts';
import { cnnText, rowModuleText } from '../cpu/cpu.ts';
import { argumentList, choose, closeFrame, type Frame, openFrame, returnResult } from '../cpu/frame.ts';
import { emitIntegers } from '../cpu/integers.ts';
import type { LoopCode } from '../cpu/loops.ts';
import { collapseLinear } from '../fold.ts';
import { claimName } from '../names.ts';
import { adjacentElements, unrolledLength, valuesText } from '../shapes.ts';
import { type EmitInput, isCnnInput, perceptronInput } from '../target.ts';
import { bindingKey } from './binding.ts';
import type { Native } from './native.ts';
import { emitStrictLoops } from './strictLoops.ts';

export function moduleText(input: EmitInput, native: Native): string {
  if (isCnnInput(input)) return cnnText(input, undefined, bindingKey(native));
  return rowModuleText(perceptronInput(input), (own, moduleNames, shared) =>
    perceptronCode(own, native, moduleNames, shared),
  );
}

function perceptronCode(
  input: EmitInput<Network>,
  native: Native,
  moduleNames: Set<string>,
  { decode, host }: { readonly decode: string; readonly host: string },
): LoopCode {
  const claim = (wanted: string) => claimName(moduleNames, wanted);
  const names = {
    host,
    inputs: claim('nativeInputs'),
    outputs: claim('nativeOutputs'),
    call: claim('callNative'),
    find: claim('findNative'),
    plain: claim(`${input.functionName}Plain`),
  };
  const plain = plainCode({ ...input, functionName: names.plain }, moduleNames, decode);
  const single = nativeCall(input, moduleNames, names);
  return {
    single: `${single}\n\n${plain.single}`,
    support: `${bindingText(input, native, names)}\n\n${plain.support}`,
  };
}

function plainCode(input: EmitInput<Network>, moduleNames: Set<string>, decode: string): LoopCode {
  const options = {
    summary: `\`${input.regionName}\` where the binding is not loaded: the same numbers.`,
    local: true,
  };
  return input.quantised
    ? emitIntegers(input, input.quantised, moduleNames, decode, options)
    : emitStrictLoops(input, collapseLinear(input.network), moduleNames, decode, options);
}

interface Names {
  readonly host: string;
  readonly inputs: string;
  readonly outputs: string;
  readonly call: string;
  readonly find: string;
  readonly plain: string;
}

function nativeCall(input: EmitInput, moduleNames: ReadonlySet<string>, names: Names): string {
  const frame = openFrame(input, moduleNames, () => true);
  return closeFrame(frame, [
    `  if (${names.call} === undefined) ${names.call} = ${names.find}();`,
    `  if (${names.call} === null) return ${names.plain}(${argumentList(frame)});`,
    ...writeInputs(frame, names.inputs),
    `  ${names.call}();`,
    ...readOutputs(frame, names.outputs),
  ]);
}

/** Statements that write raw slot values to the array; long arrays of numbers by a loop. */
function writeInputs(frame: Frame, inputs: string): string[] {
  const { language } = frame.input;
  const sure = language === 'typescript' ? '!' : '';
  const lines: string[] = [];
  for (let slot = 0; slot < frame.leaves.length; slot++) {
    const leaf = frame.leaves[slot]!;
    const length = adjacentElements(frame.leaves, slot);
    if (length > unrolledLength) {
      const index = frame.claim('i');
      const value = `${leaf.element!.array}[${index}]${sure}`;
      lines.push(
        `  for (let ${index} = 0; ${index} < ${length}; ${index}++) ${inputs}[${shifted(slot, index)}] = ${value};`,
      );
      slot += length - 1;
    } else if (leaf.kind === 'number') lines.push(`  ${inputs}[${slot}] = ${leaf.expression};`);
    else if (leaf.kind === 'boolean') lines.push(`  ${inputs}[${slot}] = ${leaf.expression} ? 1 : 0;`);
    else lines.push(`  ${inputs}[${slot}] = ${valuesText(leaf.values, language)}.indexOf(${leaf.expression});`);
  }
  return lines;
}

function readOutputs(frame: Frame, outputs: string): string[] {
  const { language } = frame.input;
  const sure = language === 'typescript' ? '!' : '';
  return returnResult(frame, {
    value(slot) {
      const leaf = frame.results[slot]!;
      const raw = `${outputs}[${slot}]${sure}`;
      if (leaf.kind === 'number') return raw;
      if (leaf.kind === 'boolean') return choose(leaf, `${raw} === 1`);
      return `${valuesText(leaf.values, language)}[${raw}]${sure}`;
    },
    indexed: (first, _length, index) => `${outputs}[${shifted(first, index)}]${sure}`,
  });
}

function bindingText({ encoding, language }: EmitInput, native: Native, names: Names): string {
  const typed = language === 'typescript';
  const { host, inputs, outputs, call, find } = names;
  const key = bindingKey(native);
  const cast = typed
    ? `(${host} as unknown as {
    readonly ${key}?: (inputs: Float64Array, outputs: Float64Array) => () => void;
  }).${key}`
    : `${host}.${key}`;
  return `/** What the binding reads and what it fills: values in slot order. */
const ${inputs} = new Float64Array(${encoding.inputs.length});
const ${outputs} = new Float64Array(${encoding.outputs.length});

/** Undefined before the first call; null where the binding of this very network is not loaded. */
let ${call}${typed ? ': (() => void) | null | undefined' : ''};

function ${find}()${typed ? ': (() => void) | null' : ''} {
  const bind = ${cast};
  return bind === undefined ? null : bind(${inputs}, ${outputs});
}`;
}
