/** The `.tflite` files of the ARM target, loaded whole by TensorFlow Lite's C library, here and on emulated ARM. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isCnnInput, perceptronInput } from '../../engine/emit/target.ts';
import { cnnTemplate } from '../../engine/nn/cnn/template.ts';
import { type Int8Cnn, int8Arithmetic } from '../../engine/quantise/cnn/int8.ts';
import { walkCnn } from '../../engine/quantise/cnn/walk.ts';
import { enterRows } from '../../engine/quantise/grid.ts';
import { type Int8Network, runInt8 } from '../../engine/quantise/int8.ts';
import { multiplyHigh, type Rescale, rescale } from '../../engine/quantise/integers.ts';
import { isQuantisedCnn } from '../../engine/quantise/models.ts';
import { missingPrograms } from '../../server/targets/programs.ts';
import { referenceOutputs } from '../unit/emitCnnHelpers.ts';
import { largestDifference } from '../unit/emitHelpers.ts';
import { type ArmCase, armCases, rowsOf, tfliteOf } from './armSupport.ts';
import {
  buildRunners,
  floatsOf,
  installTflite,
  integersOf,
  runTflite,
  runtimePrograms,
  type TfliteRuntime,
  tfliteRuntimes,
} from './tfliteRuntime.ts';

const folder = mkdtempSync(join(tmpdir(), 'deepmaker-tflite-'));
after(() => rmSync(folder, { recursive: true, force: true }));

before(async () => {
  const missing = missingPrograms(runtimePrograms, () => 'This test');
  if (missing) throw new Error(`${missing.message} ${missing.hint}`);
  await buildRunners(folder, await installTflite(console.log));
});

/** Of a perceptron's rows every fifth, so that some of them are far outside; of a convolutional network's all. */
function rowsFor(own: ArmCase): Float64Array {
  if (isCnnInput(own.input)) return own.rows;
  const width = own.input.encoding.inputs.length;
  return own.rows.filter((_, at) => Math.floor(at / width) % 5 === 0);
}

/** XNNPACK multiplies in float32 and rounds halves to even. */
const inFloat32: Rescale = (x, { multiplier, shift }) => {
  const exact = Math.fround(Math.fround(x) * Math.fround(multiplier * 2 ** (shift - 31)));
  const nearest = Math.round(exact);
  return nearest - exact === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
};

/** The kernels for x86-64 round halves upwards in both steps. */
const upwards: Rescale = (x, { multiplier, shift }) => {
  const high = multiplyHigh(x * 2 ** Math.max(shift, 0), multiplier);
  return Math.floor(high / 2 ** Math.max(-shift, 0) + 0.5);
};

interface Rounding {
  readonly convolution: Rescale;
  readonly normalisation: Rescale;
}

/** Absent is that of the built-in kernels for ARM, which changes with the sizes of the matrices. */
const roundings: Readonly<Record<string, Rounding>> = {
  'x86-64, built-in': { convolution: upwards, normalisation: rescale },
  'x86-64, XNNPACK': { convolution: inFloat32, normalisation: inFloat32 },
  '64-bit ARM, XNNPACK': { convolution: inFloat32, normalisation: inFloat32 },
};

const titleOf = ({ processor, kernels }: TfliteRuntime): string => `${processor}, ${kernels}`;

/** The interpreter, rounding as a runtime does. */
function interpret(network: Int8Network | Int8Cnn, columns: Int16Array, count: number, rounding: Rounding): Int16Array {
  if (!isQuantisedCnn(network)) return runInt8(network, columns, count, rounding.convolution);
  const template = cnnTemplate(network.topology);
  const { stages, ...rest } = int8Arithmetic(network, template, rounding.convolution);
  const normalising = int8Arithmetic(network, template, rounding.normalisation).stages;
  const own = { ...rest, stages: stages.map((stage, k) => ({ ...normalising[k]!, finish: stage.finish })) };
  const width = columns.length / count;
  const outputs = Array.from({ length: count }, (_, row) =>
    Array.from(walkCnn(own, Float64Array.from(columns.subarray(row * width, (row + 1) * width)))),
  );
  return Int16Array.from(outputs.flat());
}

for (const runtime of tfliteRuntimes) {
  describe(`TensorFlow Lite 2.9 on ${titleOf(runtime)}`, () => {
    test('float32: within 1e-4 of the network in double precision', async () => {
      const cases = armCases.filter(({ name }) => name.endsWith('_float') && !/^(mixed|far)/.test(name));
      const jobs = cases.map((own) => ({ model: tfliteOf(own), rows: Float32Array.from(rowsFor(own)) }));
      const results = await runTflite(folder, runtime, jobs);
      cases.forEach((own, k) => {
        const error = floatError(own, floatsOf(results[k]!));
        assert.ok(error < 1e-4, `${own.name}: ${error}`);
      });
    });

    test('int8: the integers of the interpreter', async (context) => {
      const cases = armCases.filter(({ name }) => name.endsWith('_int8'));
      const columns = cases.map((own) => {
        const rows = rowsFor(own);
        const { quantised, encoding } = own.input;
        assert.ok(quantised?.kind === 'int8');
        const count = rows.length / encoding.inputs.length;
        return { quantised, count, values: enterRows(rows, count, encoding, quantised.input) };
      });
      const jobs = cases.map((own, k) => ({ model: tfliteOf(own), rows: Int8Array.from(columns[k]!.values) }));
      const results = (await runTflite(folder, runtime, jobs)).map(integersOf);
      const rounding = roundings[titleOf(runtime)];
      let [beside, farthest, all] = [0, 0, 0];
      cases.forEach((own, k) => {
        const { quantised, count, values } = columns[k]!;
        if (rounding) {
          const wanted = interpret(quantised, values, count, rounding);
          assert.deepEqual(Array.from(results[k]!), Array.from(wanted), own.name);
        }
        const plain = interpret(quantised, values, count, { convolution: rescale, normalisation: rescale });
        plain.forEach((integer, at) => {
          const difference = Math.abs(integer - results[k]![at]!);
          beside += difference > 0 ? 1 : 0;
          farthest = Math.max(farthest, difference);
          all++;
        });
      });
      context.diagnostic(`${all - beside} of ${all} as the interpreter rounds, the others at most ${farthest} beside`);
      assert.ok(beside / all < 0.03 && farthest <= 3, `${beside} of ${all}, at most ${farthest}`);
    });
  });
}

/** The largest difference, as a share of the range of a perceptron's outputs. */
function floatError(own: ArmCase, values: Float32Array): number {
  const { input } = own;
  if (!isCnnInput(input)) return largestDifference(perceptronInput(input), rowsFor(own), Float64Array.from(values));
  // The last image is far outside, where float32 has no such precision.
  const { inputs, loss } = input.encoding;
  const { outputs } = input.network.topology;
  const wanted = referenceOutputs(input, own.rows.subarray(0, own.rows.length - inputs.length));
  // Behind the scores of a category their softmax is an output, too.
  const width = values.length / rowsOf(own);
  let largest = 0;
  wanted.forEach((exact, at) => {
    const value = values[Math.floor(at / outputs) * width + (at % outputs)]!;
    largest = Math.max(largest, Math.abs((loss === 'mse' ? (value - 3) / 2 : value) - exact));
  });
  return largest;
}
