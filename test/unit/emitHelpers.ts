/** What the tests of the generator share: inputs for it, a reference for its output, and a way to run what it wrote. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inputSlots, outputSlots, readArguments, writeResult } from '../../engine/data/slots.ts';
import { cpuTarget } from '../../engine/emit/cpu/cpu.ts';
import type { EmitInput } from '../../engine/emit/target.ts';
import { activationFunctions } from '../../engine/nn/activations.ts';
import type {
  Activation,
  Domain,
  Encoding,
  Guard,
  Network,
  Parameter,
  Shape,
  Slot,
  SlotEncoding,
} from '../../engine/types.ts';
import { buildKernels } from '../../scripts/buildKernels.mjs';

await buildKernels();

const kernelBytes = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../dist/kernels/${name}.wasm`, import.meta.url)));

/** The kernel that generated code embeds. */
export const inferenceKernels = { cnnInference: kernelBytes('inference-cnn') };

/** The text that finds no WebAssembly, as where a policy forbids it. */
export const withoutWebAssembly = (text: string): string => text.replace('.WebAssembly', '.absent');

/** A small multiplicative generator: the tests need variety that repeats, not quality. */
export function createNoise(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Offset and scale of an encoding. */
type Range = readonly [offset: number, scale: number];

export interface Recipe {
  readonly parameters: readonly Parameter[];
  readonly result: Shape;
  readonly hidden: readonly number[];
  readonly activation: Activation;
  readonly seed?: number;
  /** Where numeric inputs and outputs lie: those of all, or of each slot by its number. */
  readonly inputRange?: Range | ((slot: number) => Range);
  readonly outputRange?: Range;
  readonly language?: 'typescript' | 'javascript';
  readonly modules?: 'esm' | 'commonjs';
  readonly functionName?: string;
  readonly figures?: readonly string[];
  readonly guard?: Guard;
}

export function emitInputOf(recipe: Recipe): EmitInput<Network> {
  const signature = { parameters: recipe.parameters, result: recipe.result };
  const encoding = encodingOf(inputSlots(signature), outputSlots(signature), recipe);
  const widths = [encoding.inputColumns, ...recipe.hidden, encoding.outputColumns];
  return {
    functionName: recipe.functionName ?? 'priceApprox',
    regionName: 'price',
    signature,
    encoding,
    network: randomNetwork(widths, recipe.activation, recipe.seed ?? 1),
    domain: domainOf(inputSlots(signature), encoding.inputs),
    guard: recipe.guard ?? { mode: 'none' },
    language: recipe.language ?? 'typescript',
    ...inferenceKernels,
    ...(recipe.modules ? { modules: recipe.modules } : {}),
    ...(recipe.figures ? { figures: recipe.figures } : {}),
  };
}

export function emitText(input: EmitInput): string {
  return String(cpuTarget.emit(input)[0].content);
}

function encodingOf(inputs: readonly Slot[], outputs: readonly Slot[], recipe: Recipe): Encoding {
  const take = (slots: readonly Slot[], ranges: Range | ((slot: number) => Range), input: boolean) => {
    let column = 0;
    const encodings = slots.map((slot, index): SlotEncoding => {
      const at = column;
      const values = slot.kind === 'category' ? slot.values : [false, true];
      const single = slot.kind === 'number' || (input && slot.kind === 'boolean');
      column += single ? 1 : values.length;
      const [offset, scale] = typeof ranges === 'function' ? ranges(index) : ranges;
      if (slot.kind === 'number') return { kind: 'number', column: at, offset, scale };
      return single ? { kind: 'boolean', column: at } : { kind: 'category', column: at, values };
    });
    return { encodings, columns: column };
  };
  const first = take(inputs, recipe.inputRange ?? [85, 75], true);
  const last = take(outputs, recipe.outputRange ?? [20, 12], false);
  return {
    inputs: first.encodings,
    outputs: last.encodings,
    inputColumns: first.columns,
    outputColumns: last.columns,
    loss: 'mse',
  };
}

function domainOf(slots: readonly Slot[], encodings: readonly SlotEncoding[]): Domain {
  return slots.map((slot, index) => {
    const encoding = encodings[index]!;
    if (slot.kind !== 'number' || encoding.kind !== 'number') return slot as Exclude<Slot, { kind: 'number' }>;
    const { offset, scale } = encoding;
    return { path: slot.path, kind: 'number', min: offset - scale, max: offset + scale, integer: false };
  });
}

/** Glorot weights, and biases in [-0.5, 0.5] so that every activation is used on both of its sides. */
function randomNetwork(widths: readonly number[], activation: Activation, seed: number): Network {
  const noise = createNoise(seed);
  const weights = widths.slice(1).flatMap((outputs, layer) => {
    const limit = Math.sqrt(6 / (widths[layer]! + outputs));
    const own = Array.from({ length: widths[layer]! * outputs }, () => limit * (2 * noise() - 1));
    return [...own, ...Array.from({ length: outputs }, () => noise() - 0.5)];
  });
  return { topology: { widths, activation }, weights: Float32Array.from(weights) };
}

/** Raw input rows, (count, inputSlots). */
export function randomRows(input: EmitInput, count: number, seed: number): Float64Array {
  const noise = createNoise(seed);
  const row = () =>
    input.encoding.inputs.map((encoding) => {
      if (encoding.kind === 'number') return encoding.offset + encoding.scale * (2 * noise() - 1);
      return Math.floor(noise() * (encoding.kind === 'boolean' ? 2 : encoding.values.length));
    });
  return Float64Array.from(Array.from({ length: count }, row).flat());
}

/** The encoded network outputs, (outputColumns), of one raw row, in float64 and as plainly as possible. */
export function referenceColumns({ network, encoding }: EmitInput<Network>, row: Float64Array): number[] {
  let values: number[] = new Array(encoding.inputColumns).fill(0);
  encoding.inputs.forEach((slot, index) => {
    const raw = row[index]!;
    if (slot.kind === 'number') values[slot.column] = (raw - slot.offset) / slot.scale;
    else if (slot.kind === 'boolean') values[slot.column] = raw >= 0.5 ? 1 : -1;
    else values[slot.column + raw] = 1;
  });
  const { widths, activation } = network.topology;
  let at = 0;
  for (let layer = 1; layer < widths.length; layer++) {
    const outputs = widths[layer]!;
    const sums = Array.from({ length: outputs }, (_, o) => {
      const bias = network.weights[at + values.length * outputs + o]!;
      return values.reduce((sum, value, i) => sum + value * network.weights[at + i * outputs + o]!, bias);
    });
    at += (values.length + 1) * outputs;
    values = layer < widths.length - 1 ? sums.map(activationFunctions[activation].value) : sums;
  }
  return values;
}

export interface Emitted {
  readonly text: string;
  readonly single: (...values: unknown[]) => unknown;
  readonly batch: (inputs: ArrayLike<number>, count: number, outputs?: Float64Array) => Float64Array;
  /** Everything that the file exports. */
  readonly module: Readonly<Record<string, unknown>>;
}

/** Loads the generated module the way a bundler would: types stripped, nothing else changed. */
export async function load(input: EmitInput, text = emitText(input)): Promise<Emitted> {
  const code = input.language === 'typescript' ? stripTypeScriptTypes(text) : text;
  const module = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
  return { text, single: module[input.functionName], batch: module[`${input.functionName}Batch`], module };
}

/** Calls the single function on every row and flattens its results; throws where a result has another shape. */
export function callRows(input: EmitInput, single: Emitted['single'], rows: Float64Array): Float64Array {
  const width = input.encoding.inputs.length;
  const depth = input.encoding.outputs.length;
  const count = rows.length / width;
  const outputs = new Float64Array(count * depth);
  for (let row = 0; row < count; row++) {
    const value = single(...readArguments(input.signature.parameters, rows, row * width));
    const problem = writeResult(input.signature.result, value, outputs, row * depth);
    if (problem) throw new Error(problem);
  }
  return outputs;
}

/**
 * The largest difference between raw outputs and the reference, relative to each output's range (at least a tenth of its
 * scale). A wrong category counts as 1, unless the reference itself is undecided between the two.
 */
export function largestDifference(input: EmitInput<Network>, rows: Float64Array, outputs: Float64Array): number {
  const { inputs, outputs: encodings } = input.encoding;
  const count = rows.length / inputs.length;
  const exact = Array.from({ length: count }, (_, row) =>
    referenceColumns(input, rows.subarray(row * inputs.length, (row + 1) * inputs.length)),
  );
  return Math.max(
    ...encodings.map((encoding, slot) => {
      const taken = exact.map((_, row) => outputs[row * encodings.length + slot]!);
      if (encoding.kind === 'number') {
        const values = exact.map((columns) => columns[encoding.column]! * encoding.scale + encoding.offset);
        const range = Math.max(Math.max(...values) - Math.min(...values), encoding.scale / 10);
        return Math.max(...values.map((value, row) => Math.abs(taken[row]! - value))) / range;
      }
      const length = encoding.kind === 'category' ? encoding.values.length : 1;
      const wrong = exact.some((columns, row) => {
        const logits = columns.slice(encoding.column, encoding.column + length);
        return !(Math.max(...logits) - logits[taken[row]!]! < 1e-4);
      });
      return wrong ? 1 : 0;
    }),
  );
}

export const number: Shape = { kind: 'number' };
export const boolean: Shape = { kind: 'boolean' };
export const object = (fields: Readonly<Record<string, Shape>>): Shape => ({
  kind: 'object',
  fields: Object.entries(fields).map(([name, shape]) => ({ name, shape })),
});
export const category = (...values: (string | number | boolean)[]): Shape => ({ kind: 'category', values });
export const array = (container: string, length: number, element: Shape = number): Shape => ({
  kind: 'array',
  container,
  length,
  element,
});

/** The compiler settings that any generated file has to pass. */
const strictest = {
  target: 'es2022',
  lib: ['es2022'],
  types: [],
  module: 'nodenext',
  moduleDetection: 'force',
  noEmit: true,
  strict: true,
  allowJs: true,
  checkJs: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  noImplicitReturns: true,
  noImplicitOverride: true,
  noFallthroughCasesInSwitch: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  exactOptionalPropertyTypes: true,
  isolatedModules: true,
  declaration: true,
  erasableSyntaxOnly: true,
  allowImportingTsExtensions: true,
  allowUnreachableCode: false,
  allowUnusedLabels: false,
};

/** Compiles every file of a folder under them. */
export function assertCompiles(folder: string): void {
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: strictest, include: ['.'] }));
  const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));
  const { stdout, status } = spawnSync(tsc, ['-p', folder], { encoding: 'utf8' });
  assert.equal(stdout, '');
  assert.equal(status, 0);
}
