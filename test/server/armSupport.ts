/** Networks as C for the tests of the ARM target: many in one program, because compiling takes longer than running. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { basename, join } from 'node:path';
import { encode } from '../../engine/data/encoding.ts';
import { armTarget } from '../../engine/emit/arm/arm.ts';
import { nativeName } from '../../engine/emit/names.ts';
import type { EmitInput } from '../../engine/emit/target.ts';
import { calibrate } from '../../engine/quantise/calibrate.ts';
import { quantise } from '../../engine/quantise/quantise.ts';
import { activations, type Network } from '../../engine/types.ts';
import { runProgram } from '../../server/targets/programs.ts';
import { cnnTopologyWith, layersOf } from '../unit/cnnHelpers.ts';
import { type CnnRecipe, emitCnnInputOf, quantisedCnnInputOf, rawImages } from '../unit/emitCnnHelpers.ts';
import {
  array,
  boolean,
  callRows,
  category,
  emitInputOf,
  number,
  type Recipe,
  randomRows,
} from '../unit/emitHelpers.ts';
import { succeeded } from './outcomes.ts';

export const rowCount = 1000;
/** Convolutional networks take longer. */
const imageCount = 8;
export const { signal } = new AbortController();

type Form = 'float' | 'int8' | 'fixed16';

/** A case that is about a perceptron. */
export interface PerceptronCase extends ArmCase {
  readonly input: EmitInput<Network>;
}

export interface ArmCase {
  readonly name: string;
  readonly input: EmitInput;
  /** Raw rows, some of them outside the domain. */
  readonly rows: Float64Array;
}

const plain = (changes: Partial<Recipe>): Recipe => ({
  parameters: [
    { name: 'a', shape: number },
    { name: 'b', shape: number },
    { name: 'c', shape: number },
  ],
  result: array('Array', 2, number),
  // Outputs for vectors of eight, of four and alone; inputs for vectors of sixteen and eight.
  hidden: [21, 13],
  activation: 'tanh',
  ...changes,
});

const mixed: Recipe = {
  parameters: [
    { name: 'spot', shape: number },
    { name: 'call', shape: boolean },
    { name: 'mode', shape: category('slow', 'fast', 'off') },
    { name: 'window', shape: array('Float64Array', 12, number) },
  ],
  result: {
    kind: 'object',
    fields: [
      { name: 'price', shape: number },
      { name: 'rises', shape: boolean },
      { name: 'grade', shape: category('a', 'b', 'c', 'd') },
      { name: 'levels', shape: array('Float64Array', 9, number) },
    ],
  },
  hidden: [9, 6],
  activation: 'elu',
  outputRange: [-40, 300],
};

/** In the table of slots: three entries for the points, one for both modes, and one for each of the others. */
const grouped: Recipe = {
  parameters: [
    { name: 'from', shape: number },
    {
      name: 'points',
      shape: array('Array', 6, {
        kind: 'object',
        fields: [
          { name: 'x', shape: number },
          { name: 'y', shape: number },
          { name: 'on', shape: boolean },
        ],
      }),
    },
    { name: 'modes', shape: array('Array', 2, category('slow', 'fast', 'off')) },
    { name: 'rest', shape: array('Array', 3, number) },
  ],
  result: array('Array', 2, number),
  hidden: [8],
  activation: 'relu',
  inputRange: (slot) => [20 * (slot % 3), 5 + (slot % 3)],
};

const recipes: readonly (readonly [string, Recipe])[] = [
  ...activations.map((activation) => [activation.replace('-', '_'), plain({ activation })] as const),
  ['mixed', mixed],
  ['no_hidden', plain({ hidden: [], inputRange: [0, 1], outputRange: [0, 1] })],
  ['far', plain({ activation: 'softplus', inputRange: [1e6, 2], outputRange: [-3e-5, 1e-6] })],
];

export const perceptronCases: readonly PerceptronCase[] = recipes.flatMap(([name, recipe]) =>
  (['float', 'int8', 'fixed16'] as const).map((form) => armCase(`${name}_${form}`, recipe, form)),
);

export function armCase(name: string, recipe: Recipe, form: Form): PerceptronCase {
  const input = emitInputOf({ ...recipe, functionName: name });
  const rows = randomRows(input, rowCount, 7);
  // The last rows are far outside the domain, where sums and integers saturate.
  const { inputs } = input.encoding;
  const stretched = rows.map((value, at) => {
    const slot = inputs[at % inputs.length]!;
    const far = at >= 0.9 * rows.length && slot.kind === 'number';
    return far ? slot.offset + 30 * (value - slot.offset) : value;
  });
  if (form === 'float') return { name, input, rows: stretched };
  const samples = {
    count: rowCount,
    inputs: rows,
    outputs: new Float64Array(rowCount * input.encoding.outputs.length),
  };
  const columns = encode(samples, input.encoding).inputs;
  return {
    name,
    input: { ...input, quantised: quantise(input.network, form, calibrate(input.network, columns, rowCount)) },
    rows: stretched,
  };
}

const small = cnnTopologyWith({ height: 5, width: 7 });
const filters = [7, 1, 2, 5, 3, 1];
const bottlenecks = {
  bottleneck: true,
  compression: 0.5,
  layers: layersOf({ blocks: 2, perBlock: 2, bottleneck: true }),
};

const cnnRecipes: readonly (readonly [string, CnnRecipe])[] = [
  ...activations.map((activation) => [activation.replace('-', '_'), { topology: { ...small, activation } }] as const),
  // Groups of twelve filters and of eight; rows for vectors of four pixels and less.
  [
    'wide',
    { topology: cnnTopologyWith({ kernel: 5, channels: 3, growth: 14, initialFilters: 20, activation: 'relu' }) },
  ],
  ['bottlenecks', { topology: cnnTopologyWith({ ...small, ...bottlenecks, activation: 'relu' }) }],
  [
    'pruned',
    { topology: cnnTopologyWith({ ...small, filters, activation: 'elu' }), range: (at) => [80 + (at % 35), 60] },
  ],
  ['one_block', { topology: cnnTopologyWith({ ...small, blocks: 1, layers: 6 }), classes: ['a', 'b', 'c'] }],
];

/** An activation in integers is a table or a limit. */
const inIntegers = (name: string): boolean =>
  !(activations as readonly string[]).includes(name.replace('_', '-')) || /^(relu|tanh)$/.test(name);

export const cnnCases: readonly ArmCase[] = cnnRecipes.flatMap(([name, recipe]) =>
  (inIntegers(name) ? (['float', 'int8', 'fixed16'] as const) : (['float'] as const)).map((form) =>
    cnnCase(`cnn_${name}_${form}`, recipe, form),
  ),
);

export function cnnCase(name: string, recipe: CnnRecipe, form: Form): ArmCase {
  const own = { ...recipe, functionName: name };
  const input = form === 'float' ? emitCnnInputOf(own) : quantisedCnnInputOf(own, form);
  const rows = rawImages(input, imageCount, 5);
  const width = input.encoding.inputs.length;
  // The last image is far beyond the others, where integers saturate.
  return { name, input, rows: rows.map((value, at) => (at < rows.length - width ? value : 30 * (value - 90))) };
}

export const armCases: readonly ArmCase[] = [...perceptronCases, ...cnnCases];

/** Inputs of several scales, in turns. */
export const groupedCases: readonly ArmCase[] = (['float', 'int8', 'fixed16'] as const).flatMap((form) => [
  armCase(`grouped_${form}`, grouped, form),
  cnnCase(
    `cnn_channels_${form}`,
    { topology: { ...small, channels: 3, activation: 'relu' }, range: (at) => [100 - (at % 3), 50 + (at % 3)] },
    form,
  ),
]);

export const rowsOf = ({ input, rows }: ArmCase): number => rows.length / input.encoding.inputs.length;

/** The `.tflite` file of a case. */
export function tfliteOf({ input }: Pick<ArmCase, 'input'>): Uint8Array {
  const file = armTarget.emit(input).find(({ suffix }) => suffix.endsWith('.tflite'));
  assert.ok(file && typeof file.content !== 'string');
  return file.content;
}

/** The generated module, as a bundler would load it. */
export async function moduleOf({ input }: ArmCase): Promise<(...values: unknown[]) => unknown> {
  const text = String(armTarget.emit(input)[0].content);
  const code = input.language === 'typescript' ? stripTypeScriptTypes(text) : text;
  const module = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
  return module[input.functionName];
}

/** What the module in JavaScript answers, case by case. */
export const expected = async (cases: readonly ArmCase[]) => {
  const results: Float64Array[] = [];
  for (const own of cases) results.push(callRows(own.input, await moduleOf(own), own.rows));
  return results;
};

export function assertSame(name: string, actual: Float64Array, wanted: Float64Array): void {
  const at = actual.findIndex((value, index) => !Object.is(value, wanted[index]));
  assert.equal(at, -1, `${name}: value ${at} is ${actual[at]}, not ${wanted[at]}`);
}

/** Writes the C files of every case, and a program that runs all of them, one after the other. Answers the sources. */
export function writeCases(folder: string, cases: readonly ArmCase[]): string[] {
  const sources = cases.map(({ input }) => {
    for (const { suffix, content } of armTarget.emit(input)) {
      if (/_nn\.[ch]$/.test(suffix)) writeFileSync(join(folder, basename(suffix)), content);
    }
    return `${nativeName(input.functionName)}.c`;
  });
  const names = cases.map(({ input }) => nativeName(input.functionName));
  const main = `#include <stdio.h>
${names.map((name) => `#include "${name}.h"`).join('\n')}
${names.map((name) => `static void call_${name}(const double *inputs, double *outputs) { static ${name}_memory memory; ${name}_run(inputs, outputs, &memory); }`).join('\n')}
static const struct { void (*call)(const double *, double *); int inputs, outputs, rows; } cases[] = {
${names.map((name, k) => `  {call_${name}, ${name.toUpperCase()}_INPUTS, ${name.toUpperCase()}_OUTPUTS, ${rowsOf(cases[k]!)}},`).join('\n')}
};
int main(void) {
  double inputs[256], outputs[64];
  FILE *rows = fopen("rows", "rb"), *results = fopen("results", "wb");
  if (!rows || !results) return 1;
  for (int k = 0; k < ${names.length}; k++) {
    for (int row = 0; row < cases[k].rows; row++) {
      if (fread(inputs, sizeof *inputs, cases[k].inputs, rows) != (size_t)cases[k].inputs) return 1;
      cases[k].call(inputs, outputs);
      if (fwrite(outputs, sizeof *outputs, cases[k].outputs, results) != (size_t)cases[k].outputs) return 1;
    }
  }
  return fclose(results);
}
`;
  writeFileSync(join(folder, 'all.c'), main);
  writeFileSync(join(folder, 'rows'), Buffer.concat(cases.map(({ rows }) => Buffer.from(rows.buffer))));
  return ['all.c', ...sources];
}

/** Runs the program; raw results case by case. */
export async function runCases(folder: string, cases: readonly ArmCase[], command: readonly string[]) {
  const [program, ...args] = command as [string, ...string[]];
  rmSync(join(folder, 'results'), { force: true });
  succeeded(await runProgram(program, args, { cwd: folder, signal }));
  const bytes = readFileSync(join(folder, 'results'));
  const all = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  let at = 0;
  const results = cases.map((one) => {
    const length = rowsOf(one) * one.input.encoding.outputs.length;
    const own = all.slice(at, at + length);
    at += length;
    return own;
  });
  assert.equal(at, all.length);
  return results;
}
